/* Hides what looks like a secret in a source line that is about to be shown.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_DIAG_REDACT_H
#define HR_CONFIG_DIAG_REDACT_H
#include <stddef.h>

/* Overwrites with stars, byte by byte so that columns stay, the values behind keys such as
 * `password` (not what begins with ${) and the password in a URI's user-info. */
void hr_diag_redact(char *line, size_t len);

#endif
