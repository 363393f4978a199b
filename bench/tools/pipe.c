/* Delivery is counted by batch, not by record: a batch has a slot in a ring with the number of its
 * records under way and the offsets behind it. That is the least that keeps the guarantee.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "pipe.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SLOTS = 1024, PARTITIONS_MAX = 64, IDLE_MS = 100 };
#define COMMIT_NS INT64_C(1000000000)

typedef struct pipe_slot {
    uint32_t left;
    uint32_t n; /* partitions that the batch touched */
    uint32_t n_held;
    rd_kafka_message_t **held; /* where payloads are not copied: the batch */
    struct {
        int32_t partition;
        int64_t next;
    } at[PARTITIONS_MAX];
} pipe_slot;

struct bench_pipe {
    const bench_pipe_options *options;
    rd_kafka_t *consumer, *producer;
    rd_kafka_queue_t *queue, *reports;
    rd_kafka_topic_t *out;
    int wake_fd;
    pipe_slot *slots; /* ring: oldest, ..., newest - 1 */
    uint64_t oldest, newest;
    pipe_slot *current;
    int64_t next[PARTITIONS_MAX]; /* to commit; -1: nothing */
    bool ended[PARTITIONS_MAX];
    uint64_t taken, sent, delivered;
    int64_t committed_ns;
};

static volatile sig_atomic_t stop_asked;
static const uint64_t wake_value = 1;

static void
on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

static void
on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    bench_pipe *pipe = opaque;
    pipe_slot *slot = message->_private;

    (void)rk;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        bench_fail("delivery: %s", rd_kafka_err2str(message->err));
    }
    slot->left--;
    pipe->delivered++;
}

static void
pipe_open_consumer(bench_pipe *pipe, const bench_pipe_options *o)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_conf_t *conf = bench_conf_consumer(o->bootstrap, o->group, o->profile);

    bench_conf_sets(conf, o->consumer);
    pipe->consumer = bench_client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(pipe->consumer);
    pipe->queue = rd_kafka_queue_get_consumer(pipe->consumer);
    rd_kafka_queue_io_event_enable(pipe->queue, pipe->wake_fd, &wake_value, sizeof wake_value);
    rd_kafka_topic_partition_list_add(topics, o->in, RD_KAFKA_PARTITION_UA);
    if (rd_kafka_subscribe(pipe->consumer, topics) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        bench_fail("cannot subscribe to %s", o->in);
    }
    rd_kafka_topic_partition_list_destroy(topics);
}

static void
pipe_open_producer(bench_pipe *pipe, const bench_pipe_options *o)
{
    rd_kafka_conf_t *conf = bench_conf_producer(o->bootstrap, o->profile);

    bench_conf_sets(conf, o->producer);
    rd_kafka_conf_set_opaque(conf, pipe);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    pipe->producer = bench_client(RD_KAFKA_PRODUCER, conf);
    pipe->out = rd_kafka_topic_new(pipe->producer, o->out, NULL);
    pipe->reports = rd_kafka_queue_get_main(pipe->producer);
    rd_kafka_queue_io_event_enable(pipe->reports, pipe->wake_fd, &wake_value, sizeof wake_value);
    /* An idempotent producer asks for its id when it is made, finds no broker connected, and asks
     * again after 500 ms, or when metadata come: so they are asked for, more than once, since the
     * first answer may be there before the connection is. */
    bench_partitions(pipe->producer, o->out);
    bench_partitions(pipe->producer, o->out);
}

/* Gives the slots of what is delivered back, oldest first, and moves the offsets on. */
static void
pipe_settle(bench_pipe *pipe)
{
    while (pipe->oldest != pipe->newest && pipe->slots[pipe->oldest % SLOTS].left == 0) {
        pipe_slot *slot = &pipe->slots[pipe->oldest % SLOTS];

        for (uint32_t i = 0; i < slot->n; i++) {
            pipe->next[slot->at[i].partition] = slot->at[i].next;
        }
        while (slot->n_held > 0) {
            rd_kafka_message_destroy(slot->held[--slot->n_held]);
        }
        pipe->oldest++;
    }
}

