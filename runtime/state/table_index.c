/* Tables in memory.
 *
 * The builder keeps one heap block per row, because rows of a compacted topic are replaced and
 * removed for ever and must leave no garbage behind; the snapshot copies them into columns, which
 * is what a look-up wants. The two share nothing, so a snapshot needs no lock.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "state/table_index.h"

#include <stdlib.h>

#define TABLE_EMPTY UINT32_MAX
#define TABLE_ROWS_MAX (1u << 30)
#define TABLE_SLOTS_MIN 16u
#define TABLE_PREFETCH_ROWS 100000u /* below, the entries live in the cache anyhow */
#define TABLE_KEY_INLINE 15u
#define TABLE_KEY_LONG 255u

typedef struct table_entry {
    uint32_t hash, row;
} table_entry;

/* Linear probing; the load stays at or below one half, so a run of entries always ends. */
typedef struct table_entries {
    table_entry *v;
    size_t mask;
} table_entries;

typedef union builder_value {
    int64_t i;
    double d;
    uint8_t b;
    struct {
        uint32_t at, len; /* into the row's bytes */
    } s;
} builder_value;

/* Followed by the lanes, the key, the id where it is not the key, and the bytes of the spans. */
typedef struct builder_row {
    uint32_t hash, key_hash; /* of the id and of the key */
    uint32_t key_len, id_len;
    bool has_id;
    uint64_t sequence; /* of its put */
    int64_t stamp;     /* hr_table_builder_stamp() */
    size_t size;       /* of the whole block */
    builder_value values[];
} builder_row;

struct hr_table_builder {
    uint64_t seed; /* differs from run to run, so that nobody can prepare keys that collide */
    hr_kind *kinds;
    size_t n_values;
    size_t bytes, bytes_max;
    builder_row **rows;
    size_t n_rows, rows_cap;
    table_entries entries; /* by id */
    uint64_t sequence;
    int64_t stamp;  /* of the next rows */
    int64_t oldest; /* no row has a smaller one */
    bool has_ids;   /* some row has one, so two rows may have the same key */
};

typedef union table_key {
    struct {
        uint8_t len; /* TABLE_KEY_LONG: the other member */
        uint8_t bytes[TABLE_KEY_INLINE];
    } in;
    struct {
        uint8_t len, unused[3];
        uint32_t n;
        const uint8_t *data;
    } out;
} table_key;

struct hr_table_index {
    hr_snapshot snapshot;
    uint64_t seed; /* the builder's */
    size_t n_rows; /* that can be found */
    size_t n_values;
    table_entries entries;
    table_key *keys;    /* by row */
    hr_column *columns; /* by value; as many entries as the builder had rows */
    uint8_t *bytes;     /* long keys and spans */
    size_t held;        /* bytes of all of it */
};

static uint32_t
table_hash(hr_span key, uint64_t seed)
{
    return (uint32_t)hr_hash64(key, seed);
}

/* --- entries -------------------------------------------------------------------------------- */

static bool
entries_init(table_entries *entries, size_t slots)
{
    entries->v = malloc(slots * sizeof *entries->v);
    entries->mask = slots - 1;
    if (entries->v != NULL) {
        memset(entries->v, 0xff, slots * sizeof *entries->v);
    }
    return entries->v != NULL;
}

static size_t
entries_slots_for(size_t rows)
{
    size_t slots = TABLE_SLOTS_MIN;

    while (slots < 2 * rows) {
        slots *= 2;
    }
    return slots;
}

static void
entries_add(table_entries *entries, uint32_t hash, uint32_t row)
{
    size_t at = hash & entries->mask;

    while (entries->v[at].row != TABLE_EMPTY) {
        at = (at + 1) & entries->mask;
    }
    entries->v[at] = (table_entry){hash, row};
}

/* The entry of a row that is there. */
static size_t
entries_of_row(const table_entries *entries, uint32_t hash, uint32_t row)
{
    size_t at = hash & entries->mask;

    while (entries->v[at].row != row) {
        at = (at + 1) & entries->mask;
    }
    return at;
}

