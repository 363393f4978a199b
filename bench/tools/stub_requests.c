/* SPDX-License-Identifier: Apache-2.0 */
#include "stub_requests.h"

#include <stdio.h>

enum { NODE = 1, FETCH_BYTES_MAX = 64 << 20 };

enum {
    OFFSET_OUT_OF_RANGE = 1,
    CORRUPT_MESSAGE = 2,
    UNKNOWN_TOPIC_OR_PARTITION = 3,
    ILLEGAL_GENERATION = 22,
    INVALID_GROUP_ID = 24,
    UNKNOWN_MEMBER_ID = 25,
    UNSUPPORTED_VERSION = 35,
};

typedef struct exchange {
    stub_state *state;
    stub_reader in;
    hr_buf *out;
    bool last;        /* fetch */
    int32_t *wait_ms; /* fetch */
} exchange;

typedef struct api {
    int16_t key, version;
    stub_verdict (*answer)(exchange *x);
} api;

static const hr_span null_string = {NULL, 0};

static hr_span
span_of(const char *text)
{
    return (hr_span){(const uint8_t *)text, strlen(text)};
}

/* A partition that is there; NULL: it is not. */
static stub_topic *
topic_with(stub_state *state, hr_span name, int32_t partition)
{
    stub_topic *topic = stub_topic_get(state, name);

    return topic != NULL && partition >= 0 && partition < topic->n_partitions ? topic : NULL;
}

/* --- topics ------------------------------------------------------------------------------------
 */

static void
put_topic(exchange *x, hr_span name)
{
    const stub_topic *topic = stub_topic_get(x->state, name);
    int32_t n = topic != NULL ? topic->n_partitions : 0;

    stub_put_i16(x->out, topic != NULL ? 0 : UNKNOWN_TOPIC_OR_PARTITION);
    stub_put_string(x->out, name);
    stub_put_i8(x->out, 0);
    stub_put_i32(x->out, n);
    for (int32_t p = 0; p < n; p++) {
        stub_put_i16(x->out, 0);
        stub_put_i32(x->out, p);
        stub_put_i32(x->out, NODE);
        for (int list = 0; list < 2; list++) { /* replicas, in sync */
            stub_put_i32(x->out, 1);
            stub_put_i32(x->out, NODE);
        }
    }
}

static stub_verdict
answer_metadata(exchange *x)
{
    stub_reader count = x->in;
    bool all = stub_get_i32(&count) < 0;
    int32_t n = stub_get_count(&x->in);

    stub_put_i32(x->out, 0);
    stub_put_i32(x->out, 1);
    stub_put_i32(x->out, NODE);
    stub_put_string(x->out, span_of(x->state->host));
    stub_put_i32(x->out, x->state->port);
    stub_put_string(x->out, null_string);
    stub_put_string(x->out, span_of("stub"));
    stub_put_i32(x->out, NODE);
    stub_put_i32(x->out, all ? (int32_t)x->state->n_topics : n);
    for (size_t i = 0; all && i < x->state->n_topics; i++) {
        put_topic(x, span_of(x->state->topics[i]->name));
    }
    for (int32_t i = 0; i < n; i++) {
        put_topic(x, stub_get_string(&x->in));
    }
    return STUB_ANSWER;
}

static stub_verdict
answer_list_offsets(exchange *x)
{
    int32_t topics;

    stub_get_i32(&x->in); /* replica */
    stub_get_i8(&x->in);  /* isolation */
    topics = stub_get_count(&x->in);
    stub_put_i32(x->out, 0);
    stub_put_i32(x->out, topics);
    for (int32_t t = 0; t < topics; t++) {
        hr_span name = stub_get_string(&x->in);
        int32_t n = stub_get_count(&x->in);

        stub_put_string(x->out, name);
        stub_put_i32(x->out, n);
        for (int32_t i = 0; i < n; i++) {
            int32_t partition = stub_get_i32(&x->in);
            int64_t time = stub_get_i64(&x->in);
            const stub_topic *topic = topic_with(x->state, name, partition);

            stub_put_i32(x->out, partition);
            stub_put_i16(x->out, topic != NULL ? 0 : UNKNOWN_TOPIC_OR_PARTITION);
            stub_put_i64(x->out, -1);
            stub_put_i64(x->out, topic == NULL ? -1
                                 : time == -1  ? stub_log_end(topic, partition)
                                               : topic->partitions[partition].start);
        }
    }
    return STUB_ANSWER;
}

/* --- records -----------------------------------------------------------------------------------
 */

