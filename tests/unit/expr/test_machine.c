/* Batches: the same result whatever the rows are together with; bounds of memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "expr_cases.h"
#include "hr_test.h"

#include "expr/lane.h"
#include "expr/program.h"

static uint64_t seed;

static size_t
random_below(size_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(seed >> 33) % n;
}

static hr_span
random_span(hr_kind kind)
{
    static const char *const strings[] = {"",  "a",          "JFK",        "h\xc3\xa9llo", "  x ",
                                          "7", "2013-11-01", "2012-02-30", "1h30m",        "true"};
    static const char *const jsons[] = {"1",
                                        "-2.5",
                                        "\"x\\u0041\"",
                                        "true",
                                        "null",
                                        "[1, \"x\", 2.5]",
                                        "{\"k\": 3, \"n\": 4, \"a\": {\"b\": 1}}",
                                        "{\"l\": [3], \"x\": 1.5, \"s\": \"q\"}",
                                        "1e999",
                                        "\"2013-11-01T00:00:00Z\""};

    return hr_span_str(kind == HR_KIND_STRING || kind == HR_KIND_BYTES ? strings[random_below(10)]
                                                                       : jsons[random_below(10)]);
}

/* Values and lanes of all sorts in all rows of all columns. */
static void
fill_at_random(hr_batch *batch)
{
    static const int64_t ints[] = {0, 1, -1, 7, INT64_MAX, INT64_MIN, 1234567890123, 3};
    static const double doubles[] = {0, -0.0, 1.5, -2, 1e308, -1e308, 5e-324, 3};

    for (size_t c = 0; c < batch->layout->n; c++) {
        hr_column *column = &batch->columns[c];

        for (size_t row = 0; row < HR_BATCH_ROWS; row++) {
            size_t dice = random_below(12);

            column->lane[row] = dice == 0   ? HR_LANE_NULL
                                : dice == 1 ? HR_LANE_ZERO_DIVISION
                                            : HR_LANE_OK;
            if (hr_kind_is_span(column->kind)) {
                column->v.s[row] = random_span(column->kind);
            } else if (column->kind == HR_KIND_DOUBLE) {
                column->v.d[row] = doubles[random_below(8)];
            } else if (column->kind == HR_KIND_BOOL) {
                column->v.b[row] = (uint8_t)random_below(2);
            } else {
                column->v.i[row] = ints[random_below(8)];
            }
        }
    }
}

static hr_expr *
compile(expr_fixture *fixture, const char *text)
{
    hr_text source = {.s = text, .len = strlen(text), .loc = {"x", 1, 1}};
    hr_expr *expr = NULL;
    hr_error err = {0};
    int rc = hr_expr_compile(expr_fixture_arena(fixture), &source, expr_fixture_scope(fixture),
                             &expr, &err);

    if (rc != HR_OK) {
        fail_msg("%s: %s", text, err.msg);
    }
    return expr;
}

/* Runs the expression for the rows, n of them at a time, and keeps each row's value as text. */
static void
run_by(expr_fixture *fixture, const hr_expr *expr, hr_rows rows, size_t n, hr_column *out,
       char **shown)
{
    hr_expr_frame *frame = hr_expr_frame_create(expr);
    hr_kind kind = hr_expr_type(expr).kind;

    for (size_t i = 0; i < rows.n; i += n) {
        hr_rows part = {rows.row + i, rows.n - i < n ? rows.n - i : n};
        const hr_column *column = hr_expr_run(expr, frame, expr_fixture_batch(fixture), part, out);

        for (size_t k = 0; k < part.n; k++) {
            free(shown[part.row[k]]);
            shown[part.row[k]] = strdup(expr_fixture_show(fixture, column, kind, part.row[k]));
        }
    }
    hr_expr_frame_destroy(frame);
}

static void
assert_same(const char *text, hr_rows rows, char *const *a, char *const *b)
{
    for (size_t i = 0; i < rows.n; i++) {
        if (strcmp(a[rows.row[i]], b[rows.row[i]]) != 0) {
            fail_msg("%s in row %u: %s and %s", text, rows.row[i], a[rows.row[i]], b[rows.row[i]]);
        }
    }
}

