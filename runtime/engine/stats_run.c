/* A run as others see it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/clock.h"
#include "engine/stats_parts.h"

#include <stdlib.h>

/* ---- sums of all threads -------------------------------------------------------------------- */

void
hr_stats_run_sum(hr_run *run, hr_app_stats *out)
{
    const hr_topology *topology = run->topology;

    for (size_t t = 0; t < run->n_threads; t++) {
        const hr_metrics *m = &run->stats[t].metrics;

        for (size_t i = 0; i < topology->n_sources; i++) {
            out->in += hr_counter_get(&m->sources[i].in);
        }
        for (size_t i = 0; i < topology->n_sinks; i++) {
            out->out += hr_counter_get(&m->sinks[i].out);
        }
        out->errors += hr_counter_get(&m->dead_letters) + hr_counter_get(&m->skipped);
        out->lag += hr_counter_get(&m->lag);
        hr_histogram_sum(&m->latency, out->latency);
    }
}

static void
run_counters(const hr_run *run, hr_stats_run *out)
{
    for (size_t t = 0; t < run->n_threads; t++) {
        const hr_metrics *m = &run->stats[t].metrics;

        out->dead_letters += hr_counter_get(&m->dead_letters);
        out->skipped += hr_counter_get(&m->skipped);
        out->rewinds += hr_counter_get(&m->rewinds);
        out->rebalances += hr_counter_get(&m->rebalances);
        out->commits += hr_counter_get(&m->commits);
        out->commit_failures += hr_counter_get(&m->commit_failures);
        out->batches += hr_counter_get(&m->batches);
        out->lag += hr_counter_get(&m->lag);
        for (size_t i = 0; i <= run->topology->n_sinks; i++) {
            out->backpressure_us += hr_counter_get(&m->outputs[i].backpressure_us);
        }
    }
}

/* ---- histograms ----------------------------------------------------------------------------- */

static void
run_latency_sum(const hr_run *run, uint64_t *counts, uint64_t *sum_us)
{
    for (size_t t = 0; t < run->n_threads; t++) {
        const hr_histogram *latency = &run->stats[t].metrics.latency;

        hr_histogram_sum(latency, counts);
        *sum_us += hr_counter_get(&latency->sum_us);
    }
}

void
hr_stats_note_recent(hr_run *run, int64_t now_ms)
{
    hr_recent_slot *slot;

    pthread_mutex_lock(&run->lock);
    if (hr_recent_due(&run->recent, now_ms)) {
        slot = hr_recent_add(&run->recent, now_ms);
        slot->sum_us = 0;
        memset(slot->counts, 0, sizeof slot->counts);
        run_latency_sum(run, slot->counts, &slot->sum_us);
    }
    pthread_mutex_unlock(&run->lock);
}

static void
run_recent(hr_run *run, const hr_stats_histogram *now, hr_stats_histogram *out)
{
    const hr_recent_slot *then;

    *out = *now;
    pthread_mutex_lock(&run->lock);
    then = hr_recent_from(&run->recent, hr_clock_ms());
    for (size_t i = 0; then != NULL && i < HR_HISTOGRAM_BUCKETS; i++) {
        /* What was added while `now` was read may be missing in it. */
        out->counts[i] -= then->counts[i] < out->counts[i] ? then->counts[i] : out->counts[i];
    }
    out->sum_us -= then != NULL && then->sum_us < out->sum_us ? then->sum_us : 0;
    pthread_mutex_unlock(&run->lock);
    out->total = hr_histogram_below(out->counts, UINT64_MAX);
}

static int
run_histograms(hr_run *run, hr_arena *arena, hr_stats_run *out)
{
    hr_stats_histogram *latency = hr_stats_histogram_new(arena);
    hr_stats_histogram *recent = hr_stats_histogram_new(arena);
    hr_stats_histogram *end_to_end = hr_stats_histogram_new(arena);
    hr_stats_histogram *commit = hr_stats_histogram_new(arena);

    if (latency == NULL || recent == NULL || end_to_end == NULL || commit == NULL) {
        return HR_ENOMEM;
    }
    for (size_t t = 0; t < run->n_threads; t++) {
        hr_stats_histogram_add(latency, &run->stats[t].metrics.latency);
        hr_stats_histogram_add(end_to_end, &run->stats[t].metrics.end_to_end);
        hr_stats_histogram_add(commit, &run->stats[t].metrics.commit_latency);
    }
    run_recent(run, latency, recent);
    out->records_done = latency->total;
    out->latency = latency;
    out->latency_recent = recent;
    out->end_to_end = end_to_end;
    out->commit_latency = commit;
    return HR_OK;
}

/* ---- partitions -------------------------------------------------------------------------------
 */

