/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/metric_text.h"
#include "engine/metrics.h"
#include "hr_test.h"

#include <math.h>
#include <stdio.h>

static const hr_metric_desc records = {.name = "node_records_in_total",
                                       .unit = "records",
                                       .labels = "node",
                                       .help = "Records, one \\ line\nand another.",
                                       .kind = HR_METRIC_COUNTER};

static void
check(hr_buf *out, const char *want)
{
    assert_int_equal(hr_buf_append(out, "", 1), HR_OK);
    assert_string_equal((const char *)out->data, want);
    hr_buf_finish(out);
}

static void
a_metric_has_help_type_and_values(void **state)
{
    hr_buf out = {0};
    hr_metric_text text = {.out = &out};

    (void)state;
    hr_metric_text_begin(&text, &records, "topology");
    hr_metric_text_value(&text, (const char *[]){"flights", "a"}, 12);
    hr_metric_text_value(&text, (const char *[]){"flights", "b"}, 0.25);
    assert_int_equal(text.rc, HR_OK);
    check(&out, "# HELP headrace_node_records_in_total Records, one \\\\ line\\nand another.\n"
                "# TYPE headrace_node_records_in_total counter\n"
                "headrace_node_records_in_total{topology=\"flights\",node=\"a\"} 12\n"
                "headrace_node_records_in_total{topology=\"flights\",node=\"b\"} 0.25\n");
}

static void
labels_are_escaped_and_valid_utf8(void **state)
{
    hr_buf out = {0};
    hr_metric_text text = {.out = &out, .metric = &records, .base = ""};

    (void)state;
    hr_metric_text_value(&text, (const char *[]){"a\"b\\c\nd\xff\xc3\xa9"}, 1);
    check(&out, "headrace_node_records_in_total{node=\"a\\\"b\\\\c\\nd?\xc3\xa9\"} 1\n");
}

static void
a_metric_of_any_process_has_no_prefix_and_may_have_no_labels(void **state)
{
    static const hr_metric_desc fds = {.name = "process_open_fds",
                                       .unit = "files",
                                       .labels = "",
                                       .help = "Open files.",
                                       .kind = HR_METRIC_GAUGE};
    hr_buf out = {0};
    hr_metric_text text = {.out = &out, .metric = &fds, .base = ""};

    (void)state;
    hr_metric_text_value(&text, NULL, 7);
    hr_metric_text_value(&text, NULL, (double)NAN);
    hr_metric_text_value(&text, NULL, (double)INFINITY);
    hr_metric_text_value(&text, NULL, 1e300);
    check(&out, "process_open_fds 7\nprocess_open_fds NaN\nprocess_open_fds +Inf\n"
                "process_open_fds 1e300\n");
}

/* The number of a line that starts so. */
static double
number_after(const char *text, const char *start)
{
    const char *at = strstr(text, start);
    double value = -1;

    assert_non_null(at);
    assert_int_equal(sscanf(at + strlen(start), "%lf", &value), 1);
    return value;
}

static void
buckets_hold_exactly_what_was_counted(void **state)
{
    static const hr_metric_desc latency = {.name = "latency_seconds",
                                           .unit = "seconds",
                                           .labels = "topology",
                                           .help = "Latency.",
                                           .kind = HR_METRIC_HISTOGRAM};
    static hr_histogram h;
    uint64_t counts[HR_HISTOGRAM_BUCKETS] = {0};
    hr_buf out = {0};
    hr_metric_text text = {.out = &out};
    const char *s;

    (void)state;
    hr_histogram_add(&h, 99, 1);        /* below 100 us */
    hr_histogram_add(&h, 100, 2);       /* not below */
    hr_histogram_add(&h, 52428799, 4);  /* below 52.4288 s */
    hr_histogram_add(&h, 200000000, 8); /* above all bounds */
    hr_histogram_sum(&h, counts);
    hr_metric_text_begin(&text, &latency, "");
    hr_metric_text_histogram(&text, (const char *[]){"t"}, counts, hr_counter_get(&h.sum_us));
    assert_int_equal(hr_buf_append(&out, "", 1), HR_OK);
    s = (const char *)out.data;
    assert_has_text(s, "# TYPE headrace_latency_seconds histogram\n");
    assert_true(number_after(s, "{topology=\"t\",le=\"0.0001\"} ") == 1);
    assert_true(number_after(s, "{topology=\"t\",le=\"0.0002\"} ") == 3);
    assert_true(number_after(s, "{topology=\"t\",le=\"26.2144\"} ") == 3);
    assert_true(number_after(s, "{topology=\"t\",le=\"52.4288\"} ") == 7);
    assert_true(number_after(s, "{topology=\"t\",le=\"104.8576\"} ") == 7);
    assert_true(number_after(s, "{topology=\"t\",le=\"+Inf\"} ") == 15);
    assert_true(number_after(s, "_count{topology=\"t\"} ") == 15);
    assert_true(fabs(number_after(s, "_sum{topology=\"t\"} ") - 1809.715495) < 1e-6);
    hr_buf_finish(&out);
}

static void
bounds_are_edges_of_the_fine_histogram(void **state)
{
    (void)state;
    for (size_t i = 0; i < HR_METRIC_BOUNDS; i++) {
        static hr_histogram h;
        uint64_t counts[HR_HISTOGRAM_BUCKETS] = {0};

        memset(&h, 0, sizeof h);
        hr_histogram_add(&h, hr_metric_bounds_us[i] - 1, 1);
        hr_histogram_add(&h, hr_metric_bounds_us[i], 1);
        hr_histogram_sum(&h, counts);
        assert_int_equal(hr_histogram_below(counts, hr_metric_bounds_us[i]), 1);
    }
}

static void
a_full_buffer_is_told_and_nothing_more_is_written(void **state)
{
    hr_buf out = {.cap_max = 40};
    hr_metric_text text = {.out = &out};

    (void)state;
    hr_metric_text_begin(&text, &records, "topology");
    hr_metric_text_value(&text, (const char *[]){"flights", "a"}, 12);
    assert_int_equal(text.rc, HR_ENOMEM);
    assert_true(out.len <= 40);
    hr_buf_finish(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_metric_has_help_type_and_values),
        cmocka_unit_test(labels_are_escaped_and_valid_utf8),
        cmocka_unit_test(a_metric_of_any_process_has_no_prefix_and_may_have_no_labels),
        cmocka_unit_test(buckets_hold_exactly_what_was_counted),
        cmocka_unit_test(bounds_are_edges_of_the_fine_histogram),
        cmocka_unit_test(a_full_buffer_is_told_and_nothing_more_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
