/* Others look while threads start, work and stop: what they read is whole, and what only grows
 * never shrinks. Run under ThreadSanitizer too.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "app_rig.h"
#include "engine/stats.h"
#include "engine/tap.h"
#include "hr_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { READERS = 2 };

static const char topology_text[] =
    "version: 1\n"
    "topology: numbers\n"
    "sources:\n"
    "  in: {generate: {count: 60000, fields: {N: 'n', T: '\"t\" + string(n)'}}, format: json}\n"
    "steps:\n"
    "  share: {from: in, derive: {Share: '100 / (N % 100)'}}\n"
    "  some: {from: share, filter: 'N % 3 != 0'}\n"
    "sinks:\n"
    "  out: {from: some, blackhole: {}, format: json}\n"
    "errors:\n"
    "  dead_letters: {blackhole: {}}\n";

static struct {
    app_rig rig;
    atomic_bool over;
    atomic_uint looks, samples, taps_before;
    atomic_bool wrong;
} world;

static const char *const tapped[READERS] = {"share", "out"};

static void
look(uint64_t *done)
{
    hr_stats *stats = hr_app_stats_take(world.rig.app);
    const hr_stats_run *run = stats != NULL ? &stats->runs[0] : NULL;

    if (run == NULL || run->n_nodes != 5 || run->records_done < *done ||
        run->nodes[1].in < run->nodes[1].out) {
        atomic_store(&world.wrong, true);
    } else {
        *done = run->records_done;
        atomic_fetch_add(&world.looks, strcmp(run->state, "starting") == 0 ? 0 : 1);
    }
    hr_stats_destroy(stats);
}

/* One reader keeps its tap open, the other opens one again and again. Both look once more when all
 * is over, so that the slowest has seen something. */
static void *
reader(void *arg)
{
    const char *node = arg;
    hr_buf text = {0};
    uint64_t done = 0;
    hr_tap *tap = NULL;
    bool over = false;

    for (unsigned i = 0; !over; i++) {
        hr_app_stats sums;
        hr_error err = {0};

        over = atomic_load(&world.over);
        look(&done);
        hr_app_stats_get(world.rig.app, &sums);
        if (tap == NULL) {
            tap = hr_tap_open(world.rig.app, NULL, node, 1000, &err);
            atomic_fetch_add(&world.taps_before, i == 0 ? 1 : 0);
        }
        text.len = 0;
        atomic_fetch_add(&world.samples, (unsigned)hr_tap_take(tap, &text, 50, 1));
        if (i % 10 == 9 && node != tapped[0]) {
            hr_tap_close(tap);
            tap = NULL;
        }
    }
    hr_tap_close(tap);
    hr_buf_finish(&text);
    return NULL;
}

static void
others_may_look_from_before_the_start_until_after_the_end(void **state)
{
    pthread_t threads[READERS];
    hr_stats *stats;

    (void)state;
    app_rig_init(&world.rig);
    app_rig_add(&world.rig, topology_text, 3, true);
    for (size_t i = 0; i < READERS; i++) {
        pthread_create(&threads[i], NULL, reader, (void *)(uintptr_t)tapped[i]);
    }
    while (atomic_load(&world.taps_before) < READERS) {
        usleep(1000);
    }
    assert_int_equal(hr_app_loop(world.rig.app), 0);
    atomic_store(&world.over, true);
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
    }
    stats = hr_app_stats_take(world.rig.app);
    assert_int_equal(stats->runs[0].records_done, 60000);
    assert_string_equal(stats->runs[0].state, "ended");
    hr_stats_destroy(stats);
    app_rig_finish(&world.rig);
    assert_false(atomic_load(&world.wrong));
    assert_true(atomic_load(&world.looks) > 0);
    assert_true(atomic_load(&world.samples) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_may_look_from_before_the_start_until_after_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
