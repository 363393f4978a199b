/* Tasks that find no room in a sink, and what others make of it. Whole runs with full sinks:
 * test_delivery_threads.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/clock.h"
#include "engine/task_parts.h"
#include "engine/thread.h"
#include "hr_test.h"

#include <stdlib.h>

enum { FAR_MS = 1000000 };

/* Two tasks of a plan that ends at sink 0; sink 1 is of others. */
typedef struct world {
    hr_thread thread;
    hr_sink sinks[2];
    hr_sink_metrics metrics[2];
    hr_node nodes[2];
    hr_plan_node planned;
    hr_plan plan;
    hr_source_type source_type;
    hr_source source;
    hr_task tasks[2];
} world;

static int
world_make(void **state)
{
    world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    w->thread.sinks = w->sinks;
    w->nodes[1].index = 1;
    w->planned.node = &w->nodes[0];
    w->plan.sinks = &w->planned;
    w->plan.n_sinks = 1;
    w->source.type = &w->source_type;
    for (size_t i = 0; i < 2; i++) {
        w->sinks[i].output = &w->metrics[i];
        w->tasks[i] = (hr_task){
            .thread = &w->thread, .source = &w->source, .plan = &w->plan, .id = (uint32_t)i};
    }
    *state = w;
    return 0;
}

static int
world_free(void **state)
{
    free(*state);
    return 0;
}

static void
a_sink_counts_the_tasks_that_wait_for_it(void **state)
{
    world *w = *state;

    hr_task_stall(&w->tasks[0], &w->sinks[0]);
    assert_int_equal(w->sinks[0].n_stalled, 1);
    hr_task_stall(&w->tasks[1], &w->sinks[0]);
    assert_int_equal(w->sinks[0].n_stalled, 2);
    hr_task_stall(&w->tasks[0], NULL);
    assert_int_equal(w->sinks[0].n_stalled, 1);
    hr_task_stall(&w->tasks[1], NULL);
    assert_int_equal(w->sinks[0].n_stalled, 0);
}

static void
a_task_that_finds_no_room_again_counts_once(void **state)
{
    world *w = *state;

    for (int i = 0; i < 3; i++) {
        hr_task_stall(&w->tasks[0], &w->sinks[0]);
        assert_int_equal(w->sinks[0].n_stalled, 1);
    }
    hr_task_stall(&w->tasks[0], &w->sinks[1]);
    assert_int_equal(w->sinks[0].n_stalled, 0);
    assert_int_equal(w->sinks[1].n_stalled, 1);
    hr_task_stall(&w->tasks[0], NULL);
    hr_task_stall(&w->tasks[0], NULL);
    assert_int_equal(w->sinks[1].n_stalled, 0);
}

static void
a_task_that_is_given_up_waits_no_longer(void **state)
{
    world *w = *state;

    hr_task_stall(&w->tasks[0], &w->sinks[0]);
    hr_task_stall(&w->tasks[1], &w->sinks[0]);
    hr_task_work_release(&w->tasks[0]);
    assert_int_equal(w->sinks[0].n_stalled, 1);
    assert_null(w->tasks[0].stalled_by);
    hr_task_work_release(&w->tasks[0]);
    assert_int_equal(w->sinks[0].n_stalled, 1);
}

static void
the_time_goes_to_the_sink_that_had_no_room(void **state)
{
    world *w = *state;

    hr_task_stall(&w->tasks[0], &w->sinks[0]);
    w->tasks[0].stalled_us -= 5000000;
    hr_task_stall(&w->tasks[0], &w->sinks[1]);
    assert_in_range(hr_counter_get(&w->metrics[0].backpressure_us), 5000000, UINT32_MAX);
    w->tasks[0].stalled_us -= 7000000;
    hr_task_stall(&w->tasks[0], NULL);
    assert_in_range(hr_counter_get(&w->metrics[1].backpressure_us), 7000000, UINT32_MAX);
}

/* A task would take in a batch at its next turn after that time: it asks to be woken then. */
static bool
takes_in(world *w, hr_task *task)
{
    int64_t when_ms = hr_clock_ms() + FAR_MS;

    task->resume_at_ms = when_ms;
    w->thread.wake_at_ms = 0;
    assert_false(hr_task_turn(task, true));
    return w->thread.wake_at_ms == when_ms;
}

static void
a_full_sink_holds_up_every_task_that_writes_to_it(void **state)
{
    world *w = *state;

    assert_true(takes_in(w, &w->tasks[1]));
    hr_task_stall(&w->tasks[0], &w->sinks[1]);
    assert_true(takes_in(w, &w->tasks[1]));
    hr_task_stall(&w->tasks[0], &w->sinks[0]);
    assert_false(takes_in(w, &w->tasks[1]));
    hr_task_stall(&w->tasks[0], NULL);
    assert_true(takes_in(w, &w->tasks[1]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sink_counts_the_tasks_that_wait_for_it, world_make,
                                        world_free),
        cmocka_unit_test_setup_teardown(a_task_that_finds_no_room_again_counts_once, world_make,
                                        world_free),
        cmocka_unit_test_setup_teardown(a_task_that_is_given_up_waits_no_longer, world_make,
                                        world_free),
        cmocka_unit_test_setup_teardown(the_time_goes_to_the_sink_that_had_no_room, world_make,
                                        world_free),
        cmocka_unit_test_setup_teardown(a_full_sink_holds_up_every_task_that_writes_to_it,
                                        world_make, world_free),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
