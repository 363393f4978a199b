/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/live_line.h"
#include "engine/clock.h"
#include "engine/metrics.h"
#include "engine/progress.h"

#include <inttypes.h>
#include <string.h>

/* One terminal, one line. */
static struct {
    hr_app *app;
    hr_app_stats last;
    int64_t last_ms, began_ms;
} live;

static void
live_clear(void)
{
    fputs("\r\x1b[K", stderr);
}

/* How long a job of which `done` took elapsed_ms will still take, as 0:07 or 1:02:03. */
static void
live_time_left(double done, int64_t elapsed_ms, char *out, size_t size)
{
    int64_t s = (int64_t)((double)elapsed_ms * (1 - done) / done / 1000 + 0.5);

    if (s >= 3600) {
        snprintf(out, size, "%" PRId64 ":%02d:%02d", s / 3600, (int)(s / 60 % 60), (int)(s % 60));
    } else {
        snprintf(out, size, "%d:%02d", (int)(s / 60), (int)(s % 60));
    }
}

/* In a run that ends by itself: "42 %  ~3068 left  ETA 0:07  " */
static void
live_draw_progress(int64_t now_ms)
{
    hr_progress progress;
    char left[40];

    if (hr_app_progress(live.app, &progress)) {
        live_time_left(progress.done, now_ms - live.began_ms, left, sizeof left);
        fprintf(stderr, "%.0f %%  %s%" PRIu64 " left  ETA %s  ", progress.done * 100,
                progress.estimated ? "~" : "", progress.records_left, left);
    }
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
    live_draw_progress(now_ms);
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
    live.last_ms = live.began_ms = hr_clock_ms();
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
