/* Where the files of a topology may lie: beneath one root, so that a topology from elsewhere cannot
 * read the machine's other files.
 *
 * The path that is handed on is the joined one, not the real one: a file that is replaced through a
 * symbolic link (as Kubernetes does it) must be found again when it is reloaded.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/file.h"
#include "config/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
path_fail(hr_error *err, const hr_text *path, const char *slug, const char *what, const char *hint)
{
    hr_fail_as(err, path->loc, slug, "'%s' %s", path->secret ? "${...}" : path->s, what);
    err->width = hr_text_width(path);
    return hr_hint(err, "%s", hint);
}

static int
path_missing(hr_error *err, const hr_text *path, const char *joined, int cause)
{
    char hint[sizeof err->hint];

    if (path->secret || strcmp(joined, path->s) == 0) {
        hint[0] = '\0';
    } else {
        snprintf(hint, sizeof hint, "looked for %s", joined);
    }
    return path_fail(err, path, "no-file",
                     cause == ENOENT || cause == ENOTDIR ? "is not there" : "cannot be read", hint);
}

/* type: S_IFREG or S_IFDIR. */
static int
path_check(const char *root, const hr_text *path, const char *joined, const char *real, mode_t type,
           hr_error *err)
{
    struct stat st;

    if (!hr_file_beneath(root, real)) {
        return path_fail(err, path, "outside-root", "lies outside the files root",
                         "files lie beneath the working directory if the topology does, else "
                         "beneath the topology's folder; `files_root` in the config sets another");
    }
    if (stat(real, &st) != 0 || access(real, R_OK) != 0) {
        return path_missing(err, path, joined, errno);
    }
    if ((st.st_mode & S_IFMT) != type) {
        return type == S_IFDIR ? path_fail(err, path, "no-folder", "is no folder",
                                           S_ISREG(st.st_mode) ? "it is a file" : "")
                               : path_fail(err, path, "no-file", "is no file",
                                           S_ISDIR(st.st_mode) ? "it is a folder" : "");
    }
    return HR_OK;
}

static int
path_resolve(hr_arena *arena, const char *root, const char *base_dir, const hr_text *path,
             mode_t type, const char **out, hr_error *err)
{
    const char *joined = hr_file_join(arena, base_dir, path->s);
    char *real = joined != NULL ? realpath(joined, NULL) : NULL;
    int rc;

    if (joined == NULL) {
        return hr_fail(err, HR_ENOMEM, path->loc, "out of memory");
    }
    rc = real != NULL ? path_check(root, path, joined, real, type, err)
                      : path_missing(err, path, joined, errno);
    free(real);
    *out = joined;
    return rc;
}

int
hr_path_resolve(hr_arena *arena, const char *root, const char *base_dir, const hr_text *path,
                const char **out, hr_error *err)
{
    return path_resolve(arena, root, base_dir, path, S_IFREG, out, err);
}

int
hr_path_resolve_folder(hr_arena *arena, const char *root, const char *base_dir, const hr_text *path,
                       const char **out, hr_error *err)
{
    return path_resolve(arena, root, base_dir, path, S_IFDIR, out, err);
}

int
hr_path_resolve_new(hr_arena *arena, const char *root, const char *base_dir, const hr_text *path,
                    const char **out, hr_error *err)
{
    const char *joined = hr_file_join(arena, base_dir, path->s);
    const char *dir = joined != NULL ? hr_file_dir(arena, joined) : NULL;
    char *real = dir != NULL ? realpath(dir, NULL) : NULL;
    struct stat st;
    int rc = HR_OK;

    if (dir == NULL) {
        return hr_fail(err, HR_ENOMEM, path->loc, "out of memory");
    }
    if (real == NULL) {
        rc = path_fail(err, path, "no-file", "cannot be made: its folder is not there",
                       "make the folder first");
    } else if (stat(joined, &st) == 0) {
        rc = hr_path_resolve(arena, root, base_dir, path, out, err);
    } else if (!hr_file_beneath(root, real)) {
        rc = path_check(root, path, joined, real, S_IFREG, err);
    } else if (path->len == 0 || path->s[path->len - 1] == '/') {
        rc = path_fail(err, path, "no-file", "names no file", "");
    }
    free(real);
    *out = joined;
    return rc;
}
