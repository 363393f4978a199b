/* Routes: which handler a method and a path belong to.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_HTTP_ROUTE_H
#define HR_HTTP_ROUTE_H
#include "http/uri.h"

#define HR_HTTP_ROUTES_MAX 256
#define HR_HTTP_PARAMS_MAX 8

typedef enum hr_http_piece_kind {
    HR_HTTP_PIECE_TEXT, /* in this order one is more specific than the next */
    HR_HTTP_PIECE_NAME,
    HR_HTTP_PIECE_STAR,
} hr_http_piece_kind;

typedef struct hr_http_piece {
    hr_http_piece_kind kind;
    const char *text; /* the segment, or the name */
} hr_http_piece;

typedef struct hr_http_route {
    const char *method, *path;
    hr_http_piece pieces[HR_HTTP_SEGMENTS_MAX];
    size_t n;
    hr_http_handler handler;
    void *ctx;
    hr_arena *arena;
} hr_http_route;

typedef struct hr_http_routes {
    hr_http_route *v[HR_HTTP_ROUTES_MAX];
    size_t n;
} hr_http_routes;

/* What the names of a route stand for in a path. */
typedef struct hr_http_params {
    const char *name[HR_HTTP_PARAMS_MAX];
    const char *value[HR_HTTP_PARAMS_MAX];
    size_t n;
} hr_http_params;

typedef enum hr_http_match { HR_HTTP_FOUND, HR_HTTP_NO_PATH, HR_HTTP_NO_METHOD } hr_http_match;

/* HR_OK; HR_ECONFIG for a pattern that is none, or one that is there already. */
int hr_http_routes_add(hr_http_routes *routes, const char *method, const char *path,
                       hr_http_handler handler, void *ctx, hr_error *err);

/* Removes those of a ctx. */
void hr_http_routes_remove(hr_http_routes *routes, const void *ctx);
void hr_http_routes_finish(hr_http_routes *routes);

/* The most specific route of the path that has the method (HEAD: also GET). The values of params
 * point into `path`, the names are copied into the arena: a route may go while its request is
 * kept. HR_HTTP_NO_METHOD: allow[] gets the methods there are, for the Allow header. */
hr_http_match hr_http_routes_find(const hr_http_routes *routes, const char *method,
                                  const hr_http_segments *path, hr_arena *arena,
                                  const hr_http_route **route, hr_http_params *params, char *allow,
                                  size_t allow_size);

#endif