/* Closes the gap: later entries of the run move back where their own place allows it, so that no
 * mark of a removed entry is needed. */
static void
entries_remove(table_entries *entries, size_t gap)
{
    size_t at = gap;

    for (;;) {
        size_t home;

        at = (at + 1) & entries->mask;
        if (entries->v[at].row == TABLE_EMPTY) {
            break;
        }
        home = entries->v[at].hash & entries->mask;
        if (((at - home) & entries->mask) >= ((at - gap) & entries->mask)) {
            entries->v[gap] = entries->v[at];
            gap = at;
        }
    }
    entries->v[gap].row = TABLE_EMPTY;
}

/* --- builder -------------------------------------------------------------------------------- */

hr_table_builder *
hr_table_builder_create(const hr_kind *kinds, size_t n, size_t bytes_max)
{
    hr_table_builder *builder = calloc(1, sizeof *builder);

    if (builder == NULL) {
        return NULL;
    }
    builder->kinds = malloc((n + 1) * sizeof *builder->kinds);
    if (builder->kinds == NULL || !entries_init(&builder->entries, TABLE_SLOTS_MIN)) {
        hr_table_builder_destroy(builder);
        return NULL;
    }
    if (n > 0) {
        memcpy(builder->kinds, kinds, n * sizeof *kinds);
    }
    builder->seed = (uintptr_t)builder;
    builder->oldest = INT64_MAX;
    builder->n_values = n;
    builder->bytes_max = bytes_max;
    return builder;
}

void
hr_table_builder_destroy(hr_table_builder *builder)
{
    if (builder == NULL) {
        return;
    }
    for (size_t i = 0; i < builder->n_rows; i++) {
        free(builder->rows[i]);
    }
    free(builder->rows);
    free(builder->entries.v);
    free(builder->kinds);
    free(builder);
}

static uint8_t *
row_lanes(const hr_table_builder *builder, builder_row *row)
{
    return (uint8_t *)(row->values + builder->n_values);
}

static hr_span
row_key(const hr_table_builder *builder, builder_row *row)
{
    return (hr_span){row_lanes(builder, row) + builder->n_values, row->key_len};
}

static hr_span
row_id(const hr_table_builder *builder, builder_row *row)
{
    hr_span key = row_key(builder, row);

    return row->has_id ? (hr_span){key.data + key.len, row->id_len} : key;
}

static uint8_t *
row_bytes(const hr_table_builder *builder, builder_row *row)
{
    return row_lanes(builder, row) + builder->n_values + row->key_len + row->id_len;
}

/* The entry of the id, or SIZE_MAX. */
static size_t
builder_find(const hr_table_builder *builder, hr_span id, uint32_t hash)
{
    const table_entries *entries = &builder->entries;

    for (size_t at = hash & entries->mask; entries->v[at].row != TABLE_EMPTY;
         at = (at + 1) & entries->mask) {
        if (entries->v[at].hash == hash &&
            hr_span_eq(row_id(builder, builder->rows[entries->v[at].row]), id)) {
            return at;
        }
    }
    return SIZE_MAX;
}

/* Bytes that the spans of a batch row need; SIZE_MAX: more than a row may hold. */
static size_t
builder_span_bytes(const hr_table_builder *builder, hr_batch *batch, const int *slots, hr_row row)
{
    size_t bytes = 0;

    for (size_t i = 0; i < builder->n_values; i++) {
        const hr_column *column = hr_batch_column(batch, slots[i]);

        if (hr_kind_is_span(builder->kinds[i]) && column->lane[row] == HR_LANE_OK) {
            bytes += column->v.s[row].len;
        }
        if (bytes > UINT32_MAX) {
            return SIZE_MAX;
        }
    }
    return bytes;
}

