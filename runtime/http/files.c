/* SPDX-License-Identifier: Apache-2.0 */
#include "http/files.h"
#include "http/request.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define ETAG_BYTES 64

struct hr_http_files {
    int fd; /* of the folder */
};

int
hr_http_files_open(const char *folder, hr_http_files **out, hr_error *err)
{
    hr_http_files *files = calloc(1, sizeof *files);

    *out = NULL;
    if (files == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    files->fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->fd < 0) {
        free(files);
        return hr_fail_as(err, HR_NO_LOC, "no-file", "the folder %s: %s", folder, strerror(errno));
    }
    *out = files;
    return HR_OK;
}

void
hr_http_files_close(hr_http_files *files)
{
    if (files != NULL) {
        close(files->fd);
        free(files);
    }
}

const char *
hr_http_files_type(const char *name)
{
    static const struct {
        const char *extension, *type;
    } types[] = {
        {"html", "text/html; charset=utf-8"},
        {"css", "text/css; charset=utf-8"},
        {"js", "text/javascript; charset=utf-8"},
        {"mjs", "text/javascript; charset=utf-8"},
        {"json", "application/json"},
        {"svg", "image/svg+xml"},
        {"png", "image/png"},
        {"jpg", "image/jpeg"},
        {"ico", "image/vnd.microsoft.icon"},
        {"woff2", "font/woff2"},
        {"txt", "text/plain; charset=utf-8"},
        {"webmanifest", "application/manifest+json"},
    };
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (strcasecmp(dot + 1, types[i].extension) == 0) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

/* ---- finding
 * -------------------------------------------------------------------------------------- */

/* Takes the next part of the path into name; false: it names nothing that is served. */
static bool
files_part(const char **path, char name[NAME_MAX + 1])
{
    size_t len = strcspn(*path, "/");

    if (len == 0 || len > NAME_MAX || (*path)[0] == '.') {
        return false;
    }
    memcpy(name, *path, len);
    name[len] = '\0';
    *path += len;
    return true;
}

/* Goes down folder by folder, which shuts out links on the way as well as the last. name gets the
 * last part. -1: not there. */
static int
files_walk(const hr_http_files *files, const char *path, char name[NAME_MAX + 1])
{
    int at = files->fd;

    for (;;) {
        bool is_folder;
        int next;

        if (*path == '\0') {
            path = "index.html";
        }
        if (!files_part(&path, name)) {
            break;
        }
        is_folder = *path == '/';
        next =
            openat(at, name,
                   O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (is_folder ? O_DIRECTORY : 0));
        if (at != files->fd) {
            close(at);
        }
        if (next < 0 || !is_folder) {
            return next;
        }
        at = next;
        path++;
    }
    if (at != files->fd) {
        close(at);
    }
    return -1;
}

/* ---- answering
 * ------------------------------------------------------------------------------------ */

/* True when one of the tags of an If-None-Match is ours; how strong they are does not matter. */
static bool
files_client_has(const hr_http_request *request, const char *etag)
{
    const char *at = hr_http_header(request, "If-None-Match");
    size_t n = strlen(etag);

    if (at != NULL && strcmp(at, "*") == 0) {
        return true;
    }
    while (at != NULL && *at != '\0') {
        at += strspn(at, " \t,");
        at += strncmp(at, "W/", 2) == 0 ? 2 : 0;
        if (strncmp(at, etag, n) == 0 && strchr(" \t,", at[n]) != NULL) {
            return true;
        }
        at += strcspn(at, ",");
    }
    return false;
}

/* The page that a browser asks for without the slash would look for its own files one folder too
 * high. */
static void
files_answer_folder(hr_http_request *request, const char *name)
{
    char location[NAME_MAX * 3 + 4] = "./";
    const char *const extra[] = {"Location", location, NULL};
    size_t n = 2;

    for (; *name != '\0'; name++) {
        bool plain = (*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'z') ||
                     (*name >= 'A' && *name <= 'Z') || strchr("-_.~", *name) != NULL;

        n += (size_t)snprintf(location + n, sizeof location - n, plain ? "%c" : "%%%02X",
                              (unsigned char)*name);
    }
    snprintf(location + n, sizeof location - n, "/");
    hr_http_answer(request, 308, NULL, (hr_span){NULL, 0}, extra);
}

static int
files_answer_fd(hr_http_request *request, int fd, const struct stat *st, const char *name)
{
    char etag[ETAG_BYTES];
    const char *const extra[] = {"ETag", etag, "Cache-Control", "no-cache", NULL};

    snprintf(etag, sizeof etag, "\"%llx-%llx-%llx.%lx\"", (unsigned long long)st->st_ino,
             (unsigned long long)st->st_size, (unsigned long long)st->st_mtim.tv_sec,
             (unsigned long)st->st_mtim.tv_nsec);
    if (files_client_has(request, etag)) {
        close(fd);
        hr_http_answer(request, 304, NULL, (hr_span){NULL, 0}, extra);
        return 304;
    }
    hr_http_answer_file(request, hr_http_files_type(name), fd, (size_t)st->st_size, extra);
    return 200;
}

int
hr_http_files_answer(const hr_http_files *files, hr_http_request *request, const char *path)
{
    char name[NAME_MAX + 1] = "";
    int fd = files_walk(files, path, name);
    struct stat st;
    int status = 404;

    if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
        hr_http_answer_error(request, 503, "busy", "too many files are open");
        return 503;
    }
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
        st.st_size <= (off_t)HR_HTTP_FILE_BYTES_MAX) {
        return files_answer_fd(request, fd, &st, name);
    }
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        files_answer_folder(request, name);
        status = 308;
    } else {
        hr_http_answer_error(request, 404, "not-found", "there is no such file");
    }
    if (fd >= 0) {
        close(fd);
    }
    return status;
}
