/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/process.h"
#include "hr_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void
a_process_knows_itself(void **state)
{
    hr_process p;

    (void)state;
    hr_process_get(&p);
    assert_true(p.cpu_seconds >= 0 && p.cpu_seconds < 3600);
    assert_true(p.start_seconds > (double)time(NULL) - 3600);
    assert_true(p.start_seconds < (double)time(NULL) + 2);
    assert_true(p.resident_bytes > 100000);
    assert_int_equal(p.threads, 1);
    assert_true(p.max_fds > p.open_fds);
}

static void
an_open_file_is_counted(void **state)
{
    hr_process before, after;
    FILE *file;

    (void)state;
    hr_process_get(&before);
    file = fopen("/proc/self/stat", "re");
    assert_non_null(file);
    hr_process_get(&after);
    fclose(file);
    assert_int_equal(after.open_fds, before.open_fds + 1);
}

static void
work_is_counted(void **state)
{
    hr_process before, after;
    volatile uint64_t sum = 0;

    (void)state;
    hr_process_get(&before);
    while (clock() < 3 * CLOCKS_PER_SEC / 10) {
        sum += 1;
    }
    hr_process_get(&after);
    assert_true(after.cpu_seconds > before.cpu_seconds);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_knows_itself),
        cmocka_unit_test(an_open_file_is_counted),
        cmocka_unit_test(work_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
