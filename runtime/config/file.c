/* SPDX-License-Identifier: Apache-2.0 */
#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
file_check(int fd, const char *path, size_t bytes_max, bool owner_only, size_t *size, hr_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        return hr_fail_as(err, HR_NO_LOC, "file", "%s: %s", path, strerror(errno));
    }
    if (!S_ISREG(st.st_mode)) {
        return hr_fail_as(err, HR_NO_LOC, "file", "%s: not a file", path);
    }
    if (owner_only && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        hr_fail_as(err, HR_NO_LOC, "secret-file", "%s is open to group or others", path);
        return hr_hint(err, "chmod 600 %s", path);
    }
    if ((uintmax_t)st.st_size > bytes_max) {
        return hr_fail_as(err, HR_NO_LOC, "too-large", "%s: larger than %zu bytes", path,
                          bytes_max);
    }
    *size = (size_t)st.st_size;
    return HR_OK;
}

static int
file_read_all(int fd, const char *path, char *text, size_t size, size_t *len, hr_error *err)
{
    for (*len = 0; *len < size;) {
        ssize_t n = read(fd, text + *len, size - *len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return hr_fail_as(err, HR_NO_LOC, "file", "%s: %s", path, strerror(errno));
        }
        if (n == 0) {
            break; /* it has become shorter */
        }
        *len += (size_t)n;
    }
    text[*len] = '\0';
    return HR_OK;
}

int
hr_file_read(hr_arena *arena, const char *path, size_t bytes_max, bool owner_only,
             const char **text, size_t *len, hr_error *err)
{
    /* O_NONBLOCK: a pipe in the file's place must not hold us up. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t size = 0;
    char *bytes;
    int rc;

    if (fd < 0) {
        return hr_fail_as(err, HR_NO_LOC, "file", "%s: %s", path, strerror(errno));
    }
    rc = file_check(fd, path, bytes_max, owner_only, &size, err);
    if (rc == HR_OK) {
        bytes = hr_arena_alloc(arena, size + 1);
        rc = bytes != NULL ? file_read_all(fd, path, bytes, size, len, err)
                           : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "%s: out of memory", path);
        *text = bytes;
    }
    close(fd);
    return rc;
}

const char *
hr_file_dir(hr_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL) {
        return hr_arena_strdup(arena, ".");
    }
    return slash == path ? hr_arena_strdup(arena, "/")
                         : hr_arena_strndup(arena, path, (size_t)(slash - path));
}

const char *
hr_file_join(hr_arena *arena, const char *dir, const char *path)
{
    if (path[0] == '/' || dir == NULL || strcmp(dir, ".") == 0) {
        return hr_arena_strdup(arena, path);
    }
    return hr_arena_printf(arena, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, path);
}

bool
hr_file_beneath(const char *root, const char *path)
{
    size_t n = strlen(root);

    return strcmp(root, "/") == 0 ||
           (strncmp(root, path, n) == 0 && (path[n] == '\0' || path[n] == '/'));
}

const char *
hr_file_root(hr_arena *arena, const char *dir)
{
    char *real = realpath(dir, NULL);
    char *cwd = realpath(".", NULL);
    const char *root = NULL;

    if (real != NULL) {
        root = hr_arena_strdup(arena, cwd != NULL && hr_file_beneath(cwd, real) ? cwd : real);
    }
    free(real);
    free(cwd);
    return root;
}
