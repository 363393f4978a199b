/* What the operating system tells about this process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ADMIN_PROCESS_H
#define HR_ADMIN_PROCESS_H
#include <stdint.h>

/* A member that cannot be told is -1. */
typedef struct hr_process {
    double cpu_seconds;   /* user and system, since its start */
    double start_seconds; /* wall clock, since 1970 */
    int64_t resident_bytes;
    int64_t open_fds, max_fds;
    int64_t threads;
} hr_process;

/* Reads /proc/self. thread: any */
void hr_process_get(hr_process *out);

#endif