static void
a_batch_of_1024_gives_what_batches_of_1_and_7_and_a_selection_give(void **state)
{
    expr_fixture *fixture = expr_fixture_create();
    hr_row all[HR_BATCH_ROWS], some[HR_BATCH_ROWS];
    static char *together[HR_BATCH_ROWS], *apart[HR_BATCH_ROWS];
    hr_rows rows = {all, HR_BATCH_ROWS}, selection = {some, 0};

    (void)state;
    seed = 4711;
    fill_at_random(expr_fixture_batch(fixture));
    for (hr_row i = 0; i < HR_BATCH_ROWS; i++) {
        all[i] = i;
        if (random_below(3) == 0) {
            some[selection.n++] = i;
        }
    }
    for (size_t c = 0; c < n_expr_cases; c++) {
        const hr_expr *expr = compile(fixture, expr_cases[c].text);

        run_by(fixture, expr, rows, HR_BATCH_ROWS, NULL, together);
        run_by(fixture, expr, rows, 1, NULL, apart);
        assert_same(expr_cases[c].text, rows, together, apart);
        run_by(fixture, expr, selection, 7, NULL, apart);
        assert_same(expr_cases[c].text, selection, together, apart);
        run_by(fixture, expr, selection, HR_BATCH_ROWS, NULL, apart);
        assert_same(expr_cases[c].text, selection, together, apart);
        hr_arena_reset(expr_fixture_arena(fixture));
        hr_arena_reset(expr_fixture_batch(fixture)->arena);
    }
    for (size_t i = 0; i < HR_BATCH_ROWS; i++) {
        free(together[i]);
        free(apart[i]);
    }
    expr_fixture_destroy(fixture);
}

static void
a_result_written_into_a_column_is_the_same(void **state)
{
    expr_fixture *fixture = expr_fixture_create();
    hr_row all[HR_BATCH_ROWS];
    static char *own[HR_BATCH_ROWS], *given[HR_BATCH_ROWS];
    static uint8_t lane[HR_BATCH_ROWS];
    static hr_span values[HR_BATCH_ROWS];
    hr_rows rows = {all, HR_BATCH_ROWS};

    (void)state;
    seed = 99;
    fill_at_random(expr_fixture_batch(fixture));
    for (hr_row i = 0; i < HR_BATCH_ROWS; i++) {
        all[i] = i;
    }
    for (size_t c = 0; c < n_expr_cases; c++) {
        const hr_expr *expr = compile(fixture, expr_cases[c].text);
        hr_column out = {.kind = hr_expr_type(expr).kind, .lane = lane, .v.s = values};

        run_by(fixture, expr, rows, HR_BATCH_ROWS, NULL, own);
        run_by(fixture, expr, rows, HR_BATCH_ROWS, &out, given);
        assert_same(expr_cases[c].text, rows, own, given);
        hr_arena_reset(expr_fixture_arena(fixture));
        hr_arena_reset(expr_fixture_batch(fixture)->arena);
    }
    for (size_t i = 0; i < HR_BATCH_ROWS; i++) {
        free(own[i]);
        free(given[i]);
    }
    expr_fixture_destroy(fixture);
}

static void
no_row_that_is_not_selected_is_written(void **state)
{
    expr_fixture *fixture = expr_fixture_create();
    hr_expr *expr = compile(fixture, "i + i2");
    hr_expr_frame *frame = hr_expr_frame_create(expr);
    int64_t values[HR_BATCH_ROWS];
    uint8_t lanes[HR_BATCH_ROWS];
    hr_column out = {.kind = HR_KIND_INT, .lane = lanes, .v.i = values};
    hr_row rows[] = {3, 4, 5, 900};

    (void)state;
    memset(lanes, 0x55, sizeof lanes);
    memset(values, 0x55, sizeof values);
    hr_expr_run(expr, frame, expr_fixture_batch(fixture), (hr_rows){rows, 4}, &out);
    hr_expr_run(expr, frame, expr_fixture_batch(fixture), (hr_rows){rows, 3}, &out);
    hr_expr_run(expr, frame, expr_fixture_batch(fixture), (hr_rows){rows, 0}, &out);
    for (size_t i = 0; i < HR_BATCH_ROWS; i++) {
        bool selected = (i >= 3 && i <= 5) || i == 900;

        assert_int_equal(lanes[i], selected ? HR_LANE_OK : 0x55);
        assert_int_equal(values[i], selected ? 0 : 0x5555555555555555);
    }
    hr_expr_frame_destroy(frame);
    expr_fixture_destroy(fixture);
}

