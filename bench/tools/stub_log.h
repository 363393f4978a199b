/* The topics of the stub broker: record batches (format 2) in memory, as they came. A batch's base
 * offset lies outside its checksum, so it is written into the copy that goes out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_STUB_LOG_H
#define BENCH_STUB_LOG_H
#include "record/buf.h"

enum { STUB_TOPICS_MAX = 256, STUB_PARTITIONS_MAX = 64 };

typedef enum stub_kind {
    STUB_LOG,     /* what was produced, the oldest forgotten when memory is short */
    STUB_ENDLESS, /* what was produced, over and over, up to an end offset */
    STUB_DISCARD, /* counted only */
} stub_kind;

typedef struct stub_batch {
    int64_t base;
    int32_t count;
    size_t len;
    uint8_t *bytes;
} stub_batch;

typedef struct stub_partition {
    stub_batch *batches; /* [first, n) */
    size_t first, n, room;
    size_t bytes;
    int64_t start, end; /* offsets of what was produced */
} stub_partition;

typedef struct stub_topic {
    char name[250];
    stub_kind kind;
    int64_t endless_end; /* of a partition; rounded up to a whole number of repetitions */
    int32_t n_partitions;
    size_t partition_bytes_max;
    stub_partition partitions[STUB_PARTITIONS_MAX];
} stub_topic;

/* What a client may read next is before this offset. */
int64_t stub_log_end(const stub_topic *topic, int32_t partition);

/* Appends batches. Returns the offset of the first record; -1: not whole batches of format 2. */
int64_t stub_log_append(stub_topic *topic, int32_t partition, hr_span batches);

/* Appends whole batches from the one that holds `offset`, at least one where there is one, then as
 * many as fit bytes_max. */
void stub_log_read(const stub_topic *topic, int32_t partition, int64_t offset, size_t bytes_max,
                   hr_buf *out);

#endif
