/* Source kafka: the records of a topic, as a member of a consumer group. The sources of one stream
 * thread on one connection share a consumer: a topology is one group.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/clients.h"
#include "engine/clock.h"
#include "hr_source.h"
#include "kafka/consumer.h"

#include <stdlib.h>
#include <string.h>

#define ASK_TIMEOUT_MS 2000
#define ASK_AGAIN_MS 1000
#define LAG_MS 500
#define SOURCES_MAX 64
#define PREFETCH_MAX (8 * 1024 * 1024)
#define GIVE_UP_MS 500

enum { START_EARLIEST, START_LATEST };

typedef struct kafka_options {
    hr_text connection, topic;
    int start;
} kafka_options;

static const hr_option kafka_option_table[] = {
    {"connection", HR_OPT_NAME, offsetof(kafka_options, connection), NULL,
     .help = "Name of a Kafka connection of the runner's config."},
    {"topic", HR_OPT_TEXT, offsetof(kafka_options, topic), NULL, .flags = HR_OPT_NONEMPTY,
     .help = "Topic to read."},
    {"start", HR_OPT_ENUM, offsetof(kafka_options, start), "earliest", .choices = "earliest|latest",
     .help = "Where to begin when the group has committed nothing yet."},
    {0},
};

/* A topology is one member per thread in its group, so a topic's records come once. */
static int
kafka_compile(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const kafka_options *opt = options;

    (void)shared;
    for (size_t i = 0; i < node->index; i++) {
        const hr_node *other = &node->topology->sources[i];
        const kafka_options *theirs = other->options;

        if (other->type != node->type || other->broken ||
            strcmp(theirs->topic.s, opt->topic.s) != 0 ||
            strcmp(theirs->connection.s, opt->connection.s) != 0) {
            continue;
        }
        hr_fail_as(err, opt->topic.loc, "duplicate-topic", "source '%s' reads topic '%s' already",
                   other->name.s, opt->topic.s);
        err->width = hr_text_width(&opt->topic);
        return hr_hint(err, "wire both paths `from: %s`", other->name.s);
    }
    return HR_OK;
}

typedef struct kafka_group kafka_group;

/* An assigned partition and whose it is. */
typedef struct group_partition {
    hr_source *source;
    hr_partition *partition;
} group_partition;

struct kafka_group {
    hr_kafka_consumer *consumer;
    hr_source **sources;
    size_t n_sources;
    group_partition *partitions;
    size_t n_partitions;
    bool subscribed, troubled;
    int64_t ask_at_ms, lag_at_ms, prefetch_bytes;
};

typedef struct kafka_state {
    kafka_group *group;
    bool until_told;
} kafka_state;

static const kafka_options *
source_options(const hr_source *source)
{
    return hr_source_node(source)->options;
}

static hr_source *
group_source(const kafka_group *group, const char *topic)
{
    for (size_t i = 0; i < group->n_sources; i++) {
        if (strcmp(source_options(group->sources[i])->topic.s, topic) == 0) {
            return group->sources[i];
        }
    }
    return NULL;
}

static void
group_trouble(void *ctx, const char *text, bool fatal)
{
    kafka_group *group = ctx;

    group->troubled = text != NULL;
    hr_source_trouble(group->sources[0], text, fatal);
}

static void
group_committed(void *ctx, int64_t after_us)
{
    const kafka_group *group = ctx;

    hr_source_committed(group->sources[0], after_us);
}

static void
group_held(const void *object, size_t *bytes, size_t *limit)
{
    const kafka_group *group = object;

    *bytes = group->consumer != NULL ? hr_kafka_consumer_held(group->consumer) : 0;
    *limit = (size_t)group->prefetch_bytes * group->n_partitions;
}

static void
group_commit_failed(void *ctx, const char *text)
{
    kafka_group *group = ctx;

    for (size_t i = 0; i < group->n_sources; i++) {
        hr_source_commit_failed(group->sources[i], text);
    }
}

