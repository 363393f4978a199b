/* Source file: the lines of a file, each a record (JSON lines). For demos and batch runs: it begins
 * at the start of the file each time; nothing is committed. A record's offset is the place of its
 * line's first byte, so that a rewind can go there.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/clock.h"
#include "engine/pace.h"
#include "hr_source.h"
#include "record/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES (256u * 1024)
#define LINE_BYTES_MAX (16u * 1024 * 1024)

typedef struct file_options {
    hr_text path;
    double rate;
    bool repeat;
} file_options;

static const hr_option file_option_table[] = {
    {"path", HR_OPT_PATH, offsetof(file_options, path), NULL, .flags = HR_OPT_MAIN,
     .help = "File to read, one record a line."},
    {"rate", HR_OPT_REAL, offsetof(file_options, rate), "0", 0, 1e7,
     .help = "Records per second; 0: as fast as they are taken."},
    {"repeat", HR_OPT_BOOL, offsetof(file_options, repeat), "false",
     .help = "Begin again at the end of the file."},
    {0},
};

typedef struct file_state {
    int fd;
    hr_partition *partition;
    hr_buf buf; /* bytes of the file from buf_offset on */
    int64_t buf_offset;
    size_t at;          /* of the next line in buf */
    int64_t pass_bytes; /* of a repeated file: what it held at the start is what is repeated */
    int64_t wrapped;    /* bytes of the earlier passes */
    hr_pace pace;
    bool eof;
} file_state;

static const file_options *
file_options_of(const hr_source *source)
{
    return hr_source_node(source)->options;
}

static int
file_open(hr_source *source, void *state, hr_error *err)
{
    file_state *s = state;
    const char *path = file_options_of(source)->path.s;
    struct stat st;

    s->fd = -1;
    s->buf.cap_max = LINE_BYTES_MAX + READ_BYTES;
    if (hr_source_thread(source) != 0) {
        return HR_OK; /* one file, one task: the first thread has it */
    }
    s->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0 || fstat(s->fd, &st) != 0) {
        return hr_fail(err, HR_EIO, HR_NO_LOC, "cannot read %s: %s", path, strerror(errno));
    }
    s->pass_bytes = file_options_of(source)->repeat ? st.st_size : INT64_MAX;
    hr_pace_init(&s->pace, file_options_of(source)->rate);
    if (hr_source_until_end(source)) {
        hr_source_until(source, 0, file_options_of(source)->repeat ? INT64_MAX : st.st_size);
        hr_source_until_known(source);
    }
    s->partition = hr_source_assign(source, path, 0, 0, NULL);
    return s->partition != NULL ? HR_OK : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

/* How many bytes to read next: up to the end of the pass. */
static size_t
file_want(const file_state *s)
{
    int64_t left = s->pass_bytes - (s->buf_offset + (int64_t)s->buf.len);

    return left < (int64_t)READ_BYTES ? (size_t)(left > 0 ? left : 0) : READ_BYTES;
}

/* Moves the rest of the buffer to its front and reads more behind it. False: the file ends. */
static bool
file_fill(hr_source *source, file_state *s)
{
    ssize_t n;

    if (s->at > 0) {
        memmove(s->buf.data, s->buf.data + s->at, s->buf.len - s->at);
        s->buf.len -= s->at;
        s->buf_offset += (int64_t)s->at;
        s->at = 0;
    }
    if (s->eof) {
        return false;
    }
    if (hr_buf_reserve(&s->buf, READ_BYTES) != HR_OK) {
        hr_source_trouble(source, "a line is longer than 16 MiB", true);
        return false;
    }
    n = pread(s->fd, s->buf.data + s->buf.len, file_want(s), s->buf_offset + (int64_t)s->buf.len);
    if (n <= 0) {
        s->eof = true;
        if (n < 0) {
            hr_source_trouble(source, strerror(errno), true);
        }
        return false;
    }
    s->buf.len += (size_t)n;
    return true;
}

/* Cuts lines out of the buffer; blank ones are left out. The last one needs no newline. */
static size_t
file_cut(file_state *s, hr_record *records, size_t max)
{
    size_t n = 0;

    while (n < max && s->at < s->buf.len) {
        const uint8_t *line = s->buf.data + s->at;
        const uint8_t *end = memchr(line, '\n', s->buf.len - s->at);
        size_t len = end != NULL ? (size_t)(end - line) : s->buf.len - s->at;

        if (end == NULL && !s->eof) {
            break;
        }
        records[n] = (hr_record){.value = {line, len},
                                 .timestamp_ms = hr_clock_wall_ms(),
                                 .offset = s->wrapped + s->buf_offset + (int64_t)s->at};
        s->at += len + (end != NULL ? 1 : 0);
        if (len > 0 && line[len - 1] == '\r') {
            records[n].value.len--;
        }
        n += records[n].value.len > 0 ? 1 : 0;
    }
    return n;
}

static void
file_at_end(hr_source *source, file_state *s)
{
    if (!file_options_of(source)->repeat || s->pass_bytes == 0) {
        hr_source_ended(source, s->partition);
        return;
    }
    s->wrapped += s->pass_bytes;
    s->buf_offset = 0;
    s->buf.len = s->at = 0;
    s->eof = false;
    hr_source_wake_at(source, hr_clock_ms()); /* there is more at once */
}

static size_t
file_fetch(hr_source *source, void *state, hr_partition *partition, hr_record *records, size_t max,
           hr_arena *arena)
{
    file_state *s = state;
    size_t n = 0;

    (void)partition;
    (void)arena;
    max = hr_pace_allowed(&s->pace, source, max);
    if (max == 0) {
        return 0;
    }
    do {
        n = file_cut(s, records, max);
    } while (n == 0 && (file_fill(source, s) || s->at < s->buf.len));
    hr_pace_take(&s->pace, n);
    if (n == 0) {
        file_at_end(source, s);
    }
    return n;
}

static int
file_seek(hr_source *source, void *state, hr_partition *partition, int64_t offset, hr_error *err)
{
    file_state *s = state;

    (void)source;
    (void)partition;
    (void)err;
    s->wrapped = s->pass_bytes > 0 ? offset - offset % s->pass_bytes : 0; /* of an earlier pass? */
    s->buf_offset = offset - s->wrapped;
    s->buf.len = s->at = 0;
    s->eof = false;
    return HR_OK;
}

static void
file_close(hr_source *source, void *state)
{
    file_state *s = state;

    (void)source;
    if (s->fd >= 0) {
        close(s->fd);
    }
    s->fd = -1;
    hr_buf_finish(&s->buf);
}

const hr_source_type hr_source_file = {
    .flags = HR_SOURCE_BYTES,
    .name = "file",
    .summary = "Lines of a file, each a record.",
    .example = "{path: data/requests.jsonl, rate: 50}",
    .options = file_option_table,
    .options_size = sizeof(file_options),
    .state_size = sizeof(file_state),
    .open = file_open,
    .fetch = file_fetch,
    .seek = file_seek,
    .close = file_close,
};
