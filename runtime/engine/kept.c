/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/kept.h"

#include <stdlib.h>
#include <string.h>

static size_t
kept_size(const hr_record *record, size_t topic_size)
{
    size_t size = sizeof(hr_kept) + record->n_headers * sizeof(hr_header) + topic_size +
                  record->key.len + record->value.len;

    for (uint32_t i = 0; i < record->n_headers; i++) {
        size += record->headers[i].name.len + record->headers[i].value.len;
    }
    return size;
}

/* Null stays null, and empty stays empty. */
static hr_span
kept_span(uint8_t **at, hr_span from)
{
    hr_span copy = {from.data != NULL ? *at : NULL, from.len};

    if (from.data != NULL && from.len > 0) {
        memcpy(*at, from.data, from.len);
        *at += from.len;
    }
    return copy;
}

hr_kept *
hr_kept_make(const hr_record *record, const char *topic, int32_t partition)
{
    size_t topic_size = strlen(topic) + 1;
    size_t size = kept_size(record, topic_size);
    hr_kept *kept = malloc(size);
    hr_header *headers;
    uint8_t *at;

    if (kept == NULL) {
        return NULL;
    }
    headers = (hr_header *)(kept + 1);
    at = (uint8_t *)(headers + record->n_headers);
    *kept = (hr_kept){.record = *record, .partition = partition, .size = size};
    kept->record.token = 0;
    kept->record.origin = NULL;
    kept->record.headers = headers;
    for (uint32_t i = 0; i < record->n_headers; i++) {
        headers[i].name = kept_span(&at, record->headers[i].name);
        headers[i].value = kept_span(&at, record->headers[i].value);
    }
    kept->record.key = kept_span(&at, record->key);
    kept->record.value = kept_span(&at, record->value);
    kept->topic = memcpy(at, topic, topic_size);
    return kept;
}

void
hr_kept_free(hr_kept *kept)
{
    free(kept);
}
