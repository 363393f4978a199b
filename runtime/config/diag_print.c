/* Prints diagnostics as text with source line and caret, as JSON lines, or as GitHub workflow
 * commands. Columns count characters, as the caret line does; what a terminal would obey (control
 * characters) is shown as a question mark.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/diag_print.h"
#include "config/diag_redact.h"

#include <stdlib.h>
#include <string.h>

#define LINE_SHOWN_MAX 160 /* characters of a source line */
#define LINE_SHOWN_BEFORE 60

static int
print_order(const void *a, const void *b)
{
    const diag_entry *x = *(const diag_entry *const *)a;
    const diag_entry *y = *(const diag_entry *const *)b;

    if (x->file != y->file) {
        return x->file < y->file ? -1 : 1;
    }
    if (x->line != y->line) {
        return x->line < y->line ? -1 : 1;
    }
    if (x->col != y->col) {
        return x->col < y->col ? -1 : 1;
    }
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static const char *
print_severity(const diag_entry *e)
{
    return e->warning ? "warning" : "error";
}

/* The source line without its line end; NULL when it is not there. */
static const char *
print_line(const diag_source *file, int line, size_t *len)
{
    const char *p = file->text, *end = file->text + file->len, *stop;

    if (p == NULL || line < 1) {
        return NULL;
    }
    while (--line > 0) {
        p = memchr(p, '\n', (size_t)(end - p));
        if (p == NULL) {
            return NULL;
        }
        p++;
    }
    stop = memchr(p, '\n', (size_t)(end - p));
    *len = (size_t)((stop != NULL ? stop : end) - p);
    if (*len > 0 && p[*len - 1] == '\r') {
        --*len;
    }
    return p;
}

static bool
print_is_continuation(char c)
{
    return ((unsigned char)c & 0xC0u) == 0x80u;
}

static int
print_count(const char *p, size_t len)
{
    int n = 0;

    for (size_t i = 0; i < len; i++) {
        n += !print_is_continuation(p[i]);
    }
    return n;
}

/* Characters [from, to) of the line, safe for a terminal. */
static void
print_chars(FILE *out, const char *p, size_t len, int from, int to)
{
    int n = -1;

    for (size_t i = 0; i < len; i++) {
        n += !print_is_continuation(p[i]);
        if (n >= from && n < to) {
            unsigned char c = (unsigned char)p[i];

            fputc(c == '\t' ? ' ' : c < 0x20 || c == 0x7F ? '?' : c, out);
        }
    }
}

static void
print_repeat(FILE *out, char c, int n)
{
    while (n-- > 0) {
        fputc(c, out);
    }
}

/* The line as it may be shown: secrets hidden. NULL: out of memory. */
static char *
print_redacted(const char *line, size_t len)
{
    char *copy = strndup(line, len);

    if (copy != NULL) {
        hr_diag_redact(copy, strlen(copy));
    }
    return copy;
}

/* The source line, or the part of a long one around the column, and the caret line. */
static void
print_source(FILE *out, const diag_entry *e, const char *line, size_t len)
{
    char *shown = print_redacted(line, len);
    int chars = shown != NULL ? print_count(shown, strlen(shown)) : 0, from = 0, to = chars;
    int col = e->col - 1, width = e->width;

    col = col < 0 ? 0 : col > chars ? chars : col;
    if (chars > LINE_SHOWN_MAX) {
        from = col > LINE_SHOWN_BEFORE ? col - LINE_SHOWN_BEFORE : 0;
        to = from + LINE_SHOWN_MAX < chars ? from + LINE_SHOWN_MAX : chars;
    }
    width = col + width > to ? to - col : width;
    fprintf(out, "%5d | %s", e->line, from > 0 ? "..." : "");
    print_chars(out, shown != NULL ? shown : "", shown != NULL ? strlen(shown) : 0, from, to);
    free(shown);
    fprintf(out, "%s\n      | ", to < chars ? "..." : "");
    print_repeat(out, ' ', col - from + (from > 0 ? 3 : 0));
    print_repeat(out, '^', width > 0 ? width : 1);
    fprintf(out, "%s%s\n", e->hint != NULL ? " " : "", e->hint != NULL ? e->hint : "");
}

static void
print_text(FILE *out, const hr_diag *diag, const diag_entry *e)
{
    const diag_source *file = e->file >= 0 ? &diag->files[e->file] : NULL;
    const char *line;
    size_t len = 0;

    if (file != NULL && e->line > 0) {
        fprintf(out, "%s:%d:%d: ", file->name, e->line, e->col);
    } else if (file != NULL) {
        fprintf(out, "%s: ", file->name);
    }
    fprintf(out, "%s[%s]: %s\n", print_severity(e), e->slug, e->text);
    line = file != NULL ? print_line(file, e->line, &len) : NULL;
    if (line != NULL) {
        print_source(out, e, line, len);
    } else if (e->hint != NULL) {
        fprintf(out, "      | %s\n", e->hint);
    }
}

static void
print_json_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < 0x20) {
            fprintf(out, "\\u%04x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void
print_json(FILE *out, const hr_diag *diag, const diag_entry *e)
{
    fputs("{\"file\":", out);
    if (e->file >= 0) {
        print_json_string(out, diag->files[e->file].name);
    } else {
        fputs("null", out);
    }
    fprintf(out, ",\"line\":%d,\"column\":%d,\"width\":%d,\"severity\":\"%s\",\"code\":\"%s\"",
            e->line, e->col, e->width, print_severity(e), e->slug);
    fputs(",\"message\":", out);
    print_json_string(out, e->text);
    fputs(",\"hint\":", out);
    if (e->hint != NULL) {
        print_json_string(out, e->hint);
    } else {
        fputs("null", out);
    }
    fputs("}\n", out);
}

/* Workflow commands escape the line end and %, properties also : and comma. */
static void
print_github_string(FILE *out, const char *text, const char *escaped)
{
    for (; *text != '\0'; text++) {
        if (strchr(escaped, *text) != NULL) {
            fprintf(out, "%%%02X", (unsigned)(unsigned char)*text);
        } else {
            fputc(*text, out);
        }
    }
}

static void
print_github(FILE *out, const hr_diag *diag, const diag_entry *e)
{
    const char *in_text = "%\r\n", *in_property = "%\r\n:,";

    fprintf(out, "::%s ", print_severity(e));
    if (e->file >= 0) {
        fputs("file=", out);
        print_github_string(out, diag->files[e->file].name, in_property);
        if (e->line > 0) {
            fprintf(out, ",line=%d,col=%d", e->line, e->col);
        }
        fputc(',', out);
    }
    fputs("title=", out);
    print_github_string(out, e->slug, in_property);
    fputs("::", out);
    print_github_string(out, e->text, in_text);
    if (e->hint != NULL) {
        fputs(": ", out);
        print_github_string(out, e->hint, in_text);
    }
    fputc('\n', out);
}

void
hr_diag_print(const hr_diag *diag, FILE *out, hr_diag_format format)
{
    const diag_entry **sorted = calloc(diag->n_entries + 1, sizeof *sorted);

    if (sorted == NULL) {
        fputs("error: out of memory\n", out);
        return;
    }
    for (size_t i = 0; i < diag->n_entries; i++) {
        sorted[i] = &diag->entries[i];
    }
    qsort(sorted, diag->n_entries, sizeof *sorted, print_order);
    for (size_t i = 0; i < diag->n_entries; i++) {
        switch (format) {
        case HR_DIAG_TEXT:
            print_text(out, diag, sorted[i]);
            break;
        case HR_DIAG_JSON:
            print_json(out, diag, sorted[i]);
            break;
        case HR_DIAG_GITHUB:
            print_github(out, diag, sorted[i]);
            break;
        }
    }
    if (diag->n_errors + diag->n_warnings > diag->n_entries && format == HR_DIAG_TEXT) {
        fprintf(out, "and %zu more\n", diag->n_errors + diag->n_warnings - diag->n_entries);
    }
    free(sorted);
}
