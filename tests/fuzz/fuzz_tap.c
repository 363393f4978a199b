/* Samples of any record are JSON: at a source, a step that changes fields, and a sink; the record
 * as it comes, whole or broken.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_walk.h"
#include "engine/tap_point.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const hr_type any = {.kind = HR_KIND_ANY, .nullable = true};
static const hr_type number = {.kind = HR_KIND_INT};
static const hr_kind slots[] = {HR_KIND_INT};
static const hr_layout layout = {slots, 1};

/* id and old come with the record; the step renames old, and makes id and sum. */
static hr_field before[] = {{"id", {0}, HR_SLOT_UNREAD, "id", false},
                            {"old", {0}, HR_SLOT_UNREAD, "old", false}};
static hr_field after[] = {{"id", {0}, 0, NULL, false},
                           {"young", {0}, HR_SLOT_UNREAD, "old", false},
                           {"sum", {0}, 0, NULL, false}};
static const char *dropped[] = {"id", "gone"};

static hr_batch *batch; /* made once */
static hr_lineage lineage;
static hr_node source, step, sink;

static void
setup(void)
{
    before[0].type = before[1].type = after[1].type = any;
    after[0].type = after[2].type = number;
    source = (hr_node){.kind = HR_NODE_SOURCE, .lineage = &lineage};
    source.fields = (hr_fields){.v = before, .n = 2, .open = true};
    step = (hr_node){.kind = HR_NODE_STEP, .lineage = &lineage, .input = &source};
    step.fields = (hr_fields){.v = after, .n = 3, .open = true, .dropped = dropped, .n_dropped = 2};
    sink = (hr_node){.kind = HR_NODE_SINK, .lineage = &lineage, .input = &step};
}

static void
check_object(hr_span text)
{
    hr_json_iter iter;
    hr_json_member member;
    int more;

    if (!hr_json_iter_init(&iter, text) || hr_json_kind_of(text) != HR_JSON_OBJECT) {
        abort();
    }
    while ((more = hr_json_next(&iter, &member)) > 0) {
        continue;
    }
    if (more != 0 || text.len > HR_TAP_SAMPLE_BYTES) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const hr_node *const nodes[] = {&source, &step, &sink};
    const hr_row row = 0;
    hr_buf out = {0};
    hr_tap_writer writer = {.out = &out};

    if (batch == NULL) {
        batch = hr_batch_create(&layout, 1u << 20);
        setup();
    }
    if (batch == NULL || size == 0) {
        return 0;
    }
    lineage.format = data[0] == 'r' ? HR_FORMAT_RAW : HR_FORMAT_JSON;
    batch->topic = "t";
    batch->n_records = batch->n_rows = 1;
    batch->records[0].value = (hr_span){data + 1, size - 1};
    batch->records[0].key = (hr_span){data, size < 9 ? size : 9};
    for (size_t i = 0; i < 3; i++) {
        hr_tap_point point = {.node = nodes[i], .batch = batch, .rows = {&row, 1}};

        out.len = 0;
        if (!hr_tap_sample(&writer, &point, 0)) {
            abort();
        }
        check_object(hr_buf_span(&out));
    }
    hr_buf_finish(&out);
    hr_buf_finish(&writer.value);
    return 0;
}
