/* Sink file: records as lines in a file. A record is acknowledged when the operating system has its
 * line: a killed process loses nothing, a power failure may.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/line_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>

typedef struct file_options {
    hr_text path;
    int mode;
} file_options;

enum { MODE_APPEND, MODE_TRUNCATE };

static const hr_option file_option_table[] = {
    {"path", HR_OPT_PATH, offsetof(file_options, path), NULL, .flags = HR_OPT_CREATED | HR_OPT_MAIN,
     .help = "File to write; its folder must exist and lie beneath the files root."},
    {"mode", HR_OPT_ENUM, offsetof(file_options, mode), "append", .choices = "append|truncate",
     .help = "Go on behind what the file holds, or begin anew at each start."},
    {0},
};

typedef struct file_shared {
    bool begun; /* a thread has opened the file: the others must not empty it again */
} file_shared;

static pthread_mutex_t file_open_lock = PTHREAD_MUTEX_INITIALIZER;

static int
file_open_once(const file_options *opt, file_shared *shared)
{
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
    int fd;

    pthread_mutex_lock(&file_open_lock);
    if (opt->mode == MODE_TRUNCATE && !shared->begun) {
        flags |= O_TRUNC;
    }
    fd = open(opt->path.s, flags, 0644);
    shared->begun = shared->begun || fd >= 0;
    pthread_mutex_unlock(&file_open_lock);
    return fd;
}

static int
file_open(hr_sink *sink, void *state, hr_error *err)
{
    const file_options *opt = hr_sink_node(sink)->options;
    int fd = file_open_once(opt, hr_sink_node(sink)->shared);

    if (fd < 0) {
        return hr_fail(err, HR_EIO, HR_NO_LOC, "cannot write %s: %s", opt->path.s, strerror(errno));
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
file_holding(hr_sink *sink, void *state, char *text, size_t size)
{
    (void)sink;
    hr_line_writer_holding(state, text, size);
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
    .open = file_open,
    .write = file_write,
    .write_letter = file_write_letter,
    .poll = file_poll,
    .holding = file_holding,
    .close = file_close,
};
