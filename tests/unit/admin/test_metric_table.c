/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/metric_table.h"
#include "hr_test.h"
#include "stats_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define NAMES_MAX 256

static bool
ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* The rules of Prometheus that its own checker looks at, and ours. */
static void
expect_good(const hr_metric_desc *metric)
{
    size_t help = strlen(metric->help);

    assert_int_equal(strspn(metric->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(metric->name));
    assert_int_equal(ends_with(metric->name, "_total"), metric->kind == HR_METRIC_COUNTER);
    if (metric->kind == HR_METRIC_HISTOGRAM) {
        assert_true(ends_with(metric->name, "_seconds"));
    }
    if (strcmp(metric->unit, "seconds") == 0 || strcmp(metric->unit, "bytes") == 0) {
        assert_non_null(strstr(metric->name, metric->unit));
    }
    assert_true(help > 10 && metric->help[help - 1] == '.');
    assert_null(strchr(metric->help, '|')); /* it stands in a table of Markdown */
}

static void
every_metric_follows_the_rules_and_has_a_name_of_its_own(void **state)
{
    const char *names[NAMES_MAX], *op;
    const hr_metric_desc *metric;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < hr_metric_table_n; i++) {
        expect_good(&hr_metric_table[i].desc);
        names[n++] = hr_metric_table[i].desc.name;
    }
    for (size_t i = 0; (metric = hr_metric_of_operators(i, &op)) != NULL; i++) {
        expect_good(metric);
        names[n++] = metric->name;
    }
    assert_true(n > 40 && n < NAMES_MAX);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(names[i], names[k]);
        }
    }
}

/* The text of /metrics; the caller frees it. */
static char *
metrics_text(const hr_stats *stats)
{
    hr_buf out = {0};

    assert_int_equal(hr_metrics_write(stats, &out), HR_OK);
    assert_int_equal(hr_buf_append(&out, "", 1), HR_OK);
    return (char *)out.data;
}

static void
values_stand_where_they_belong(void **state)
{
    static const char *const lines[] = {
        "\nheadrace_build_info{version=\"0.1.0\"} 1\n",
        "\nheadrace_topology_info{topology=\"flights\",group=\"flights\",guarantee=\"at-least-"
        "once\"} 1\n",
        "\nheadrace_topology_state{topology=\"flights\",state=\"running\"} 1\n",
        "\nheadrace_topology_state{topology=\"flights\",state=\"failed\"} 0\n",
        "\nheadrace_failures_total{topology=\"flights\",node=\"requests\",code=\"decode\","
        "action=\"dead_letter\"} 1\n",
        "\nheadrace_topology_threads{topology=\"flights\"} 2\n",
        "\nheadrace_records_done_total{topology=\"flights\"} 11\n",
        "\nheadrace_backpressure_seconds_total{topology=\"flights\"} 1.5\n",
        "\nheadrace_acknowledge_latency_seconds_count{topology=\"flights\"} 3\n",
        "\nheadrace_acknowledge_latency_seconds_sum{topology=\"flights\"} 6e-5\n",
        "\nheadrace_node_records_in_total{topology=\"flights\",node=\"requests\",kind=\"source\"} "
        "12\n",
        "\nheadrace_node_processing_seconds_total{topology=\"flights\",node=\"requests\",kind="
        "\"source\"} 0.0025\n",
        "\nheadrace_node_ready{topology=\"flights\",node=\"answers\",kind=\"sink\"} 0\n",
        "\nheadrace_sink_errors_total{topology=\"flights\",node=\"answers\",error=\"retried\"} "
        "4\n",
        "\nheadrace_sink_errors_total{topology=\"flights\",node=\"answers\",error=\"refused\"} "
        "5\n",
        "\nheadrace_sink_latency_seconds_bucket{topology=\"flights\",node=\"dead_letters\",le="
        "\"+Inf\"} 3\n",
        "\nheadrace_table_rows{topology=\"flights\",node=\"distances\"} 4095\n",
        "\nheadrace_table_age_seconds{topology=\"flights\",node=\"distances\"} 1.5\n",
        "\nheadrace_partition_lag_records{topology=\"flights\",source=\"requests\",topic=\"t\\\"1"
        "\",partition=\"0\"} 1\n",
        "\nheadrace_memory_limit_bytes{topology=\"flights\",budget=\"prefetch\"} 67108864\n",
        "\nheadrace_model_info{topology=\"flights\",node=\"classify\",model=\"flight\\\\delay\","
        "version=\"0123456789ab\"} 1\n",
        "\nheadrace_predict_unseen_total{topology=\"flights\",node=\"classify\",input=\"Carrier\"}"
        " 2\n",
    };
    char *text = metrics_text(&stats_fixture_make()->stats);

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (strstr(text, lines[i]) == NULL) { /* the whole text would hide the line */
            fail_msg("no line %s", lines[i]);
        }
    }
    free(text);
}

static void
what_is_not_known_or_left_out_has_no_value(void **state)
{
    char *text = metrics_text(&stats_fixture_make()->stats);

    (void)state;
    assert_null(strstr(text, "unused"));          /* a sink that is not armed */
    assert_null(strstr(text, "partition=\"1\"")); /* nothing is known of it */
    free(text);
}

static void
partitions_past_the_limit_are_left_out_and_counted(void **state)
{
    stats_fixture *f = stats_fixture_make();
    size_t n = HR_METRIC_PARTITIONS_MAX + 3, seen = 0;
    hr_stats_partition *many = calloc(n, sizeof *many);
    char *text;

    (void)state;
    assert_non_null(many);
    for (size_t i = 0; i < n; i++) {
        many[i] = (hr_stats_partition){"requests", "t", (int32_t)i, 0, 1, 1, 1, 1};
    }
    f->run.partitions = many;
    f->run.n_partitions = n;
    text = metrics_text(&f->stats);
    assert_has_text(text, "\nheadrace_partitions_omitted 3\n");
    for (const char *at = text; (at = strstr(at, "\nheadrace_partition_lag_records{")) != NULL;
         at++) {
        seen++;
    }
    assert_int_equal(seen, HR_METRIC_PARTITIONS_MAX);
    free(text);
    free(many);
}

static void
no_memory_for_the_text_is_told(void **state)
{
    hr_buf out = {.cap_max = 1000};

    (void)state;
    assert_int_equal(hr_metrics_write(&stats_fixture_make()->stats, &out), HR_ENOMEM);
    hr_buf_finish(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_metric_follows_the_rules_and_has_a_name_of_its_own),
        cmocka_unit_test(values_stand_where_they_belong),
        cmocka_unit_test(what_is_not_known_or_left_out_has_no_value),
        cmocka_unit_test(partitions_past_the_limit_are_left_out_and_counted),
        cmocka_unit_test(no_memory_for_the_text_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
