/* SPDX-License-Identifier: Apache-2.0 */
#include "expr_cases.h"
#include "hr_test.h"

static void
each_case_of_the_conformance_table_gives_its_value(void **state)
{
    (void)state;
    expr_fixture_check(expr_cases, n_expr_cases);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_of_the_conformance_table_gives_its_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
