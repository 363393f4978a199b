/* SPDX-License-Identifier: Apache-2.0 */
#include "live/figures.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stddef.h>
#include <string.h>

#define UNKNOWN "-"

typedef struct figure_unit {
    double size;
    const char *name;
} figure_unit;

static const char *
figure_text(char out[HR_FIGURE_MAX], const char *text)
{
    snprintf(out, HR_FIGURE_MAX, "%s", text);
    return out;
}

/* Two figures that count, or three: 0.42, 4.2, 42, 420. */
static void
figure_short(double value, const char *unit, const char *behind, char out[HR_FIGURE_MAX])
{
    int digits = value == 0 || value >= 99.95 ? 0 : value < 0.9995 ? 2 : 1;

    snprintf(out, HR_FIGURE_MAX, "%.*f", digits, value);
    if (digits == 1 && out[strlen(out) - 1] == '0') {
        out[strlen(out) - 2] = '\0';
    }
    snprintf(out + strlen(out), HR_FIGURE_MAX - strlen(out), "%s%s", unit, behind);
}

/* In the largest unit that leaves at least 1 of it. */
static const char *
figure_scaled(double value, const figure_unit *units, size_t n, const char *behind,
              char out[HR_FIGURE_MAX])
{
    const figure_unit *unit = &units[0];

    if (!isfinite(value) || value < 0 || value >= 1e18) {
        return figure_text(out, UNKNOWN);
    }
    for (size_t i = 1; i < n; i++) {
        if (value >= units[i].size * 0.9995) {
            unit = &units[i];
        }
    }
    figure_short(value / unit->size, unit->name, behind, out);
    return out;
}

const char *
hr_figure_count(double value, char out[HR_FIGURE_MAX])
{
    char digits[HR_FIGURE_MAX];
    size_t len, to = 0;

    if (!isfinite(value) || value < 0 || value >= 1e18) {
        return figure_text(out, UNKNOWN);
    }
    len = (size_t)snprintf(digits, sizeof digits, "%.0f", value);
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            out[to++] = ',';
        }
        out[to++] = digits[i];
    }
    out[to] = '\0';
    return out;
}

const char *
hr_figure_rate(double per_second, char out[HR_FIGURE_MAX])
{
    static const figure_unit units[] = {{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}};

    return figure_scaled(per_second, units, sizeof units / sizeof units[0], "/s", out);
}

const char *
hr_figure_nanoseconds(double value, char out[HR_FIGURE_MAX])
{
    static const figure_unit units[] = {{1, " ns"}, {1e3, " us"}, {1e6, " ms"}, {1e9, " s"}};

    return figure_scaled(value, units, sizeof units / sizeof units[0], "", out);
}

const char *
hr_figure_bytes(double value, char out[HR_FIGURE_MAX])
{
    static const figure_unit units[] = {
        {1, " B"}, {1024, " KiB"}, {1048576, " MiB"}, {1073741824, " GiB"}};

    return figure_scaled(value, units, sizeof units / sizeof units[0], "", out);
}

const char *
hr_figure_age(int64_t ms, char out[HR_FIGURE_MAX])
{
    int64_t s = ms / 1000;
    int64_t min = s / 60, h = s / 3600, d = s / 86400;

    if (ms < 0) {
        return figure_text(out, UNKNOWN);
    }
    if (min == 0) {
        snprintf(out, HR_FIGURE_MAX, "%" PRId64 " s", s);
    } else if (h == 0) {
        snprintf(out, HR_FIGURE_MAX, "%" PRId64 " min", min);
    } else if (d == 0) {
        snprintf(out, HR_FIGURE_MAX, "%" PRId64 " h %" PRId64 " min", h, min % 60);
    } else {
        snprintf(out, HR_FIGURE_MAX, "%" PRId64 " d %" PRId64 " h", d, h % 24);
    }
    return out;
}
