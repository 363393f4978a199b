/* Offsets of a topic count records, those of a file bytes. So how far a topology has come is the
 * share of its offsets that are done, and what is left follows from the records that this share
 * was.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine/progress.h"
#include "engine/stats_parts.h"
#include "hr_source.h"

typedef struct run_progress {
    double done, all; /* offsets */
    bool known, bytes;
} run_progress;

/* A partition that nobody has said anything of (another process reads it) counts as not begun. */
static void
progress_add(run_progress *progress, const hr_until *until)
{
    int64_t begin = until->begin_offset > 0 ? until->begin_offset : 0;
    int64_t at = until->at_offset > begin ? until->at_offset : begin;

    if (until->end_offset == INT64_MAX) {
        progress->known = false;
    } else if (until->end_offset > begin) {
        at = until->done || at > until->end_offset ? until->end_offset : at;
        progress->done += (double)(at - begin);
        progress->all += (double)(until->end_offset - begin);
    }
}

static run_progress
progress_of(hr_run *run)
{
    run_progress progress = {.known = run->options.until_end};

    pthread_mutex_lock(&run->lock);
    progress.known = progress.known && run->until_sources == run->topology->n_sources;
    for (size_t i = 0; i < run->n_until; i++) {
        progress_add(&progress, &run->until[i]);
    }
    pthread_mutex_unlock(&run->lock);
    for (size_t i = 0; i < run->topology->n_sources; i++) {
        const hr_source_type *type = run->topology->sources[i].type;

        progress.bytes |= (type->flags & HR_SOURCE_BYTES) != 0;
    }
    return progress;
}

/* Those that are done, as the offsets are; what is under way is not in either. */
static uint64_t
progress_records(const hr_app_stats *sum)
{
    uint64_t n = 0;

    for (size_t i = 0; i < HR_HISTOGRAM_BUCKETS; i++) {
        n += sum->latency[i];
    }
    return n;
}

bool
hr_app_progress(hr_app *app, hr_progress *out)
{
    double left = 0, all = 0;
    hr_run *run;

    *out = (hr_progress){0};
    for (size_t i = 0; (run = hr_app_run(app, i)) != NULL; i++) {
        run_progress progress = progress_of(run);
        double records = progress.all;
        hr_app_stats sum = {0};

        if (!progress.known || (progress.done <= 0 && progress.all > 0)) {
            return false;
        }
        if (progress.bytes && progress.done > 0) {
            hr_stats_run_sum(run, &sum);
            records = (double)progress_records(&sum) * progress.all / progress.done;
        }
        all += records;
        left += progress.all > 0 ? records * (1 - progress.done / progress.all) : 0;
        out->estimated |= progress.bytes;
    }
    out->records_left = (uint64_t)(left + 0.5);
    out->done = all > 0 ? 1 - left / all : 1;
    return true;
}
