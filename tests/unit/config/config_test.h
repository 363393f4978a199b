/* What the tests of runtime/config share: parse a text, look at what diag prints.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_TEST_H
#define CONFIG_TEST_H
#include "hr_test.h"
#include "config/yaml_node.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct config_test {
    hr_arena *arena;
    hr_diag *diag;
    char *shown; /* what shown() made last */
} config_test;

static int
config_setup(void **state)
{
    config_test *t = calloc(1, sizeof *t);

    t->arena = hr_arena_create(4096, 0);
    t->diag = hr_diag_create();
    *state = t;
    return t->arena == NULL || t->diag == NULL;
}

static int
config_teardown(void **state)
{
    config_test *t = *state;

    hr_arena_destroy(t->arena);
    hr_diag_destroy(t->diag);
    free(t->shown);
    free(t);
    return 0;
}

static inline hr_yaml_node *
config_parse(config_test *t, const char *text)
{
    return hr_yaml_parse(t->arena, t->diag, "a.yaml", text, strlen(text));
}

/* All that diag would print. */
static inline const char *
config_shown(config_test *t, hr_diag_format format)
{
    size_t size;
    FILE *out;

    free(t->shown);
    out = open_memstream(&t->shown, &size);
    hr_diag_print(t->diag, out, format);
    fclose(out);
    return t->shown;
}

#define config_unit_test(f) cmocka_unit_test_setup_teardown(f, config_setup, config_teardown)

#endif
