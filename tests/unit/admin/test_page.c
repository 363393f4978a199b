/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/page.h"

#include "hr_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const hr_page_file *
page_find(const char *path)
{
    for (const hr_page_file *file = hr_page_files; file->path != NULL; file++) {
        if (strcmp(file->path, path) == 0) {
            return file;
        }
    }
    return NULL;
}

static void
the_page_is_at_the_root(void **state)
{
    const hr_page_file *file = page_find("/");

    (void)state;
    assert_non_null(file);
    assert_string_equal(file->type, "text/html; charset=utf-8");
    assert_memory_equal(file->bytes, "<!doctype html>", 15);
}

static void
modules_are_javascript(void **state)
{
    const hr_page_file *file = page_find("/live.mjs");

    (void)state;
    assert_non_null(file);
    assert_string_equal(file->type, "text/javascript; charset=utf-8");
}

static void
files_are_those_of_the_tree_byte_for_byte(void **state)
{
    (void)state;
    for (const hr_page_file *file = hr_page_files; file->path != NULL; file++) {
        const char *name = strcmp(file->path, "/") == 0 ? "/index.html" : file->path;
        char path[512];
        unsigned char *bytes = malloc(file->len + 1);
        FILE *in;

        snprintf(path, sizeof path, "%s/runtime/admin/page%s", HR_SOURCE_DIR, name);
        in = fopen(path, "rb");
        assert_non_null(in);
        assert_int_equal(fread(bytes, 1, file->len + 1, in), file->len);
        assert_memory_equal(bytes, file->bytes, file->len);
        fclose(in);
        free(bytes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_at_the_root),
        cmocka_unit_test(modules_are_javascript),
        cmocka_unit_test(files_are_those_of_the_tree_byte_for_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
