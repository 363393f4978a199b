/* Keeps every mistake of a run with its place, and prints them sorted.
 *
 * Strings are copied into an arena and the number of kept entries is capped, so a hostile file
 * cannot make it grow without bound; what is past the cap is counted.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/diag.h"
#include "config/diag_print.h"
#include "record/arena.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define DIAG_ENTRIES_MAX 1000
#define DIAG_BYTES_MAX (256u << 20) /* of source texts, mostly */
#define DIAG_TEXT_MAX 1000

hr_diag *
hr_diag_create(void)
{
    hr_diag *diag = calloc(1, sizeof *diag);

    if (diag != NULL && (diag->arena = hr_arena_create(16384, DIAG_BYTES_MAX)) == NULL) {
        free(diag);
        diag = NULL;
    }
    return diag;
}

void
hr_diag_destroy(hr_diag *diag)
{
    if (diag != NULL) {
        hr_arena_destroy(diag->arena);
        free(diag->files);
        free(diag->entries);
        free(diag);
    }
}

/* The index of the file, added on first sight; -1 for a place without file. */
static int
diag_file(hr_diag *diag, const char *name)
{
    diag_source *grown;
    char *copy;

    if (name == NULL) {
        return -1;
    }
    for (size_t i = 0; i < diag->n_files; i++) {
        if (strcmp(diag->files[i].name, name) == 0) {
            return (int)i;
        }
    }
    copy = hr_arena_strdup(diag->arena, name);
    grown = copy != NULL ? realloc(diag->files, (diag->n_files + 1) * sizeof *grown) : NULL;
    if (grown == NULL) {
        return -1;
    }
    diag->files = grown;
    diag->files[diag->n_files] = (diag_source){.name = copy};
    return (int)diag->n_files++;
}

void
hr_diag_source(hr_diag *diag, const char *file, const char *text, size_t len)
{
    int i = diag_file(diag, file);

    if (i >= 0) {
        diag->files[i].text = hr_arena_strndup(diag->arena, text, len);
        diag->files[i].len = diag->files[i].text != NULL ? len : 0;
    }
}

static bool
diag_is_known(const hr_diag *diag, const diag_entry *entry)
{
    for (size_t i = 0; i < diag->n_entries; i++) {
        const diag_entry *e = &diag->entries[i];

        if (e->warning == entry->warning && e->file == entry->file && e->line == entry->line &&
            e->col == entry->col && (e->line > 0 || strcmp(e->text, entry->text) == 0)) {
            return true;
        }
    }
    return false;
}

static bool
diag_reserve(hr_diag *diag)
{
    size_t cap = diag->cap_entries > 0 ? diag->cap_entries * 2 : 16;
    diag_entry *grown;

    if (diag->n_entries < diag->cap_entries) {
        return true;
    }
    grown = realloc(diag->entries, cap * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    diag->entries = grown;
    diag->cap_entries = cap;
    return true;
}

/* Length of the UTF-8 sequence at p, 0 when it is none. */
static size_t
diag_sequence(const unsigned char *p)
{
    size_t n = p[0] < 0x80 ? 1 : (p[0] & 0xE0) == 0xC0 ? 2 : (p[0] & 0xF0) == 0xE0 ? 3 : 4;

    if (n == 1 || (p[0] >= 0xC2 && p[0] <= 0xF4)) {
        for (size_t i = 1; i < n; i++) {
            if ((p[i] & 0xC0) != 0x80) {
                return 0;
            }
        }
        return n;
    }
    return 0;
}

/* What a terminal would obey and what is no UTF-8 (a text cut short) becomes a question mark. */
static char *
diag_clean(hr_diag *diag, const char *text)
{
    char *copy = hr_arena_strdup(diag->arena, text);

    for (unsigned char *p = (unsigned char *)copy; p != NULL && *p != '\0';) {
        size_t n = diag_sequence(p);

        if (n == 0 || *p < 0x20 || *p == 0x7F) {
            *p = '?';
            n = 1;
        }
        p += n;
    }
    return copy;
}

static void
diag_keep(hr_diag *diag, diag_entry entry, const char *text, const char *hint)
{
    entry.text = text;
    if (diag_is_known(diag, &entry)) {
        return;
    }
    *(entry.warning ? &diag->n_warnings : &diag->n_errors) += 1;
    if (diag->n_entries >= DIAG_ENTRIES_MAX || !diag_reserve(diag)) {
        return;
    }
    entry.text = diag_clean(diag, text);
    entry.hint = hint != NULL && hint[0] != '\0' ? diag_clean(diag, hint) : NULL;
    entry.seq = diag->n_entries;
    if (entry.text != NULL) {
        diag->entries[diag->n_entries++] = entry;
    }
}

static diag_entry
diag_entry_at(hr_diag *diag, hr_loc loc, int width, const char *slug, bool warning)
{
    return (diag_entry){.file = diag_file(diag, loc.file),
                        .line = loc.line,
                        .col = loc.col,
                        .width = width > 0 ? width : 1,
                        .slug = slug != NULL ? slug : "invalid",
                        .warning = warning};
}

void
hr_diag_add(hr_diag *diag, hr_loc loc, int width, const char *slug, const char *hint,
            const char *fmt, ...)
{
    char text[DIAG_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    diag_keep(diag, diag_entry_at(diag, loc, width, slug, false), text, hint);
}

void
hr_diag_warn(hr_diag *diag, hr_loc loc, int width, const char *slug, const char *hint,
             const char *fmt, ...)
{
    char text[DIAG_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    diag_keep(diag, diag_entry_at(diag, loc, width, slug, true), text, hint);
}

void
hr_diag_error(hr_diag *diag, const hr_error *err)
{
    if (err->code != HR_EREPORTED) {
        diag_keep(diag, diag_entry_at(diag, err->loc, err->width, err->slug, false), err->msg,
                  err->hint);
    }
}

size_t
hr_diag_errors(const hr_diag *diag)
{
    return diag->n_errors;
}

size_t
hr_diag_warnings(const hr_diag *diag)
{
    return diag->n_warnings;
}
