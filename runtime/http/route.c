/* SPDX-License-Identifier: Apache-2.0 */
#include "http/route.h"

#include <stdio.h>

/* ---- patterns
 * ------------------------------------------------------------------------------------- */

static int
route_fail(hr_error *err, const char *path, const char *what)
{
    return hr_fail_as(err, HR_NO_LOC, "route", "the route '%s' %s", path, what);
}

static int
route_piece(hr_http_route *route, const char *at, size_t len, size_t *names, hr_error *err)
{
    hr_http_piece *piece = &route->pieces[route->n];

    if (route->n == HR_HTTP_SEGMENTS_MAX) {
        return route_fail(err, route->path, "has too many parts");
    }
    if (len == 1 && at[0] == '*') {
        *piece = (hr_http_piece){HR_HTTP_PIECE_STAR, "*"};
        ++*names;
    } else if (len > 2 && at[0] == '{' && at[len - 1] == '}') {
        *piece =
            (hr_http_piece){HR_HTTP_PIECE_NAME, hr_arena_strndup(route->arena, at + 1, len - 2)};
        ++*names;
    } else {
        *piece = (hr_http_piece){HR_HTTP_PIECE_TEXT, hr_arena_strndup(route->arena, at, len)};
    }
    if (piece->text == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    if (piece->kind != HR_HTTP_PIECE_STAR && strpbrk(piece->text, "{}*?#%") != NULL) {
        return route_fail(err, route->path, "has a part that is neither text nor a {name}");
    }
    if (piece->kind == HR_HTTP_PIECE_STAR && at[1] != '\0') {
        return route_fail(err, route->path, "has something behind its star");
    }
    route->n++;
    return HR_OK;
}

static int
route_parse(hr_http_route *route, hr_error *err)
{
    const char *at = route->path;
    size_t names = 0;
    int rc = HR_OK;

    if (*at != '/') {
        return route_fail(err, route->path, "does not begin with a slash");
    }
    while (*at == '/' && rc == HR_OK) {
        size_t len = strcspn(at + 1, "/");

        rc = route_piece(route, at + 1, len, &names, err);
        at += 1 + len;
    }
    if (rc == HR_OK && names > HR_HTTP_PARAMS_MAX) {
        return route_fail(err, route->path, "has too many names");
    }
    return rc;
}

/* True when both take the same paths. */
static bool
route_same_path(const hr_http_route *a, const hr_http_route *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (a->pieces[i].kind != b->pieces[i].kind ||
            (a->pieces[i].kind == HR_HTTP_PIECE_TEXT &&
             strcmp(a->pieces[i].text, b->pieces[i].text) != 0)) {
            return false;
        }
    }
    return true;
}

static hr_http_route *
route_create(const char *method, const char *path, hr_error *err)
{
    hr_arena *arena = hr_arena_create(2048, 64 * 1024);
    hr_http_route *route = arena != NULL ? hr_arena_calloc(arena, 1, sizeof *route) : NULL;

    if (route != NULL) {
        route->arena = arena;
        route->method = hr_arena_strdup(arena, method);
        route->path = hr_arena_strdup(arena, path);
    }
    if (route == NULL || route->method == NULL || route->path == NULL) {
        hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        hr_arena_destroy(arena);
        return NULL;
    }
    if (route_parse(route, err) != HR_OK) {
        hr_arena_destroy(arena);
        return NULL;
    }
    return route;
}

int
hr_http_routes_add(hr_http_routes *routes, const char *method, const char *path,
                   hr_http_handler handler, void *ctx, hr_error *err)
{
    hr_http_route *route = route_create(method, path, err);

    if (route == NULL) {
        return err != NULL ? err->code : HR_ECONFIG;
    }
    for (size_t i = 0; i < routes->n; i++) {
        if (strcmp(routes->v[i]->method, method) == 0 && route_same_path(routes->v[i], route)) {
            hr_arena_destroy(route->arena);
            hr_fail_as(err, HR_NO_LOC, "duplicate-route", "there is a route %s %s already", method,
                       path);
            return hr_hint(err, "give it another path, or another http connection");
        }
    }
    if (routes->n == HR_HTTP_ROUTES_MAX) {
        hr_arena_destroy(route->arena);
        return hr_fail_as(err, HR_NO_LOC, "route", "more than %d routes", HR_HTTP_ROUTES_MAX);
    }
    route->handler = handler;
    route->ctx = ctx;
    routes->v[routes->n++] = route;
    return HR_OK;
}