static void
a_plain_field_is_its_slot_and_nothing_else_is(void **state)
{
    expr_fixture *fixture = expr_fixture_create();
    int slot = -1;

    (void)state;
    assert_true(hr_expr_is_slot(compile(fixture, "s"), &slot));
    assert_ptr_equal(&expr_fixture_batch(fixture)->columns[slot],
                     expr_fixture_column(fixture, "s"));
    assert_true(hr_expr_is_slot(compile(fixture, "(s)"), &slot));
    assert_false(hr_expr_is_slot(compile(fixture, "map.k"), &slot));
    assert_false(hr_expr_is_slot(compile(fixture, "s + s"), &slot));
    assert_false(hr_expr_is_slot(compile(fixture, "'s'"), &slot));
    expr_fixture_destroy(fixture);
}

static void
the_type_says_whether_null_can_come_out(void **state)
{
    static const struct {
        const char *text;
        hr_kind kind;
        bool nullable;
    } cases[] = {
        {"i", HR_KIND_INT, false},
        {"ni", HR_KIND_INT, true},
        {"ni + 1", HR_KIND_INT, false},
        {"b ? ni : 1", HR_KIND_INT, true},
        {"b ? 1 : null", HR_KIND_INT, true},
        {"map.k", HR_KIND_ANY, true},
        {"map.k + 1", HR_KIND_INT, false},
        {"b ? map.k : 1", HR_KIND_INT, true},
        {"has(ni)", HR_KIND_BOOL, false},
        {"[1]", HR_KIND_LIST, false},
        {"date(s)", HR_KIND_TIMESTAMP, false},
    };
    expr_fixture *fixture = expr_fixture_create();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hr_type type = hr_expr_type(compile(fixture, cases[i].text));

        if (type.kind != cases[i].kind || type.nullable != cases[i].nullable) {
            fail_msg("%s: %s", cases[i].text, hr_kind_name(type.kind));
        }
    }
    expr_fixture_destroy(fixture);
}

static void
an_exhausted_arena_is_an_error_of_the_rows_that_find_no_room(void **state)
{
    hr_kind kinds[64];
    hr_layout layout = {kinds, 64};
    expr_fixture *fixture = expr_fixture_create();
    hr_expr *expr = compile(fixture, "s + s");
    hr_expr_frame *frame = hr_expr_frame_create(expr);
    hr_column *column = expr_fixture_column(fixture, "s");
    hr_batch *small;
    static char huge[40000];
    hr_row rows[] = {0, 1, 2};
    const hr_column *out;

    (void)state;
    memset(huge, 'x', sizeof huge);
    for (size_t i = 0; i < 64; i++) {
        kinds[i] = i < expr_fixture_batch(fixture)->layout->n
                       ? expr_fixture_batch(fixture)->layout->slots[i]
                       : HR_KIND_INT;
    }
    small = hr_batch_create(&layout, 70000);
    for (hr_row i = 0; i < 3; i++) {
        hr_span *s = &small->columns[column - expr_fixture_batch(fixture)->columns].v.s[i];

        *s = i == 1 ? (hr_span){(const uint8_t *)huge, sizeof huge} : hr_span_str("ab");
    }
    out = hr_expr_run(expr, frame, small, (hr_rows){rows, 3}, NULL);
    assert_int_equal(out->lane[0], HR_LANE_OK);
    assert_int_equal(out->lane[1], HR_LANE_NO_MEMORY);
    assert_int_equal(out->lane[2], HR_LANE_OK);
    assert_true(hr_span_eq(out->v.s[0], HR_SPAN_LIT("abab")));
    assert_true(hr_span_eq(out->v.s[2], HR_SPAN_LIT("abab")));
    assert_string_equal(hr_expr_error(out->lane[1]), "out of batch memory");
    hr_batch_destroy(small);
    hr_expr_frame_destroy(frame);
    expr_fixture_destroy(fixture);
}

static void
huge_strings_are_handled(void **state)
{
    static const expr_case cases[] = {
        {"size(s + s)", "8388608"},
        {"s.contains('ab')", "false"},
        {"s.trim() == s", "true"},
        {"size(s.upperAscii())", "4194304"},
        {"s.substring(4194304)", "\"\""},
        {"int(s)", "!not an int"},
        {"double(s)", "!not a double"},
        {"date(s)", "!not a date of the form YYYY-MM-DD"},
        {"duration(s).getHours()", "!not a duration such as 1h30m"},
        {"s.contains(s.substring(1) + 'b')", "false"},
    };
    expr_fixture *fixture = expr_fixture_create();
    size_t len = 4u << 20;
    char *text = malloc(len);

    (void)state;
    memset(text, 'a', len);
    expr_fixture_column(fixture, "s")->v.s[0] = (hr_span){(const uint8_t *)text, len};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(expr_fixture_eval(fixture, cases[i].text), cases[i].want);
    }
    free(text);
    expr_fixture_destroy(fixture);
}

