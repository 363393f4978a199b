/* SPDX-License-Identifier: Apache-2.0 */
#include "stub_log.h"
#include "common.h"
#include "stub_wire.h"

#include <stdlib.h>

/* Of a batch: baseOffset 0, batchLength 8, magic 16, lastOffsetDelta 23, recordsCount 57. */
enum { AT_LENGTH = 8, AT_MAGIC = 16, AT_LAST_DELTA = 23, AT_COUNT = 57, HEADER = 61 };

int64_t
stub_log_end(const stub_topic *topic, int32_t partition)
{
    int64_t stored = topic->partitions[partition].end;

    if (topic->kind != STUB_ENDLESS || stored == 0 || topic->endless_end <= stored) {
        return stored;
    }
    return (topic->endless_end + stored - 1) / stored * stored;
}

/* The length of the batch that starts there; 0: it is none. */
static size_t
batch_length(hr_span bytes, int32_t *count)
{
    stub_reader r = {bytes.data, bytes.data + bytes.len, false};
    int32_t length, last;

    if (bytes.len < HEADER || bytes.data[AT_MAGIC] != 2) {
        return 0;
    }
    r.at = bytes.data + AT_LENGTH;
    length = stub_get_i32(&r);
    r.at = bytes.data + AT_LAST_DELTA;
    last = stub_get_i32(&r);
    r.at = bytes.data + AT_COUNT;
    *count = stub_get_i32(&r);
    if (length < HEADER - 12 || (size_t)length + 12 > bytes.len || *count < 1 ||
        last != *count - 1) {
        return 0;
    }
    return (size_t)length + 12;
}

static void
log_forget(stub_topic *topic, stub_partition *p)
{
    while (p->bytes > topic->partition_bytes_max && p->first + 1 < p->n) {
        p->bytes -= p->batches[p->first].len;
        free(p->batches[p->first].bytes);
        p->first++;
        p->start = p->batches[p->first].base;
    }
    if (p->first > 1024 && p->first > p->n / 2) {
        memmove(p->batches, p->batches + p->first, (p->n - p->first) * sizeof *p->batches);
        p->n -= p->first;
        p->first = 0;
    }
}

static void
log_keep(stub_topic *topic, stub_partition *p, hr_span bytes, int32_t count)
{
    stub_batch batch = {p->end, count, bytes.len, malloc(bytes.len)};

    if (p->n == p->room) {
        p->room = p->room > 0 ? 2 * p->room : 64;
        p->batches = realloc(p->batches, p->room * sizeof *p->batches);
    }
    if (batch.bytes == NULL || p->batches == NULL) {
        bench_fail("out of memory");
    }
    memcpy(batch.bytes, bytes.data, bytes.len);
    p->batches[p->n++] = batch;
    p->bytes += bytes.len;
    if (topic->kind == STUB_LOG) {
        log_forget(topic, p);
    } else if (p->bytes > topic->partition_bytes_max) {
        bench_fail("an endless topic of more than %zu bytes a partition", p->bytes);
    }
}

int64_t
stub_log_append(stub_topic *topic, int32_t partition, hr_span batches)
{
    stub_partition *p = &topic->partitions[partition];
    int64_t base = p->end;

    while (batches.len > 0) {
        int32_t count;
        size_t len = batch_length(batches, &count);

        if (len == 0) {
            return -1;
        }
        if (topic->kind != STUB_DISCARD) {
            log_keep(topic, p, (hr_span){batches.data, len}, count);
        }
        p->end += count;
        p->start = topic->kind == STUB_DISCARD ? p->end : p->start;
        batches.data += len;
        batches.len -= len;
    }
    return base;
}

/* The batch that holds an offset between start and end. */
static size_t
log_find(const stub_partition *p, int64_t offset)
{
    size_t low = p->first, high = p->n;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (p->batches[middle].base <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

void
stub_log_read(const stub_topic *topic, int32_t partition, int64_t offset, size_t bytes_max,
              hr_buf *out)
{
    const stub_partition *p = &topic->partitions[partition];
    int64_t end = stub_log_end(topic, partition), round = 0;
    size_t from = out->len, i;

    if (topic->kind == STUB_DISCARD || offset < p->start || offset >= end) {
        return;
    }
    if (topic->kind == STUB_ENDLESS) {
        round = offset / p->end * p->end;
    }
    i = log_find(p, offset - round);
    while (round + p->batches[i].base < end &&
           (out->len == from || out->len - from + p->batches[i].len <= bytes_max)) {
        size_t at = out->len;

        stub_put_raw(out, p->batches[i].bytes, p->batches[i].len);
        stub_set_i64(out->data + at, round + p->batches[i].base);
        if (++i == p->n) {
            if (topic->kind != STUB_ENDLESS) {
                return;
            }
            i = p->first;
            round += p->end;
        }
    }
}