static bool
group_add(kafka_group *group, hr_source *source, hr_partition *partition)
{
    group_partition *grown = realloc(group->partitions, (group->n_partitions + 1) * sizeof *grown);

    if (grown == NULL) {
        return false;
    }
    group->partitions = grown;
    group->partitions[group->n_partitions++] = (group_partition){source, partition};
    return true;
}

static void
group_assigned(void *ctx, hr_kafka_partition *partitions, size_t n)
{
    kafka_group *group = ctx;

    for (size_t i = 0; i < n; i++) {
        hr_kafka_partition *p = &partitions[i];
        hr_source *source = group_source(group, p->topic);
        hr_partition *partition;

        if (source == NULL || p->queue == NULL) {
            continue;
        }
        if (p->offset == HR_KAFKA_NO_OFFSET) {
            p->offset =
                source_options(source)->start == START_LATEST ? HR_KAFKA_END : HR_KAFKA_BEGINNING;
        }
        /* From the beginning or end on, any first offset is right: none is expected. */
        partition = hr_source_assign(source, p->topic, p->partition,
                                     p->offset >= 0 ? p->offset : -1, p->queue);
        if (partition != NULL && !group_add(group, source, partition)) {
            hr_source_revoke(source, &partition, 1, true);
        }
    }
    for (size_t i = 0; i < group->n_sources; i++) {
        hr_source_ready(group->sources[i]); /* with no partition too: others have them */
    }
}

/* Takes the named partitions of one source out of the group's list. */
static size_t
group_take(kafka_group *group, const hr_source *source, const hr_kafka_partition *partitions,
           size_t n, hr_partition **out)
{
    size_t taken = 0;
    size_t kept = 0;

    for (size_t i = 0; i < group->n_partitions; i++) {
        group_partition *have = &group->partitions[i];
        bool goes = false;

        for (size_t k = 0; k < n && have->source == source && !goes; k++) {
            goes = have->partition->id == partitions[k].partition &&
                   strcmp(have->partition->topic, partitions[k].topic) == 0;
        }
        if (goes) {
            out[taken++] = have->partition;
        } else {
            group->partitions[kept++] = *have;
        }
    }
    group->n_partitions = kept;
    return taken;
}

static void
group_revoked(void *ctx, const hr_kafka_partition *partitions, size_t n, bool lost)
{
    kafka_group *group = ctx;
    hr_partition **list = calloc(n + 1, sizeof(hr_partition *));

    for (size_t i = 0; i < group->n_sources && list != NULL; i++) {
        size_t taken = group_take(group, group->sources[i], partitions, n, list);

        if (taken > 0) {
            hr_source_revoke(group->sources[i], list, taken, lost);
        }
    }
    free(list);
}

static void
group_destroy(void *object)
{
    kafka_group *group = object;

    hr_kafka_consumer_destroy(group->consumer, GIVE_UP_MS);
    free(group->partitions);
    free(group->sources);
    free(group);
}

/* Makes the group's consumer for that many partitions of this thread. */
static int
group_open_consumer(kafka_group *group, hr_source *source, size_t partitions, hr_error *err)
{
    const hr_runner *runner = hr_source_runner(source);
    hr_client_env env;
    char instance[256];
    hr_kafka_consumer_conf conf = {.connection = hr_source_connection(source), .runner = runner};

    hr_source_client_env(source, &env);
    conf.group = env.group;
    conf.client_id = env.id;
    conf.prefetch_bytes = env.prefetch_bytes / (int64_t)(partitions > 0 ? partitions : 1);
    if (conf.prefetch_bytes > PREFETCH_MAX) {
        conf.prefetch_bytes = PREFETCH_MAX;
    }
    conf.watch = (hr_kafka_watch){group, group_trouble, env.wake_fd};
    conf.rebalance = (hr_kafka_rebalance){group, group_assigned, group_revoked, group_commit_failed,
                                          group_committed};
    if (runner->group.instance_id.s != NULL) {
        /* A member a thread: each needs a name of its own. */
        snprintf(instance, sizeof instance, "%s-%d", runner->group.instance_id.s,
                 hr_source_thread(source));
        conf.instance_id = instance;
    }
    group->prefetch_bytes = conf.prefetch_bytes;
    group->consumer = hr_kafka_consumer_create(&conf, err);
    return group->consumer != NULL ? HR_OK : err->code;
}

