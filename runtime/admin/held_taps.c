/* GET /tap/NODE?limit=N&wait_ms=M&rate=R&topology=T: samples of what reaches a node and leaves it;
 * answers when there are N or the time is over.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "admin/held_taps.h"
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
hr_held_taps_init(hr_held_taps *taps)
{
    memset(taps, 0, sizeof *taps);
    pthread_mutex_init(&taps->lock, NULL);
}

/* ---- the thread of one -------------------------------------------------------------------------
 */

/* Fills `out` with {"samples":[...],"missed":N}. */
static int
tap_collect(hr_held_tap *held, hr_buf *out)
{
    size_t n = 0;
    int rc = hr_buf_append(out, "{\"samples\":[", 12);
    char end[64];

    while (n < held->limit && rc == HR_OK && !atomic_load(&held->taps->stopping)) {
        int64_t left = held->until_ms - hr_clock_ms();
        size_t before = out->len, more;

        if (left <= 0) {
            break;
        }
        rc = n > 0 ? hr_buf_append(out, ",", 1) : HR_OK;
        more =
            hr_tap_take(held->tap, out, held->limit - n, left < TAP_SLICE_MS ? left : TAP_SLICE_MS);
        if (more == 0) {
            out->len = before;
        }
        n += more;
    }
    snprintf(end, sizeof end, "],\"missed\":%llu}", (unsigned long long)hr_tap_missed(held->tap));
    return rc == HR_OK ? hr_buf_append(out, end, strlen(end)) : rc;
}

static void *
tap_main(void *arg)
{
    static const char *const extra[] = {"Cache-Control", "no-store", NULL};
    hr_held_tap *held = arg;
    hr_held_taps *taps = held->taps;
    hr_buf out = {.cap_max = TAP_ANSWER_BYTES_MAX};

    if (tap_collect(held, &out) == HR_OK) {
        hr_http_answer(held->request, 200, "application/json", hr_buf_span(&out), extra);
    } else {
        hr_admin_answer_no_memory(held->request);
    }
    hr_buf_finish(&out);
    hr_tap_close(held->tap);
    pthread_mutex_lock(&taps->lock);
    held->ended = true;
    pthread_mutex_unlock(&taps->lock);
    return NULL;
}

/* A free place; threads that have ended are joined for it. NULL: all are in use. */
static hr_held_tap *
taps_place(hr_held_taps *taps)
{
    hr_held_tap *place = NULL;

    pthread_mutex_lock(&taps->lock);
    for (size_t i = 0; i < HR_HELD_TAPS_MAX && place == NULL; i++) {
        hr_held_tap *held = &taps->held[i];

        if (held->used && held->ended) {
            pthread_join(held->thread, NULL);
            *held = (hr_held_tap){0};
        }
        place = held->used ? NULL : held;
    }
    if (place != NULL) {
        place->used = true;
    }
    pthread_mutex_unlock(&taps->lock);
    return place;
}

static void
taps_free(hr_held_taps *taps, hr_held_tap *held)
{
    hr_tap_close(held->tap);
    pthread_mutex_lock(&taps->lock);
    *held = (hr_held_tap){0};
    pthread_mutex_unlock(&taps->lock);
}

void
hr_held_taps_finish(hr_held_taps *taps)
{
    atomic_store(&taps->stopping, true);
    for (size_t i = 0; i < HR_HELD_TAPS_MAX; i++) {
        if (taps->held[i].used) {
            pthread_join(taps->held[i].thread, NULL);
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
    hr_held_tap *held;
    hr_error err = {0};

    if (!tap_number(request, "limit", TAP_LIMIT, HR_HELD_TAP_SAMPLES_MAX, &limit) ||
        !tap_number(request, "wait_ms", TAP_WAIT_MS, HR_HELD_TAP_WAIT_MS_MAX, &wait_ms) ||
        !tap_number(request, "rate", TAP_RATE, HR_TAP_RATE_MAX, &rate)) {
        return;
    }
    held = taps_place(&admin->taps);
    if (held == NULL) {
        hr_http_answer_error(request, 503, "taps", "%d taps are open", HR_HELD_TAPS_MAX);
        return;
    }
    held->taps = &admin->taps;
    held->request = request;
    held->limit = (size_t)limit;
    held->until_ms = hr_clock_ms() + wait_ms;
    held->tap = hr_tap_open(admin->app, hr_http_query(request, "topology"),
                            hr_http_path_param(request, "node"), (unsigned)rate, &err);
    if (held->tap == NULL) {
        tap_answer_refused(request, &err);
        taps_free(&admin->taps, held);
    } else if (pthread_create(&held->thread, NULL, tap_main, held) != 0) {
        hr_http_answer_error(request, 503, "taps", "no thread for a tap");
        taps_free(&admin->taps, held);
    }
}
