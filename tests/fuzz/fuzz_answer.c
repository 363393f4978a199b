/* Any bytes as what a process answers to `headrace top` (after an even first byte) or `headrace
 * tap`: what is written holds no control character but the ends of lines.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "live/sample_lines.h"
#include "live/top_frame.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_check(hr_lines *lines)
{
    for (size_t i = 0; i < lines->buf.len; i++) {
        if ((lines->buf.data[i] < 0x20 && lines->buf.data[i] != '\n') ||
            lines->buf.data[i] == 0x7F) {
            abort();
        }
    }
    hr_buf_finish(&lines->buf);
}

static void
fuzz_topology(hr_span text)
{
    hr_error err = {0};
    hr_lines wide = {0}, narrow = {.width = 40};
    json_t *json = hr_answer_parse(text, "topologies", &err);

    if (json != NULL) {
        hr_top_frame(&wide, "http://h", json, NULL);
        hr_top_frame(&narrow, "http://h", json, json);
    }
    fuzz_check(&wide);
    fuzz_check(&narrow);
    json_decref(json);
}

static void
fuzz_samples(hr_span text)
{
    hr_error err = {0};
    hr_lines lines = {.width = 60}, json_lines = {0};
    json_t *json = hr_answer_parse(text, "samples", &err);
    const json_t *sample;
    size_t i;

    json_array_foreach(json_object_get(json, "samples"), i, sample)
    {
        hr_sample_lines(&lines, sample);
        hr_sample_json(&json_lines, sample);
    }
    fuzz_check(&lines);
    hr_buf_finish(&json_lines.buf);
    json_decref(json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_span text = {size > 0 ? data + 1 : data, size > 0 ? size - 1 : 0};

    if (size > 0 && data[0] % 2 == 0) {
        fuzz_topology(text);
    } else {
        fuzz_samples(text);
    }
    return 0;
}
