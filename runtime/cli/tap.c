/* headrace tap: records before and after a step of another process, as they pass.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/remote.h"
#include "live/sample_lines.h"
#include "live/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LIMIT_DEFAULT 10
#define LIMIT_MAX 1000000
#define AT_ONCE_MAX 10 /* samples asked for by one request, so that the first ones show early */
#define WAIT_MS 5000   /* of one request, at the server */
#define ANSWER_MS 5000 /* beyond that */

typedef struct tap {
    hr_client *client;
    const char *step, *topology;
    long left;
    hr_buf body;
} tap;

static bool
tap_is_name(const char *text)
{
    return text[0] != '\0' && strlen(text) <= 128 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(text);
}

/* False: nobody reads any more. */
static bool
tap_print(const json_t *sample)
{
    bool screen = isatty(STDOUT_FILENO);
    hr_lines lines = {.colour = screen && hr_remote_colour()};

    if (screen) {
        size_t rows;

        hr_terminal_size(&lines.width, &rows);
        hr_sample_lines(&lines, sample);
        hr_lines_end(&lines);
    } else {
        hr_sample_json(&lines, sample);
    }
    fwrite(lines.buf.data, 1, lines.buf.len, stdout);
    hr_buf_finish(&lines.buf);
    return fflush(stdout) == 0;
}

/* One request; its samples are printed. HR_EAGAIN: nobody reads any more. */
static int
tap_ask(tap *t, hr_error *err)
{
    char path[400];
    json_t *answer;
    const json_t *sample;
    size_t i;
    int rc;

    snprintf(path, sizeof path, "/tap/%s?limit=%ld&wait_ms=%d%s%s", t->step,
             t->left < AT_ONCE_MAX ? t->left : (long)AT_ONCE_MAX, WAIT_MS,
             t->topology != NULL ? "&topology=" : "", t->topology != NULL ? t->topology : "");
    rc = hr_client_get(t->client, path, WAIT_MS + ANSWER_MS, &t->body, err);
    if (rc != HR_OK) {
        return rc;
    }
    answer = hr_answer_parse(hr_buf_span(&t->body), "samples", err);
    if (answer == NULL) {
        return err->code;
    }
    json_array_foreach(hr_answer_list(answer, "samples"), i, sample)
    {
        if (t->left > 0 && rc == HR_OK) {
            t->left--;
            rc = tap_print(sample) ? HR_OK : HR_EAGAIN;
        }
    }
    json_decref(answer);
    return rc;
}

static int
tap_main(const hr_client_conf *conf, tap *t)
{
    hr_error err = {0};
    int rc = HR_OK;

    t->client = hr_client_create(conf, &err);
    if (t->client == NULL) {
        return hr_remote_fail("tap", &err);
    }
    while (t->left > 0 && rc == HR_OK) {
        rc = tap_ask(t, &err);
    }
    hr_client_destroy(t->client);
    hr_buf_finish(&t->body);
    return rc == HR_OK || rc == HR_EAGAIN ? 0 : hr_remote_fail("tap", &err);
}

static int
tap_check(const tap *t, const char *limit, long *left)
{
    char *end = NULL;

    errno = 0;
    *left = limit != NULL ? strtol(limit, &end, 10) : LIMIT_DEFAULT;
    if (limit != NULL &&
        (end == limit || *end != '\0' || errno != 0 || *left < 1 || *left > LIMIT_MAX)) {
        fprintf(stderr, "headrace tap: --limit wants a whole number from 1 to %d\n", LIMIT_MAX);
        return 2;
    }
    if (!tap_is_name(t->step) || (t->topology != NULL && !tap_is_name(t->topology))) {
        fprintf(stderr, "headrace tap: '%s' is not a name of a step or topology\n",
                tap_is_name(t->step) ? t->topology : t->step);
        return 2;
    }
    return 0;
}

int
hr_cmd_tap(int argc, char **argv)
{
    hr_client_conf conf = {0};
    tap t = {0};
    hr_arg_list operands = {0};
    const char *limit = NULL;
    const hr_arg table[] = {
        {"--limit", HR_ARG_TEXT, &limit, "N", "Ends after that many records; default: 10."},
        {"--topology", HR_ARG_TEXT, &t.topology, "NAME", "Where several have a step of that name."},
        HR_REMOTE_TOKEN_ARG(&conf.token_file),
        {0},
    };
    const hr_command command = {
        "tap",
        "URL STEP [options]",
        "Shows records before and after a step of a running process.\nOn a terminal two "
        "lines for each, else a line of JSON.",
        table,
        2,
        2};
    int rc = hr_args_parse(&command, argc, argv, &operands);

    if (rc != 0) {
        return rc == 1 ? 0 : rc;
    }
    conf.url = operands.v[0];
    t.step = operands.v[1];
    rc = tap_check(&t, limit, &t.left);
    return rc != 0 ? rc : tap_main(&conf, &t);
}
