/* The files of the live page, compiled in: page.cmake makes the table from runtime/admin/page/.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ADMIN_PAGE_H
#define HR_ADMIN_PAGE_H
#include <stddef.h>

typedef struct hr_page_file {
    const char *path; /* "/", "/live.css", ... as a browser asks for it */
    const char *type; /* of its content */
    const unsigned char *bytes;
    size_t len;
} hr_page_file;

/* Ends with {0}. */
extern const hr_page_file hr_page_files[];

/* What the page needs and no more: nothing from elsewhere, nothing inline, no frame around it. */
#define HR_PAGE_POLICY                                                                             \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "                    \
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

#endif