static void
pipe_commit(bench_pipe *pipe, bool wait)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);

    for (int32_t p = 0; p < PARTITIONS_MAX; p++) {
        if (pipe->next[p] >= 0) {
            rd_kafka_topic_partition_list_add(list, pipe->options->in, p)->offset = pipe->next[p];
        }
    }
    if (list->cnt > 0) {
        rd_kafka_commit(pipe->consumer, list, wait ? 0 : 1);
    }
    rd_kafka_topic_partition_list_destroy(list);
    pipe->committed_ns = bench_now_ns();
}

void
bench_pipe_send(bench_pipe *pipe, const rd_kafka_message_t *from, const void *value, size_t len)
{
    const bench_out out = {pipe->producer, pipe->out, pipe->current};

    pipe->current->left++;
    pipe->sent++;
    bench_call_send(&out, from, value, len);
}

void
bench_pipe_pass(bench_pipe *pipe, rd_kafka_message_t *const *messages, size_t n)
{
    const bench_out out = {pipe->producer, pipe->out, pipe->current};

    pipe->current->left += (uint32_t)n;
    pipe->sent += n;
    bench_call_pass(&out, pipe->options->call, messages, n);
}

/* Destroys the messages of a batch now, or keeps them until all are delivered. */
static void
pipe_release(const bench_pipe *pipe, pipe_slot *slot, rd_kafka_message_t **messages, size_t n)
{
    if (bench_call_pins(pipe->options->call)) {
        if (slot->held == NULL && (slot->held = malloc(BENCH_BATCH * sizeof *messages)) == NULL) {
            bench_fail("out of memory");
        }
        memcpy(slot->held, messages, n * sizeof *messages);
        slot->n_held = (uint32_t)n;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        rd_kafka_message_destroy(messages[i]);
    }
}

static void
pipe_note(pipe_slot *slot, int32_t partition, int64_t next)
{
    for (uint32_t i = slot->n; i-- > 0;) {
        if (slot->at[i].partition == partition) {
            slot->at[i].next = next;
            return;
        }
    }
    slot->at[slot->n].partition = partition;
    slot->at[slot->n++].next = next;
}

/* Keeps the records of what was read and notes where partitions end. */
static size_t
pipe_sort(bench_pipe *pipe, rd_kafka_message_t **messages, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        rd_kafka_message_t *m = messages[i];

        if (m->partition >= PARTITIONS_MAX) {
            bench_fail("more than %d partitions", PARTITIONS_MAX);
        }
        if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            pipe->ended[m->partition] = false;
            messages[kept++] = m;
            continue;
        }
        if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            pipe->ended[m->partition] = true;
        } else if (m->partition >= 0) {
            bench_fail("consume: %s", rd_kafka_message_errstr(m));
        }
        rd_kafka_message_destroy(m);
    }
    return kept;
}

/* Takes what is there. Returns whether there was something. */
static bool
pipe_turn(bench_pipe *pipe, bench_process process, void *ctx)
{
    rd_kafka_message_t *messages[BENCH_BATCH];
    ssize_t got = rd_kafka_consume_batch_queue(pipe->queue, 0, messages, BENCH_BATCH);
    size_t n = pipe_sort(pipe, messages, got > 0 ? (size_t)got : 0);
    pipe_slot *slot = &pipe->slots[pipe->newest % SLOTS];

    if (n == 0) {
        return got > 0;
    }
    slot->left = 0;
    slot->n = 0;
    pipe->current = slot;
    for (size_t i = 0; i < n; i++) {
        if (i + 1 == n || messages[i + 1]->partition != messages[i]->partition) {
            pipe_note(slot, messages[i]->partition, messages[i]->offset + 1);
        }
    }
    process(ctx, pipe, messages, n);
    pipe->taken += n;
    pipe->newest++;
    pipe_release(pipe, slot, messages, n);
    return true;
}

static bool
pipe_at_end(const bench_pipe *pipe)
{
    rd_kafka_topic_partition_list_t *list = NULL;
    int n = 0, ended = 0;

    if (pipe->options->follow || rd_kafka_assignment(pipe->consumer, &list) != 0) {
        return false;
    }
    n = list->cnt;
    for (int i = 0; i < n; i++) {
        ended += list->elems[i].partition < PARTITIONS_MAX && pipe->ended[list->elems[i].partition];
    }
    rd_kafka_topic_partition_list_destroy(list);
    return n > 0 && ended == n;
}