static void
builder_value_set(builder_value *value, const hr_column *column, hr_row row, uint8_t *bytes,
                  uint32_t *used)
{
    hr_span span;

    switch (column->kind) {
    case HR_KIND_BOOL:
        value->b = column->v.b[row];
        break;
    case HR_KIND_DOUBLE:
        value->d = column->v.d[row];
        break;
    case HR_KIND_INT:
    case HR_KIND_TIMESTAMP:
        value->i = column->v.i[row];
        break;
    default:
        span = column->v.s[row];
        value->s.at = *used;
        value->s.len = (uint32_t)span.len;
        if (span.len > 0) {
            memcpy(bytes + *used, span.data, span.len);
        }
        *used += (uint32_t)span.len;
        break;
    }
}

static void
row_copy_head(const hr_table_builder *builder, builder_row *row, const hr_span *id, hr_span key)
{
    uint8_t *at = row_lanes(builder, row) + builder->n_values;

    row->key_len = (uint32_t)key.len;
    row->key_hash = row->hash = table_hash(key, builder->seed);
    if (key.len > 0) {
        memcpy(at, key.data, key.len);
    }
    if (id == NULL) {
        return;
    }
    row->has_id = true;
    row->id_len = (uint32_t)id->len;
    row->hash = table_hash(*id, builder->seed);
    if (id->len > 0) {
        memcpy(at + key.len, id->data, id->len);
    }
}

static builder_row *
builder_row_create(const hr_table_builder *builder, const hr_span *id, hr_span key, hr_batch *batch,
                   const int *slots, hr_row row)
{
    size_t spans = builder_span_bytes(builder, batch, slots, row);
    size_t size = sizeof(builder_row) + builder->n_values * (sizeof(builder_value) + 1);
    size_t id_len = id != NULL ? id->len : 0;
    builder_row *made;
    uint32_t used = 0;

    if (spans == SIZE_MAX || key.len > UINT32_MAX || id_len > UINT32_MAX) {
        return NULL;
    }
    size += key.len + id_len + spans;
    made = calloc(1, size);
    if (made == NULL) {
        return NULL;
    }
    made->size = size;
    row_copy_head(builder, made, id, key);
    for (size_t i = 0; i < builder->n_values; i++) {
        const hr_column *column = hr_batch_column(batch, slots[i]);

        row_lanes(builder, made)[i] = column->lane[row];
        if (column->lane[row] == HR_LANE_OK) {
            builder_value_set(&made->values[i], column, row, row_bytes(builder, made), &used);
        }
    }
    return made;
}

/* Room for one more row: doubles the entries and the row array together. */
static int
builder_grow(hr_table_builder *builder)
{
    table_entries wider;
    builder_row **rows;

    if (builder->n_rows < builder->rows_cap) {
        return HR_OK;
    }
    if (builder->n_rows >= TABLE_ROWS_MAX) {
        return HR_ENOMEM;
    }
    rows = realloc(builder->rows, entries_slots_for(builder->n_rows + 1) / 2 * sizeof(void *));
    if (rows == NULL) {
        return HR_ENOMEM;
    }
    builder->rows = rows;
    if (!entries_init(&wider, entries_slots_for(builder->n_rows + 1))) {
        return HR_ENOMEM;
    }
    builder->rows_cap = (wider.mask + 1) / 2;
    for (size_t i = 0; i < builder->n_rows; i++) {
        entries_add(&wider, rows[i]->hash, (uint32_t)i);
    }
    free(builder->entries.v);
    builder->entries = wider;
    return HR_OK;
}

