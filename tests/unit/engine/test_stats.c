/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/stats.h"
#include "app_rig.h"
#include "hr_test.h"

#define COUNT 3000
#define TICKS_MAX 3000 /* 30 s; figures are published four times a second */

/* n % 10 == 0 fails at `share`, n % 3 == 0 of the rest is dropped. */
static const char topology_text[] = "version: 1\n"
                                    "topology: numbers\n"
                                    "description: Counts.\n"
                                    "sources:\n"
                                    "  in:\n"
                                    "    generate: {count: 3000, fields: {N: 'n', T: '\"t\"'}}\n"
                                    "    format: json\n"
                                    "steps:\n"
                                    "  share:\n"
                                    "    from: in\n"
                                    "    derive: {Share: '100 / (N % 10)'}\n"
                                    "  some:\n"
                                    "    from: share\n"
                                    "    filter: 'N % 3 != 0'\n"
                                    "sinks:\n"
                                    "  out:\n"
                                    "    from: some\n"
                                    "    blackhole: {}\n"
                                    "    format: json\n"
                                    "  all:\n"
                                    "    from: in\n"
                                    "    blackhole: {}\n"
                                    "    format: json\n"
                                    "errors:\n"
                                    "  dead_letters: {blackhole: {}}\n";

static const hr_stats_node *
node_of(const hr_stats *stats, const char *name)
{
    const hr_stats_run *run = &stats->runs[0];

    for (size_t i = 0; i < run->n_nodes; i++) {
        if (strcmp(run->nodes[i].name, name) == 0) {
            return &run->nodes[i];
        }
    }
    fail_msg("no node %s", name);
    return NULL;
}

static hr_stats *
stats_of_whole_run(app_rig *rig)
{
    hr_stats *stats;

    app_rig_init(rig);
    app_rig_add(rig, topology_text, 1, true);
    assert_int_equal(hr_app_loop(rig->app), 0);
    stats = hr_app_stats_take(rig->app);
    assert_non_null(stats);
    return stats;
}

static void
every_node_says_what_came_and_what_became_of_it(void **state)
{
    app_rig rig;
    hr_stats *stats = stats_of_whole_run(&rig);
    const hr_stats_node *in = node_of(stats, "in");
    const hr_stats_node *share = node_of(stats, "share");
    const hr_stats_node *some = node_of(stats, "some");
    const hr_stats_node *out = node_of(stats, "out");
    const hr_stats_node *all = node_of(stats, "all");

    (void)state;
    assert_string_equal(in->kind, "source");
    assert_string_equal(in->type, "generate");
    assert_int_equal(in->n_from, 0);
    assert_int_equal(in->in, COUNT);
    assert_int_equal(in->out, COUNT);
    assert_in_range(in->bytes, 15 * COUNT, 30 * COUNT); /* {"N":2999,"T":"t"} */
    assert_true(in->processing_ns > 0);
    assert_string_equal(share->kind, "step");
    assert_string_equal(share->from[0], "in");
    assert_int_equal(share->in, COUNT);
    assert_int_equal(share->failed, COUNT / 10);
    assert_int_equal(share->out, COUNT - COUNT / 10);
    assert_int_equal(some->in, share->out);
    assert_int_equal(some->dropped + some->out, some->in);
    assert_int_equal(some->dropped, COUNT / 3 - COUNT / 30);
    assert_true(some->processing_ns > 0);
    assert_string_equal(out->kind, "sink");
    assert_int_equal(out->in, some->out);
    assert_int_equal(out->out, some->out);
    assert_int_equal(all->out, COUNT);
    assert_in_range(all->bytes, 15 * COUNT, 30 * COUNT);
    assert_true(all->processing_ns > 0);
    assert_int_equal(all->latency->total, COUNT);
    hr_stats_destroy(stats);
    app_rig_finish(&rig);
}