static void
produce_partition(exchange *x, hr_span name)
{
    int32_t partition = stub_get_i32(&x->in);
    hr_span batches = stub_get_bytes(&x->in);
    stub_topic *topic = x->in.broken ? NULL : topic_with(x->state, name, partition);
    int64_t base = topic != NULL ? stub_log_append(topic, partition, batches) : -1;

    stub_put_i32(x->out, partition);
    stub_put_i16(x->out, topic == NULL ? UNKNOWN_TOPIC_OR_PARTITION
                         : base < 0    ? CORRUPT_MESSAGE
                                       : 0);
    stub_put_i64(x->out, base);
    stub_put_i64(x->out, -1);
    stub_put_i64(x->out, 0);
    x->state->produced = true;
}

static stub_verdict
answer_produce(exchange *x)
{
    int16_t acks;
    int32_t topics;

    stub_get_string(&x->in); /* transactional id */
    acks = stub_get_i16(&x->in);
    stub_get_i32(&x->in); /* timeout */
    topics = stub_get_count(&x->in);
    stub_put_i32(x->out, topics);
    for (int32_t t = 0; t < topics; t++) {
        hr_span name = stub_get_string(&x->in);
        int32_t n = stub_get_count(&x->in);

        stub_put_string(x->out, name);
        stub_put_i32(x->out, n);
        for (int32_t i = 0; i < n; i++) {
            produce_partition(x, name);
        }
    }
    stub_put_i32(x->out, 0);
    return acks == 0 ? STUB_SILENT : STUB_ANSWER;
}

/* Returns whether there is something to tell: records, or an error. */
static bool
fetch_partition(exchange *x, hr_span name, size_t *left)
{
    int32_t partition = stub_get_i32(&x->in);
    int64_t offset, end;
    size_t at, bytes_max;
    const stub_topic *topic = topic_with(x->state, name, partition);
    int16_t error = 0;

    stub_get_i32(&x->in); /* leader epoch */
    offset = stub_get_i64(&x->in);
    stub_get_i64(&x->in); /* log start */
    bytes_max = (size_t)stub_get_i32(&x->in);
    end = topic != NULL ? stub_log_end(topic, partition) : -1;
    if (topic == NULL) {
        error = UNKNOWN_TOPIC_OR_PARTITION;
    } else if (offset > end || offset < topic->partitions[partition].start) {
        error = OFFSET_OUT_OF_RANGE;
    }
    stub_put_i32(x->out, partition);
    stub_put_i16(x->out, error);
    stub_put_i64(x->out, end);
    stub_put_i64(x->out, end);
    stub_put_i64(x->out, topic != NULL ? topic->partitions[partition].start : -1);
    stub_put_i32(x->out, -1);
    stub_put_i32(x->out, -1);
    at = x->out->len;
    stub_put_i32(x->out, 0);
    if (error == 0 && *left > 0) {
        stub_log_read(topic, partition, offset, bytes_max < *left ? bytes_max : *left, x->out);
        stub_set_i32(x->out->data + at, (int32_t)(x->out->len - at - 4));
        *left -= x->out->len - at - 4 < *left ? x->out->len - at - 4 : *left;
    }
    return error != 0 || x->out->len > at + 4;
}

static stub_verdict
answer_fetch(exchange *x)
{
    bool found = false;
    int32_t topics, bytes_max;
    size_t left;

    stub_get_i32(&x->in); /* replica */
    *x->wait_ms = stub_get_i32(&x->in);
    stub_get_i32(&x->in); /* least bytes */
    bytes_max = stub_get_i32(&x->in);
    stub_get_i8(&x->in);  /* isolation */
    stub_get_i32(&x->in); /* session */
    stub_get_i32(&x->in);
    left = bytes_max > 0 && bytes_max < FETCH_BYTES_MAX ? (size_t)bytes_max : FETCH_BYTES_MAX;
    topics = stub_get_count(&x->in);
    stub_put_i32(x->out, 0);
    stub_put_i16(x->out, 0);
    stub_put_i32(x->out, 0);
    stub_put_i32(x->out, topics);
    for (int32_t t = 0; t < topics; t++) {
        hr_span name = stub_get_string(&x->in);
        int32_t n = stub_get_count(&x->in);

        stub_put_string(x->out, name);
        stub_put_i32(x->out, n);
        for (int32_t i = 0; i < n; i++) {
            found |= fetch_partition(x, name, &left);
        }
    }
    return found || x->last || *x->wait_ms <= 0 ? STUB_ANSWER : STUB_WAIT;
}

static stub_verdict
answer_producer_id(exchange *x)
{
    stub_put_i32(x->out, 0);
    stub_put_i16(x->out, 0);
    stub_put_i64(x->out, ++x->state->next_id);
    stub_put_i16(x->out, 0);
    return STUB_ANSWER;
}

/* --- groups ------------------------------------------------------------------------------------
 */

