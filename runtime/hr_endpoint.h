/* The contract of endpoints: named nodes that answer HTTP requests and emit no records. (Where each
 * request becomes a record there is the source http.)
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENDPOINT_H
#define HR_ENDPOINT_H
#include "config/runner.h"
#include "hr_node.h"
#include "hr_table.h"
#include "http/http.h"

#include <stdio.h>

/* An endpoint while it runs; one per process and node. */
typedef struct hr_endpoint hr_endpoint;

/* A request that waits for its answer. A plain value: keep a copy to answer later. */
typedef struct hr_ask {
    hr_http_request *http;
    int64_t start_us;
} hr_ask;

/* What an answer meant, for the counters. */
typedef enum hr_ask_outcome {
    HR_ASK_OTHER, /* neither: a mistake in the request, something that is not ready */
    HR_ASK_FOUND,
    HR_ASK_MISSING,
} hr_ask_outcome;

typedef struct hr_endpoint_type {
    uint32_t abi;
    const char *name, *summary;
    /* The value of its key in a topology, as YAML on one line: shown by `headrace operators`. */
    const char *example;
    /* The option `connection` names an http connection. An option `table` of kind name is one of
     * the topology's tables. */
    const hr_option *options;
    size_t options_size, shared_size;
    size_t state_size; /* one block per process, zeroed */
    /* Optional. Checks options; declares fields that answers may hold (node->fields). No network.
     */
    int (*compile)(hr_node *node, const void *options, void *shared, hr_error *err);
    /* Mandatory. Main thread. Prepares and adds the routes, with hr_endpoint_route(): answer() may
     * be called from then on. Tables may not be ready yet. */
    int (*open)(hr_endpoint *endpoint, void *state, hr_error *err);
    /* Mandatory. The server's thread, one request at a time; must not wait. Answers, or keeps the
     * ask and answers later from any thread. */
    void (*answer)(hr_endpoint *endpoint, void *state, hr_ask ask);
    /* Optional. Main thread; no request comes any more. Answers those that are kept and frees. Must
     * accept a state that open() left half made. */
    void (*close)(hr_endpoint *endpoint, void *state);
    /* Optional. Frees what compile() made; must accept a zeroed block. */
    void (*release)(void *shared);
    /* Optional. Writes lines for `describe`, each starting with four blanks. */
    void (*describe)(const hr_node *node, FILE *out);
} hr_endpoint_type;

/* thread: any */
const hr_node *hr_endpoint_node(const hr_endpoint *endpoint);
const hr_runner *hr_endpoint_runner(const hr_endpoint *endpoint);
/* A table of the topology while it runs; it does so longer than the endpoint answers. */
hr_table *hr_endpoint_table(const hr_endpoint *endpoint, const hr_node *table);

/* Adds a route (http/http.h) that answer() serves. HR_OK; HR_ECONFIG with its place; HR_ENOMEM. */
int hr_endpoint_route(hr_endpoint *endpoint, const char *method, const hr_text *path,
                      hr_error *err);

/* Answer an ask, and count it; as hr_http_answer() and hr_http_answer_error(). thread: any */
void hr_endpoint_answer(hr_endpoint *endpoint, hr_ask ask, hr_ask_outcome outcome, int status,
                        const char *content_type, hr_span body, const char *const *extra);
void hr_endpoint_answer_error(hr_endpoint *endpoint, hr_ask ask, hr_ask_outcome outcome, int status,
                              const char *code, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* Counts an ask that somebody else answered. thread: any */
void hr_endpoint_answered(hr_endpoint *endpoint, hr_ask ask, hr_ask_outcome outcome, int status,
                          size_t bytes);

/* Checks a route at check time, with the names of its parameters (arena): begins with a slash; its
 * parts are text or names in braces, each name once and fit for a field; a star at the end only
 * where `star`. No other endpoint of the topology has it on this connection. HR_OK; HR_ECONFIG with
 * place and remedy; HR_ENOMEM. */
#define HR_ENDPOINT_PARAMS_MAX 8
int hr_endpoint_check_route(hr_node *node, const char *method, const hr_text *route, bool star,
                            const char *names[HR_ENDPOINT_PARAMS_MAX], size_t *n, hr_error *err);

extern const hr_endpoint_type *const hr_builtin_endpoints[]; /* end with NULL */
#endif
