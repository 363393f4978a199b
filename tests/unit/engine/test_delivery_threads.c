/* Delivery under faults: a real app, run, thread and task between a source and sinks that the test
 * plays, by a seed. Outputs are acknowledged late, in any order, and some not at all; some are
 * refused, alone or with the batch that they were in, with their record kept or without; the source
 * gives records again that were seen. Whatever happens: nothing is lost, nothing is committed
 * before it is done, only what has to be becomes a dead letter, and the source is told of every end
 * and every failure. Nothing is repeated where
 * refused records were kept and nothing else went wrong.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/app.h"
#include "engine/stats.h"
#include "engine/thread.h"
#include "engine/topology_compile.h"
#include "hr_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RECORDS = 3000, SINKS = 2, PENDING_MAX = 700, GROUP = 8, SEEDS = 33 };

typedef enum fate { FINE, BAD_JSON, REFUSED_BY_0, REFUSED_BY_1, BAD_FOR_SOURCE } fate;

typedef struct sim_record {
    int64_t offset; /* with holes */
    fate fate;
    char value[48];
    /* A writer thread may deliver it once more at any time. */
    atomic_uint delivered[SINKS], letters;
    unsigned decoded, done, failed; /* as the source was told; failed: since the last seek */
} sim_record;

typedef struct sim_output {
    hr_token token;
    sim_record *record;
    hr_kept *kept;
} sim_output;

static struct {
    sim_record records[RECORDS];
    bool grouped[SINKS + 1]; /* by sink: what is sent together is refused together */
    bool threaded, keeps, skips;
    unsigned retry_permille;
    size_t late_bytes_max; /* 0: as the engine has it */
    /* the source */
    size_t next;
    hr_partition *partition;
    int64_t committed;
    unsigned premature, spoiled;
    unsigned misled;             /* told of an end that was none, or of a wrong failure */
    unsigned stalls, miscounted; /* a sink's polls with a task that waits for room; wrongly */
    hr_on_error action;
    uint64_t fetched;
    uint64_t backpressure_us;
} sim;

typedef struct sim_sink {
    int index; /* 0, 1; SINKS: the dead letters */
    unsigned seed;
    sim_output pending[PENDING_MAX];
    size_t n;
    /* of a sink with a writer thread */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stop, runs;
} sim_sink;