static stub_verdict
answer_coordinator(exchange *x)
{
    stub_put_i32(x->out, 0);
    stub_put_i16(x->out, 0);
    stub_put_string(x->out, null_string);
    stub_put_i32(x->out, NODE);
    stub_put_string(x->out, span_of(x->state->host));
    stub_put_i32(x->out, x->state->port);
    return STUB_ANSWER;
}

/* 0, or what is wrong with a member that says it is of this generation. */
static int16_t
member_error(const stub_group *group, int32_t generation, hr_span member)
{
    if (group == NULL) {
        return INVALID_GROUP_ID;
    }
    if (!hr_span_eq(span_of(group->member), member) || member.len == 0) {
        return UNKNOWN_MEMBER_ID;
    }
    return generation == group->generation ? 0 : ILLEGAL_GENERATION;
}

static stub_verdict
answer_join(exchange *x)
{
    stub_group *group = stub_group_get(x->state, stub_get_string(&x->in));
    hr_span protocol, metadata;

    stub_get_i32(&x->in);    /* session timeout */
    stub_get_i32(&x->in);    /* rebalance timeout */
    stub_get_string(&x->in); /* member: the one that joins is the member */
    stub_get_string(&x->in); /* type of protocol */
    if (stub_get_count(&x->in) < 1) {
        return STUB_CLOSE;
    }
    protocol = stub_get_string(&x->in);
    metadata = stub_get_bytes(&x->in);
    if (x->in.broken || group == NULL) {
        return STUB_CLOSE;
    }
    group->generation++;
    snprintf(group->member, sizeof group->member, "member-%lld", (long long)++x->state->next_id);
    stub_put_i32(x->out, 0);
    stub_put_i16(x->out, 0);
    stub_put_i32(x->out, group->generation);
    stub_put_string(x->out, protocol);
    stub_put_string(x->out, span_of(group->member)); /* leader */
    stub_put_string(x->out, span_of(group->member));
    stub_put_i32(x->out, 1);
    stub_put_string(x->out, span_of(group->member));
    stub_put_bytes(x->out, metadata);
    return STUB_ANSWER;
}

static stub_verdict
answer_sync(exchange *x)
{
    const stub_group *group = stub_group_get(x->state, stub_get_string(&x->in));
    int32_t generation = stub_get_i32(&x->in);
    hr_span member = stub_get_string(&x->in), assignment = {NULL, 0};
    int32_t n = stub_get_count(&x->in);
    int16_t error = member_error(group, generation, member);

    for (int32_t i = 0; i < n; i++) {
        hr_span of = stub_get_string(&x->in), bytes = stub_get_bytes(&x->in);

        assignment = hr_span_eq(of, member) ? bytes : assignment;
    }
    stub_put_i32(x->out, 0);
    stub_put_i16(x->out, error);
    stub_put_bytes(x->out, assignment.data != NULL ? assignment : span_of(""));
    return STUB_ANSWER;
}

static stub_verdict
answer_heartbeat(exchange *x)
{
    const stub_group *group = stub_group_get(x->state, stub_get_string(&x->in));
    int32_t generation = stub_get_i32(&x->in);

    stub_put_i32(x->out, 0);
    stub_put_i16(x->out, member_error(group, generation, stub_get_string(&x->in)));
    return STUB_ANSWER;
}

static stub_verdict
answer_leave(exchange *x)
{
    stub_group *group = stub_group_get(x->state, stub_get_string(&x->in));

    if (group != NULL && hr_span_eq(span_of(group->member), stub_get_string(&x->in))) {
        group->member[0] = '\0';
    }
    stub_put_i32(x->out, 0);
    stub_put_i16(x->out, 0);
    return STUB_ANSWER;
}

static int64_t *
group_offset(stub_group *group, const stub_topic *topic, int32_t partition, bool make)
{
    for (size_t i = 0; i < group->n_offsets; i++) {
        if (group->offsets[i].topic == topic && group->offsets[i].partition == partition) {
            return &group->offsets[i].offset;
        }
    }
    if (!make || group->n_offsets == STUB_OFFSETS_MAX) {
        return NULL;
    }
    group->offsets[group->n_offsets].topic = topic;
    group->offsets[group->n_offsets].partition = partition;
    return &group->offsets[group->n_offsets++].offset;
}

static int16_t
commit_partition(exchange *x, stub_group *group, hr_span name, int32_t partition)
{
    int64_t offset = stub_get_i64(&x->in);
    const stub_topic *topic = topic_with(x->state, name, partition);
    int64_t *to = topic != NULL ? group_offset(group, topic, partition, true) : NULL;

    stub_get_string(&x->in); /* metadata */
    if (to == NULL) {
        return UNKNOWN_TOPIC_OR_PARTITION;
    }
    *to = offset;
    return 0;
}

