/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/dead_letter.h"
#include "engine/clock.h"

#include <string.h>

#define REASON_HEADERS 10

int
hr_dead_letter(const hr_failure *failure, hr_arena *arena, hr_letter *letter)
{
    const hr_record *record = letter->record;
    const hr_topology *topology = failure->node->topology;
    size_t n = record->n_headers;
    hr_header *headers = hr_arena_calloc(arena, n + REASON_HEADERS, sizeof *headers);
    const struct {
        const char *name, *value;
    } reasons[REASON_HEADERS] = {
        {"__streams.errors.exception", failure->code},
        {"__streams.errors.message", failure->reason},
        {"__streams.errors.topic", letter->topic},
        {"__streams.errors.partition", hr_arena_printf(arena, "%d", (int)letter->partition)},
        {"__streams.errors.offset", hr_arena_printf(arena, "%lld", (long long)record->offset)},
        {"headrace.topology", topology->name.s},
        {"headrace.topology_hash",
         hr_arena_printf(arena, "%016llx", (unsigned long long)topology->hash)},
        {"headrace.step", failure->node->name.s},
        {"headrace.code", failure->code},
        {"headrace.timestamp", hr_arena_printf(arena, "%lld", (long long)hr_clock_wall_ms())},
    };

    if (headers == NULL) {
        return HR_ENOMEM;
    }
    if (n > 0) {
        memcpy(headers, record->headers, n * sizeof *headers);
    }
    for (size_t i = 0; i < REASON_HEADERS; i++) {
        if (reasons[i].value == NULL) {
            return HR_ENOMEM;
        }
        headers[n + i].name = hr_span_str(reasons[i].name);
        headers[n + i].value = hr_span_str(reasons[i].value);
    }
    letter->headers = headers;
    letter->n_headers = n + REASON_HEADERS;
    return HR_OK;
}