/* Takes over the made row, if there is room for it. */
static int
builder_add(hr_table_builder *builder, builder_row *made)
{
    size_t at = builder_find(builder, row_id(builder, made), made->hash);
    builder_row **old = at != SIZE_MAX ? &builder->rows[builder->entries.v[at].row] : NULL;
    size_t old_size = old != NULL ? (*old)->size : 0;

    if (builder->bytes - old_size + made->size > builder->bytes_max) {
        free(made);
        return HR_ENOMEM;
    }
    builder->bytes += made->size - old_size;
    builder->has_ids |= made->has_id;
    made->sequence = builder->sequence++;
    made->stamp = builder->stamp;
    builder->oldest = builder->stamp < builder->oldest ? builder->stamp : builder->oldest;
    if (old != NULL) {
        free(*old);
        *old = made;
        return HR_OK;
    }
    entries_add(&builder->entries, made->hash, (uint32_t)builder->n_rows);
    builder->rows[builder->n_rows++] = made;
    return HR_OK;
}

static int
builder_put(hr_table_builder *builder, const hr_span *id, hr_span key, hr_batch *batch,
            const int *slots, hr_row row)
{
    builder_row *made;

    if (builder_grow(builder) != HR_OK) {
        return HR_ENOMEM;
    }
    made = builder_row_create(builder, id, key, batch, slots, row);
    return made != NULL ? builder_add(builder, made) : HR_ENOMEM;
}

int
hr_table_builder_put(hr_table_builder *builder, hr_span key, hr_batch *batch, const int *slots,
                     hr_row row)
{
    return builder_put(builder, NULL, key, batch, slots, row);
}

int
hr_table_builder_put_as(hr_table_builder *builder, hr_span id, hr_span key, hr_batch *batch,
                        const int *slots, hr_row row)
{
    return builder_put(builder, &id, key, batch, slots, row);
}

/* Removes the row of an entry; the last row takes its place. */
static void
builder_remove_at(hr_table_builder *builder, size_t at)
{
    uint32_t row = builder->entries.v[at].row, last = (uint32_t)builder->n_rows - 1;

    builder->bytes -= builder->rows[row]->size;
    entries_remove(&builder->entries, at);
    free(builder->rows[row]);
    if (row != last) {
        at = entries_of_row(&builder->entries, builder->rows[last]->hash, last);
        builder->entries.v[at].row = row;
        builder->rows[row] = builder->rows[last];
    }
    builder->n_rows--;
}

void
hr_table_builder_remove(hr_table_builder *builder, hr_span id)
{
    size_t at = builder_find(builder, id, table_hash(id, builder->seed));

    if (at != SIZE_MAX) {
        builder_remove_at(builder, at);
    }
}

void
hr_table_builder_stamp(hr_table_builder *builder, int64_t stamp)
{
    builder->stamp = stamp;
}

size_t
hr_table_builder_expire(hr_table_builder *builder, int64_t stamp)
{
    size_t before = builder->n_rows;
    int64_t oldest = INT64_MAX;

    if (builder->oldest >= stamp) {
        return 0;
    }
    /* From the end: the row that takes a removed one's place has been looked at. */
    for (size_t i = builder->n_rows; i > 0; i--) {
        const builder_row *row = builder->rows[i - 1];

        if (row->stamp >= stamp) {
            oldest = row->stamp < oldest ? row->stamp : oldest;
        } else {
            builder_remove_at(builder,
                              entries_of_row(&builder->entries, row->hash, (uint32_t)(i - 1)));
        }
    }
    builder->oldest = oldest;
    return before - builder->n_rows;
}

size_t
hr_table_builder_count(const hr_table_builder *builder)
{
    return builder->n_rows;
}

size_t
hr_table_builder_bytes(const hr_table_builder *builder)
{
    return builder->bytes;
}

/* --- snapshot ------------------------------------------------------------------------------- */

static void
table_destroy(hr_snapshot *snapshot)
{
    hr_table_index *table = (hr_table_index *)snapshot;

    for (size_t i = 0; table->columns != NULL && i < table->n_values; i++) {
        free(table->columns[i].lane);
        free(table->columns[i].v.s);
    }
    free(table->columns);
    free(table->keys);
    free(table->bytes);
    free(table->entries.v);
    free(table);
}

static size_t
table_cell_size(hr_kind kind)
{
    return kind == HR_KIND_BOOL ? 1 : hr_kind_is_span(kind) ? sizeof(hr_span) : sizeof(int64_t);
}

