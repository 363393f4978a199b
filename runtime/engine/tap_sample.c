/* A sample: a row of a batch at a node, as a JSON object.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_write.h"
#include "engine/tap_point.h"

#include <stdio.h>
#include <stdlib.h>

static const hr_failure *
sample_failure(const hr_tap_point *point, hr_row row)
{
    for (size_t i = 0; i < point->n_failures; i++) {
        if (point->failures[i].row == row && point->failures[i].node == point->node) {
            return &point->failures[i];
        }
    }
    return NULL;
}

static int
sample_compare_rows(const void *a, const void *b)
{
    hr_row left = *(const hr_row *)a;
    hr_row right = *(const hr_row *)b;

    return left < right ? -1 : left > right ? 1 : 0;
}

static bool
sample_emitted(const hr_tap_point *point, hr_row row)
{
    return point->emitted == NULL ||
           (point->n_emitted > 0 && bsearch(&row, point->emitted, point->n_emitted, sizeof row,
                                            sample_compare_rows) != NULL);
}

static bool
sample_string(hr_tap_writer *writer, const char *lead, const char *text)
{
    return hr_tap_write_text(writer, lead) &&
           hr_json_write_string(writer->out, hr_span_str(text)) == HR_OK;
}

static bool
sample_place(hr_tap_writer *writer, const hr_tap_point *point, const hr_record *record)
{
    char text[96];

    snprintf(text, sizeof text, ",\"partition\":%d,\"offset\":%lld,\"timestamp_ms\":%lld,",
             (int)point->batch->partition, (long long)record->offset,
             (long long)record->timestamp_ms);
    return sample_string(writer, "{\"topic\":", point->batch->topic) &&
           hr_tap_write_text(writer, text) && hr_tap_write_bytes(writer, "key", record->key);
}

/* An object of fields; where the record is none, null and the bytes as they came. */
static bool
sample_fields(hr_tap_writer *writer, const hr_tap_point *point, hr_row row, const char *name,
              const hr_fields *fields, const hr_fields *since)
{
    const hr_lineage *lineage = point->node->lineage;
    size_t begin = writer->out->len;

    if (hr_tap_write_text(writer, name) &&
        hr_tap_write_fields(writer, lineage, fields, since, point->batch, row)) {
        return true;
    }
    writer->out->len = begin;
    return hr_tap_write_text(writer, name) && hr_tap_write_text(writer, "null,") &&
           hr_tap_write_bytes(writer, "value", hr_batch_record(point->batch, row)->value);
}

static bool
sample_before(hr_tap_writer *writer, const hr_tap_point *point, hr_row row)
{
    const hr_node *node = point->node;

    if (node->input == NULL) {
        return hr_tap_write_text(writer, ",\"before\":null");
    }
    return sample_fields(writer, point, row, ",\"before\":", &node->input->fields, NULL);
}

static bool
sample_after(hr_tap_writer *writer, const hr_tap_point *point, hr_row row, bool emitted)
{
    const hr_node *node = point->node;

    if (node->kind == HR_NODE_SOURCE) {
        return sample_fields(writer, point, row, ",\"after\":", &node->fields, NULL);
    }
    if (!emitted || node->kind != HR_NODE_STEP) {
        return hr_tap_write_text(writer, ",\"after\":null");
    }
    return sample_fields(writer, point, row, ",\"after\":", &node->fields, &node->input->fields) &&
           hr_tap_write_gone(writer, node->lineage, &node->input->fields, &node->fields,
                             point->batch, row);
}

static bool
sample_outcome(hr_tap_writer *writer, const hr_failure *failure, bool emitted)
{
    if (failure == NULL) {
        return hr_tap_write_text(writer,
                                 emitted ? ",\"outcome\":\"emitted\"" : ",\"outcome\":\"dropped\"");
    }
    return sample_string(writer, ",\"outcome\":\"failed\",\"code\":", failure->code) &&
           sample_string(writer, ",\"reason\":", failure->reason != NULL ? failure->reason : "");
}

bool
hr_tap_sample(hr_tap_writer *writer, const hr_tap_point *point, hr_row row)
{
    const hr_failure *failure = sample_failure(point, row);
    bool emitted = failure == NULL && sample_emitted(point, row);
    size_t begin = writer->out->len;
    bool ok;

    writer->truncated = false;
    writer->bytes_max = begin + HR_TAP_SAMPLE_BYTES / 2;
    ok = sample_place(writer, point, hr_batch_record(point->batch, row)) &&
         sample_before(writer, point, row);
    writer->bytes_max = begin + HR_TAP_SAMPLE_BYTES;
    ok = ok && sample_after(writer, point, row, emitted) &&
         sample_outcome(writer, failure, emitted) &&
         hr_tap_write_text(writer, writer->truncated ? ",\"truncated\":true}" : "}");
    if (!ok) {
        writer->out->len = begin;
    }
    return ok;
}