static sim_record *
sim_find(int64_t offset)
{
    size_t low = 0;
    size_t high = RECORDS;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (sim.records[middle].offset < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return &sim.records[low];
}

/* Every output that the record has to have is there. */
static bool
sim_is_done(const sim_record *r)
{
    switch (r->fate) {
    case FINE:
        return r->delivered[0] > 0 && r->delivered[1] > 0;
    case BAD_JSON:
    case BAD_FOR_SOURCE:
        return r->letters > 0;
    case REFUSED_BY_0:
        return (sim.skips || r->letters > 0) && r->delivered[1] > 0;
    case REFUSED_BY_1:
        return r->letters > 0 && r->delivered[0] > 0;
    }
    return false;
}

/* ---- the source ---------------------------------------------------------------------------- */

static int
sim_open(hr_source *source, void *state, hr_error *err)
{
    (void)state;
    (void)err;
    hr_source_until(source, 0, sim.records[RECORDS - 1].offset + 1);
    hr_source_until_known(source);
    sim.partition = hr_source_assign(source, "sim", 0, sim.records[0].offset, NULL);
    return sim.partition != NULL ? HR_OK : HR_ENOMEM;
}

static size_t
sim_fetch(hr_source *source, void *state, hr_partition *partition, hr_record *records, size_t max,
          hr_arena *arena)
{
    size_t n = 0;
    size_t want = 1 + (size_t)rand() % 300;

    (void)source;
    (void)state;
    (void)partition;
    (void)arena;
    if (rand() % 20 == 0 && sim.next > 10) {
        sim.next -= (size_t)rand() % 10; /* a client that fetches again what it gave already */
    }
    while (n < max && n < want && sim.next < RECORDS) {
        sim_record *r = &sim.records[sim.next++];

        records[n++] = (hr_record){.value = hr_span_str(r->value), .offset = r->offset};
    }
    sim.fetched += n;
    return n;
}

static int
sim_seek(hr_source *source, void *state, hr_partition *partition, int64_t offset, hr_error *err)
{
    (void)source;
    (void)state;
    (void)partition;
    (void)err;
    sim.next = (size_t)(sim_find(offset) - sim.records);
    for (size_t i = sim.next; i < RECORDS; i++) {
        sim.records[i].failed = 0;
    }
    return HR_OK;
}

/* Takes out what is spoilt for the source only. */
static size_t
sim_decoded(hr_source *source, void *state, hr_batch *batch, hr_row *rows, size_t n,
            hr_failures *failures)
{
    size_t left = 0;

    (void)state;
    for (size_t i = 0; i < n; i++) {
        sim_record *r = sim_find(hr_batch_record(batch, rows[i])->offset);

        r->decoded++;
        if (r->fate == BAD_FOR_SOURCE) {
            failures->v[failures->n++] = (hr_failure){rows[i], hr_source_node(source),
                                                      HR_ON_ERROR_DEAD_LETTER, "decode", "bad"};
        } else {
            rows[left++] = rows[i];
        }
    }
    return left;
}

static void
sim_record_failed(hr_source *source, void *state, hr_partition *partition, int64_t offset,
                  const hr_failure *failure)
{
    static const char *const nodes[] = {"-", "in", "a", "b", "in"};
    sim_record *r = sim_find(offset);

    (void)source;
    (void)state;
    r->failed++;
    sim.misled += partition == sim.partition ? 0 : 1;
    sim.misled += strcmp(failure->node->name.s, nodes[r->fate]) == 0 ? 0 : 1;
    sim.misled +=
        strcmp(failure->code, strcmp(nodes[r->fate], "in") == 0 ? "decode" : "refused") == 0 ? 0
                                                                                             : 1;
    sim.misled += failure->reason[0] != '\0' ? 0 : 1;
    if (r->fate == REFUSED_BY_0) {
        sim.misled += failure->action == sim.action ? 0 : 1;
    }
}

static void
sim_record_done(hr_source *source, void *state, hr_partition *partition, int64_t offset)
{
    sim_record *r = sim_find(offset);

    (void)source;
    (void)state;
    (void)partition;
    r->done++;
    sim.misled += sim_is_done(r) ? 0 : 1;
    sim.misled += (r->failed > 0) == (r->fate != FINE) ? 0 : 1;
}

static int
sim_commit(hr_source *source, void *state, const hr_offset *offsets, size_t n, int timeout_ms,
           hr_error *err)
{
    (void)source;
    (void)state;
    (void)timeout_ms;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        sim.committed = offsets[i].offset;
        for (size_t k = 0; k < RECORDS && sim.records[k].offset < offsets[i].offset; k++) {
            sim.premature += sim_is_done(&sim.records[k]) ? 0 : 1;
        }
    }
    return HR_OK;
}

static const hr_source_type sim_source = {
    .name = "sim",
    .summary = "-",
    .open = sim_open,
    .fetch = sim_fetch,
    .seek = sim_seek,
    .commit = sim_commit,
    .decoded = sim_decoded,
    .record_failed = sim_record_failed,
    .record_done = sim_record_done,
};

/* ---- sinks --------------------------------------------------------------------------------- */

static bool
sim_refuses(const sim_sink *s, const sim_record *r)
{
    return (s->index == 0 && r->fate == REFUSED_BY_0) || (s->index == 1 && r->fate == REFUSED_BY_1);
}

static void
sim_deliver(const sim_sink *s, sim_record *r)
{
    if (s->index == SINKS) {
        r->letters++;
    } else {
        r->delivered[s->index]++;
    }
}

