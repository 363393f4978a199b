/* The one way to report an error: a code that says what to do next, a place, a text and a remedy.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_ERROR_H
#define HR_CONFIG_ERROR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place in a file. `file` belongs to whoever loaded the file and outlives the place. */
typedef struct hr_loc {
    const char *file;
    int line,
        col; /* 1-based; line 0: no place (run time; the text then names topic[partition]@offset) */
} hr_loc;

#define HR_NO_LOC ((hr_loc){NULL, 0, 0})

/* Codes say what to do next. */
enum {
    HR_OK = 0,
    HR_ECONFIG = -1, /* the person must change a file or an option */
    HR_ENOMEM = -2,  /* stop the application */
    HR_EIO = -3,     /* retry with back-off */
    HR_EAGAIN = -4,  /* no room just now; try again when told */
    HR_ERECORD =
        -5,        /* this record cannot be used: dead letter, skip or fail, as the topology says */
    HR_ETASK = -6, /* stop the task */
    HR_EFATAL = -7,    /* stop the application */
    HR_EREPORTED = -8, /* follows from a mistake that was reported already: say nothing more */
};

/* On the caller's stack, fixed buffers, never freed. */
typedef struct hr_error {
    int code;
    hr_loc loc;
    int width;        /* characters that a caret line marks; 0: one */
    const char *slug; /* static text such as "unknown-key"; NULL: "invalid" */
    char msg[400];
    char hint[240]; /* what to do or write instead; may be empty */
} hr_error;

/* Fills *err (which may be NULL) and returns code, so that a caller can write `return
 * hr_fail(...)`. thread: any */
int hr_fail(hr_error *err, int code, hr_loc loc, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* As hr_fail() with HR_ECONFIG and a slug (static text) that names the kind of mistake.
 * thread: any */
int hr_fail_as(hr_error *err, hr_loc loc, const char *slug, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds the remedy to an error that was just filled. Returns err->code. thread: any */
int hr_hint(hr_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