static int
run_partitions_add(const hr_run *run, size_t thread, hr_arena *arena, hr_stats_partition *to,
                   size_t room, size_t *n)
{
    hr_partition_stats *stats = &run->stats[thread].partitions;
    int rc = HR_OK;

    pthread_mutex_lock(&stats->lock);
    for (size_t i = 0; i < stats->shown.n && *n < room; i++) {
        const hr_partition_stat *from = &stats->shown.v[i];
        const char *topic =
            hr_arena_strdup(arena, (const char *)stats->shown.topics.data + from->topic);

        if (topic == NULL) {
            rc = HR_ENOMEM;
            break;
        }
        to[(*n)++] = (hr_stats_partition){.source = run->topology->sources[from->source].name.s,
                                          .topic = topic,
                                          .partition = from->partition,
                                          .thread = (int)thread,
                                          .position = from->position,
                                          .committed = from->committed,
                                          .end = from->end,
                                          .lag = from->lag};
    }
    pthread_mutex_unlock(&stats->lock);
    return rc;
}

static size_t
run_partitions_count(const hr_run *run)
{
    size_t n = 0;

    for (size_t t = 0; t < run->n_threads; t++) {
        hr_partition_stats *stats = &run->stats[t].partitions;

        pthread_mutex_lock(&stats->lock);
        n += stats->shown.n;
        pthread_mutex_unlock(&stats->lock);
    }
    return n;
}

/* Partitions that come while they are counted are seen next time. */
static int
run_partitions(const hr_run *run, hr_arena *arena, hr_stats_run *out)
{
    size_t room = run_partitions_count(run);
    hr_stats_partition *partitions = hr_arena_calloc(arena, room + 1, sizeof *partitions);
    int rc = partitions != NULL ? HR_OK : HR_ENOMEM;

    for (size_t t = 0; t < run->n_threads && rc == HR_OK; t++) {
        rc = run_partitions_add(run, t, arena, partitions, room, &out->n_partitions);
    }
    out->partitions = partitions;
    return rc;
}

/* ---- memory -----------------------------------------------------------------------------------
 */

static const char *const budget_names[HR_BUDGETS] = {
    [HR_BUDGET_PREFETCH] = "prefetch",         [HR_BUDGET_PRODUCE_QUEUE] = "produce_queue",
    [HR_BUDGET_MAILBOXES] = "mailboxes",       [HR_BUDGET_BATCHES] = "batches",
    [HR_BUDGET_LATE_LETTERS] = "late_letters", [HR_BUDGET_TABLES] = "tables",
};

static int
run_memory(const hr_run *run, hr_arena *arena, hr_stats_run *out)
{
    hr_stats_memory *memory = hr_arena_calloc(arena, HR_BUDGETS, sizeof *memory);

    if (memory == NULL) {
        return HR_ENOMEM;
    }
    for (size_t b = 0; b < HR_BUDGETS; b++) {
        memory[b].budget = budget_names[b];
        for (size_t t = 0; t < run->n_threads; t++) {
            memory[b].bytes += hr_counter_get(&run->stats[t].metrics.memory[b]);
            memory[b].limit += hr_counter_get(&run->stats[t].metrics.memory_limit[b]);
        }
    }
    for (size_t i = 0; i < out->n_nodes; i++) {
        memory[HR_BUDGET_TABLES].bytes += out->nodes[i].table_bytes;
    }
    /* The rows that a table is made of, and their copy for readers. */
    memory[HR_BUDGET_TABLES].limit =
        2 * run->topology->n_tables * (uint64_t)run->runner->memory_bytes;
    out->memory = memory;
    out->n_memory = HR_BUDGETS;
    return HR_OK;
}

/* ---- dead letters -------------------------------------------------------------------------- */

static int
run_letters(hr_run *run, hr_arena *arena, hr_stats_run *out)
{
    hr_letter_entry *entries = malloc(HR_LETTERS_SHOWN * sizeof *entries);
    hr_stats_letter *letters = hr_arena_calloc(arena, HR_LETTERS_SHOWN, sizeof *letters);
    size_t n = 0;
    bool nomem = entries == NULL || letters == NULL;

    if (!nomem) {
        n = hr_letter_log_copy(&run->letters, entries, HR_LETTERS_SHOWN);
    }
    for (size_t i = 0; i < n; i++) {
        const hr_letter_entry *entry = &entries[i];

        letters[i] = (hr_stats_letter){.time_ms = entry->time_ms,
                                       .topic = hr_arena_strdup(arena, entry->topic),
                                       .partition = entry->partition,
                                       .offset = entry->offset,
                                       .node = entry->node->name.s,
                                       .code = entry->code,
                                       .reason = hr_arena_strdup(arena, entry->reason)};
        nomem |= letters[i].topic == NULL || letters[i].reason == NULL;
    }
    free(entries);
    out->letters = letters;
    out->n_letters = n;
    return nomem ? HR_ENOMEM : HR_OK;
}

