/* SPDX-License-Identifier: Apache-2.0 */
#include "http/route.h"
#include "hr_test.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct table {
    hr_arena *arena;
    hr_http_routes routes;
    hr_http_params params;
    char allow[64];
} table;

static int
table_setup(void **state)
{
    table *t = calloc(1, sizeof *t);

    t->arena = hr_arena_create(4096, 0);
    *state = t;
    return t->arena == NULL;
}

static int
table_teardown(void **state)
{
    table *t = *state;

    hr_http_routes_finish(&t->routes);
    hr_arena_destroy(t->arena);
    free(t);
    return 0;
}

static void
handler(void *ctx, hr_http_request *request)
{
    (void)ctx;
    (void)request;
}

static void
add(table *t, const char *method, const char *path)
{
    hr_error err = {0};

    if (hr_http_routes_add(&t->routes, method, path, handler, t, &err) != HR_OK) {
        fail_msg("%s", err.msg);
    }
}

/* The path of the route that is found; or "-" or "405". */
static const char *
found(table *t, const char *method, const char *path)
{
    const hr_http_route *route = NULL;
    hr_http_segments segments;

    assert_true(hr_http_path_parse(t->arena, hr_span_str(path), &segments));
    switch (hr_http_routes_find(&t->routes, method, &segments, t->arena, &route, &t->params,
                                t->allow, sizeof t->allow)) {
    case HR_HTTP_FOUND:
        return route->path;
    case HR_HTTP_NO_METHOD:
        return "405";
    default:
        return "-";
    }
}

static void
the_most_specific_route_wins_whatever_the_order(void **state)
{
    table *t = *state;

    add(t, "GET", "/*");
    add(t, "GET", "/items/*");
    add(t, "GET", "/items/{id}");
    add(t, "GET", "/items/new");
    add(t, "GET", "/items/{id}/parts");
    add(t, "GET", "/items/new/{part}");
    add(t, "GET", "/");
    assert_string_equal(found(t, "GET", "/"), "/");
    assert_string_equal(found(t, "GET", "/a/b"), "/*");
    assert_string_equal(found(t, "GET", "/items"), "/*");
    assert_string_equal(found(t, "GET", "/items/"), "/items/*");
    assert_string_equal(found(t, "GET", "/items/7"), "/items/{id}");
    assert_string_equal(found(t, "GET", "/items/new"), "/items/new");
    assert_string_equal(found(t, "GET", "/items/7/parts"), "/items/{id}/parts");
    assert_string_equal(found(t, "GET", "/items/new/parts"), "/items/new/{part}");
    assert_string_equal(found(t, "GET", "/items/7/8/9"), "/items/*");
}

static void
names_and_stars_stand_for_what_is_there(void **state)
{
    table *t = *state;

    add(t, "GET", "/a/{x}/{y}/*");
    assert_string_equal(found(t, "GET", "/a/1%2F2/b%20c/d/e%25"), "/a/{x}/{y}/*");
    assert_int_equal(t->params.n, 3);
    assert_string_equal(t->params.name[0], "x");
    assert_string_equal(t->params.value[0], "1/2");
    assert_string_equal(t->params.value[1], "b c");
    assert_string_equal(t->params.name[2], "*");
    assert_string_equal(t->params.value[2], "d/e%");
    assert_string_equal(found(t, "GET", "/a/1//c"), "-");
    assert_string_equal(found(t, "GET", "/a/1/2/"), "/a/{x}/{y}/*");
    assert_string_equal(t->params.value[2], "");
    assert_string_equal(found(t, "GET", "/a/1/2"), "-");
}

static void
a_method_that_is_not_there_tells_those_that_are(void **state)
{
    table *t = *state;

    add(t, "GET", "/a");
    add(t, "POST", "/a");
    add(t, "DELETE", "/{x}");
    add(t, "HEAD", "/b");
    assert_string_equal(found(t, "HEAD", "/a"), "/a");
    assert_string_equal(found(t, "PUT", "/a"), "405");
    assert_string_equal(t->allow, "GET, HEAD, POST, DELETE");
    assert_string_equal(found(t, "GET", "/b"), "405");
    assert_string_equal(t->allow, "HEAD, DELETE");
    assert_string_equal(found(t, "get", "/a"), "405");
    assert_string_equal(found(t, "GET", "/a/"), "-");
}

static void
a_route_is_there_once(void **state)
{
    table *t = *state;
    hr_error err = {0};

    add(t, "GET", "/a/{x}");
    add(t, "POST", "/a/{x}");
    add(t, "GET", "/a/x");
    assert_int_equal(hr_http_routes_add(&t->routes, "GET", "/a/{y}", handler, t, &err), HR_ECONFIG);
    assert_string_equal(err.slug, "duplicate-route");
    hr_http_routes_remove(&t->routes, handler);
    assert_int_equal(t->routes.n, 3);
    hr_http_routes_remove(&t->routes, t);
    assert_int_equal(t->routes.n, 0);
}

static void
patterns_that_are_none_are_refused(void **state)
{
    static const char *const patterns[] = {
        "",
        "a",
        "/*/a",
        "/a*",
        "/{}",
        "/{a",
        "/a}",
        "/a?b",
        "/a#",
        "/%41",
        "/{a}b",
        "/{a/b}",
        "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}",
        "/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3",
    };
    table *t = *state;

    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        hr_error err = {0};

        if (hr_http_routes_add(&t->routes, "GET", patterns[i], handler, t, &err) != HR_ECONFIG) {
            fail_msg("'%s' is taken", patterns[i]);
        }
        assert_has_text(err.msg, "the route '");
    }
    assert_int_equal(t->routes.n, 0);
}

static void
routes_are_bounded(void **state)
{
    table *t = *state;
    hr_error err = {0};

    for (int i = 0; i < HR_HTTP_ROUTES_MAX; i++) {
        char path[16];

        snprintf(path, sizeof path, "/%d", i);
        add(t, "GET", path);
    }
    assert_int_equal(hr_http_routes_add(&t->routes, "GET", "/x", handler, t, &err), HR_ECONFIG);
}

#define table_test(f) cmocka_unit_test_setup_teardown(f, table_setup, table_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        table_test(the_most_specific_route_wins_whatever_the_order),
        table_test(names_and_stars_stand_for_what_is_there),
        table_test(a_method_that_is_not_there_tells_those_that_are),
        table_test(a_route_is_there_once),
        table_test(patterns_that_are_none_are_refused),
        table_test(routes_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
