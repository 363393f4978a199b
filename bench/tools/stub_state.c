/* SPDX-License-Identifier: Apache-2.0 */
#include "stub_state.h"
#include "common.h"

#include <stdlib.h>

static void *
state_alloc(size_t size)
{
    void *block = calloc(1, size);

    if (block == NULL) {
        bench_fail("out of memory");
    }
    return block;
}

static bool
name_is(const char *name, hr_span text)
{
    return strlen(name) == text.len && memcmp(name, text.data, text.len) == 0;
}

static bool
name_is_good(hr_span text)
{
    return text.data != NULL && text.len > 0 && text.len < STUB_NAME_MAX &&
           memchr(text.data, 0, text.len) == NULL;
}

stub_topic *
stub_topic_get(stub_state *state, hr_span name)
{
    stub_topic *topic;

    if (!name_is_good(name)) {
        return NULL;
    }
    for (size_t i = 0; i < state->n_topics; i++) {
        if (name_is(state->topics[i]->name, name)) {
            return state->topics[i];
        }
    }
    if (state->n_topics == STUB_TOPICS_MAX) {
        return NULL;
    }
    topic = state_alloc(sizeof *topic);
    memcpy(topic->name, name.data, name.len);
    topic->n_partitions = state->partitions;
    topic->partition_bytes_max = state->bytes_max / (size_t)state->partitions;
    state->topics[state->n_topics++] = topic;
    return topic;
}

stub_group *
stub_group_get(stub_state *state, hr_span name)
{
    stub_group *group;

    if (!name_is_good(name)) {
        return NULL;
    }
    for (size_t i = 0; i < state->n_groups; i++) {
        if (name_is(state->groups[i]->name, name)) {
            return state->groups[i];
        }
    }
    if (state->n_groups == STUB_GROUPS_MAX) {
        return NULL;
    }
    group = state_alloc(sizeof *group);
    memcpy(group->name, name.data, name.len);
    state->groups[state->n_groups++] = group;
    return group;
}
