/* The table of functions: sound, and what the reference says.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "hr_test.h"

#include "expr/function.h"

static char *
read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 1u << 20);

    assert_non_null(f);
    assert_true(fread(text, 1, (1u << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

static void
the_reference_holds_the_table_of_functions(void **state)
{
    char *reference = read_file(HR_SOURCE_DIR "/docs/EXPRESSIONS.md");
    char *table = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&table, &len);

    (void)state;
    hr_expr_functions_markdown(out);
    fclose(out);
    if (strstr(reference, table) == NULL) {
        fail_msg("docs/EXPRESSIONS.md does not hold this table:\n%s", table);
    }
    free(table);
    free(reference);
}

static void
no_two_rows_take_the_same_arguments(void **state)
{
    (void)state;
    for (size_t i = 0; i < hr_n_functions; i++) {
        for (size_t k = i + 1; k < hr_n_functions; k++) {
            const hr_function *a = &hr_functions[i], *b = &hr_functions[k];

            if (strcmp(a->name, b->name) == 0 && a->n == b->n &&
                memcmp(a->arg, b->arg, a->n * sizeof a->arg[0]) == 0) {
                fail_msg("%s: rows %zu and %zu", a->name, i, k);
            }
        }
    }
}

static void
functions_are_described_and_operators_are_not(void **state)
{
    char text[128];

    (void)state;
    for (size_t i = 0; i < hr_n_functions; i++) {
        const hr_function *fn = &hr_functions[i];

        assert_non_null(fn->kernel);
        assert_true(fn->n >= 1 && fn->n <= HR_FUNCTION_ARGS_MAX);
        assert_true((fn->doc == NULL) == (fn->form == HR_FORM_OPERATOR));
        assert_true(strlen(hr_function_signature(fn, text)) < 100);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_holds_the_table_of_functions),
        cmocka_unit_test(no_two_rows_take_the_same_arguments),
        cmocka_unit_test(functions_are_described_and_operators_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
