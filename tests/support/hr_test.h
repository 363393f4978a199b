/* cmocka with what it needs before it: 1.1.5 wants these headers, and later versions rename some
 * checks, so tests include this and not cmocka.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_TEST_H
#define HR_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* Fails unless `text` (not NULL) holds `part`; shows both. */
#define assert_has_text(text, part)                                                                \
    do {                                                                                           \
        const char *has_text_ = (text);                                                            \
        if (has_text_ == NULL || strstr(has_text_, (part)) == NULL) {                              \
            fail_msg("'%s' does not hold '%s'", has_text_ != NULL ? has_text_ : "(null)", (part)); \
        }                                                                                          \
    } while (0)

#endif
