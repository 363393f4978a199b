/* Looking whether a file has changed, by what stat() tells; for reference data and models that are
 * taken anew while running.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_FILE_MARK_H
#define HR_CONFIG_FILE_MARK_H
#include <stdbool.h>
#include <stdint.h>

/* What tells one content from the next. Zeroed: no file. */
typedef struct hr_file_mark {
    uint64_t device, inode;
    int64_t size, modified_s, modified_ns;
} hr_file_mark;

/* The mark of a file as it is now; zeroed if it cannot be looked at. thread: any */
hr_file_mark hr_file_mark_get(const char *path);
hr_file_mark hr_file_mark_of_fd(int fd);

bool hr_file_mark_same(const hr_file_mark *a, const hr_file_mark *b);

/* What a watcher remembers: what it took (or tried to take) last, and what it saw at its last look.
 */
typedef struct hr_file_watch {
    hr_file_mark taken, seen;
} hr_file_watch;

/* One look. True when the file differs from what was taken and has stood still since the last look,
 * so that a file that is being written in place is not taken half; it counts as taken then. A file
 * that is not there has not changed. thread: the watch's */
bool hr_file_watch_look(hr_file_watch *watch, const char *path);

#endif
