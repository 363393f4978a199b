/* Routes of endpoints at check time: what the server would refuse when it starts is told by
 * `headrace check`, with the place.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_endpoint.h"
#include "http/route.h"

#include <string.h>

/* Places the error at the route. */
static int
route_at(const hr_text *route, hr_error *err)
{
    if (err->loc.line == 0) {
        err->loc = route->loc;
        err->width = hr_text_width(route);
    }
    return err->code;
}

static int
route_name(const hr_text *route, const hr_http_piece *piece, const char *const *names, size_t n,
           hr_error *err)
{
    hr_text name = {.s = piece->text, .len = strlen(piece->text), .loc = route->loc};
    int rc = hr_node_check_name(&name, err);

    if (rc != HR_OK) {
        hr_fail_as(err, HR_NO_LOC, "bad-name", "'%.60s' cannot be the name of a parameter",
                   piece->text);
        return hr_hint(err, "use letters, digits and underscores, and no digit first");
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], piece->text) == 0) {
            return hr_fail_as(err, HR_NO_LOC, "duplicate-name",
                              "the parameter '%.60s' is twice in the route", piece->text);
        }
    }
    return HR_OK;
}

static int
route_names(hr_node *node, const hr_text *route, const hr_http_route *parsed, bool star,
            const char *names[HR_ENDPOINT_PARAMS_MAX], size_t *n, hr_error *err)
{
    for (size_t i = 0; i < parsed->n; i++) {
        const hr_http_piece *piece = &parsed->pieces[i];
        int rc = HR_OK;

        if (piece->kind == HR_HTTP_PIECE_STAR && !star) {
            hr_fail_as(err, HR_NO_LOC, "route", "%s takes no star in its route", node->type_name.s);
            return hr_hint(err, "name the part: {id}");
        }
        if (piece->kind != HR_HTTP_PIECE_NAME) {
            continue;
        }
        rc = route_name(route, piece, names, *n, err);
        if (rc == HR_OK && *n == HR_ENDPOINT_PARAMS_MAX) {
            rc = hr_fail_as(err, HR_NO_LOC, "route", "more than %d parameters in a route",
                            HR_ENDPOINT_PARAMS_MAX);
        }
        if (rc != HR_OK) {
            return rc;
        }
        names[*n] = hr_arena_strdup(hr_node_arena(node), piece->text);
        if (names[(*n)++] == NULL) {
            return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        }
    }
    return HR_OK;
}

static const hr_text *
route_option(const hr_node *node, const char *name)
{
    const hr_yaml_node *value =
        node->options_yaml != NULL && node->options_yaml->kind == HR_YAML_MAP
            ? hr_yaml_get(node->options_yaml, name)
            : NULL;

    return value != NULL && value->kind == HR_YAML_SCALAR ? &value->text : NULL;
}

/* Those before the node, on its connection; one that is wrong in itself was reported. */
static void
route_add_others(hr_http_routes *routes, const hr_node *node, const char *method)
{
    const hr_text *connection = route_option(node, "connection");

    for (uint32_t i = 0; i < node->index && connection != NULL; i++) {
        const hr_node *other = &node->topology->endpoints[i];
        const hr_text *theirs = route_option(other, "connection");
        const hr_text *path = route_option(other, "route");

        if (theirs != NULL && path != NULL && strcmp(theirs->s, connection->s) == 0) {
            (void)hr_http_routes_add(routes, method, path->s, NULL, NULL, NULL);
        }
    }
}

int
hr_endpoint_check_route(hr_node *node, const char *method, const hr_text *route, bool star,
                        const char *names[HR_ENDPOINT_PARAMS_MAX], size_t *n, hr_error *err)
{
    hr_http_routes routes = {.n = 0};
    int rc;

    *n = 0;
    route_add_others(&routes, node, method);
    rc = hr_http_routes_add(&routes, method, route->s, NULL, NULL, err);
    if (rc == HR_OK) {
        rc = route_names(node, route, routes.v[routes.n - 1], star, names, n, err);
    }
    hr_http_routes_finish(&routes);
    return rc != HR_OK ? route_at(route, err) : HR_OK;
}
