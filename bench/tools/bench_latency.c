/* Latency of a system from topic to topic, open loop: requests leave at fixed times whether answers
 * come or not, and the clock of each starts when it was meant to leave, also where the generator
 * itself was late. One process sends and reads, so there is one clock.
 *
 * First a probe each 20 ms until one comes back: "ready_ms" from exec to that. Then the load: what
 * is sent in the first --cold ms counts as cold, the rest as warm.
 *
 *   bench_latency BOOTSTRAP IN OUT --rate N [--seconds N] [--cold MS] [--size N] [--linger MS]
 *                 [--limit MS] -- COMMAND [ARGUMENT...]
 *
 * A request is one of flight_delay, its UUID ends in the sequence number; an answer is whatever has
 * that UUID in it. Prints one JSON line. The command's output goes to stderr; it is told to stop at
 * the end (SIGTERM to its process group, after 10 s SIGKILL).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memmem */
#include "common.h"
#include "engine/metrics.h"
#include "process_group.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define USAGE                                                                                      \
    "bench_latency BOOTSTRAP IN OUT --rate N [--seconds N] [--cold MS] [--size N] [--linger MS] "  \
    "[--limit MS] -- COMMAND [ARGUMENT...]"
#define NS_PER_MS INT64_C(1000000)
#define PROBES UINT64_C(0x800000000000) /* sequence numbers of probes have this bit */

enum { PROBE_MS = 20, AFTER_MS = 3000, STOP_MS = 10000, SIZE_MAX_BYTES = 65536 };

typedef struct phase {
    hr_histogram histogram;
    _Atomic uint64_t sent, answered;
    uint64_t max_us;
} phase;

typedef struct latency {
    const char *bootstrap, *in, *out, *linger;
    char **command;
    int64_t rate, seconds, cold_ms, size, limit_ms;

    rd_kafka_t *producer, *consumer;
    rd_kafka_topic_t *topic;
    uint32_t tag; /* of this run, in the UUID */
    pid_t pid;
    int64_t started_ns, load_ns, late_ns; /* late: the worst of the generator itself */
    uint64_t cold_n;                      /* the first so many requests are cold */
    _Atomic int64_t ready_ns;
    _Atomic bool done;
    phase cold, warm;
    uint64_t twice, total;
    uint8_t *seen; /* a bit for each request */
} latency;

/* --- requests ----------------------------------------------------------------------------------
 */

static size_t
request_write(const latency *l, uint64_t sequence, char *text)
{
    int n = snprintf(text, SIZE_MAX_BYTES,
                     "{\"DepDelay\":-5.0,\"Carrier\":\"US\",\"FlightDate\":\"2013-11-01\",\"Dest\":"
                     "\"CLT\",\"FlightNum\":\"1895\",\"Origin\":\"EWR\",\"DayOfYear\":305,"
                     "\"DayOfMonth\":1,\"DayOfWeek\":4,\"Timestamp\":\"2013-11-01T04:55:00\","
                     "\"UUID\":\"%08x-0000-4000-8000-%012llx\",\"Note\":\"",
                     l->tag, (unsigned long long)sequence);
    size_t at = (size_t)n, size = (size_t)l->size > at + 2 ? (size_t)l->size : at + 2;

    memset(text + at, 'x', size - at - 2);
    memcpy(text + size - 2, "\"}", 2);
    return size;
}

static void
request_send(const latency *l, uint64_t sequence, char *text)
{
    size_t len = request_write(l, sequence, text);

    while (rd_kafka_produce(l->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, text, len, NULL,
                            0, NULL) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            bench_fail("produce: %s", rd_kafka_err2str(rd_kafka_last_error()));
        }
        rd_kafka_poll(l->producer, 1);
    }
}

