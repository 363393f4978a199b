/* The keys of the table stages: two airport-like codes, in the table's own form.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_TABLE_KEYS_H
#define BENCH_TABLE_KEYS_H
#include "record/buf.h"

enum { LOOKUPS = 65536 };

typedef struct table_keys {
    size_t rows;
    hr_buf bytes;
    hr_span *key;           /* by row */
    hr_span asked[LOOKUPS]; /* random ones, all present */
} table_keys;

table_keys *table_keys_open(size_t rows);
void table_keys_close(table_keys *keys);

#endif