/* Ends up to GROUP outputs, from anywhere in what is pending; the number of acks made. */
static size_t
sim_end_some(sim_sink *s, hr_ack *acks)
{
    size_t n = s->n < GROUP ? s->n : 1 + (size_t)rand_r(&s->seed) % GROUP;
    size_t first = s->n > n ? (size_t)rand_r(&s->seed) % (s->n - n) : 0;
    bool refused = false;
    bool retry = (unsigned)rand_r(&s->seed) % 1000 < sim.retry_permille;

    for (size_t i = first; i < first + n; i++) {
        refused |= sim_refuses(s, s->pending[i].record);
    }
    for (size_t i = 0; i < n; i++) {
        sim_output *out = &s->pending[first + i];

        acks[i] = (hr_ack){.token = out->token, .status = HR_ACK_OK};
        if (retry) {
            acks[i].status = HR_ACK_RETRY;
        } else if (sim.grouped[s->index] && refused) {
            acks[i].status = HR_ACK_SUSPECT;
            snprintf(acks[i].reason, sizeof acks[i].reason, "one of them, says the test");
        } else if (sim_refuses(s, out->record)) {
            acks[i].status = HR_ACK_REFUSED;
            snprintf(acks[i].reason, sizeof acks[i].reason, "the test says so");
            acks[i].kept = out->kept;
            continue;
        } else {
            sim_deliver(s, out->record);
        }
        hr_kept_free(out->kept);
    }
    memmove(s->pending + first, s->pending + first + n, (s->n - first - n) * sizeof *s->pending);
    s->n -= n;
    return n;
}

