/* Metrics in the text that Prometheus reads.
 *
 * The bounds of the buckets are no round numbers of a person (1 s, 5 s): a round bound would lie
 * inside one of our fine buckets, and whoever counts it to one side tells what was not measured.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "admin/metric_text.h"
#include "codec/json_write.h"
#include "engine/metrics.h"
#include "expr/utf8.h"

#include <math.h>
#include <stdio.h>

#define TEXT_EXACT 9007199254740992.0 /* 2^53 */

const uint64_t hr_metric_bounds_us[HR_METRIC_BOUNDS] = {
    100,     200,     400,     800,      1600,     3200,     6400,
    12800,   25600,   51200,   102400,   204800,   409600,   819200,
    1638400, 3276800, 6553600, 13107200, 26214400, 52428800, 104857600,
};

const char *
hr_metric_prefix(const hr_metric_desc *metric)
{
    return strncmp(metric->name, "process_", 8) == 0 ? "" : "headrace_";
}

static void
text_add(hr_metric_text *text, const void *bytes, size_t n)
{
    if (text->rc == HR_OK) {
        text->rc = hr_buf_append(text->out, bytes, n);
    }
}

static void
text_puts(hr_metric_text *text, const char *s)
{
    text_add(text, s, strlen(s));
}

static void
text_name(hr_metric_text *text, const char *suffix)
{
    text_puts(text, hr_metric_prefix(text->metric));
    text_puts(text, text->metric->name);
    text_puts(text, suffix);
}

/* Backslash, line end and (in labels) quote are escaped; what is not UTF-8 becomes a question mark:
 * names of files may be any bytes, and one of them must not cost the whole text. */
static void
text_escaped(hr_metric_text *text, const char *s, bool quoted)
{
    hr_span rest = hr_span_str(s);

    while (rest.len > 0) {
        uint32_t code;
        size_t n = hr_utf8_decode(rest, &code);

        if (n == 0) {
            text_puts(text, "?");
            n = 1;
        } else if (*rest.data == '\\' || (quoted && *rest.data == '"')) {
            text_add(text, (const char[]){'\\', (char)*rest.data}, 2);
        } else if (*rest.data == '\n') {
            text_puts(text, "\\n");
        } else {
            text_add(text, rest.data, n);
        }
        rest.data += n;
        rest.len -= n;
    }
}

static void
text_number(hr_metric_text *text, double value)
{
    char digits[32];

    if (!isfinite(value)) {
        text_puts(text, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
    } else if (value == floor(value) && fabs(value) < TEXT_EXACT) {
        snprintf(digits, sizeof digits, "%.0f", value);
        text_puts(text, digits);
    } else if (text->rc == HR_OK) {
        text->rc = hr_json_write_double(text->out, value);
    }
}

/* Writes NAME="VALUE" for each name of the list; returns how many values it took. */
static size_t
text_label_list(hr_metric_text *text, const char *names, const char *const *values,
                const char **before)
{
    size_t n = 0;

    while (*names != '\0') {
        size_t len = strcspn(names, ",");

        text_puts(text, *before);
        text_add(text, names, len);
        text_puts(text, "=\"");
        text_escaped(text, values[n++], true);
        text_puts(text, "\"");
        *before = ",";
        names += len + (names[len] == ',' ? 1 : 0);
    }
    return n;
}

/* le: the upper bound of a bucket, or NULL. */
static void
text_labels(hr_metric_text *text, const char *const *values, const char *le)
{
    const char *before = "{";
    size_t used = text_label_list(text, text->base, values, &before);

    text_label_list(text, text->metric->labels, values + used, &before);
    if (le != NULL) {
        text_label_list(text, "le", &le, &before);
    }
    text_puts(text, *before == ',' ? "} " : " ");
}

void
hr_metric_text_begin(hr_metric_text *text, const hr_metric_desc *metric, const char *base)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};

    text->metric = metric;
    text->base = base;
    text_puts(text, "# HELP ");
    text_name(text, " ");
    text_escaped(text, metric->help, false);
    text_puts(text, "\n# TYPE ");
    text_name(text, " ");
    text_puts(text, types[metric->kind]);
    text_puts(text, "\n");
}

void
hr_metric_text_value(hr_metric_text *text, const char *const *labels, double value)
{
    text_name(text, "");
    text_labels(text, labels, NULL);
    text_number(text, value);
    text_puts(text, "\n");
}

static void
text_bucket(hr_metric_text *text, const char *const *labels, const char *le, uint64_t n)
{
    text_name(text, "_bucket");
    text_labels(text, labels, le);
    text_number(text, (double)n);
    text_puts(text, "\n");
}

void
hr_metric_text_histogram(hr_metric_text *text, const char *const *labels, const uint64_t *counts,
                         uint64_t sum_us)
{
    uint64_t total = hr_histogram_below(counts, UINT64_MAX);
    char le[32];

    for (size_t i = 0; i < HR_METRIC_BOUNDS; i++) {
        snprintf(le, sizeof le, "%.7g", (double)hr_metric_bounds_us[i] / 1e6);
        text_bucket(text, labels, le, hr_histogram_below(counts, hr_metric_bounds_us[i]));
    }
    text_bucket(text, labels, "+Inf", total);
    text_name(text, "_sum");
    text_labels(text, labels, NULL);
    text_number(text, (double)sum_us / 1e6);
    text_puts(text, "\n");
    text_name(text, "_count");
    text_labels(text, labels, NULL);
    text_number(text, (double)total);
    text_puts(text, "\n");
}
