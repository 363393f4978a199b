/* Source http: requests of a route, each a record; its client is answered once the record is
 * acknowledged, or has failed, in which case it hears why.
 *
 * A mistake of one client must not stop the topology for all: what cannot be decoded is skipped
 * unless the source's own on_error says otherwise.
 *
 * Requests come in on the server's thread and become records there; the first stream thread has
 * the one task.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/clock.h"
#include "engine/http_servers.h"
#include "hr_json_object.h"
#include "hr_source.h"
#include "http/http.h"
#include "source_http_body.h"
#include "source_http_requests.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BYTES_SHARE 8        /* requests under way: this part of the memory */
#define FORM_RECORD_FACTOR 8 /* a character may become six, and a field has a name */
#define STATUS_MAX 299
#define PENDING_LIMIT 65536
#define QUERY_FIELDS_MAX 256

typedef struct http_options {
    hr_text connection, route;
    int method, body;
    hr_opt_map add;
    struct {
        int64_t status;
        const hr_yaml_node *body;
    } answer;
    int64_t timeout_ms, max_pending;
} http_options;

enum { METHOD_POST, METHOD_PUT, METHOD_GET };
enum { BODY_JSON, BODY_FORM, BODY_JSON_OR_FORM };

static const char *const http_methods[] = {"POST", "PUT", "GET"};

#define AT(member) offsetof(http_options, member)

static const hr_option answer_rows[] = {
    {.name = "status",
     .kind = HR_OPT_INT,
     .offset = AT(answer.status) - AT(answer),
     .fallback = "200",
     .min = 200,
     .max = STATUS_MAX,
     .help = "Status of the answer to a request whose record is acknowledged."},
    {.name = "body",
     .kind = HR_OPT_NODE,
     .offset = AT(answer.body) - AT(answer),
     .choices = HR_JSON_OBJECT,
     .help = "Its JSON: name to expression over the source's fields; absent: {\"status\":\"OK\"}.",
     .flags = HR_OPT_OPTIONAL},
    {0},
};

static const hr_option http_option_table[] = {
    {.name = "connection",
     .kind = HR_OPT_NAME,
     .offset = AT(connection),
     .help = "The HTTP server, from the runner's configuration."},
    {.name = "route",
     .kind = HR_OPT_TEXT,
     .offset = AT(route),
     .help = "Path of the requests, such as /orders."},
    {.name = "method",
     .kind = HR_OPT_ENUM,
     .offset = AT(method),
     .fallback = "POST",
     .choices = "POST|PUT|GET",
     .help =
         "Method of the requests; with GET the parameters of the query are the fields, so that any "
         "link sends a record."},
    {.name = "body",
     .kind = HR_OPT_ENUM,
     .offset = AT(body),
     .fallback = "json",
     .choices = "json|form|json_or_form",
     .help = "What requests hold, by their Content-Type; a form's fields get the schema's types."},
    {.name = "add",
     .kind = HR_OPT_MAP,
     .offset = AT(add),
     .help = "Fields that the source makes, whatever a client sends: name to uuid (random) or time "
             "(now, UTC).",
     .flags = HR_OPT_OPTIONAL},
    {.name = "answer",
     .kind = HR_OPT_BLOCK,
     .offset = AT(answer),
     .block = answer_rows,
     .fallback = "{}",
     .help = "The answer once the record is acknowledged."},
    {.name = "timeout",
     .kind = HR_OPT_DURATION_MS,
     .offset = AT(timeout_ms),
     .fallback = "10s",
     .min = 10,
     .max = 3600000,
     .help = "A client is answered 503 after that time; its record may still be carried out."},
    {.name = "max_pending",
     .kind = HR_OPT_INT,
     .offset = AT(max_pending),
     .fallback = "1024",
     .min = 1,
     .max = PENDING_LIMIT,
     .help =
         "Records under way; further requests are answered 503. The connection's own `connections` "
         "bounds how many clients wait at a time."},
    {0},
};

typedef struct http_shared {
    hr_body_plan plan;
    hr_json_object *answer; /* NULL: the default */
} http_shared;

typedef struct http_state {
    hr_source *source;
    hr_http_server *server;
    hr_requests requests;
    hr_partition *partition;
    hr_json_frame *frame;
    bool open, stopped;
} http_state;

/* ---- check time ---------------------------------------------------------------------------- */

static int
http_option_error(hr_error *err, const hr_text *text, const char *slug, const char *fmt,
                  const char *what)
{
    hr_fail_as(err, text->loc, slug, fmt, what);
    err->width = hr_text_width(text);
    return HR_ECONFIG;
}

