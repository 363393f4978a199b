/* What the operating system tells about this process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "admin/process.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Reads a small file of /proc; false: it cannot be read. */
static bool
process_read(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t n;

    if (file == NULL) {
        return false;
    }
    n = fread(out, 1, size - 1, file);
    out[n] = '\0';
    fclose(file);
    return n > 0;
}

/* When the machine was started, in seconds since 1970. The line follows one per processor and one
 * of all interrupts, which may be long. */
static int64_t
process_boot_seconds(void)
{
    FILE *file = fopen("/proc/stat", "re");
    int64_t seconds = -1;
    char line[256];

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "btime %" SCNd64, &seconds) == 1) {
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return seconds;
}

/* Fields 14, 15, 20, 22 and 24 of /proc/self/stat; the name in field 2 may hold anything. */
static void
process_stat(hr_process *out)
{
    double ticks = (double)sysconf(_SC_CLK_TCK);
    uint64_t user, kernel, started;
    int64_t threads, pages, boot = process_boot_seconds();
    const char *behind;
    char text[1024];

    if (!process_read("/proc/self/stat", text, sizeof text) || ticks <= 0 ||
        (behind = strrchr(text, ')')) == NULL ||
        sscanf(behind + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
               " %*d %*d %*d %*d %" SCNd64 " %*d %" SCNu64 " %*u %" SCNd64,
               &user, &kernel, &threads, &started, &pages) != 5) {
        return;
    }
    out->cpu_seconds = (double)(user + kernel) / ticks;
    out->threads = threads;
    out->resident_bytes = pages * sysconf(_SC_PAGESIZE);
    if (boot >= 0) {
        out->start_seconds = (double)boot + (double)started / ticks;
    }
}

/* Files open, without the one that the listing itself needs. */
static int64_t
process_open_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    int64_t n = -1;

    if (folder == NULL) {
        return -1;
    }
    while ((entry = readdir(folder)) != NULL) { /* NOLINT(concurrency-mt-unsafe): our own stream */
        n += entry->d_name[0] != '.' ? 1 : 0;
    }
    closedir(folder);
    return n;
}

void
hr_process_get(hr_process *out)
{
    struct rlimit limit;

    *out = (hr_process){-1, -1, -1, -1, -1, -1};
    process_stat(out);
    out->open_fds = process_open_fds();
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        out->max_fds = (int64_t)limit.rlim_cur;
    }
}