static bool
table_columns_init(hr_table_index *table, const hr_table_builder *builder)
{
    table->columns = calloc(builder->n_values + 1, sizeof *table->columns);
    if (table->columns == NULL) {
        return false;
    }
    for (size_t i = 0; i < builder->n_values; i++) {
        hr_column *column = &table->columns[i];

        column->kind = builder->kinds[i];
        column->lane = calloc(builder->n_rows + 1, 1);
        column->v.s = calloc(builder->n_rows + 1, table_cell_size(column->kind));
        if (column->lane == NULL || column->v.s == NULL) {
            return false;
        }
    }
    return true;
}

/* Bytes of long keys and of spans, over all rows. */
static size_t
table_bytes_needed(const hr_table_builder *builder)
{
    size_t head = sizeof(builder_row) + builder->n_values * (sizeof(builder_value) + 1);
    size_t bytes = 1;

    for (size_t i = 0; i < builder->n_rows; i++) {
        const builder_row *row = builder->rows[i];

        bytes += row->size - head - row->id_len;
        bytes -= row->key_len > TABLE_KEY_INLINE ? 0 : row->key_len;
    }
    return bytes;
}

static hr_span
table_copy_bytes(uint8_t **at, const uint8_t *data, size_t len)
{
    hr_span copy = {*at, len};

    if (len > 0) {
        memcpy(*at, data, len);
    }
    *at += len;
    return copy;
}

static size_t
table_bytes_held(const hr_table_index *table, const hr_table_builder *builder)
{
    size_t row = sizeof(table_key) + builder->n_values;

    for (size_t i = 0; i < builder->n_values; i++) {
        row += table_cell_size(builder->kinds[i]);
    }
    return sizeof *table + builder->n_rows * row + table_bytes_needed(builder) +
           (table->entries.mask + 1) * sizeof(table_entry);
}

static table_key
table_key_of(hr_span key)
{
    table_key made;

    memset(&made, 0, sizeof made);
    if (key.len <= TABLE_KEY_INLINE) {
        made.in.len = (uint8_t)key.len;
        if (key.len > 0) {
            memcpy(made.in.bytes, key.data, key.len);
        }
    } else {
        made.out.len = TABLE_KEY_LONG;
        made.out.n = (uint32_t)key.len;
        made.out.data = key.data;
    }
    return made;
}

static hr_span
table_key_span(const table_key *key)
{
    return key->in.len != TABLE_KEY_LONG ? (hr_span){key->in.bytes, key->in.len}
                                         : (hr_span){key->out.data, key->out.n};
}

static inline bool
table_key_is(const table_key *key, hr_span wanted)
{
    if (wanted.len <= TABLE_KEY_INLINE) {
        return key->in.len == wanted.len && hr_bytes_eq(key->in.bytes, wanted.data, wanted.len);
    }
    return key->in.len == TABLE_KEY_LONG && key->out.n == wanted.len &&
           memcmp(key->out.data, wanted.data, wanted.len) == 0;
}

/* The entry of the row with that key, or NULL. */
static inline table_entry *
table_entry_of(const hr_table_index *table, hr_span wanted, uint32_t hash)
{
    const table_entries *entries = &table->entries;

    for (size_t at = hash & entries->mask; entries->v[at].row != TABLE_EMPTY;
         at = (at + 1) & entries->mask) {
        if (entries->v[at].hash == hash && table_key_is(&table->keys[entries->v[at].row], wanted)) {
            return &entries->v[at];
        }
    }
    return NULL;
}

