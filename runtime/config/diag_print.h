/* What diag.c collects and diag_print.c prints. Internal to the two.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_DIAG_PRINT_H
#define HR_CONFIG_DIAG_PRINT_H
#include "config/diag.h"
#include "record/arena.h"

typedef struct diag_source {
    const char *name;
    const char *text; /* NULL: lines cannot be shown */
    size_t len;
} diag_source;

typedef struct diag_entry {
    int file; /* index into files; -1: no file */
    int line, col, width;
    const char *slug, *text, *hint; /* hint: NULL for none */
    bool warning;
    size_t seq; /* order in which they were added */
} diag_entry;

struct hr_diag {
    hr_arena *arena;
    diag_source *files;
    size_t n_files;
    diag_entry *entries;
    size_t n_entries, cap_entries;
    size_t n_errors, n_warnings;
};

#endif
