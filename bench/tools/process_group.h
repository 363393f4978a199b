/* What the processes of a group cost: CPU and memory, from outside. A group, since some systems are
 * more than one process (a Python driver and its JVM).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_PROCESS_GROUP_H
#define BENCH_PROCESS_GROUP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BENCH_PROCESSES_MAX 64

typedef struct bench_process_group {
    pid_t group;
    size_t n;
    struct {
        pid_t pid;
        int64_t cpu_ns; /* as seen last: kept when the process has ended */
        int64_t rss_kib;
    } v[BENCH_PROCESSES_MAX];
    int64_t cpu_ns, rss_kib; /* sums; rss of those that live */
    int64_t peak_kib;        /* the kernel's peak of a single process, else the largest sum seen */
} bench_process_group;

/* CPU time of a process with all its threads, also those that ended, in ns; -1: it is gone. */
int64_t bench_process_cpu_ns(pid_t pid);

/* Looks for new members, which costs a walk over /proc. */
void bench_process_group_find(bench_process_group *group);

/* Reads all members' figures. */
void bench_process_group_read(bench_process_group *group);

#endif
