/* Files of a folder as answers. Only what lies beneath the folder, without following symbolic
 * links, so that neither a request nor a link in the folder leads out of it; nothing whose name
 * begins with a full stop.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_HTTP_FILES_H
#define HR_HTTP_FILES_H
#include "http/http.h"

#define HR_HTTP_FILE_BYTES_MAX (64u << 20)

typedef struct hr_http_files hr_http_files;

/* Opens the folder, which may be a link itself. HR_ECONFIG with a text that names it, HR_ENOMEM. */
int hr_http_files_open(const char *folder, hr_http_files **out, hr_error *err);
void hr_http_files_close(hr_http_files *files); /* accepts NULL */

/* Answers a GET with the file at `path`, as a star of a route has it ("css/page.css"); "" and what
 * ends with a slash is a folder's index.html. 404 for what is not there or not to be had, 304 where
 * the client has it already. Returns the status. thread: any */
int hr_http_files_answer(const hr_http_files *files, hr_http_request *request, const char *path);

/* The type for the Content-Type header, by the name's extension; never NULL. */
const char *hr_http_files_type(const char *name);

#endif