/* `n` times the piece with its number in it, joined. */
static char *
repeated(const char *piece, const char *join, size_t n)
{
    char *text = calloc(1, 8192);

    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(text);

        len += (size_t)snprintf(text + len, 8192 - len, "%s", i > 0 ? join : "");
        snprintf(text + len, 8192 - len, piece, (int)i);
    }
    return text;
}

static void
registers_end_at_255_constants_included(void **state)
{
    expr_fixture *fixture = expr_fixture_create();
    char *good = repeated("i==%d", "||", 250);
    char *bad = repeated("i!=%d", "&&", 254);
    char *parts = repeated("'%d'", "+s+", 256);

    (void)state;
    assert_string_equal(expr_fixture_eval(fixture, good), "true");
    assert_has_text(expr_fixture_eval(fixture, bad),
                    "out-of-range: the expression needs more than 255 registers | derive a part");
    assert_has_text(expr_fixture_eval(fixture, parts), "out-of-range");
    free(good);
    free(bad);
    free(parts);
    expr_fixture_destroy(fixture);
}

static void
a_concatenation_is_one_instruction(void **state)
{
    expr_fixture *fixture = expr_fixture_create();

    (void)state;
    assert_int_equal(compile(fixture, "s + '-' + s2 + ('.' + s)")->n_instructions, 1);
    assert_int_equal(compile(fixture, "s + '-' + '+'")->n_constants, 1);
    assert_int_equal(compile(fixture, "1 + 2 * 3 == 7 ? i : i2")->n_instructions, 1);
    assert_int_equal(compile(fixture, "size('abc') + 1")->n_instructions, 0);
    expr_fixture_destroy(fixture);
}

/* Memory that ends anywhere while an expression is compiled. */
static void
compiling_without_memory_says_so(void **state)
{
    static const char *const texts[] = {
        "Origin + '-' + 'x' + Dest",
        "(date(FlightDate).getDayOfWeek() + 6) % 7 + 1",
        "s in ['a', 'b', 'c', 'd', 'e'] && map.k.l[0].x == `odd name` + 0x1F",
        "size([1, 'x', [2.5, true, null]]) + 'abc'.upperAscii().size()",
        "b ? any.n : ni == null || has(rec.a) ? 1 : -2",
    };
    expr_fixture *fixture = expr_fixture_create();

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        hr_text source = {.s = texts[i], .len = strlen(texts[i]), .loc = {"x", 1, 1}};
        int rc = HR_ENOMEM;
        size_t failures = 0;

        for (size_t bytes = 64; rc == HR_ENOMEM && bytes < 1u << 20; bytes += 64) {
            hr_arena *arena = hr_arena_create(64, bytes);
            hr_error err = {0};
            hr_expr *expr = NULL;

            rc = hr_expr_compile(arena, &source, expr_fixture_scope(fixture), &expr, &err);
            failures += rc == HR_ENOMEM;
            assert_int_equal(err.code, rc);
            hr_arena_destroy(arena);
        }
        assert_true(failures > 10);
        assert_int_equal(rc, HR_OK);
    }
    expr_fixture_destroy(fixture);
}

static void
every_lane_has_a_text(void **state)
{
    (void)state;
    for (int lane = HR_LANE_ERROR; lane < HR_EXPR_LANE_END; lane++) {
        assert_true(strlen(hr_expr_error((uint8_t)lane)) > 8);
    }
    assert_string_equal(hr_expr_error(HR_LANE_NULL + 1), "field is null or missing");
    assert_string_equal(hr_expr_error(255), "no value");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_of_1024_gives_what_batches_of_1_and_7_and_a_selection_give),
        cmocka_unit_test(a_result_written_into_a_column_is_the_same),
        cmocka_unit_test(no_row_that_is_not_selected_is_written),
        cmocka_unit_test(a_plain_field_is_its_slot_and_nothing_else_is),
        cmocka_unit_test(the_type_says_whether_null_can_come_out),
        cmocka_unit_test(an_exhausted_arena_is_an_error_of_the_rows_that_find_no_room),
        cmocka_unit_test(huge_strings_are_handled),
        cmocka_unit_test(registers_end_at_255_constants_included),
        cmocka_unit_test(a_concatenation_is_one_instruction),
        cmocka_unit_test(compiling_without_memory_says_so),
        cmocka_unit_test(every_lane_has_a_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