/* The sequence number of an answer of this run. */
static bool
answer_sequence(const latency *l, const char *text, size_t len, uint64_t *sequence)
{
    static const char mark[] = "-0000-4000-8000-";
    char tag[9], digits[13] = {0};
    const char *at = memmem(text, len, mark, sizeof mark - 1);
    char *end;

    if (at == NULL || at - text < 8 || (size_t)(at - text) + sizeof mark - 1 + 12 > len) {
        return false;
    }
    memcpy(tag, at - 8, 8);
    tag[8] = '\0';
    memcpy(digits, at + sizeof mark - 1, 12);
    *sequence = strtoull(digits, &end, 16);
    return strtoul(tag, NULL, 16) == l->tag && *end == '\0';
}

/* --- answers -----------------------------------------------------------------------------------
 */

static int64_t
intended_ns(const latency *l, uint64_t sequence)
{
    return l->load_ns + (int64_t)(sequence * UINT64_C(1000000000) / (uint64_t)l->rate);
}

static void
answer_count(latency *l, uint64_t sequence, int64_t now)
{
    phase *p = sequence < l->cold_n ? &l->cold : &l->warm;
    uint64_t us = (uint64_t)((now - intended_ns(l, sequence)) / 1000);

    if (sequence >= l->total) {
        return;
    }
    if ((l->seen[sequence / 8] >> (sequence % 8) & 1) != 0) {
        l->twice++;
        return;
    }
    l->seen[sequence / 8] |= (uint8_t)(1u << (sequence % 8));
    hr_histogram_add(&p->histogram, us, 1);
    p->max_us = us > p->max_us ? us : p->max_us;
    p->answered++;
}

static void
answer_take(latency *l, const rd_kafka_message_t *m, int64_t now)
{
    uint64_t sequence;

    if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR ||
        !answer_sequence(l, m->payload, m->len, &sequence)) {
        return;
    }
    if ((sequence & PROBES) == 0) {
        answer_count(l, sequence, now);
    } else if (l->ready_ns == 0) {
        l->ready_ns = now;
    }
}

/* Takes what is there after a wake-up; a time belongs to one batch, which is what was there. */
static void *
reader_run(void *ctx)
{
    latency *l = ctx;
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(l->consumer);

    prctl(PR_SET_TIMERSLACK, 1000);
    while (!l->done) {
        rd_kafka_message_t *messages[BENCH_BATCH];
        ssize_t n = rd_kafka_consume_batch_queue(queue, 50, messages, 1);
        int64_t now = bench_now_ns();

        while (n > 0) {
            for (ssize_t i = 0; i < n; i++) {
                answer_take(l, messages[i], now);
                rd_kafka_message_destroy(messages[i]);
            }
            n = rd_kafka_consume_batch_queue(queue, 0, messages, BENCH_BATCH);
            now = bench_now_ns();
        }
    }
    rd_kafka_queue_destroy(queue);
    return NULL;
}

/* --- clients -----------------------------------------------------------------------------------
 */

static void
open_producer(latency *l)
{
    rd_kafka_conf_t *conf = bench_conf_producer(l->bootstrap, BENCH_LATENCY);

    bench_conf_set(conf, "linger.ms", l->linger);
    l->producer = bench_client(RD_KAFKA_PRODUCER, conf);
    l->topic = rd_kafka_topic_new(l->producer, l->in, NULL);
    bench_partitions(l->producer, l->in);
}

