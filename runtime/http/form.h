/* Bodies of forms. A parser of our own, because it gets the whole body and may be strict.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_HTTP_FORM_H
#define HR_HTTP_FORM_H
#include "http/uri.h"

/* The fields of a body of that content type (NULL: none was said). HR_OK, HR_ERECORD with a text,
 * or HR_ENOMEM. thread: any */
int hr_http_form_parse(hr_arena *arena, const char *content_type, hr_span body,
                       const hr_http_field **out, size_t *n, hr_error *err);

#endif
