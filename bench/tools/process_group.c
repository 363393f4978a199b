/* SPDX-License-Identifier: Apache-2.0 */
#include "process_group.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t
bench_process_cpu_ns(pid_t pid)
{
    struct timespec t;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0) {
        return -1;
    }
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The group of a process, behind the last ')' of its stat line; -1: it is gone. */
static pid_t
process_group_of(const char *pid)
{
    char path[300], line[512], *at;
    FILE *file;
    size_t n;
    int group = -1;

    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    file = fopen(path, "re");
    if (file == NULL) {
        return -1;
    }
    n = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[n] = '\0';
    at = strrchr(line, ')');
    if (at != NULL && strlen(at) > 4) { /* ") S PPID PGRP" */
        at = strchr(at + 4, ' ');
        group = at != NULL ? (int)strtol(at, NULL, 10) : -1;
    }
    return group;
}

static void
group_add(bench_process_group *group, pid_t pid)
{
    for (size_t i = 0; i < group->n; i++) {
        if (group->v[i].pid == pid) {
            return;
        }
    }
    if (group->n < BENCH_PROCESSES_MAX) {
        memset(&group->v[group->n], 0, sizeof group->v[0]);
        group->v[group->n++].pid = pid;
    }
}

void
bench_process_group_find(bench_process_group *group)
{
    DIR *folder = opendir("/proc");
    const struct dirent *entry;

    group_add(group, group->group);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (isdigit((unsigned char)entry->d_name[0]) &&
            process_group_of(entry->d_name) == group->group) {
            group_add(group, (pid_t)strtol(entry->d_name, NULL, 10));
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

/* A figure of /proc/PID/status in kB; 0: there is none. */
static int64_t
status_kib(const char *status, const char *name)
{
    const char *at = strstr(status, name);

    return at != NULL ? strtoll(at + strlen(name), NULL, 10) : 0;
}

static void
process_memory(pid_t pid, int64_t *rss_kib, int64_t *peak_kib)
{
    char path[64], status[4096];
    FILE *file;
    size_t n = 0;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    file = fopen(path, "re");
    if (file != NULL) {
        n = fread(status, 1, sizeof status - 1, file);
        fclose(file);
    }
    status[n] = '\0';
    *rss_kib = status_kib(status, "VmRSS:");
    *peak_kib = status_kib(status, "VmHWM:");
}

void
bench_process_group_read(bench_process_group *group)
{
    int64_t cpu_ns = 0, rss_kib = 0, peak_kib = 0;

    for (size_t i = 0; i < group->n; i++) {
        int64_t cpu = bench_process_cpu_ns(group->v[i].pid), peak;

        if (cpu > group->v[i].cpu_ns) {
            group->v[i].cpu_ns = cpu;
        }
        process_memory(group->v[i].pid, &group->v[i].rss_kib, &peak);
        cpu_ns += group->v[i].cpu_ns;
        rss_kib += group->v[i].rss_kib;
        peak_kib += peak;
    }
    group->cpu_ns = cpu_ns;
    group->rss_kib = rss_kib;
    /* Peaks of several processes need not be at one time: then the sum as sampled counts. */
    peak_kib = group->n == 1 ? peak_kib : rss_kib;
    if (peak_kib > group->peak_kib) {
        group->peak_kib = peak_kib;
    }
}