static void *
sim_writer(void *arg)
{
    hr_sink *sink = arg;
    sim_sink *s = sink->state;

    pthread_mutex_lock(&s->lock);
    while (!s->stop) {
        hr_ack acks[GROUP];
        size_t n;

        if (s->n == 0) {
            pthread_cond_wait(&s->changed, &s->lock);
            continue;
        }
        n = sim_end_some(s, acks);
        pthread_mutex_unlock(&s->lock);
        hr_sink_post(sink, acks, n);
        hr_sink_wake(sink);
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static int
sim_sink_open(hr_sink *sink, void *state, hr_error *err)
{
    sim_sink *s = state;

    (void)err;
    s->index = sink->index == HR_SINKS_MAX ? SINKS : (int)sink->index;
    s->seed = (unsigned)rand();
    if (sim.late_bytes_max != 0) {
        sink->thread->late_bytes_max = sim.late_bytes_max;
    }
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    s->runs = sim.threaded && pthread_create(&s->thread, NULL, sim_writer, sink) == 0;
    return s->runs == sim.threaded ? HR_OK : HR_EFATAL;
}

static bool
sim_add(sim_sink *s, const hr_record *record, hr_token token, hr_kept *kept)
{
    s->pending[s->n++] = (sim_output){token, sim_find(record->offset), kept};
    pthread_cond_signal(&s->changed);
    return true;
}

static int
sim_write(hr_sink *sink, void *state, hr_batch *batch, hr_rows rows, size_t *done, hr_error *err)
{
    sim_sink *s = state;
    int rc = HR_OK;

    (void)err;
    pthread_mutex_lock(&s->lock);
    for (*done = 0; *done < rows.n; (*done)++) {
        hr_row row = rows.row[*done];

        if (s->n == PENDING_MAX || rand_r(&s->seed) % 400 == 0) {
            rc = HR_EAGAIN;
            break;
        }
        sim_add(s, hr_batch_record(batch, row), hr_sink_take(sink, batch, row),
                sim.keeps ? hr_sink_keep(sink, batch, row) : NULL);
    }
    pthread_mutex_unlock(&s->lock);
    return rc;
}

/* The bytes of the record, and the place that it came from. */
static void
sim_check_letter(const hr_letter *letter)
{
    const sim_record *r = sim_find(letter->record->offset);
    char offset[24];
    size_t found = 0;

    snprintf(offset, sizeof offset, "%lld", (long long)r->offset);
    sim.spoiled += hr_span_eq(letter->record->value, hr_span_str(r->value)) ? 0 : 1;
    for (size_t i = 0; i < letter->n_headers; i++) {
        const hr_header *h = &letter->headers[i];

        found += hr_span_eq(h->name, HR_SPAN_LIT("__streams.errors.offset")) &&
                         hr_span_eq(h->value, hr_span_str(offset))
                     ? 1
                     : 0;
        found += hr_span_eq(h->name, HR_SPAN_LIT("__streams.errors.topic")) &&
                         hr_span_eq(h->value, HR_SPAN_LIT("sim"))
                     ? 1
                     : 0;
    }
    sim.spoiled += found == 2 ? 0 : 1;
}

static int
sim_write_letter(hr_sink *sink, void *state, const hr_letter *letter, hr_error *err)
{
    sim_sink *s = state;
    int rc = HR_EAGAIN;

    (void)sink;
    (void)err;
    pthread_mutex_lock(&s->lock);
    if (s->n < PENDING_MAX && rand_r(&s->seed) % 10 > (sim.keeps ? 2 : 0)) {
        sim_check_letter(letter);
        sim_add(s, letter->record, letter->token, NULL);
        rc = HR_OK;
    }
    pthread_mutex_unlock(&s->lock);
    return rc;
}

/* The sink knows how many tasks wait for room in it. */
static void
sim_count_stalled(const hr_sink *sink)
{
    uint32_t n = 0;

    for (size_t i = 0; i < sink->thread->tasks_end; i++) {
        const hr_task *task = sink->thread->tasks[i];

        n += task != NULL && task->stalled_by == sink ? 1 : 0;
    }
    sim.stalls += n;
    sim.miscounted += n == sink->n_stalled ? 0 : 1;
}

/* A sink without a thread ends its outputs here, some at a time. */
static void
sim_poll(hr_sink *sink, void *state)
{
    sim_sink *s = state;
    hr_ack acks[GROUP];
    size_t n;

    sim_count_stalled(sink);
    if (s->runs) {
        return;
    }
    for (int i = 0; i < 20 && s->n > 0; i++) {
        n = sim_end_some(s, acks);
        for (size_t k = 0; k < n; k++) {
            hr_thread_ack(sink->thread, &acks[k]);
        }
    }
    if (s->n > 0) {
        hr_sink_wake(sink);
    }
}

static void
sim_close(hr_sink *sink, void *state)
{
    sim_sink *s = state;

    (void)sink;
    if (s->runs) {
        pthread_mutex_lock(&s->lock);
        s->stop = true;
        pthread_cond_signal(&s->changed);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->thread, NULL);
    }
    for (size_t i = 0; i < s->n; i++) {
        hr_kept_free(s->pending[i].kept);
    }
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
}

static const hr_sink_type sim_sink_type = {
    .flags = HR_SINK_ACKS_LATER,
    .name = "sim",
    .summary = "-",
    .state_size = sizeof(sim_sink),
    .open = sim_sink_open,
    .write = sim_write,
    .write_letter = sim_write_letter,
    .poll = sim_poll,
    .close = sim_close,
};

/* ---- the runs ------------------------------------------------------------------------------ */

/* The first sink's on_error is given. */
static const char topology_text[] = "version: 1\n"
                                    "topology: sim\n"
                                    "sources:\n"
                                    "  in: {generate: {fields: {id: n}}, format: json}\n"
                                    "steps:\n"
                                    "  same: {from: in, filter: id >= 0}\n"
                                    "sinks:\n"
                                    "  a: {from: same, blackhole: {}, on_error: %s}\n"
                                    "  b: {from: in, blackhole: {}}\n"
                                    "errors:\n"
                                    "  dead_letters: {blackhole: {}}\n";

static char topology_path[] = "/tmp/headrace-sim-XXXXXX.yaml";

static void
sim_reset(unsigned seed)
{
    int64_t offset = 5;

    memset(&sim, 0, sizeof sim);
    sim.committed = -1;
    srand(seed);
    sim.threaded = seed % 4 >= 2;
    sim.keeps = seed % 8 >= 4;
    sim.grouped[0] = seed % 2 == 1;
    sim.grouped[1] = sim.grouped[2] = seed % 2 == 1 && !sim.keeps;
    sim.retry_permille = seed % 3 == 0 ? 3 : 0;
    sim.late_bytes_max = seed % 16 >= 12 ? 1000 : 0;
    for (size_t i = 0; i < RECORDS; i++) {
        sim_record *r = &sim.records[i];

        r->offset = offset;
        r->fate = rand() % 100 < 94 ? FINE : (fate)(1 + rand() % 4);
        snprintf(r->value, sizeof r->value, r->fate == BAD_JSON ? "{\"id\":%d" : "{\"id\":%d}",
                 (int)i);
        offset += 1 + rand() % 3;
    }
}

/* The topology of the file, with the test's own types in the place of what it names. */
static hr_topology *
sim_topology(void)
{
    hr_diag *diag = hr_diag_create();
    hr_topology *topology = hr_topology_load(topology_path, NULL, diag);
    int rc = topology != NULL ? hr_topology_compile(topology, diag) : HR_ECONFIG;

    hr_diag_print(diag, stderr, HR_DIAG_TEXT);
    if (rc != HR_OK || topology == NULL) {
        fail_msg("the topology of the test has errors");
        return NULL;
    }
    topology->diag = NULL;
    hr_diag_destroy(diag);
    topology->sources[0].type = &sim_source;
    topology->sinks[0].type = topology->sinks[1].type = &sim_sink_type;
    topology->dead_letters->type = &sim_sink_type;
    return topology;
}

/* How often too many the record left. */
static uint64_t
sim_repeated(const sim_record *r)
{
    uint64_t n = r->letters > 1 ? r->letters - 1 : 0;

    for (size_t i = 0; i < SINKS; i++) {
        n += r->delivered[i] > 1 ? r->delivered[i] - 1 : 0;
    }
    return n;
}

static void
sim_check(unsigned seed)
{
    uint64_t letters = 0;
    uint64_t wanted = 0;
    uint64_t repeated = 0;

    for (size_t i = 0; i < RECORDS; i++) {
        const sim_record *r = &sim.records[i];

        if (!sim_is_done(r)) {
            fail_msg("seed %u: record %zu (fate %d): delivered %u and %u, %u letters", seed, i,
                     (int)r->fate, r->delivered[0], r->delivered[1], r->letters);
        }
        if (r->done == 0 || (r->decoded > 0) != (r->fate != BAD_JSON)) {
            fail_msg("seed %u: of record %zu (fate %d) the source was not told all", seed, i,
                     (int)r->fate);
        }
        if (r->fate == FINE && r->letters > 0) {
            fail_msg("seed %u: record %zu is fine and became a dead letter", seed, i);
        }
        letters += r->letters > 0 ? 1 : 0;
        wanted += r->fate != FINE ? 1 : 0;
        repeated += sim_repeated(r);
    }
    assert_int_equal(letters, wanted);
    assert_int_equal(sim.premature, 0);
    assert_int_equal(sim.spoiled, 0);
    assert_int_equal(sim.misled, 0);
    assert_int_equal(sim.committed, sim.records[RECORDS - 1].offset + 1);
    printf("seed %2u: %s%s%s%s, %u per mille fail: %llu of %d letters, %llu repeated\n", seed,
           sim.threaded ? "writer threads" : "own thread", sim.keeps ? ", kept" : "",
           sim.late_bytes_max != 0 ? " with little room" : "",
           sim.grouped[0] ? ", refused in groups" : "", sim.retry_permille,
           (unsigned long long)letters, RECORDS, (unsigned long long)repeated);
    if (sim.keeps && sim.late_bytes_max == 0 && sim.retry_permille == 0 && !sim.grouped[0]) {
        assert_int_equal(repeated, 0);
    }
}

/* What is counted is what happened. Acknowledgements that come after the loop has ended are not. */
static void
sim_check_stats(hr_app *app)
{
    hr_stats *stats = hr_app_stats_take(app);
    const hr_stats_run *run = &stats->runs[0];
    uint64_t delivered[SINKS + 1] = {0};

    for (size_t i = 0; i < RECORDS; i++) {
        delivered[0] += sim.records[i].delivered[0];
        delivered[1] += sim.records[i].delivered[1];
        delivered[SINKS] += sim.records[i].letters;
    }
    for (size_t i = 0; i <= SINKS; i++) {
        const hr_stats_node *sink = &run->nodes[run->n_nodes - 1 - SINKS + i];

        assert_string_equal(sink->kind, i < SINKS ? "sink" : "dead_letters");
        assert_in_range(sink->out, sink->latency->total, delivered[i]);
        assert_true(sink->in >= sink->out);
        assert_true(sink->retries == 0 || sim.retry_permille > 0);
    }
    assert_true(run->records_done >= RECORDS || run->failure != NULL);
    assert_int_equal(run->records_done, run->latency->total);
    assert_true(run->rewinds > 0 || sim.retry_permille == 0);
    assert_int_equal(sim.miscounted, 0);
    sim.backpressure_us += run->backpressure_us;
    hr_stats_destroy(stats);
}

/* A run of the topology by what sim_reset() made; how it ended. */
static int
sim_run(const char *on_error)
{
    int fd = mkstemps(topology_path, 5);
    int rc;
    hr_diag *diag = hr_diag_create();
    hr_runner *runner = hr_runner_load(NULL, NULL, 0, diag);
    hr_run_options options = {.until_end = true};
    hr_error err = {0};
    hr_app *app;

    hr_diag_destroy(diag);
    assert_true(fd >= 0);
    assert_true(dprintf(fd, topology_text, on_error) > 0);
    close(fd);
    assert_non_null(runner);
    runner->commit_interval_ms = 5;
    app = hr_app_create(runner, &err);
    assert_non_null(app);
    assert_int_equal(hr_app_add(app, sim_topology(), &options, &err), HR_OK);
    rc = hr_app_loop(app);
    sim_check_stats(app);
    hr_app_destroy(app);
    hr_runner_destroy(runner);
    unlink(topology_path);
    memcpy(strchr(topology_path, '.') - 6, "XXXXXX", 6);
    return rc;
}

static void
nothing_is_lost_and_nothing_committed_too_early(void **state)
{
    const char *more = getenv("HEADRACE_SEEDS");
    unsigned seeds = more != NULL ? (unsigned)atoi(more) : SEEDS;
    uint64_t backpressure_us = 0;
    uint64_t stalls = 0;

    (void)state;
    hr_log_init(HR_LOG_ERROR, false);
    for (unsigned seed = 0; seed < seeds; seed++) {
        sim_reset(seed);
        assert_int_equal(sim_run("dead_letter"), 0);
        sim_check(seed);
        backpressure_us += sim.backpressure_us;
        stalls += sim.stalls;
    }
    assert_true(backpressure_us > 0);
    assert_true(stalls > 0);
}

/* Seeds whose sinks refuse one by one and where nothing else goes wrong. */
static const unsigned plain_seeds[] = {2, 4, 20, 22};

static void
what_may_be_skipped_is_not_replayed(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof plain_seeds / sizeof *plain_seeds; s++) {
        sim_reset(plain_seeds[s]);
        for (size_t i = 0; i < RECORDS; i++) {
            sim.records[i].fate = sim.records[i].fate == REFUSED_BY_0 ? REFUSED_BY_0 : FINE;
            snprintf(sim.records[i].value, sizeof sim.records[i].value, "{\"id\":%zu}", i);
        }
        sim.skips = true;
        sim.action = HR_ON_ERROR_SKIP;
        assert_int_equal(sim_run("skip"), 0);
        for (size_t i = 0; i < RECORDS; i++) {
            const sim_record *r = &sim.records[i];

            assert_int_equal(r->delivered[0], r->fate == FINE ? 1 : 0);
            assert_int_equal(r->delivered[1], 1);
            assert_int_equal(r->letters, 0);
        }
        assert_int_equal(sim.premature, 0);
        assert_int_equal(sim.misled, 0);
        assert_int_equal(sim.committed, sim.records[RECORDS - 1].offset + 1);
    }
}

static void
what_must_not_fail_stops_the_run_where_it_failed(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof plain_seeds / sizeof *plain_seeds; s++) {
        size_t first = 0;

        sim_reset(plain_seeds[s]);
        sim.action = HR_ON_ERROR_FAIL;
        while (sim.records[first].fate != REFUSED_BY_0) {
            first++;
        }
        assert_int_not_equal(sim_run("fail"), 0);
        assert_true(sim.committed <= sim.records[first].offset);
        assert_int_equal(sim.premature, 0);
        for (size_t i = 0; i < RECORDS; i++) {
            assert_false(sim.records[i].fate == REFUSED_BY_0 && sim.records[i].letters > 0);
            assert_false(sim.records[i].fate == REFUSED_BY_0 && sim.records[i].done > 0);
        }
        assert_int_equal(sim.misled, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_and_nothing_committed_too_early),
        cmocka_unit_test(what_may_be_skipped_is_not_replayed),
        cmocka_unit_test(what_must_not_fail_stops_the_run_where_it_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