static void
open_consumer(latency *l)
{
    rd_kafka_conf_t *conf = bench_conf_consumer(l->bootstrap, "bench_latency", BENCH_LATENCY);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
    int32_t partitions;

    bench_conf_set(conf, "enable.partition.eof", "false");
    l->consumer = bench_client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(l->consumer);
    partitions = bench_partitions(l->consumer, l->out);
    for (int32_t p = 0; p < partitions; p++) {
        int64_t low, high;

        if (rd_kafka_query_watermark_offsets(l->consumer, l->out, p, &low, &high, 10000) !=
            RD_KAFKA_RESP_ERR_NO_ERROR) {
            bench_fail("no offsets of %s", l->out);
        }
        rd_kafka_topic_partition_list_add(list, l->out, p)->offset = high;
    }
    rd_kafka_assign(l->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
}

/* --- the system --------------------------------------------------------------------------------
 */

static void
system_start(latency *l)
{
    l->started_ns = bench_now_ns();
    l->pid = fork();
    if (l->pid < 0) {
        bench_fail("fork: %s", strerror(errno));
    }
    if (l->pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* it does not outlive who measures it */
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execvp(l->command[0], l->command);
        fprintf(stderr, "bench_latency: %s: %s\n", l->command[0], strerror(errno));
        _exit(127);
    }
    setpgid(l->pid, l->pid);
}

static void
sleep_until(int64_t ns)
{
    struct timespec t = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static bool
system_ended(const latency *l)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)l->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

/* Returns its status. */
static int
system_stop(const latency *l)
{
    int64_t deadline = bench_now_ns() + STOP_MS * NS_PER_MS;
    int status = 0;

    kill(-l->pid, SIGTERM);
    while (waitpid(l->pid, &status, WNOHANG) == 0) {
        if (bench_now_ns() > deadline) {
            kill(-l->pid, SIGKILL);
        }
        sleep_until(bench_now_ns() + 5 * NS_PER_MS);
    }
    kill(-l->pid, SIGKILL);
    return status;
}

/* --- the load ----------------------------------------------------------------------------------
 */

/* The first probe is delivered before the system is started: what the generator's own clients take
 * to connect is not the system's. */
static void
probe_first(const latency *l, char *text)
{
    request_send(l, PROBES | UINT64_C(1) << 40, text);
    if (rd_kafka_flush(l->producer, 10000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        bench_fail("the first probe was not delivered");
    }
}

static bool
probe_until_ready(latency *l, char *text)
{
    for (uint64_t i = 0; l->ready_ns == 0; i++) {
        int64_t now = bench_now_ns();

        if (now - l->started_ns > l->limit_ms * NS_PER_MS || system_ended(l)) {
            return false;
        }
        request_send(l, PROBES | i, text);
        rd_kafka_poll(l->producer, 0);
        sleep_until(now + PROBE_MS * NS_PER_MS);
    }
    return true;
}

static void
load_run(latency *l, char *text)
{
    l->load_ns = bench_now_ns() + 50 * NS_PER_MS;
    for (uint64_t i = 0; i < l->total; i++) {
        int64_t at = intended_ns(l, i), late;

        sleep_until(at);
        request_send(l, i, text);
        rd_kafka_poll(l->producer, 0);
        late = bench_now_ns() - at;
        l->late_ns = late > l->late_ns ? late : l->late_ns;
        (i < l->cold_n ? &l->cold : &l->warm)->sent++;
    }
}

static void
load_wait(latency *l)
{
    int64_t deadline = bench_now_ns() + AFTER_MS * NS_PER_MS;

    while (l->cold.answered + l->warm.answered < l->total && bench_now_ns() < deadline) {
        rd_kafka_poll(l->producer, 10);
    }
}

/* --- the report --------------------------------------------------------------------------------
 */

static void
phase_print(const char *name, const phase *p)
{
    static const struct {
        const char *name;
        double q;
    } quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};
    uint64_t *counts = calloc(HR_HISTOGRAM_BUCKETS, sizeof *counts);

    if (counts == NULL) {
        bench_fail("out of memory");
    }
    hr_histogram_sum(&p->histogram, counts);
    printf(",\"%s\":{\"sent\":%llu,\"answered\":%llu", name, (unsigned long long)p->sent,
           (unsigned long long)p->answered);
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        printf(",\"%s_us\":%llu", quantiles[i].name,
               (unsigned long long)hr_histogram_quantile(counts, quantiles[i].q));
    }
    printf(",\"max_us\":%llu}", (unsigned long long)p->max_us);
    free(counts);
}