static void
a_run_sums_up_and_shows_its_last_dead_letters(void **state)
{
    app_rig rig;
    hr_stats *stats = stats_of_whole_run(&rig);
    const hr_stats_run *run = &stats->runs[0];
    const hr_stats_node *letters = &run->nodes[run->n_nodes - 1];

    (void)state;
    assert_int_equal(stats->n_runs, 1);
    assert_string_equal(run->name, "numbers");
    assert_string_equal(run->description, "Counts.");
    assert_string_equal(run->group, "numbers");
    assert_string_equal(run->guarantee, "at-least-once");
    assert_string_equal(run->state, "ended");
    assert_string_equal(run->waiting_for[0], "it is stopping");
    assert_false(stats->ready);
    assert_int_equal(run->dead_letters, COUNT / 10);
    assert_int_equal(run->records_done, COUNT);
    assert_int_equal(run->latency->total, COUNT);
    assert_true(run->batches >= COUNT / 1024);
    assert_string_equal(letters->kind, "dead_letters");
    assert_int_equal(letters->in, COUNT / 10);
    assert_int_equal(letters->out, COUNT / 10);
    assert_true(letters->bytes > 0);
    assert_true(run->n_letters > 0);
    assert_string_equal(run->letters[0].node, "share");
    assert_string_equal(run->letters[0].code, "expression");
    assert_int_equal(run->letters[0].offset % 10, 0);
    assert_true(run->letters[0].offset >= run->letters[run->n_letters - 1].offset);
    hr_stats_destroy(stats);
    app_rig_finish(&rig);
}

static struct {
    app_rig rig;
    unsigned ticks;
    bool was_ready;
    uint64_t lag, batches_bytes;
    size_t partitions;
    int64_t end;
} seen;

static bool
seen_all(void)
{
    return seen.was_ready && seen.partitions == 1 && seen.batches_bytes > 10000;
}

static void
look(void *ctx)
{
    hr_stats *stats = hr_app_stats_take(seen.rig.app);
    const hr_stats_run *run;

    (void)ctx;
    assert_non_null(stats);
    run = &stats->runs[0];
    seen.was_ready |= stats->ready;
    if (run->n_partitions > 0) {
        seen.partitions = run->n_partitions;
        seen.end = run->partitions[0].end;
        assert_string_equal(run->partitions[0].source, "in");
        assert_in_range(run->partitions[0].position, 0, COUNT);
    }
    for (size_t i = 0; i < run->n_memory; i++) {
        if (strcmp(run->memory[i].budget, "batches") == 0 && run->memory[i].bytes > 0) {
            seen.batches_bytes = run->memory[i].bytes;
            assert_true(run->memory[i].bytes <= run->memory[i].limit);
        }
    }
    hr_stats_destroy(stats);
    seen.ticks++;
    if (seen_all() || seen.ticks == TICKS_MAX) {
        hr_app_stop(seen.rig.app);
    }
}

static void
a_running_topology_is_ready_and_shows_partitions_and_memory(void **state)
{
    hr_stats *stats;

    (void)state;
    memset(&seen, 0, sizeof seen);
    app_rig_init(&seen.rig);
    app_rig_add(&seen.rig, topology_text, 2, false);
    stats = hr_app_stats_take(seen.rig.app);
    assert_string_equal(stats->runs[0].state, "starting");
    assert_false(stats->ready);
    assert_string_equal(stats->runs[0].waiting_for[0], "source in");
    assert_int_equal(stats->runs[0].threads, 2);
    hr_stats_destroy(stats);
    hr_app_on_tick(seen.rig.app, 10, look, NULL);
    assert_int_equal(hr_app_loop(seen.rig.app), 0);
    assert_true(seen_all());
    app_rig_finish(&seen.rig);
}

static void
a_flood_of_dead_letters_is_cut_short_and_the_newest_are_first(void **state)
{
    static hr_letter_log log;
    hr_letter_gate gate = {0};
    hr_node node = {.name = {.s = "step"}};
    hr_failure failure = {0, &node, HR_ON_ERROR_DEAD_LETTER, "bad", "because"};
    hr_letter_entry out[HR_LETTERS_SHOWN];

    (void)state;
    hr_letter_log_init(&log);
    for (int64_t i = 0; i < 10000; i++) {
        hr_letter_log_add(&log, &gate, "t", 3, i, &failure);
    }
    assert_in_range(log.n, HR_LETTERS_PER_SECOND, 3 * HR_LETTERS_PER_SECOND);
    assert_int_equal(hr_letter_log_copy(&log, out, HR_LETTERS_SHOWN), HR_LETTERS_SHOWN);
    assert_true(out[0].offset > out[1].offset);
    assert_int_equal(hr_letter_log_copy(&log, out, 2), 2);
    assert_string_equal(out[0].topic, "t");
    assert_int_equal(out[0].partition, 3);
    assert_string_equal(out[0].reason, "because");
    hr_letter_log_finish(&log);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_node_says_what_came_and_what_became_of_it),
        cmocka_unit_test(a_run_sums_up_and_shows_its_last_dead_letters),
        cmocka_unit_test(a_running_topology_is_ready_and_shows_partitions_and_memory),
        cmocka_unit_test(a_flood_of_dead_letters_is_cut_short_and_the_newest_are_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
