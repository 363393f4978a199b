/* Sink file: records as lines in a file. A record is acknowledged when the operating system has its
 * line: a killed process loses nothing, a power failure may.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/line_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

typedef struct file_options {
    hr_text path;
    int mode;
} file_options;

enum { MODE_APPEND, MODE_TRUNCATE };

static const hr_option file_option_table[] = {
    {"path", HR_OPT_TEXT, offsetof(file_options, path), NULL,
     .flags = HR_OPT_NONEMPTY | HR_OPT_MAIN,
     .help = "File to write; its folder must exist and lie beneath the files root."},
    {"mode", HR_OPT_ENUM, offsetof(file_options, mode), "append", .choices = "append|truncate",
     .help = "Go on behind what the file holds, or begin anew at each start."},
    {0},
};

typedef struct file_shared {
    const char *path; /* resolved */
} file_shared;

static int
file_outside(const file_options *opt, const char *dir, const char *root, hr_error *err)
{
    hr_fail_as(err, opt->path.loc, "outside-root", "'%s' lies in %s, outside the files root %s",
               opt->path.s, dir, root);
    err->width = (int)opt->path.len;
    return hr_hint(err, "write beneath the files root, or set files_root in the runner's config");
}

/* The folder must exist, so that its real path can be compared with the root. */
static int
file_compile(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const file_options *opt = options;
    file_shared *s = shared;
    hr_arena *arena = hr_node_arena(node);
    const char *root = node->topology->files_root;
    const char *slash = strrchr(opt->path.s, '/');
    const char *name = slash != NULL ? slash + 1 : opt->path.s;
    const char *base = opt->path.s[0] == '/' ? "" : node->topology->dir;
    char *dir = hr_arena_printf(arena, "%s%s%.*s", base, base[0] != '\0' ? "/" : "",
                                slash != NULL ? (int)(slash - opt->path.s + 1) : 0, opt->path.s);
    char real[PATH_MAX];
    size_t n = root != NULL ? strlen(root) : 0;

    if (dir == NULL || realpath(dir, real) == NULL) {
        hr_fail_as(err, opt->path.loc, "no-folder", "the folder of '%s' cannot be used: %s",
                   opt->path.s, strerror(errno));
        err->width = (int)opt->path.len;
        return hr_hint(err, "make the folder first");
    }
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        return hr_fail_as(err, opt->path.loc, "bad-path", "'%s' names no file", opt->path.s);
    }
    if (n > 1 && (strncmp(real, root, n) != 0 || (real[n] != '/' && real[n] != '\0'))) {
        return file_outside(opt, real, root, err);
    }
    s->path = hr_arena_printf(arena, "%s/%s", real, name);
    return s->path != NULL ? HR_OK : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

static int
file_open(hr_sink *sink, void *state, hr_error *err)
{
    const file_options *opt = hr_sink_node(sink)->options;
    const file_shared *shared = hr_sink_node(sink)->shared;
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(shared->path, opt->mode == MODE_TRUNCATE ? flags | O_TRUNC : flags, 0644);

    if (fd < 0) {
        return hr_fail(err, HR_EIO, HR_NO_LOC, "cannot write %s: %s", shared->path,
                       strerror(errno));
    }
    return hr_line_writer_init(state, fd, err);
}

static int
file_write(hr_sink *sink, void *state, hr_batch *batch, hr_rows rows, size_t *done, hr_error *err)
{
    return hr_line_writer_rows(state, sink, batch, rows, done, err);
}

static int
file_write_letter(hr_sink *sink, void *state, const hr_letter *letter, hr_error *err)
{
    return hr_line_writer_letter(state, sink, letter, err);
}

static void
file_poll(hr_sink *sink, void *state)
{
    hr_line_writer_poll(state, sink);
}

static void
file_close(hr_sink *sink, void *state)
{
    (void)sink;
    hr_line_writer_finish(state);
}

const hr_sink_type hr_sink_file = {
    .flags = HR_SINK_ENCODES,
    .name = "file",
    .summary = "Records as lines in a file.",
    .example = "{path: data/answers.jsonl, mode: truncate}",
    .options = file_option_table,
    .options_size = sizeof(file_options),
    .shared_size = sizeof(file_shared),
    .state_size = sizeof(hr_line_writer),
    .compile = file_compile,
    .open = file_open,
    .write = file_write,
    .write_letter = file_write_letter,
    .poll = file_poll,
    .close = file_close,
};
