/* SPDX-License-Identifier: Apache-2.0 */
#include "config/file_mark.h"

#include <sys/stat.h>

static hr_file_mark
mark_of(const struct stat *st)
{
    return (hr_file_mark){(uint64_t)st->st_dev, (uint64_t)st->st_ino, (int64_t)st->st_size,
                          (int64_t)st->st_mtim.tv_sec, (int64_t)st->st_mtim.tv_nsec};
}

hr_file_mark
hr_file_mark_get(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? mark_of(&st) : (hr_file_mark){0};
}

hr_file_mark
hr_file_mark_of_fd(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 ? mark_of(&st) : (hr_file_mark){0};
}

bool
hr_file_mark_same(const hr_file_mark *a, const hr_file_mark *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified_s == b->modified_s && a->modified_ns == b->modified_ns;
}

bool
hr_file_watch_look(hr_file_watch *watch, const char *path)
{
    hr_file_mark now = hr_file_mark_get(path), none = {0};
    bool still = hr_file_mark_same(&now, &watch->seen);

    if (hr_file_mark_same(&now, &none)) {
        return false; /* between an unlink and a rename */
    }
    watch->seen = now;
    if (!still || hr_file_mark_same(&now, &watch->taken)) {
        return false;
    }
    watch->taken = now;
    return true;
}
