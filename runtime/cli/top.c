/* headrace top: what another process does, each second, on a terminal; one frame where there is no
 * terminal.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/remote.h"
#include "engine/clock.h"
#include "live/terminal.h"
#include "live/top_frame.h"

#include <stdlib.h>
#include <unistd.h>

#define INTERVAL_MS 1000
#define ANSWER_MS 5000

/* What is shown: the last two answers, and why there is no newer one. */
typedef struct top {
    hr_client *client;
    hr_buf body;
    json_t *now, *before;
    hr_error away; /* code HR_OK: the process answers */
    size_t first;  /* line at the top of the window */
} top;

static int
top_ask(top *t)
{
    hr_error err = {0};
    json_t *answer = NULL;
    int rc = hr_client_get(t->client, "/topology", ANSWER_MS, &t->body, &err);

    if (rc == HR_OK) {
        answer = hr_answer_parse(hr_buf_span(&t->body), "topologies", &err);
        rc = answer != NULL ? HR_OK : err.code;
    }
    if (rc == HR_OK) {
        json_decref(t->before);
        t->before = t->now;
        t->now = answer;
    }
    t->away = err;
    return rc;
}

static void
top_write(const top *t, hr_lines *lines)
{
    if (t->away.code != HR_OK) {
        hr_lines_printf(lines, HR_LOOK_BAD, "trying again: %s", t->away.msg);
        hr_lines_end(lines);
    }
    hr_top_frame(lines, hr_client_url(t->client), t->now, t->before);
}

static bool
top_draw(top *t)
{
    size_t columns, rows, most;
    hr_lines lines = {.colour = hr_remote_colour()};
    bool ok;

    hr_terminal_size(&columns, &rows);
    lines.width = columns;
    top_write(t, &lines);
    most = lines.rows > rows ? lines.rows - rows + 1 : 0;
    t->first = t->first < most ? t->first : most;
    ok = hr_terminal_draw(&lines, t->first);
    hr_buf_finish(&lines.buf);
    return ok;
}

/* Until the next answer is due; false: it is over. */
static bool
top_wait(top *t, int64_t until_ms)
{
    for (int64_t left; (left = until_ms - hr_clock_ms()) > 0;) {
        hr_key key = hr_terminal_wait((int)left);

        if (key == HR_KEY_QUIT) {
            return false;
        }
        if (key != HR_KEY_NONE) {
            t->first += key == HR_KEY_DOWN ? 1 : 0;
            t->first -= key == HR_KEY_UP && t->first > 0 ? 1 : 0;
            if (!top_draw(t)) {
                return false;
            }
        }
    }
    return !hr_terminal_stopped();
}

static int
top_follow(top *t)
{
    bool on;

    hr_terminal_open();
    do {
        int64_t next_ms = hr_clock_ms() + INTERVAL_MS;

        on = top_draw(t) && top_wait(t, next_ms);
        if (on) {
            top_ask(t);
        }
    } while (on && !hr_terminal_stopped());
    hr_terminal_close();
    return 0;
}

/* Rates take two answers. */
static int
top_once(top *t)
{
    hr_lines lines = {.colour = hr_remote_colour() && isatty(STDOUT_FILENO)};

    usleep(INTERVAL_MS * 1000);
    if (top_ask(t) != HR_OK) {
        return hr_remote_fail("top", &t->away);
    }
    top_write(t, &lines);
    fwrite(lines.buf.data, 1, lines.buf.len, stdout);
    hr_buf_finish(&lines.buf);
    return 0;
}

static int
top_main(const hr_client_conf *conf, bool once)
{
    top t = {0};
    hr_error err = {0};
    int status;

    t.client = hr_client_create(conf, &err);
    if (t.client == NULL) {
        return hr_remote_fail("top", &err);
    }
    if (top_ask(&t) != HR_OK) {
        status = hr_remote_fail("top", &t.away);
    } else {
        status = once || !isatty(STDOUT_FILENO) ? top_once(&t) : top_follow(&t);
    }
    json_decref(t.now);
    json_decref(t.before);
    hr_buf_finish(&t.body);
    hr_client_destroy(t.client);
    return status;
}

int
hr_cmd_top(int argc, char **argv)
{
    hr_client_conf conf = {.stopped = hr_terminal_stopped};
    hr_arg_list operands = {0};
    bool once = false;
    const hr_arg table[] = {
        {"--once", HR_ARG_FLAG, &once, NULL, "Prints one frame and ends, as without a terminal."},
        HR_REMOTE_TOKEN_ARG(&conf.token_file),
        {0},
    };
    const hr_command command = {
        "top",
        "URL [options]",
        "Shows what a running process does, each second.\nKeys: q quits, j and k or "
        "arrows scroll.",
        table,
        1,
        1};
    int rc = hr_args_parse(&command, argc, argv, &operands);

    if (rc != 0) {
        return rc == 1 ? 0 : rc;
    }
    conf.url = operands.v[0];
    return top_main(&conf, once);
}