static kafka_group *
group_create(hr_source *source, hr_error *err)
{
    kafka_group *group = calloc(1, sizeof *group);

    if (group == NULL) {
        hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        return NULL;
    }
    if (group_open_consumer(group, source, 1, err) != HR_OK) {
        free(group);
        return NULL;
    }
    return group;
}

static int
kafka_open(hr_source *source, void *state, hr_error *err)
{
    kafka_state *s = state;
    hr_client *client = hr_source_client(source, "consumer");
    hr_source **grown;

    if (client == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    if (client->object == NULL) {
        client->object = group_create(source, err);
        client->destroy = group_destroy;
        client->held = group_held;
        client->budget = HR_BUDGET_PREFETCH;
    }
    s->group = client->object;
    if (s->group == NULL) {
        return err->code;
    }
    if (s->group->n_sources == SOURCES_MAX) {
        return hr_fail(err, HR_ECONFIG, HR_NO_LOC, "more than %d Kafka sources", SOURCES_MAX);
    }
    grown = realloc(s->group->sources, (s->group->n_sources + 1) * sizeof(hr_source *));
    if (grown == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    s->group->sources = grown;
    s->group->sources[s->group->n_sources++] = source;
    return HR_OK;
}

/* Says how far each partition of the topic is to be read. */
static int
kafka_tell_until(hr_source *source, kafka_state *s, hr_error *err)
{
    const char *topic = source_options(source)->topic.s;
    int32_t count = 0;
    int rc =
        hr_kafka_consumer_partition_count(s->group->consumer, topic, &count, ASK_TIMEOUT_MS, err);

    for (int32_t p = 0; p < count && rc == HR_OK; p++) {
        int64_t begin, end;

        rc = hr_kafka_consumer_watermarks(s->group->consumer, topic, p, &begin, &end,
                                          ASK_TIMEOUT_MS, err);
        if (rc == HR_OK) {
            hr_source_until(source, p, begin < end ? end : 0);
        }
    }
    if (rc == HR_OK) {
        hr_source_until_known(source);
        s->until_told = true;
    }
    return rc;
}

/* The prefetch of a partition is fixed when a consumer is made, so the budget is divided by the
 * share of all partitions that this thread may get, and the consumer made anew where that matters.
 */
static int
group_fit(kafka_group *group, size_t partitions, hr_error *err)
{
    hr_source *source = group->sources[0];
    hr_client_env env;
    int64_t fitting;

    hr_source_client_env(source, &env);
    partitions = (partitions + env.n_threads - 1) / env.n_threads;
    partitions = partitions > 0 ? partitions : 1;
    fitting = env.prefetch_bytes / (int64_t)partitions;
    if (fitting >= group->prefetch_bytes) {
        return HR_OK;
    }
    hr_kafka_consumer_destroy(group->consumer, GIVE_UP_MS);
    group->consumer = NULL;
    return group_open_consumer(group, source, partitions, err);
}

static int
group_subscribe(kafka_group *group, hr_error *err)
{
    const char *topics[SOURCES_MAX];
    size_t partitions = 0;
    int rc;

    for (size_t i = 0; i < group->n_sources; i++) {
        int32_t count = 0;

        topics[i] = source_options(group->sources[i])->topic.s;
        rc = hr_kafka_consumer_partition_count(group->consumer, topics[i], &count, ASK_TIMEOUT_MS,
                                               err);
        if (rc != HR_OK) {
            return rc;
        }
        partitions += (size_t)count;
    }
    rc = group_fit(group, partitions, err);
    if (rc == HR_OK) {
        rc = hr_kafka_consumer_subscribe(group->consumer, topics, group->n_sources, err);
    }
    group->subscribed = rc == HR_OK;
    return rc;
}

static void
group_note_lag(kafka_group *group, int64_t now)
{
    for (size_t i = 0; i < group->n_partitions; i++) {
        hr_partition *p = group->partitions[i].partition;

        p->end_offset = hr_kafka_consumer_end_offset(group->consumer, p->topic, p->id);
    }
    group->lag_at_ms = now + LAG_MS;
}

/* First what has to be known before records flow, then the group; from then on rebalances. */
static void
kafka_poll(hr_source *source, void *state)
{
    kafka_state *s = state;
    kafka_group *group = s->group;
    int64_t now = hr_clock_ms();
    hr_error err = {0};
    bool wants_until = hr_source_until_end(source) && !s->until_told;

    if ((wants_until || !group->subscribed) && now < group->ask_at_ms) {
        hr_source_wake_at(source, group->ask_at_ms);
    } else if ((wants_until && kafka_tell_until(source, s, &err) != HR_OK) ||
               (!group->subscribed && group_subscribe(group, &err) != HR_OK)) {
        group_trouble(group, err.msg, false);
        group->ask_at_ms = hr_clock_ms() + ASK_AGAIN_MS;
        hr_source_wake_at(source, group->ask_at_ms);
    }
    if (group->consumer == NULL) {
        return;
    }
    hr_kafka_consumer_poll(group->consumer);
    if (now >= group->lag_at_ms) {
        group_note_lag(group, now);
    }
}

static size_t
kafka_fetch(hr_source *source, void *state, hr_partition *partition, hr_record *records, size_t max,
            hr_arena *arena)
{
    kafka_state *s = state;
    int64_t eof;
    size_t n = hr_kafka_queue_fetch(partition->data, records, max, &eof);

    (void)source;
    (void)arena;
    if (eof >= 0) {
        partition->eof_offset = eof;
    }
    if ((n > 0 || eof >= 0) && s->group->troubled) {
        group_trouble(s->group, NULL, false);
    }
    return n;
}

static void
kafka_done(hr_source *source, void *state, hr_record *records, size_t n)
{
    (void)source;
    (void)state;
    hr_kafka_records_release(records, n);
}

static int
kafka_seek(hr_source *source, void *state, hr_partition *partition, int64_t offset, hr_error *err)
{
    kafka_state *s = state;

    if (offset < 0) {
        offset = source_options(source)->start == START_LATEST ? HR_KAFKA_END : HR_KAFKA_BEGINNING;
    }
    return hr_kafka_consumer_seek(s->group->consumer, partition->topic, partition->id, offset, err);
}

static int
kafka_commit(hr_source *source, void *state, const hr_offset *offsets, size_t n, int timeout_ms,
             hr_error *err)
{
    kafka_state *s = state;
    hr_kafka_partition *list = calloc(n, sizeof *list);
    int rc;

    (void)source;
    if (list == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    for (size_t i = 0; i < n; i++) {
        list[i].topic = offsets[i].partition->topic;
        list[i].partition = offsets[i].partition->id;
        list[i].offset = offsets[i].offset;
    }
    rc = hr_kafka_consumer_commit(s->group->consumer, list, n, timeout_ms, err);
    free(list);
    return rc;
}

/* The first source that closes leaves the group for all: their tasks are revoked on the way. */
static void
kafka_close(hr_source *source, void *state)
{
    kafka_state *s = state;

    if (s->group != NULL && s->group->consumer != NULL) {
        hr_kafka_consumer_destroy(s->group->consumer, hr_source_close_ms(source));
        s->group->consumer = NULL;
    }
}

const hr_source_type hr_source_kafka = {
    .flags = HR_SOURCE_KAFKA,
    .name = "kafka",
    .summary = "Records of a Kafka topic, as a member of the topology's consumer group.",
    .example = "{connection: kafka, topic: flights}",
    .options = kafka_option_table,
    .options_size = sizeof(kafka_options),
    .state_size = sizeof(kafka_state),
    .compile = kafka_compile,
    .open = kafka_open,
    .fetch = kafka_fetch,
    .read_headers = hr_kafka_record_headers,
    .done = kafka_done,
    .seek = kafka_seek,
    .commit = kafka_commit,
    .poll = kafka_poll,
    .close = kafka_close,
};
