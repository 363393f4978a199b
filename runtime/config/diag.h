/* Collects the errors and warnings of all files of one run and prints them with source line and
 * caret: text for people, JSON for tools, workflow commands for GitHub.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_DIAG_H
#define HR_CONFIG_DIAG_H
#include "config/error.h"

#include <stdio.h>

typedef struct hr_diag hr_diag;

typedef enum hr_diag_format { HR_DIAG_TEXT, HR_DIAG_JSON, HR_DIAG_GITHUB } hr_diag_format;

/* NULL when out of memory. Not for two threads at once. */
hr_diag *hr_diag_create(void);
void hr_diag_destroy(hr_diag *diag); /* accepts NULL */

/* Keeps a copy of a file's text, so that its lines can be shown. */
void hr_diag_source(hr_diag *diag, const char *file, const char *text, size_t len);

/* One mistake: place, characters to mark (0: one), kind, remedy (NULL or empty: none), text. A
 * second error at the same place is dropped: one mistake gives one error. Strings are copied,
 * hr_loc.file too; slug is static text. */
void hr_diag_add(hr_diag *diag, hr_loc loc, int width, const char *slug, const char *hint,
                 const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void hr_diag_warn(hr_diag *diag, hr_loc loc, int width, const char *slug, const char *hint,
                  const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* Adds a filled error as hr_diag_add() does. */
void hr_diag_error(hr_diag *diag, const hr_error *err);

size_t hr_diag_errors(const hr_diag *diag);
size_t hr_diag_warnings(const hr_diag *diag);

/* Prints all, ordered by file (in order of first appearance), line and column. */
void hr_diag_print(const hr_diag *diag, FILE *out, hr_diag_format format);

/* The name nearest to `wrong` among n names (edit distance at most 2 and under half the length), or
 * NULL: "did you mean 'on_miss'?" */
const char *hr_diag_nearest(const char *wrong, const char *const *names, size_t n);

#endif
