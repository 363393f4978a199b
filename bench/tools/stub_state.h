/* What the stub broker knows: its topics and its groups. A group has one member, the one that
 * joined last: enough for a client that is measured alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_STUB_STATE_H
#define BENCH_STUB_STATE_H
#include "stub_log.h"

enum { STUB_GROUPS_MAX = 256, STUB_OFFSETS_MAX = 256, STUB_NAME_MAX = 250 };

typedef struct stub_group {
    char name[STUB_NAME_MAX];
    int32_t generation;
    char member[48]; /* empty: none */
    struct {
        const stub_topic *topic;
        int32_t partition;
        int64_t offset;
    } offsets[STUB_OFFSETS_MAX];
    size_t n_offsets;
} stub_group;

typedef struct stub_state {
    char host[64];
    int32_t port;
    int32_t partitions; /* of a topic that is made on use */
    size_t bytes_max;   /* of a topic */
    stub_topic *topics[STUB_TOPICS_MAX];
    size_t n_topics;
    stub_group *groups[STUB_GROUPS_MAX];
    size_t n_groups;
    int64_t next_id; /* of producers and members */
    bool produced;   /* something since it was last looked at */
} stub_state;

/* The topic of that name, made on use. NULL: a bad name, or too many topics. */
stub_topic *stub_topic_get(stub_state *state, hr_span name);
/* NULL as above. */
stub_group *stub_group_get(stub_state *state, hr_span name);

#endif
