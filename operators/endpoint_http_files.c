/* http_files: a file, or the files of a folder, as they are on disk.
 *
 * A file that is named is served through its folder too, so that what must not be served is decided
 * in one place (http/files.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_endpoint.h"
#include "hr_operator.h"
#include "http/files.h"

#include <string.h>

typedef struct files_options {
    hr_text connection, route, file, folder;
} files_options;

typedef struct files_shared {
    const char *folder;
    const char *name; /* of the file; NULL: all of the folder */
} files_shared;

typedef struct files_state {
    hr_http_files *files;
} files_state;

static const hr_option files_option_table[] = {
    {.name = "connection",
     .kind = HR_OPT_NAME,
     .offset = offsetof(files_options, connection),
     .help = "An http connection of the runner's config."},
    {.name = "route",
     .kind = HR_OPT_TEXT,
     .offset = offsetof(files_options, route),
     .help = "The path that a GET asks for: of the file; or, with /* at its end, of what lies in "
             "the folder.",
     .flags = HR_OPT_NONEMPTY},
    {.name = "file",
     .kind = HR_OPT_PATH,
     .offset = offsetof(files_options, file),
     .help = "The file; either this or `folder`.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "folder",
     .kind = HR_OPT_PATH,
     .offset = offsetof(files_options, folder),
     .help = "The folder; of a folder in it, its index.html. Symbolic links and names that begin "
             "with a full stop are not served.",
     .flags = HR_OPT_OPTIONAL | HR_OPT_FOLDER},
    {0},
};

/* --- compile -------------------------------------------------------------------------------- */

static bool
files_has_star(const hr_text *route)
{
    return route->len >= 2 && strcmp(route->s + route->len - 2, "/*") == 0;
}

static int
files_conflict(const hr_text *at, const char *hint, const char *text, hr_error *err)
{
    hr_fail_as(err, at->loc, "conflict", "%s", text);
    err->width = hr_text_width(at);
    return hr_hint(err, "%s", hint);
}

static int
files_check(const hr_node *node, const files_options *opt, hr_error *err)
{
    bool star = files_has_star(&opt->route);

    if (opt->file.s != NULL && opt->folder.s != NULL) {
        return files_conflict(&opt->folder, "make two endpoints of it, each with its route",
                              "http_files takes a file or a folder, not both", err);
    }
    if (opt->file.s == NULL && opt->folder.s == NULL) {
        return files_conflict(&node->type_name, "write `file: ...` or `folder: ...`",
                              "http_files needs a file or a folder", err);
    }
    if (opt->folder.s != NULL && !star) {
        return files_conflict(&opt->route, "end it with /*, or name a `file`",
                              "a folder needs a route for all that lies in it", err);
    }
    if (opt->file.s != NULL && star) {
        return files_conflict(&opt->route, "leave out the star, or name a `folder`",
                              "one file cannot be all that a star stands for", err);
    }
    return HR_OK;
}

/* Splits the file's path into folder and name. */
static int
files_split(hr_node *node, const hr_text *file, files_shared *s, hr_error *err)
{
    const char *slash = strrchr(file->s, '/');

    s->name = slash != NULL ? slash + 1 : file->s;
    s->folder = slash == NULL ? "."
                : slash == file->s
                    ? "/"
                    : hr_arena_strndup(hr_node_arena(node), file->s, (size_t)(slash - file->s));
    if (s->folder == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    return s->name[0] != '.'
               ? HR_OK
               : files_conflict(file, "give it another name",
                                "a file whose name begins with a full stop is not served", err);
}

static int
files_compile(hr_node *node, const void *options, void *shared, hr_error *err)
{
    const files_options *opt = options;
    files_shared *s = shared;
    const char *params[HR_ENDPOINT_PARAMS_MAX];
    size_t n_params = 0;
    int rc = files_check(node, opt, err);

    if (rc == HR_OK) {
        rc = hr_endpoint_check_route(node, "GET", &opt->route, true, params, &n_params, err);
    }
    if (rc == HR_OK && n_params > 0) {
        rc = files_conflict(&opt->route, "write the path out",
                            "http_files has no use for parameters in its route", err);
    }
    if (rc != HR_OK) {
        return rc;
    }
    s->folder = opt->folder.s;
    return opt->file.s != NULL ? files_split(node, &opt->file, s, err) : HR_OK;
}

/* --- life ----------------------------------------------------------------------------------- */

static int
files_open(hr_endpoint *endpoint, void *state, hr_error *err)
{
    const hr_node *node = hr_endpoint_node(endpoint);
    const files_options *opt = node->options;
    const files_shared *s = node->shared;
    files_state *st = state;
    int rc = hr_http_files_open(s->folder, &st->files, err);

    return rc == HR_OK ? hr_endpoint_route(endpoint, "GET", &opt->route, err) : rc;
}

static void
files_on_ask(hr_endpoint *endpoint, void *state, hr_ask ask)
{
    const files_shared *s = hr_endpoint_node(endpoint)->shared;
    const files_state *st = state;
    const char *path = s->name != NULL ? s->name : hr_http_path_param(ask.http, "*");
    int status = hr_http_files_answer(st->files, ask.http, path != NULL ? path : "");

    hr_endpoint_answered(endpoint, ask,
                         status < 400    ? HR_ASK_FOUND
                         : status == 404 ? HR_ASK_MISSING
                                         : HR_ASK_OTHER,
                         status, 0);
}

static void
files_close(hr_endpoint *endpoint, void *state)
{
    files_state *st = state;

    (void)endpoint;
    hr_http_files_close(st->files);
}

const hr_endpoint_type hr_endpoint_http_files = {
    .abi = HR_OP_ABI,
    .name = "http_files",
    .summary = "Answers GETs with a file, or with the files of a folder.",
    .example = "{connection: web, route: /page/*, folder: web}",
    .options = files_option_table,
    .options_size = sizeof(files_options),
    .shared_size = sizeof(files_shared),
    .state_size = sizeof(files_state),
    .compile = files_compile,
    .open = files_open,
    .answer = files_on_ask,
    .close = files_close,
};