void
hr_http_routes_remove(hr_http_routes *routes, const void *ctx)
{
    size_t kept = 0;

    for (size_t i = 0; i < routes->n; i++) {
        if (routes->v[i]->ctx == ctx) {
            hr_arena_destroy(routes->v[i]->arena);
        } else {
            routes->v[kept++] = routes->v[i];
        }
    }
    routes->n = kept;
}

void
hr_http_routes_finish(hr_http_routes *routes)
{
    for (size_t i = 0; i < routes->n; i++) {
        hr_arena_destroy(routes->v[i]->arena);
    }
    routes->n = 0;
}

/* ---- matching
 * ------------------------------------------------------------------------------------- */

static bool
route_takes(const hr_http_route *route, const hr_http_segments *path)
{
    for (size_t i = 0; i < route->n; i++) {
        const hr_http_piece *piece = &route->pieces[i];

        if (i >= path->n) {
            return false;
        }
        if (piece->kind == HR_HTTP_PIECE_STAR) {
            return true;
        }
        if (piece->kind == HR_HTTP_PIECE_NAME ? path->text[i][0] == '\0'
                                              : strcmp(piece->text, path->text[i]) != 0) {
            return false;
        }
    }
    return route->n == path->n;
}

/* Both take the same path: the first piece that differs decides. */
static bool
route_is_closer(const hr_http_route *a, const hr_http_route *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        if (a->pieces[i].kind != b->pieces[i].kind) {
            return a->pieces[i].kind < b->pieces[i].kind;
        }
    }
    return false;
}

static bool
route_has_method(const hr_http_route *route, const char *method)
{
    return strcmp(route->method, method) == 0;
}

static const hr_http_route *
routes_closest(const hr_http_routes *routes, const char *method, const hr_http_segments *path)
{
    const hr_http_route *best = NULL;

    for (size_t i = 0; i < routes->n; i++) {
        const hr_http_route *route = routes->v[i];

        if (route_has_method(route, method) && route_takes(route, path) &&
            (best == NULL || route_is_closer(route, best))) {
            best = route;
        }
    }
    return best;
}

/* "GET, HEAD, POST" */
static void
routes_allowed(const hr_http_routes *routes, const hr_http_segments *path, char *allow, size_t size)
{
    static const char *const methods[] = {"GET",   "HEAD",   "POST",   "PUT",
                                          "PATCH", "DELETE", "OPTIONS"};
    size_t used = 0;

    allow[0] = '\0';
    for (size_t i = 0; i < sizeof methods / sizeof methods[0] && used < size; i++) {
        if (routes_closest(routes, methods[i], path) != NULL ||
            (strcmp(methods[i], "HEAD") == 0 && routes_closest(routes, "GET", path) != NULL)) {
            used += (size_t)snprintf(allow + used, size - used, "%s%s", used > 0 ? ", " : "",
                                     methods[i]);
        }
    }
}

static bool
route_params(const hr_http_route *route, const hr_http_segments *path, hr_arena *arena,
             hr_http_params *params)
{
    params->n = 0;
    for (size_t i = 0; i < route->n; i++) {
        const hr_http_piece *piece = &route->pieces[i];

        if (piece->kind == HR_HTTP_PIECE_TEXT) {
            continue;
        }
        params->name[params->n] = hr_arena_strdup(arena, piece->text);
        params->value[params->n] =
            piece->kind == HR_HTTP_PIECE_STAR ? path->behind[i] : path->text[i];
        if (params->name[params->n++] == NULL) {
            return false;
        }
    }
    return true;
}

hr_http_match
hr_http_routes_find(const hr_http_routes *routes, const char *method, const hr_http_segments *path,
                    hr_arena *arena, const hr_http_route **route, hr_http_params *params,
                    char *allow, size_t allow_size)
{
    const hr_http_route *found = routes_closest(routes, method, path);

    if (found == NULL && strcmp(method, "HEAD") == 0) {
        found = routes_closest(routes, "GET", path);
    }
    if (found != NULL && route_params(found, path, arena, params)) {
        *route = found;
        return HR_HTTP_FOUND;
    }
    routes_allowed(routes, path, allow, allow_size);
    return allow[0] != '\0' ? HR_HTTP_NO_METHOD : HR_HTTP_NO_PATH;
}
