/* model_rows MODEL ROWS ANSWERS [BATCH]: evaluates the rows of a file, for tests that compare with
 * other engines (model_oracle.py writes ROWS and reads ANSWERS; all numbers little endian).
 *   ROWS:    u32 rows, u32 columns; per column: u8 kind ('d' double, 'i' int64, 's' string), a byte
 *            per row that is 1 for a missing value, then the values (a string: u32 length, bytes)
 *   ANSWERS: u32 rows, u32 scores (1 for a regressor); per row: i32 class (-1 for a regressor),
 *            u8 flags, then the scores as doubles
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct rows_file {
    uint8_t *bytes;
    size_t len, at;
} rows_file;

static void
rows_die(const char *what)
{
    fprintf(stderr, "model_rows: %s\n", what);
    exit(2);
}

static void *
rows_alloc(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);

    if (p == NULL) {
        rows_die("out of memory");
    }
    return p;
}

static rows_file
rows_read_file(const char *path)
{
    rows_file f = {0};
    FILE *in = fopen(path, "rb");
    long len;

    if (in == NULL || fseek(in, 0, SEEK_END) != 0 || (len = ftell(in)) < 0) {
        rows_die("cannot read the rows");
        return f;
    }
    rewind(in);
    f.len = (size_t)len;
    f.bytes = rows_alloc(f.len, 1);
    if (fread(f.bytes, 1, f.len, in) != f.len) {
        rows_die("cannot read the rows");
    }
    fclose(in);
    return f;
}

static const uint8_t *
rows_take(rows_file *f, size_t n)
{
    const uint8_t *p = f->bytes + f->at;

    if (n > f->len - f->at) {
        rows_die("the rows end early");
    }
    f->at += n;
    return p;
}

static uint32_t
rows_take_u32(rows_file *f)
{
    uint32_t v;

    memcpy(&v, rows_take(f, sizeof(v)), sizeof(v));
    return v;
}

static void
rows_take_strings(rows_file *f, size_t n, hr_model_column *c)
{
    hr_span *s = rows_alloc(n, sizeof(*s));

    for (size_t i = 0; i < n; i++) {
        s[i].len = rows_take_u32(f);
        s[i].data = rows_take(f, s[i].len);
    }
    c->of.string = s;
}

static void
rows_take_column(rows_file *f, size_t n, hr_model_column *c)
{
    uint8_t kind = *rows_take(f, 1);

    c->missing = rows_take(f, n);
    c->kind = kind == 'd' ? HR_MODEL_DOUBLE : kind == 'i' ? HR_MODEL_INT64 : HR_MODEL_STRING;
    if (c->kind == HR_MODEL_STRING) {
        rows_take_strings(f, n, c);
    } else {
        void *copy = rows_alloc(n, 8);

        memcpy(copy, rows_take(f, n * 8), n * 8);
        c->of.real = copy;
    }
}

/* The same columns from row `first` on. */
static void
rows_window(const hr_model_column *all, hr_model_column *window, size_t columns, size_t first)
{
    for (size_t c = 0; c < columns; c++) {
        window[c] = all[c];
        window[c].missing = all[c].missing + first;
        if (all[c].kind == HR_MODEL_STRING) {
            window[c].of.string = all[c].of.string + first;
        } else {
            window[c].of.integer = all[c].of.integer + first;
        }
    }
}

static void
rows_write(FILE *out, const hr_model_result *r, size_t scores)
{
    for (size_t i = 0; i < r->n; i++) {
        int32_t class_index = r->class_index != NULL ? r->class_index[i] : -1;
        const double *from = r->class_index != NULL ? r->scores : r->value;

        fwrite(&class_index, sizeof(class_index), 1, out);
        fwrite(&r->row_flags[i], 1, 1, out);
        fwrite(from + i * scores, sizeof(double), scores, out);
    }
}

static void
rows_run(const hr_model *m, const hr_model_column *all, size_t rows, FILE *out, size_t batch)
{
    size_t columns = hr_model_column_count(m);
    size_t scores = hr_model_is_classifier(m) ? hr_model_class_count(m) : 1;
    hr_model_column *window = rows_alloc(columns, sizeof(*window));
    hr_model_scratch *scratch = hr_model_scratch_create(m);

    for (size_t first = 0; scratch != NULL && first < rows; first += batch) {
        hr_model_result r;

        rows_window(all, window, columns, first);
        if (hr_model_eval(m, scratch, window, rows - first < batch ? rows - first : batch, &r) !=
            HR_OK) {
            rows_die("the columns do not fit the model");
        }
        rows_write(out, &r, scores);
    }
    hr_model_scratch_destroy(scratch);
    free(window);
}

static void
rows_evaluate(const hr_model *m, rows_file *f, FILE *out, size_t batch)
{
    uint32_t rows = rows_take_u32(f), columns = rows_take_u32(f);
    uint32_t scores = hr_model_is_classifier(m) ? (uint32_t)hr_model_class_count(m) : 1;
    hr_model_column *all = rows_alloc(columns, sizeof(*all));

    if (columns != hr_model_column_count(m)) {
        rows_die("wrong number of columns");
    }
    for (size_t c = 0; c < columns; c++) {
        rows_take_column(f, rows, &all[c]);
    }
    fwrite(&rows, sizeof(rows), 1, out);
    fwrite(&scores, sizeof(scores), 1, out);
    rows_run(m, all, rows, out, batch);
    free(all);
}

int
main(int argc, char **argv)
{
    size_t batch = argc > 4 ? strtoul(argv[4], NULL, 10) : HR_MODEL_ROWS_MAX;
    hr_model *m = NULL;
    hr_error err = {0};
    rows_file f;
    FILE *out;

    if (argc < 4 || batch < 1 || batch > HR_MODEL_ROWS_MAX) {
        rows_die("usage: model_rows MODEL ROWS ANSWERS [BATCH]");
    }
    if (hr_model_load(argv[1], NULL, &m, &err) != HR_OK) {
        fprintf(stderr, "model_rows: refused: %s\n", err.msg);
        return 1;
    }
    f = rows_read_file(argv[2]);
    out = fopen(argv[3], "wb");
    if (out == NULL) {
        rows_die("cannot write the answers");
        return 2;
    }
    rows_evaluate(m, &f, out, batch);
    fclose(out);
    hr_model_unref(m);
    free(f.bytes);
    return 0; /* the copies of the columns end with the process */
}
