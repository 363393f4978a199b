/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/live_line.h"
#include "engine/clock.h"
#include "engine/metrics.h"

#include <inttypes.h>
#include <string.h>

/* One terminal, one line. */
static struct {
    hr_app *app;
    hr_app_stats last;
    int64_t last_ms;
} live;

static void
live_clear(void)
{
    fputs("\r\x1b[K", stderr);
}

static void
live_draw(void *ctx)
{
    hr_app_stats now;
    hr_app_stats window;
    int64_t now_ms = hr_clock_ms();
    double seconds = (double)(now_ms - live.last_ms) / 1000;

    (void)ctx;
    hr_app_stats_get(live.app, &now);
    for (size_t i = 0; i < HR_HISTOGRAM_BUCKETS; i++) {
        window.latency[i] = now.latency[i] - live.last.latency[i];
    }
    live_clear();
    fprintf(
        stderr,
        "in %.0f/s  out %.0f/s  lag %" PRIu64 "  p99 %.2f ms  errors %" PRIu64 "  total %" PRIu64,
        (double)(now.in - live.last.in) / seconds, (double)(now.out - live.last.out) / seconds,
        now.lag, (double)hr_histogram_quantile(window.latency, 0.99) / 1000, now.errors, now.in);
    fflush(stderr);
    live.last = now;
    live.last_ms = now_ms;
}

void
hr_live_line_start(hr_app *app)
{
    live.app = app;
    live.last_ms = hr_clock_ms();
    memset(&live.last, 0, sizeof live.last);
    hr_log_set_terminal(live_clear);
    hr_app_on_tick(app, 1000, live_draw, NULL);
}

void
hr_live_line_stop(void)
{
    if (live.app != NULL) {
        hr_log_set_terminal(NULL);
        live_clear();
        live.app = NULL;
    }
}