static void
table_row_fill(hr_table_index *table, const hr_table_builder *builder, size_t row, uint8_t **at)
{
    builder_row *from = builder->rows[row];
    hr_span key = row_key(builder, from);

    if (key.len > TABLE_KEY_INLINE) {
        key = table_copy_bytes(at, key.data, key.len);
    }
    table->keys[row] = table_key_of(key);
    for (size_t i = 0; i < table->n_values; i++) {
        hr_column *column = &table->columns[i];
        const builder_value *value = &from->values[i];

        column->lane[row] = row_lanes(builder, from)[i];
        if (column->kind == HR_KIND_BOOL) {
            column->v.b[row] = value->b;
        } else if (column->kind == HR_KIND_DOUBLE) {
            column->v.d[row] = value->d;
        } else if (!hr_kind_is_span(column->kind)) {
            column->v.i[row] = value->i;
        } else {
            column->v.s[row] =
                table_copy_bytes(at, row_bytes(builder, from) + value->s.at, value->s.len);
        }
    }
}

/* Where rows of several ids have one key, the one that was put last is found. */
static void
table_row_enter(hr_table_index *table, const hr_table_builder *builder, uint32_t row)
{
    uint32_t hash = builder->rows[row]->key_hash;
    table_entry *same =
        builder->has_ids ? table_entry_of(table, table_key_span(&table->keys[row]), hash) : NULL;

    if (same == NULL) {
        entries_add(&table->entries, hash, row);
        table->n_rows++;
    } else if (builder->rows[same->row]->sequence < builder->rows[row]->sequence) {
        same->row = row;
    }
}

hr_table_index *
hr_table_builder_snapshot(const hr_table_builder *builder)
{
    hr_table_index *table = calloc(1, sizeof *table);
    uint8_t *at;

    if (table == NULL) {
        return NULL;
    }
    hr_snapshot_init(&table->snapshot, table_destroy);
    table->seed = builder->seed;
    table->n_values = builder->n_values;
    table->keys = malloc((builder->n_rows + 1) * sizeof *table->keys);
    table->bytes = at = malloc(table_bytes_needed(builder));
    if (table->keys == NULL || table->bytes == NULL || !table_columns_init(table, builder) ||
        !entries_init(&table->entries, entries_slots_for(builder->n_rows))) {
        table_destroy(&table->snapshot);
        return NULL;
    }
    for (size_t i = 0; i < builder->n_rows; i++) {
        table_row_fill(table, builder, i, &at);
        table_row_enter(table, builder, (uint32_t)i);
    }
    table->held = table_bytes_held(table, builder);
    return table;
}

/* --- keys ----------------------------------------------------------------------------------- */

static int
key_append_int(hr_buf *key, hr_kind kind, int64_t value)
{
    uint8_t part[9];

    part[0] = (uint8_t)kind;
    memcpy(part + 1, &value, sizeof value);
    return hr_buf_append(key, part, sizeof part);
}

/* The kind, the length (one byte where it is below 255, else four more), the bytes. */
static int
key_append_long(hr_buf *key, hr_kind kind, hr_span span)
{
    uint32_t len = (uint32_t)span.len;
    uint8_t head[6] = {(uint8_t)kind, 255};

    if (span.len > UINT32_MAX) {
        return HR_ENOMEM;
    }
    memcpy(head + 2, &len, sizeof len);
    return hr_buf_append(key, head, sizeof head) == HR_OK ? hr_buf_append(key, span.data, span.len)
                                                          : HR_ENOMEM;
}

static inline int
key_append_span(hr_buf *key, hr_kind kind, hr_span span)
{
    uint8_t *to;

    if (span.len >= 255) {
        return key_append_long(key, kind, span);
    }
    if (hr_buf_reserve(key, span.len + 2) != HR_OK) {
        return HR_ENOMEM;
    }
    to = key->data + key->len;
    to[0] = (uint8_t)kind;
    to[1] = (uint8_t)span.len;
    hr_bytes_copy(to + 2, span.data, span.len);
    key->len += span.len + 2;
    return HR_OK;
}

