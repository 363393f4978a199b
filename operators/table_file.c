/* table file: a table from a file of JSON lines.
 *
 * The file is read by chunks of our own and not by getline(), which would take a file without a
 * newline into memory as a whole.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/file_mark.h"
#include "engine/log.h"
#include "hr_operator.h"
#include "hr_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_FILE_LOOK_MS 500
#define TABLE_FILE_CHUNK ((size_t)64 << 10)
#define TABLE_FILE_LINE_MAX ((size_t)16 << 20)
#define TABLE_FILE_BATCH_BYTES ((size_t)4 << 20) /* of lines decoded together */

typedef struct table_file_options {
    hr_text path;
    int reload; /* 0 never, 1 on-change */
} table_file_options;

static const hr_option table_file_option_table[] = {
    {.name = "path",
     .kind = HR_OPT_PATH,
     .offset = offsetof(table_file_options, path),
     .help = "File of JSON lines, one row each.",
     .flags = HR_OPT_MAIN},
    {.name = "reload",
     .kind = HR_OPT_ENUM,
     .offset = offsetof(table_file_options, reload),
     .fallback = "never",
     .choices = "never|on-change",
     .help = "on-change: looks twice a second and takes the new content as a whole, or keeps the "
             "old one if there is a mistake in it."},
    {0},
};

/* The file as it is read: whole lines that wait to be decoded, and the start of the next one. */
typedef struct table_file_reader {
    hr_table *table;
    hr_table_builder *builder;
    const char *path;
    hr_buf bytes;
    size_t starts[HR_BATCH_ROWS], ends[HR_BATCH_ROWS];
    int numbers[HR_BATCH_ROWS];
    size_t n;
    size_t line;    /* where the line that is not complete yet starts */
    size_t scanned; /* no newline between `line` and here */
    int number;     /* of that line */
} table_file_reader;

static bool
table_file_is_blank(const uint8_t *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (memchr(" \t\r", line[i], 3) == NULL) {
            return false;
        }
    }
    return true;
}

/* Decodes the complete lines and forgets them. */
static int
table_file_flush(table_file_reader *r, hr_error *err)
{
    hr_span values[HR_BATCH_ROWS];
    size_t bad;
    int rc;

    for (size_t i = 0; i < r->n; i++) {
        values[i] = (hr_span){r->bytes.data + r->starts[i], r->ends[i] - r->starts[i]};
    }
    rc = r->n > 0 ? hr_table_put(r->table, r->builder, values, r->n, &bad, err) : HR_OK;
    if (rc == HR_ERECORD) {
        char why[sizeof err->msg];

        memcpy(why, err->msg, sizeof why);
        rc = hr_fail(err, HR_ECONFIG, HR_NO_LOC, "%s:%d: %.200s", r->path, r->numbers[bad], why);
    }
    if (r->line > 0) {
        memmove(r->bytes.data, r->bytes.data + r->line, r->bytes.len - r->line);
    }
    r->bytes.len -= r->line;
    r->scanned -= r->line;
    r->line = 0;
    r->n = 0;
    return rc;
}

/* Takes the bytes from `line` up to `end` as a line. */
static void
table_file_take(table_file_reader *r, size_t end)
{
    if (!table_file_is_blank(r->bytes.data + r->line, end - r->line)) {
        r->starts[r->n] = r->line;
        r->ends[r->n] = end;
        r->numbers[r->n++] = r->number;
    }
    r->number++;
}

/* Finds the lines in what was read. */
static int
table_file_split(table_file_reader *r, hr_error *err)
{
    uint8_t *newline;
    int rc = HR_OK;

    while (rc == HR_OK && r->scanned < r->bytes.len &&
           (newline = memchr(r->bytes.data + r->scanned, '\n', r->bytes.len - r->scanned)) !=
               NULL) {
        size_t end = (size_t)(newline - r->bytes.data);

        table_file_take(r, end);
        r->line = r->scanned = end + 1;
        if (r->n == HR_BATCH_ROWS || r->line >= TABLE_FILE_BATCH_BYTES) {
            rc = table_file_flush(r, err);
        }
    }
    r->scanned = rc == HR_OK ? r->bytes.len : r->scanned;
    if (rc == HR_OK && r->bytes.len - r->line > TABLE_FILE_LINE_MAX) {
        rc = hr_fail(err, HR_ECONFIG, HR_NO_LOC, "%s:%d: a line of more than %zu MiB", r->path,
                     r->number, TABLE_FILE_LINE_MAX >> 20);
    }
    return rc;
}