static int
http_check_route(const hr_text *route, hr_error *err)
{
    static const char fine[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.~-";

    if (route->s[0] == '/' && strspn(route->s, fine) == route->len &&
        strstr(route->s, "//") == NULL && strstr(route->s, "/.") == NULL) {
        return HR_OK;
    }
    http_option_error(err, route, "bad-route", "'%.80s' is no path", route->s);
    return hr_hint(err, "write it as /orders or /orders/new: letters, digits and - _ . ~");
}

/* Two sources of a topology on one route: the server would take only one of them. */
static int
http_check_twice(const hr_node *node, const http_options *opt, hr_error *err)
{
    const hr_topology *topology = node->topology;

    for (size_t i = 0; i < node->index; i++) {
        const http_options *other = topology->sources[i].options;

        if (topology->sources[i].type == node->type && !topology->sources[i].broken &&
            other->method == opt->method && strcmp(other->route.s, opt->route.s) == 0 &&
            strcmp(other->connection.s, opt->connection.s) == 0) {
            http_option_error(err, &opt->route, "duplicate-route",
                              "the source '%.60s' has this route already",
                              topology->sources[i].name.s);
            return hr_hint(err, "give it another path or method");
        }
    }
    return HR_OK;
}

static int
http_check_body(const hr_node *node, const http_options *opt, hr_error *err)
{
    const hr_yaml_node *body = hr_yaml_get(node->options_yaml, "body");

    if (node->format != HR_FORMAT_JSON) {
        hr_fail_as(err, node->type_name.loc, "format", "a request becomes JSON, not raw bytes");
        return hr_hint(err, "write format: json");
    }
    if (opt->method == METHOD_GET && body != NULL) {
        http_option_error(err, &body->text, "conflict", "a %s has no body", "GET");
        return hr_hint(err, "remove it: the parameters of the query are the fields");
    }
    if (opt->method == METHOD_GET && node->schema_path.s == NULL) {
        hr_fail_as(err, hr_node_loc(node, "method"), "no-schema",
                   "a query needs a schema, which names its parameters");
        return hr_hint(err, "add `schema: file.avsc`");
    }
    return HR_OK;
}

static bool
http_is_behind(const hr_node *node, const hr_node *source)
{
    size_t left = node->topology->n_steps + 1; /* a circle is somebody else's error */

    while (node != NULL && node != source && left-- > 0) {
        node = node->input;
    }
    return node == source;
}

/* Where nobody has chosen what becomes of a failed record, it stops the topology: a client could do
 * that. */
static void
http_warn_of_failures(hr_node *node)
{
    const hr_topology *topology = node->topology;
    hr_error err = {0};

    for (size_t i = 0; i < topology->n_steps; i++) {
        const hr_node *step = &topology->steps[i];

        if (step->on_error == HR_ON_ERROR_FAIL && !step->on_error_given &&
            http_is_behind(step, node)) {
            hr_fail_as(&err, node->type_name.loc, "fails",
                       "a request whose record fails at '%.60s' stops the topology", step->name.s);
            hr_hint(&err, "add `errors: {on_error: skip}`, or dead letters");
            hr_node_warn(node, &err);
            return;
        }
    }
}

static int
http_compile(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const http_options *opt = options;
    int rc = http_check_route(&opt->route, err);

    (void)shared;
    if (!node->on_error_given) {
        node->on_error = HR_ON_ERROR_SKIP;
    }
    http_warn_of_failures(node);
    rc = rc == HR_OK ? http_check_twice(node, opt, err) : rc;
    return rc == HR_OK ? http_check_body(node, opt, err) : rc;
}

static int
http_add_unknown(const hr_schema *schema, const hr_text *name, hr_error *err)
{
    const char *names[64];
    const char *nearest;
    size_t n = 0;

    for (; n < schema->n_fields && n < 64; n++) {
        names[n] = schema->fields[n].name;
    }
    nearest = hr_diag_nearest(name->s, names, n);
    http_option_error(err, name, "unknown-field", "the schema has no field '%.80s'", name->s);
    return nearest != NULL ? hr_hint(err, "did you mean '%s'?", nearest) : HR_ECONFIG;
}

/* A UUID is a string, a time a string or a timestamp. */
static int
http_add_type(const hr_schema *schema, const hr_opt_entry *entry, hr_body_field *out, hr_error *err)
{
    const hr_schema_field *field = hr_schema_find(schema, entry->key.s);

    if (field == NULL) {
        return http_add_unknown(schema, &entry->key, err);
    }
    out->as_ms = out->make == HR_BODY_TIME && field->schema->logical == HR_LOGICAL_TIMESTAMP_MILLIS;
    if (out->as_ms || (field->schema->kind == HR_KIND_STRING && field->schema->n_symbols == 0)) {
        return HR_OK;
    }
    http_option_error(err, &entry->key, "type",
                      out->make == HR_BODY_TIME ? "'%.80s' must be a string or a timestamp"
                                                : "'%.80s' must be a string",
                      entry->key.s);
    return hr_hint(err, "the schema has it as %s", hr_kind_name(field->schema->kind));
}

static int
http_add_field(const hr_node *node, const hr_opt_entry *entry, hr_body_field *out, hr_error *err)
{
    bool uuid = strcmp(entry->value.s, "uuid") == 0;

    *out = (hr_body_field){.name = entry->key.s, .make = uuid ? HR_BODY_UUID : HR_BODY_TIME};
    if (!uuid && strcmp(entry->value.s, "time") != 0) {
        http_option_error(err, &entry->value, "choice", "'%.80s' is nothing that can be made",
                          entry->value.s);
        return hr_hint(err, "write uuid or time");
    }
    return node->schema != NULL ? http_add_type(node->schema, entry, out, err)
                                : hr_node_check_name(&entry->key, err);
}

static int
http_compile_add(hr_node *node, const http_options *opt, http_shared *s, hr_error *err)
{
    hr_body_field *fields = hr_arena_calloc(hr_node_arena(node), opt->add.n, sizeof *fields);

    if (fields == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    for (size_t i = 0; i < opt->add.n; i++) {
        hr_error one = {0};

        if (http_add_field(node, &opt->add.v[i], &fields[i], &one) != HR_OK) {
            hr_node_error(node, &one);
        }
    }
    s->plan = (hr_body_plan){.fields = fields, .n = opt->add.n, .schema = node->schema};
    return HR_OK;
}

static int
http_compile_fields(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const http_options *opt = options;
    http_shared *s = shared;
    int rc = http_compile_add(node, opt, s, err);

    if (rc == HR_OK && opt->method == METHOD_GET && node->schema->n_fields > QUERY_FIELDS_MAX) {
        return hr_fail_as(err, hr_node_loc(node, "method"), "too-large",
                          "a query has at most %d fields", QUERY_FIELDS_MAX);
    }
    if (rc == HR_OK && opt->answer.body != NULL) {
        rc = hr_json_object_compile(node, opt->answer.body, &s->answer, err);
    }
    return rc == HR_OK && node->broken
               ? hr_fail(err, HR_EREPORTED, HR_NO_LOC, "the source has errors")
               : rc;
}

/* ---- the server's thread ------------------------------------------------------------------- */

static const http_options *
http_options_of(const http_state *s)
{
    return hr_source_node(s->source)->options;
}

static const http_shared *
http_shared_of(const http_state *s)
{
    return hr_source_node(s->source)->shared;
}

/* "application/json; charset=utf-8" is of the type "application/json". */
static bool
http_is_type(const char *header, const char *type)
{
    size_t len = strlen(type);

    return header != NULL && strncasecmp(header, type, len) == 0 &&
           (header[len] == '\0' || header[len] == ';' || header[len] == ' ');
}

static bool
http_is_form(const char *type)
{
    return http_is_type(type, "application/x-www-form-urlencoded") ||
           http_is_type(type, "multipart/form-data");
}

/* Parameters of the query, by the names of the schema's fields. */
static int
http_from_query(const hr_body_plan *plan, const hr_http_request *request, int64_t now_ms,
                hr_buf *out, hr_error *err)
{
    hr_http_field fields[QUERY_FIELDS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < plan->schema->n_fields; i++) {
        const char *value = hr_http_query(request, plan->schema->fields[i].name);

        if (value != NULL) {
            fields[n++] = (hr_http_field){plan->schema->fields[i].name, hr_span_str(value)};
        }
    }
    return hr_body_from_fields(plan, fields, n, now_ms, out, err);
}

static int
http_from_form(const hr_body_plan *plan, hr_http_request *request, int64_t now_ms, hr_buf *out,
               hr_error *err)
{
    const hr_http_field *fields;
    size_t n;
    int rc = hr_http_form(request, &fields, &n, err);

    return rc == HR_OK ? hr_body_from_fields(plan, fields, n, now_ms, out, err) : rc;
}

typedef enum http_kind { HTTP_JSON, HTTP_FIELDS, HTTP_OTHER } http_kind;

static http_kind
http_kind_of(const http_options *opt, const hr_http_request *request)
{
    const char *type = hr_http_header(request, "Content-Type");

    if (opt->method == METHOD_GET || (opt->body != BODY_JSON && http_is_form(type))) {
        return HTTP_FIELDS;
    }
    return opt->body != BODY_FORM && http_is_type(type, "application/json") ? HTTP_JSON
                                                                            : HTTP_OTHER;
}

/* The record of a request. */
static int
http_make(const http_state *s, hr_http_request *request, http_kind kind, hr_buf *out, hr_error *err)
{
    const hr_body_plan *plan = &http_shared_of(s)->plan;
    int64_t now_ms = hr_clock_wall_ms();

    if (kind == HTTP_JSON) {
        return hr_body_from_json(plan, hr_http_body(request), now_ms, out, err);
    }
    return http_options_of(s)->method == METHOD_GET
               ? http_from_query(plan, request, now_ms, out, err)
               : http_from_form(plan, request, now_ms, out, err);
}

static void
http_answer_type(const http_options *opt, hr_http_request *request)
{
    static const char *const wanted[] = {
        "application/json", "application/x-www-form-urlencoded or multipart/form-data",
        "application/json, application/x-www-form-urlencoded or multipart/form-data"};

    hr_http_answer_error(request, 415, "content-type", "the Content-Type must be %s",
                         wanted[opt->body]);
}

static void
http_handle(void *ctx, hr_http_request *request)
{
    http_state *s = ctx;
    http_kind kind = http_kind_of(http_options_of(s), request);
    hr_buf record = {.cap_max = (size_t)FORM_RECORD_FACTOR * HR_HTTP_BODY_BYTES_MAX};
    hr_error err = {0};
    int rc;

    if (kind == HTTP_OTHER) {
        http_answer_type(http_options_of(s), request);
        return;
    }
    rc = http_make(s, request, kind, &record, &err);
    if (rc == HR_OK) {
        if (hr_requests_add(&s->requests, request, hr_buf_span(&record), kind == HTTP_FIELDS)) {
            hr_source_wake(s->source);
        }
    } else if (rc == HR_ERECORD) {
        hr_http_answer_error(request, 400, "decode", "%s", err.msg);
    } else {
        hr_http_answer_error(request, 503, "overloaded", "there is no memory for the request");
    }
    hr_buf_finish(&record);
}

static void
http_answer(void *client, int status, hr_span body, const char *const *extra)
{
    hr_http_answer(client, status, "application/json", body, extra);
}

/* ---- the stream thread --------------------------------------------------------------------- */

static int
http_init_requests(http_state *s, hr_error *err)
{
    const http_options *opt = http_options_of(s);
    hr_requests_conf conf = {
        .answer = http_answer,
        .timeout_ms = opt->timeout_ms,
        .max = (size_t)opt->max_pending,
        .bytes_max = (size_t)(hr_source_runner(s->source)->memory_bytes / BYTES_SHARE),
        .status = (int)opt->answer.status,
    };

    return hr_requests_init(&s->requests, &conf, hr_clock_wall_us()) == HR_OK
               ? HR_OK
               : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

static int
http_open(hr_source *source, void *state, hr_error *err)
{
    http_state *s = state;
    const http_options *opt = hr_source_node(source)->options;
    const http_shared *shared = hr_source_node(source)->shared;
    int rc;

    if (hr_source_thread(source) != 0) {
        return HR_OK;
    }
    s->source = source;
    s->server = hr_source_http_server(source);
    if (hr_source_until_end(source)) { /* what is asked from now on is behind the end */
        hr_source_until(source, 0, 0);
        hr_source_until_known(source);
    }
    rc = http_init_requests(s, err);
    if (rc != HR_OK) {
        return rc;
    }
    s->open = true;
    if (shared->answer != NULL && (s->frame = hr_json_frame_create(shared->answer)) == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    s->partition = hr_source_assign(source, opt->route.s, 0, s->requests.next, NULL);
    if (s->partition == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    return hr_http_route_add(s->server, http_methods[opt->method], opt->route.s, http_handle, s,
                             err);
}

static void
http_poll(hr_source *source, void *state)
{
    http_state *s = state;
    int64_t next_ms;

    if (!s->open) {
        return;
    }
    if (hr_source_stopping(source)) {
        hr_requests_stop(&s->requests);
    }
    next_ms = hr_requests_turn(&s->requests, hr_clock_ms());
    if (next_ms != 0) {
        hr_source_wake_at(source, next_ms);
    }
    if (s->partition != NULL) {
        s->partition->end_offset = s->requests.tail;
    }
}

static size_t
http_fetch(hr_source *source, void *state, hr_partition *partition, hr_record *records, size_t max,
           hr_arena *arena)
{
    http_state *s = state;

    (void)source;
    (void)partition;
    (void)arena;
    return hr_requests_fetch(&s->requests, records, max);
}

static void
http_done(hr_source *source, void *state, hr_record *records, size_t n)
{
    const http_state *s = state;

    (void)source;
    if (s->open) {
        hr_requests_release(records, n);
    }
}

static int
http_seek(hr_source *source, void *state, hr_partition *partition, int64_t offset, hr_error *err)
{
    http_state *s = state;

    (void)source;
    (void)partition;
    (void)err;
    hr_requests_seek(&s->requests, offset);
    return HR_OK;
}

/* Writes the answer that the request gets when its record has ended well. */
static int
http_prepare(const http_state *s, hr_batch *batch, hr_row row, hr_error *err)
{
    const http_shared *shared = http_shared_of(s);
    hr_request *request = hr_batch_record(batch, row)->origin;

    request->answer.len = 0;
    if (shared->answer == NULL) {
        return hr_buf_append(&request->answer, "{\"status\":\"OK\"}", 15);
    }
    return hr_json_object_write(shared->answer, s->frame, batch, row, &request->answer, err);
}

static size_t
http_decoded(hr_source *source, void *state, hr_batch *batch, hr_row *rows, size_t n,
             hr_failures *failures)
{
    const hr_node *node = hr_source_node(source);
    size_t left = 0;

    for (size_t i = 0; i < n; i++) {
        hr_error err = {0};
        const char *reason;

        if (http_prepare(state, batch, rows[i], &err) == HR_OK) {
            rows[left++] = rows[i];
            continue;
        }
        reason = hr_arena_printf(batch->arena, "answer: %s", err.msg);
        failures->v[failures->n++] =
            (hr_failure){rows[i], node, node->on_error, "expression",
                         reason != NULL ? reason : "the answer cannot be made"};
    }
    return left;
}

/* What a person may be told: of a form without the place in the record that was made from it. */
static void
http_reason(const hr_request *request, const hr_failure *failure, char *out, size_t size)
{
    char *at;

    snprintf(out, size, "%s",
             failure->reason != NULL && failure->reason[0] != '\0' ? failure->reason
                                                                   : "the record was refused");
    at = request->form ? strstr(out, " at byte ") : NULL;
    if (at != NULL && strspn(at + 9, "0123456789") == strlen(at + 9)) {
        *at = '\0';
    }
}

static void
http_record_failed(hr_source *source, void *state, hr_partition *partition, int64_t offset,
                   const hr_failure *failure)
{
    http_state *s = state;
    hr_request *request = hr_requests_find(&s->requests, offset);
    bool fails = failure->action == HR_ON_ERROR_FAIL;
    char reason[400];

    (void)source;
    (void)partition;
    if (request == NULL || (request->problem_status != 0 && !fails)) {
        return; /* the first failure is what the client hears */
    }
    http_reason(request, failure, reason, sizeof reason);
    request->problem.len = 0;
    request->problem_status = fails ? 503 : strcmp(failure->code, "decode") == 0 ? 400 : 422;
    if (hr_requests_write_problem(&request->problem, failure->code, failure->node->name.s,
                                  reason) != HR_OK) {
        request->problem.len = 0;
    }
    if (fails) {
        hr_requests_give_up(&s->requests, request);
    }
}

static void
http_record_done(hr_source *source, void *state, hr_partition *partition, int64_t offset)
{
    http_state *s = state;

    (void)source;
    (void)partition;
    hr_requests_end(&s->requests, offset);
}

static void
http_close(hr_source *source, void *state)
{
    http_state *s = state;

    (void)source;
    if (!s->open) {
        return;
    }
    hr_http_route_remove(s->server, s);
    s->open = false;
    hr_requests_finish(&s->requests);
    hr_json_frame_destroy(s->frame);
    s->frame = NULL;
}

const hr_source_type hr_source_http = {
    .name = "http",
    .summary = "Requests to an HTTP route, each a record; the client is answered once it is "
               "acknowledged.",
    .example = "{connection: web, route: /flights, body: json_or_form, answer: {body: {id: UUID}}}",
    .options = http_option_table,
    .options_size = sizeof(http_options),
    .shared_size = sizeof(http_shared),
    .state_size = sizeof(http_state),
    .compile = http_compile,
    .compile_fields = http_compile_fields,
    .open = http_open,
    .fetch = http_fetch,
    .done = http_done,
    .seek = http_seek,
    .poll = http_poll,
    .close = http_close,
    .decoded = http_decoded,
    .record_failed = http_record_failed,
    .record_done = http_record_done,
};