static void
report(const latency *l, const bench_process_group *group, int64_t load_end_ns, int status)
{
    printf(
        "{\"ready_ms\":%.2f,\"rate\":%lld,\"achieved\":%.1f,\"size\":%lld,\"generator_linger_ms\":"
        "%s,\"late_us\":%lld,\"twice\":%llu,\"cpu_ns\":%lld,\"rss_kib\":%lld,\"peak_kib\":%lld,"
        "\"status\":%d",
        (double)(l->ready_ns - l->started_ns) / 1e6, (long long)l->rate,
        (double)l->total * 1e9 / (double)(load_end_ns - l->load_ns), (long long)l->size, l->linger,
        (long long)(l->late_ns / 1000), (unsigned long long)l->twice, (long long)group->cpu_ns,
        (long long)group->rss_kib, (long long)group->peak_kib,
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    phase_print("cold", &l->cold);
    phase_print("warm", &l->warm);
    printf("}\n");
}

static int
measure(latency *l, char *text)
{
    bench_process_group group = {0};
    pthread_t reader;
    int64_t load_end_ns;
    bool ready;
    int status;

    open_producer(l);
    open_consumer(l);
    if (pthread_create(&reader, NULL, reader_run, l) != 0) {
        bench_fail("no thread");
    }
    prctl(PR_SET_TIMERSLACK, 1000);
    probe_first(l, text);
    system_start(l);
    ready = probe_until_ready(l, text);
    if (ready) {
        load_run(l, text);
        load_end_ns = bench_now_ns();
        load_wait(l);
        group.group = l->pid;
        bench_process_group_find(&group);
        bench_process_group_read(&group);
    }
    status = system_stop(l);
    l->done = true;
    pthread_join(reader, NULL);
    if (!ready) {
        bench_fail("no answer to any probe (the system ended with status %d)", status);
    }
    report(l, &group, load_end_ns, status);
    rd_kafka_topic_destroy(l->topic);
    rd_kafka_consumer_close(l->consumer);
    rd_kafka_destroy(l->consumer);
    rd_kafka_destroy(l->producer);
    return 0;
}

static bool
parse_option(latency *l, const char *name, const char *text)
{
    if (strcmp(name, "--rate") == 0) {
        l->rate = bench_number(name, text, 1, 10000000);
    } else if (strcmp(name, "--seconds") == 0) {
        l->seconds = bench_number(name, text, 1, 86400);
    } else if (strcmp(name, "--cold") == 0) {
        l->cold_ms = bench_number(name, text, 0, 86400000);
    } else if (strcmp(name, "--size") == 0) {
        l->size = bench_number(name, text, 1, SIZE_MAX_BYTES);
    } else if (strcmp(name, "--limit") == 0) {
        l->limit_ms = bench_number(name, text, 1, INT32_MAX);
    } else if (strcmp(name, "--linger") == 0) {
        l->linger = text;
    } else {
        return false;
    }
    return true;
}

static bool
parse(latency *l, int argc, char **argv)
{
    int i = 4;

    *l = (latency){.seconds = 12, .cold_ms = 4000, .size = 300, .limit_ms = 60000, .linger = "0.1"};
    if (argc < 6) {
        return false;
    }
    l->bootstrap = argv[1];
    l->in = argv[2];
    l->out = argv[3];
    while (i + 1 < argc && strcmp(argv[i], "--") != 0) {
        if (!parse_option(l, argv[i], argv[i + 1])) {
            return false;
        }
        i += 2;
    }
    l->command = argv + i + 1;
    l->total = (uint64_t)(l->rate * l->seconds);
    l->cold_n = (uint64_t)(l->rate * l->cold_ms / 1000);
    l->tag = (uint32_t)(bench_real_us() ^ getpid());
    return l->rate > 0 && i + 1 < argc && strcmp(argv[i], "--") == 0;
}

int
main(int argc, char **argv)
{
    static latency l;
    static char text[SIZE_MAX_BYTES + 512];

    if (!parse(&l, argc, argv)) {
        fprintf(stderr, "usage: " USAGE "\n");
        return 2;
    }
    l.seen = calloc(l.total / 8 + 1, 1);
    if (l.seen == NULL) {
        bench_fail("out of memory");
    }
    bench_end_with_parent();
    return measure(&l, text);
}