static int
table_file_read(table_file_reader *r, FILE *file, hr_error *err)
{
    size_t got = 1;
    int rc = HR_OK;

    while (rc == HR_OK && got > 0) {
        if (hr_table_stopping(r->table)) {
            return hr_fail(err, HR_EAGAIN, HR_NO_LOC, "the table is to stop");
        }
        if (hr_buf_reserve(&r->bytes, TABLE_FILE_CHUNK) != HR_OK) {
            return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        }
        got = fread(r->bytes.data + r->bytes.len, 1, TABLE_FILE_CHUNK, file);
        r->bytes.len += got;
        rc = table_file_split(r, err);
    }
    if (rc == HR_OK && ferror(file)) {
        return hr_fail(err, HR_EIO, HR_NO_LOC, "cannot read %s: %s", r->path, strerror(errno));
    }
    if (rc == HR_OK && r->bytes.len > r->line) {
        table_file_take(r, r->bytes.len);
        r->line = r->bytes.len;
    }
    return rc == HR_OK ? table_file_flush(r, err) : rc;
}

/* Reads the open file into a fresh builder and publishes that. */
static int
table_file_load_open(hr_table *table, FILE *file, const char *path, hr_error *err)
{
    table_file_reader *r = calloc(1, sizeof *r);
    int rc;

    if (r == NULL || (r->builder = hr_table_builder_new(table)) == NULL) {
        free(r);
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    r->table = table;
    r->path = path;
    r->number = 1;
    rc = table_file_read(r, file, err);
    if (rc == HR_OK) {
        rc = hr_table_publish(table, r->builder, err);
    }
    hr_buf_finish(&r->bytes);
    hr_table_builder_destroy(r->builder);
    free(r);
    return rc;
}

/* Loads the file and tells in *mark which content that was. */
static int
table_file_load(hr_table *table, const char *path, hr_file_mark *mark, hr_error *err)
{
    FILE *file = fopen(path, "rb");
    int rc;

    if (file == NULL) {
        return hr_fail(err, HR_EIO, HR_NO_LOC, "cannot open %s: %s", path, strerror(errno));
    }
    *mark = hr_file_mark_of_fd(fileno(file));
    rc = table_file_load_open(table, file, path, err);
    fclose(file);
    return rc;
}

/* The file has changed. A person did that and waits for an answer, whichever it is. */
static void
table_file_reload(hr_table *table, const char *path, hr_file_mark *mark)
{
    hr_error err = {0};

    if (table_file_load(table, path, mark, &err) == HR_OK) {
        hr_log(HR_LOG_INFO, "table %s has the new content of %s", hr_table_node(table)->name.s,
               path);
    } else if (!hr_table_stopping(table)) {
        hr_table_rejected(table, &err);
    }
}

static int
table_file_run(hr_table *table, const void *options, void *shared, hr_error *err)
{
    const table_file_options *opt = options;
    hr_file_watch watch = {0};
    int rc = table_file_load(table, opt->path.s, &watch.taken, err);

    (void)shared;
    while (rc == HR_OK && opt->reload == 1 && !hr_table_stopping(table)) {
        hr_table_wait(table, TABLE_FILE_LOOK_MS);
        if (hr_file_watch_look(&watch, opt->path.s)) {
            table_file_reload(table, opt->path.s, &watch.taken);
        }
    }
    return rc;
}

const hr_table_type hr_table_file = {
    .abi = HR_OP_ABI,
    .name = "file",
    .summary = "A table from a file of JSON lines.",
    .example = "{path: data/origin_dest_distances.jsonl, reload: on-change}",
    .options = table_file_option_table,
    .options_size = sizeof(table_file_options),
    .shared_size = sizeof(hr_table_shared),
    .run = table_file_run,
    .release = hr_table_release,
};
