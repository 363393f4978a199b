/* SPDX-License-Identifier: Apache-2.0 */
#include "config/file_mark.h"
#include "driver.h"
#include "hr_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void
a_change_is_told_once_and_only_when_the_file_stands_still(void **unused)
{
    driver *d = driver_new();
    char *path = driver_path(d, "f"), *other = driver_path(d, "g");
    hr_file_watch watch = {0};

    (void)unused;
    assert_false(hr_file_watch_look(&watch, path)); /* not there */
    driver_file(d, "f", "one");
    watch.taken = watch.seen = hr_file_mark_get(path);
    assert_false(hr_file_watch_look(&watch, path));
    driver_file(d, "f", "longer");
    assert_false(hr_file_watch_look(&watch, path));
    driver_file(d, "f", "longer still");
    assert_false(hr_file_watch_look(&watch, path));
    assert_true(hr_file_watch_look(&watch, path));
    assert_false(hr_file_watch_look(&watch, path));
    unlink(path);
    assert_false(hr_file_watch_look(&watch, path));
    assert_false(hr_file_watch_look(&watch, path));
    driver_file(d, "g", "longer still"); /* of the same size: another file all the same */
    assert_int_equal(rename(other, path), 0);
    assert_false(hr_file_watch_look(&watch, path));
    assert_true(hr_file_watch_look(&watch, path));
    free(path);
    free(other);
    driver_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_told_once_and_only_when_the_file_stands_still),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
