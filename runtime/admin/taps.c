/* GET /tap/NODE?limit=N&wait_ms=M&rate=R&topology=T: samples of what reaches a node and leaves it;
 * answers when there are N or the time is over.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "admin/taps.h"
#include "admin/routes.h"
#include "engine/clock.h"
#include "expr/convert.h"
#include "expr/lane.h"
#include "record/buf.h"

#include <stdio.h>
#include <stdlib.h>

#define TAP_LIMIT 10
#define TAP_WAIT_MS 5000
#define TAP_RATE 100
#define TAP_SLICE_MS 100 /* how long a stop may have to wait for us */
#define TAP_ANSWER_BYTES_MAX ((size_t)32 << 20)

void
hr_taps_init(hr_taps *taps)
{
    memset(taps, 0, sizeof *taps);
    pthread_mutex_init(&taps->lock, NULL);
}

/* ---- the thread of one -------------------------------------------------------------------------
 */

/* Fills `out` with {"samples":[...],"missed":N}. */
static int
tap_collect(hr_tap_asked *asked, hr_buf *out)
{
    size_t n = 0;
    int rc = hr_buf_append(out, "{\"samples\":[", 12);
    char end[64];

    while (n < asked->limit && rc == HR_OK && !atomic_load(&asked->taps->stopping)) {
        int64_t left = asked->until_ms - hr_clock_ms();
        size_t before = out->len, more;

        if (left <= 0) {
            break;
        }
        rc = n > 0 ? hr_buf_append(out, ",", 1) : HR_OK;
        more = hr_tap_take(asked->tap, out, asked->limit - n,
                           left < TAP_SLICE_MS ? left : TAP_SLICE_MS);
        if (more == 0) {
            out->len = before;
        }
        n += more;
    }
    snprintf(end, sizeof end, "],\"missed\":%llu}", (unsigned long long)hr_tap_missed(asked->tap));
    return rc == HR_OK ? hr_buf_append(out, end, strlen(end)) : rc;
}

static void *
tap_main(void *arg)
{
    static const char *const extra[] = {"Cache-Control", "no-store", NULL};
    hr_tap_asked *asked = arg;
    hr_taps *taps = asked->taps;
    hr_buf out = {.cap_max = TAP_ANSWER_BYTES_MAX};

    if (tap_collect(asked, &out) == HR_OK) {
        hr_http_answer(asked->request, 200, "application/json", hr_buf_span(&out), extra);
    } else {
        hr_admin_answer_no_memory(asked->request);
    }
    hr_buf_finish(&out);
    hr_tap_close(asked->tap);
    pthread_mutex_lock(&taps->lock);
    asked->ended = true;
    pthread_mutex_unlock(&taps->lock);
    return NULL;
}

/* A free place; threads that have ended are joined for it. NULL: all are in use. */
static hr_tap_asked *
taps_place(hr_taps *taps)
{
    hr_tap_asked *place = NULL;

    pthread_mutex_lock(&taps->lock);
    for (size_t i = 0; i < HR_TAPS_OPEN_MAX && place == NULL; i++) {
        hr_tap_asked *asked = &taps->asked[i];

        if (asked->used && asked->ended) {
            pthread_join(asked->thread, NULL);
            *asked = (hr_tap_asked){0};
        }
        place = asked->used ? NULL : asked;
    }
    if (place != NULL) {
        place->used = true;
    }
    pthread_mutex_unlock(&taps->lock);
    return place;
}

static void
taps_free(hr_taps *taps, hr_tap_asked *asked)
{
    hr_tap_close(asked->tap);
    pthread_mutex_lock(&taps->lock);
    *asked = (hr_tap_asked){0};
    pthread_mutex_unlock(&taps->lock);
}

void
hr_taps_finish(hr_taps *taps)
{
    atomic_store(&taps->stopping, true);
    for (size_t i = 0; i < HR_TAPS_OPEN_MAX; i++) {
        if (taps->asked[i].used) {
            pthread_join(taps->asked[i].thread, NULL);
        }
    }
    pthread_mutex_destroy(&taps->lock);
}

/* ---- asking ------------------------------------------------------------------------------------
 */

/* A whole number of the query, at most `most`; what is not one was answered: false. */
static bool
tap_number(hr_http_request *request, const char *name, int64_t fallback, int64_t most, int64_t *out)
{
    const char *text = hr_http_query(request, name);

    *out = fallback;
    if (text == NULL ||
        (hr_convert_int(hr_span_str(text), out) == HR_LANE_OK && *out > 0 && *out <= most)) {
        return true;
    }
    hr_http_answer_error(request, 400, "parameter", "'%s' must be a whole number from 1 to %lld",
                         name, (long long)most);
    return false;
}

static void
tap_answer_refused(hr_http_request *request, const hr_error *err)
{
    int status = err->code == HR_ECONFIG ? 404 : 503;

    hr_http_answer_error(request, status, status == 404 ? "node-unknown" : "taps", "%s%s%s",
                         err->msg, err->hint[0] != '\0' ? "; " : "", err->hint);
}

void
hr_admin_on_tap(void *ctx, hr_http_request *request)
{
    hr_admin *admin = ctx;
    int64_t limit, wait_ms, rate;
    hr_tap_asked *asked;
    hr_error err = {0};

    if (!tap_number(request, "limit", TAP_LIMIT, HR_TAPS_LIMIT_MAX, &limit) ||
        !tap_number(request, "wait_ms", TAP_WAIT_MS, HR_TAPS_WAIT_MS_MAX, &wait_ms) ||
        !tap_number(request, "rate", TAP_RATE, HR_TAP_RATE_MAX, &rate)) {
        return;
    }
    asked = taps_place(&admin->taps);
    if (asked == NULL) {
        hr_http_answer_error(request, 503, "taps", "%d taps are open", HR_TAPS_OPEN_MAX);
        return;
    }
    asked->taps = &admin->taps;
    asked->request = request;
    asked->limit = (size_t)limit;
    asked->until_ms = hr_clock_ms() + wait_ms;
    asked->tap = hr_tap_open(admin->app, hr_http_query(request, "topology"),
                             hr_http_path_param(request, "node"), (unsigned)rate, &err);
    if (asked->tap == NULL) {
        tap_answer_refused(request, &err);
        taps_free(&admin->taps, asked);
    } else if (pthread_create(&asked->thread, NULL, tap_main, asked) != 0) {
        hr_http_answer_error(request, 503, "taps", "no thread for a tap");
        taps_free(&admin->taps, asked);
    }
}