/* ---- the run ------------------------------------------------------------------------------------
 */

static const char *
run_state(hr_run *run)
{
    if (atomic_load(&run->failed)) {
        return "failed";
    }
    if (atomic_load(&run->stopping)) {
        return atomic_load(&run->threads_running) == 0 ? "ended" : "draining";
    }
    return atomic_load(&run->started) ? "running" : "starting";
}

static int
run_failure(hr_run *run, hr_arena *arena, hr_stats_run *out)
{
    char text[sizeof run->failure];

    pthread_mutex_lock(&run->lock);
    memcpy(text, run->failure, sizeof text);
    pthread_mutex_unlock(&run->lock);
    if (text[0] == '\0') {
        return HR_OK;
    }
    out->failure = hr_arena_strdup(arena, text);
    return out->failure != NULL ? HR_OK : HR_ENOMEM;
}

/* ---- failures ------------------------------------------------------------------------------- */

/* The entry of that kind, which is added where there is none. */
static hr_stats_failure *
run_failure_kind(hr_stats_failure *v, size_t *n, const char *node, const char *code,
                 const char *action)
{
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(v[i].node, node) == 0 && strcmp(v[i].code, code) == 0 &&
            strcmp(v[i].action, action) == 0) {
            return &v[i];
        }
    }
    v[*n] = (hr_stats_failure){node, code, action, 0};
    return &v[(*n)++];
}

static int
run_failures(hr_run *run, hr_arena *arena, hr_stats_run *out)
{
    size_t room = 1;
    hr_stats_failure *v;

    for (size_t t = 0; t < run->n_threads; t++) {
        room += hr_failure_counts_n(&run->stats[t].failures);
    }
    v = hr_arena_calloc(arena, room, sizeof *v);
    out->failures = v;
    for (size_t t = 0; t < run->n_threads && v != NULL; t++) {
        const hr_failure_counts *counts = &run->stats[t].failures;
        size_t n = hr_failure_counts_n(counts);
        uint64_t others = hr_counter_get(&counts->others);

        /* What was entered since the room was counted is told next time. */
        for (size_t i = 0; i < n && out->n_failures + 1 < room; i++) {
            const hr_failure_kind *kind = &counts->kinds[i];

            run_failure_kind(v, &out->n_failures, kind->node->name.s, kind->code,
                             hr_on_error_word(kind->action))
                ->n += hr_counter_get(&kind->n);
        }
        if (others > 0) {
            run_failure_kind(v, &out->n_failures, "", "other", "")->n += others;
        }
    }
    return v != NULL ? HR_OK : HR_ENOMEM;
}

static int
run_turns(hr_run *run, hr_arena *arena, hr_stats_run *out)
{
    int64_t *ago = hr_arena_calloc(arena, run->n_threads + 1, sizeof *ago);
    int64_t now = hr_clock_ms();

    for (size_t t = 0; ago != NULL && t < run->n_threads; t++) {
        int64_t turned = atomic_load_explicit(&run->stats[t].turned_ms, memory_order_relaxed);

        ago[t] = turned == 0 ? -1 : turned < now ? now - turned : 0;
    }
    out->turned_ago_ms = ago;
    return ago != NULL ? HR_OK : HR_ENOMEM;
}

int
hr_stats_run_take(hr_run *run, hr_arena *arena, hr_stats_run *out)
{
    const hr_topology *topology = run->topology;
    hr_stats_reasons reasons = {.arena = arena};
    int rc;

    *out = (hr_stats_run){.name = topology->name.s,
                          .description = topology->description.s,
                          .file = topology->file,
                          .group = run->group,
                          .guarantee = topology->exactly_once ? "exactly-once" : "at-least-once",
                          .state = run_state(run),
                          .threads = run->n_threads};
    run_counters(run, out);
    rc = run_failure(run, arena, out);
    if (rc == HR_OK && out->failure != NULL) {
        hr_stats_reason(&reasons, "%s", out->failure);
    } else if (rc == HR_OK && atomic_load(&run->stopping)) {
        hr_stats_reason(&reasons, "it is stopping");
    }
    if (rc != HR_OK || (rc = hr_stats_nodes(run, arena, out, &reasons)) != HR_OK ||
        (rc = run_histograms(run, arena, out)) != HR_OK ||
        (rc = run_partitions(run, arena, out)) != HR_OK ||
        (rc = run_letters(run, arena, out)) != HR_OK ||
        (rc = run_memory(run, arena, out)) != HR_OK || (rc = run_turns(run, arena, out)) != HR_OK ||
        (rc = run_failures(run, arena, out)) != HR_OK) {
        return rc;
    }
    out->waiting_for = reasons.v;
    out->n_waiting_for = reasons.n;
    return reasons.nomem ? HR_ENOMEM : HR_OK;
}
