/* SPDX-License-Identifier: Apache-2.0 */
#include "state/snapshot.h"
#include "hr_test.h"

#include <stdlib.h>

enum { READERS = 3, PUBLISHES = 20000 };

typedef struct thing {
    hr_snapshot snapshot;
    uint64_t a, b; /* always equal: a torn or freed one would show */
} thing;

static atomic_int alive;

static void
thing_destroy(hr_snapshot *snapshot)
{
    thing *t = (thing *)snapshot;

    t->a = 1;
    t->b = 2;
    free(t);
    atomic_fetch_sub(&alive, 1);
}

static thing *
thing_create(uint64_t value)
{
    thing *t = calloc(1, sizeof *t);

    assert_non_null(t);
    hr_snapshot_init(&t->snapshot, thing_destroy);
    t->a = t->b = value;
    atomic_fetch_add(&alive, 1);
    return t;
}

typedef struct reader {
    hr_cell *cell;
    atomic_bool *stop;
    pthread_t thread;
    uint64_t wrong, last;
} reader;

static void *
reader_main(void *arg)
{
    reader *r = arg;
    hr_cell_hold hold = {0};

    while (!atomic_load(r->stop)) {
        const thing *t = (const thing *)hr_cell_refresh(r->cell, &hold);

        if (t != NULL && (t->a != t->b || t->a < r->last)) {
            r->wrong++;
        }
        r->last = t != NULL ? t->a : 0;
    }
    hr_cell_release(&hold);
    return NULL;
}

static void
readers_see_whole_snapshots_and_none_leaks(void **state)
{
    hr_cell cell;
    atomic_bool stop = false;
    reader readers[READERS];

    (void)state;
    hr_cell_init(&cell);
    for (size_t i = 0; i < READERS; i++) {
        readers[i] = (reader){.cell = &cell, .stop = &stop};
        assert_int_equal(pthread_create(&readers[i].thread, NULL, reader_main, &readers[i]), 0);
    }
    for (uint64_t i = 1; i <= PUBLISHES; i++) {
        hr_cell_publish(&cell, &thing_create(i)->snapshot);
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_int_equal(readers[i].wrong, 0);
    }
    hr_cell_finish(&cell);
    assert_int_equal(atomic_load(&alive), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_see_whole_snapshots_and_none_leaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