static void
pipe_wait(bench_pipe *pipe)
{
    struct pollfd fd = {.fd = pipe->wake_fd, .events = POLLIN};
    uint64_t count;

    if (poll(&fd, 1, IDLE_MS) > 0 && read(pipe->wake_fd, &count, sizeof count) < 0 &&
        errno != EAGAIN) {
        bench_fail("eventfd: %s", strerror(errno));
    }
}

static void
pipe_loop(bench_pipe *pipe, bench_process process, void *ctx)
{
    while (!stop_asked) {
        bool busy = pipe_turn(pipe, process, ctx);

        rd_kafka_poll(pipe->producer, 0);
        pipe_settle(pipe);
        while (pipe->newest - pipe->oldest == SLOTS) {
            rd_kafka_poll(pipe->producer, 1);
            pipe_settle(pipe);
        }
        if (bench_now_ns() - pipe->committed_ns > COMMIT_NS) {
            pipe_commit(pipe, false);
        }
        if (!busy) {
            if (pipe_at_end(pipe)) {
                return;
            }
            pipe_wait(pipe);
        }
    }
}

void
bench_pipe_run(const bench_pipe_options *options, bench_process process, void *ctx)
{
    bench_pipe pipe = {.options = options, .committed_ns = bench_now_ns()};

    pipe.slots = calloc(SLOTS, sizeof *pipe.slots);
    if (pipe.slots == NULL) {
        bench_fail("out of memory");
    }
    memset(pipe.next, 0xff, sizeof pipe.next);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    pipe.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pipe_open_consumer(&pipe, options);
    pipe_open_producer(&pipe, options);
    pipe_loop(&pipe, process, ctx);
    while (pipe.delivered < pipe.sent) {
        rd_kafka_poll(pipe.producer, 10);
    }
    pipe_settle(&pipe);
    pipe_commit(&pipe, true);
    rd_kafka_queue_destroy(pipe.queue);
    rd_kafka_queue_destroy(pipe.reports);
    rd_kafka_consumer_close(pipe.consumer);
    rd_kafka_topic_destroy(pipe.out);
    rd_kafka_destroy(pipe.consumer);
    rd_kafka_destroy(pipe.producer);
    for (size_t i = 0; i < SLOTS; i++) {
        free(pipe.slots[i].held);
    }
    free(pipe.slots);
    close(pipe.wake_fd);
    printf("%llu records\n", (unsigned long long)pipe.taken);
}

static void
pipe_add_set(const char **sets, const char *set)
{
    size_t n = 0;

    while (sets[n] != NULL) {
        n++;
    }
    if (n == BENCH_SETS_MAX) {
        bench_fail("more than %d settings", BENCH_SETS_MAX);
    }
    sets[n] = set;
}

void
bench_pipe_parse(bench_pipe_options *o, int *argc, char **argv, const char *usage)
{
    const char **words[] = {&o->bootstrap, &o->in, &o->out, &o->group};
    size_t n = 0;
    int kept = 1;

    *o = (bench_pipe_options){.profile = BENCH_THROUGHPUT};
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--profile") == 0 && i + 1 < *argc) {
            o->profile = bench_profile_of(argv[++i]);
        } else if (strcmp(argv[i], "--consumer") == 0 && i + 1 < *argc) {
            pipe_add_set(o->consumer, argv[++i]);
        } else if (strcmp(argv[i], "--producer") == 0 && i + 1 < *argc) {
            pipe_add_set(o->producer, argv[++i]);
        } else if (strcmp(argv[i], "--call") == 0 && i + 1 < *argc) {
            o->call = bench_call_of(argv[++i]);
        } else if (strcmp(argv[i], "--follow") == 0) {
            o->follow = true;
        } else if (n < 4 && argv[i][0] != '-') {
            *words[n++] = argv[i];
        } else {
            argv[kept++] = argv[i];
        }
    }
    *argc = kept;
    if (n < 4) {
        fprintf(stderr, "usage: %s\n", usage);
        exit(2);
    }
}