static stub_verdict
answer_commit(exchange *x)
{
    stub_group *group = stub_group_get(x->state, stub_get_string(&x->in));
    int32_t topics;

    stub_get_i32(&x->in);    /* generation */
    stub_get_string(&x->in); /* member */
    stub_get_i64(&x->in);    /* retention */
    topics = stub_get_count(&x->in);
    if (group == NULL) {
        return STUB_CLOSE;
    }
    stub_put_i32(x->out, 0);
    stub_put_i32(x->out, topics);
    for (int32_t t = 0; t < topics; t++) {
        hr_span name = stub_get_string(&x->in);
        int32_t n = stub_get_count(&x->in);

        stub_put_string(x->out, name);
        stub_put_i32(x->out, n);
        for (int32_t i = 0; i < n; i++) {
            int32_t partition = stub_get_i32(&x->in);

            stub_put_i32(x->out, partition);
            stub_put_i16(x->out, commit_partition(x, group, name, partition));
        }
    }
    return STUB_ANSWER;
}

static stub_verdict
answer_committed(exchange *x)
{
    stub_group *group = stub_group_get(x->state, stub_get_string(&x->in));
    int32_t topics = stub_get_count(&x->in);

    if (group == NULL) {
        return STUB_CLOSE;
    }
    stub_put_i32(x->out, 0);
    stub_put_i32(x->out, topics);
    for (int32_t t = 0; t < topics; t++) {
        hr_span name = stub_get_string(&x->in);
        int32_t n = stub_get_count(&x->in);

        stub_put_string(x->out, name);
        stub_put_i32(x->out, n);
        for (int32_t i = 0; i < n; i++) {
            int32_t partition = stub_get_i32(&x->in);
            const stub_topic *topic = topic_with(x->state, name, partition);
            const int64_t *offset =
                topic != NULL ? group_offset(group, topic, partition, false) : NULL;

            stub_put_i32(x->out, partition);
            stub_put_i64(x->out, offset != NULL ? *offset : -1);
            stub_put_string(x->out, span_of(""));
            stub_put_i16(x->out, 0);
        }
    }
    stub_put_i16(x->out, 0);
    return STUB_ANSWER;
}

/* --- all ---------------------------------------------------------------------------------------
 */

static stub_verdict answer_versions(exchange *x);

static const api apis[] = {
    {0, 7, answer_produce},      {1, 11, answer_fetch}, {2, 2, answer_list_offsets},
    {3, 4, answer_metadata},     {8, 3, answer_commit}, {9, 3, answer_committed},
    {10, 1, answer_coordinator}, {11, 2, answer_join},  {12, 1, answer_heartbeat},
    {13, 1, answer_leave},       {14, 1, answer_sync},  {18, 0, answer_versions},
    {22, 0, answer_producer_id},
};

#define APIS (sizeof apis / sizeof apis[0])

static void
put_versions(hr_buf *out, int16_t error)
{
    stub_put_i16(out, error);
    stub_put_i32(out, (int32_t)APIS);
    for (size_t i = 0; i < APIS; i++) {
        stub_put_i16(out, apis[i].key);
        stub_put_i16(out, apis[i].version);
        stub_put_i16(out, apis[i].version);
    }
}

static stub_verdict
answer_versions(exchange *x)
{
    put_versions(x->out, 0);
    return STUB_ANSWER;
}

static stub_verdict
answer_api(exchange *x, int16_t key, int16_t version)
{
    for (size_t i = 0; i < APIS; i++) {
        if (apis[i].key != key) {
            continue;
        }
        if (apis[i].version == version) {
            return apis[i].answer(x);
        }
        if (key == 18) { /* a newer client asks in its own version first */
            put_versions(x->out, UNSUPPORTED_VERSION);
            x->in.broken = false;
            return STUB_ANSWER;
        }
    }
    return STUB_CLOSE;
}

stub_verdict
stub_answer(stub_state *state, hr_span request, bool last, int32_t *wait_ms, hr_buf *out)
{
    exchange x = {state, {request.data, request.data + request.len, false}, out, last, wait_ms};
    int16_t key = stub_get_i16(&x.in), version = stub_get_i16(&x.in);
    int32_t correlation = stub_get_i32(&x.in);
    size_t at = out->len;
    stub_verdict verdict;

    stub_get_string(&x.in); /* client */
    stub_put_i32(out, 0);
    stub_put_i32(out, correlation);
    verdict = answer_api(&x, key, version);
    if (x.in.broken) {
        verdict = STUB_CLOSE;
    }
    if (verdict == STUB_ANSWER) {
        stub_set_i32(out->data + at, (int32_t)(out->len - at - 4));
    } else {
        out->len = at;
    }
    return verdict;
}
