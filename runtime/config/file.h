/* Reads small files whole, and finds out where a file that a topology names may lie.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_FILE_H
#define HR_CONFIG_FILE_H
#include "config/error.h"
#include "record/arena.h"

/* Reads a regular file of at most bytes_max into the arena, zero-terminated. owner_only: refuses
 * one that group or others may read or write. HR_OK, or HR_ECONFIG or HR_ENOMEM with a text that
 * names the path. thread: any */
int hr_file_read(hr_arena *arena, const char *path, size_t bytes_max, bool owner_only,
                 const char **text, size_t *len, hr_error *err);

/* The folder that holds `path` ("." for a bare name), in the arena; NULL: out of memory. */
const char *hr_file_dir(hr_arena *arena, const char *path);

/* `path` as seen from `dir`: itself when absolute. In the arena; NULL: out of memory. */
const char *hr_file_join(hr_arena *arena, const char *dir, const char *path);

/* The real path beneath which files named by the topology in `dir` must lie: the working directory
 * if dir lies beneath it, else dir. In the arena; NULL when out of memory or dir is not there. */
const char *hr_file_root(hr_arena *arena, const char *dir);

/* True when real path `path` is `root` or lies beneath it. */
bool hr_file_beneath(const char *root, const char *path);

#endif