int
hr_table_key_append(hr_buf *key, const hr_column *column, hr_row row)
{
    int64_t bits;

    switch (column->kind) {
    case HR_KIND_BOOL:
        return key_append_int(key, column->kind, column->v.b[row]);
    case HR_KIND_INT:
    case HR_KIND_TIMESTAMP:
        return key_append_int(key, column->kind, column->v.i[row]);
    case HR_KIND_DOUBLE:
        memcpy(&bits, &(double){column->v.d[row] + 0.0}, sizeof bits); /* -0.0 becomes 0.0 */
        return key_append_int(key, column->kind, bits);
    default:
        return key_append_span(key, column->kind, column->v.s[row]);
    }
}

bool
hr_table_key_next(hr_span *rest, hr_table_key_part *part)
{
    const uint8_t *p = rest->data;
    size_t head = 2;
    uint32_t len;

    if (rest->len < 2) {
        return false;
    }
    *part = (hr_table_key_part){.kind = (hr_kind)p[0]};
    if (!hr_kind_is_span(part->kind)) {
        if (rest->len < 9) {
            return false;
        }
        memcpy(&part->i, p + 1, sizeof part->i);
        *rest = (hr_span){p + 9, rest->len - 9};
        return true;
    }
    len = p[1];
    if (len == 255) {
        if (rest->len < 6) {
            return false;
        }
        memcpy(&len, p + 2, sizeof len);
        head = 6;
    }
    if (rest->len - head < len) {
        return false;
    }
    part->s = (hr_span){p + head, len};
    *rest = (hr_span){p + head + len, rest->len - head - len};
    return true;
}

/* --- look-up -------------------------------------------------------------------------------- */

static uint32_t
table_probe(const hr_table_index *table, hr_span key, uint32_t hash)
{
    const table_entry *entry = table_entry_of(table, key, hash);

    return entry != NULL ? entry->row : HR_TABLE_MISS;
}

uint32_t
hr_table_find(const hr_table_index *table, hr_span key)
{
    return key.len > UINT32_MAX ? HR_TABLE_MISS
                                : table_probe(table, key, table_hash(key, table->seed));
}

/* Fetches the entries, then the keys that they point to, ahead of their use. */
static void
table_prefetch(const hr_table_index *table, const uint32_t *hash, size_t n)
{
    const table_entries *entries = &table->entries;

    for (size_t i = 0; i < n; i++) {
        __builtin_prefetch(&entries->v[hash[i] & entries->mask]);
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t row = entries->v[hash[i] & entries->mask].row;

        __builtin_prefetch(&table->keys[row != TABLE_EMPTY ? row : 0]);
    }
}

void
hr_table_find_batch(const hr_table_index *table, const hr_span *keys, size_t n, uint32_t *rows)
{
    uint32_t hash[HR_BATCH_ROWS];

    for (size_t i = 0; i < n; i++) {
        hash[i] = keys[i].data != NULL ? table_hash(keys[i], table->seed) : 0;
    }
    if (table->n_rows >= TABLE_PREFETCH_ROWS) {
        table_prefetch(table, hash, n);
    }
    for (size_t i = 0; i < n; i++) {
        rows[i] = keys[i].data != NULL ? table_probe(table, keys[i], hash[i]) : HR_TABLE_MISS;
    }
}

size_t
hr_table_bytes(const hr_table_index *table)
{
    return table->held;
}

size_t
hr_table_rows(const hr_table_index *table)
{
    return table->n_rows;
}

void
hr_table_value(const hr_table_index *table, size_t i, uint32_t table_row, hr_column *column,
               hr_row row)
{
    const hr_column *from = &table->columns[i];

    column->lane[row] = from->lane[table_row];
    if (from->kind == HR_KIND_BOOL) {
        column->v.b[row] = from->v.b[table_row];
    } else if (from->kind == HR_KIND_DOUBLE) {
        column->v.d[row] = from->v.d[table_row];
    } else if (!hr_kind_is_span(from->kind)) {
        column->v.i[row] = from->v.i[table_row];
    } else {
        column->v.s[row] = from->v.s[table_row];
    }
}
