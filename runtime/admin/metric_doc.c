/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/metric_doc.h"
#include "admin/metric_table.h"

static const char *const doc_kinds[] = {"counter", "gauge", "histogram"};

/* Calls row() with each metric of a scope and the names of its labels. */
static void
doc_scope(FILE *out, hr_metric_scope scope,
          void (*row)(FILE *out, const hr_metric_desc *metric, const char *base))
{
    for (size_t i = 0; i < hr_metric_table_n; i++) {
        if (hr_metric_table[i].scope == scope) {
            row(out, &hr_metric_table[i].desc, hr_metric_scope_labels(scope));
        }
    }
}

static void
doc_labels(FILE *out, const hr_metric_desc *metric, const char *base)
{
    fprintf(out, "%s%s%s", base, *base != '\0' && *metric->labels != '\0' ? "," : "",
            metric->labels);
}

/* ---- text ------------------------------------------------------------------------------------
 */

static void
doc_text_row(FILE *out, const hr_metric_desc *metric, const char *base)
{
    bool labelled = *base != '\0' || *metric->labels != '\0';

    fprintf(out, "  %s%s%s", hr_metric_prefix(metric), metric->name, labelled ? "{" : "");
    doc_labels(out, metric, base);
    fprintf(out, "%s  %s\n      %s\n", labelled ? "}" : "", doc_kinds[metric->kind], metric->help);
}

void
hr_metric_doc_text(FILE *out)
{
    const hr_metric_desc *metric;
    const char *op;

    for (int scope = 0; scope < HR_SCOPES; scope++) {
        fprintf(out, "%s%s\n", scope > 0 ? "\n" : "",
                hr_metric_scope_title((hr_metric_scope)scope));
        doc_scope(out, (hr_metric_scope)scope, doc_text_row);
    }
    fputs("\nOperators and endpoints\n", out);
    for (size_t i = 0; (metric = hr_metric_of_operators(i, &op)) != NULL; i++) {
        doc_text_row(out, metric, "topology,node");
    }
}

/* ---- Markdown --------------------------------------------------------------------------------
 */

static void
doc_markdown_labels(FILE *out, const hr_metric_desc *metric, const char *base)
{
    const char *parts[] = {base, metric->labels};
    const char *before = "";

    for (size_t i = 0; i < 2; i++) {
        for (const char *s = parts[i]; *s != '\0';) {
            size_t len = strcspn(s, ",");

            fprintf(out, "%s`%.*s`", before, (int)len, s);
            before = ", ";
            s += len + (s[len] == ',' ? 1 : 0);
        }
    }
}

static void
doc_markdown_row(FILE *out, const hr_metric_desc *metric, const char *base)
{
    fprintf(out, "| `%s%s` | %s | %s | ", hr_metric_prefix(metric), metric->name,
            doc_kinds[metric->kind], *metric->unit != '\0' ? metric->unit : "-");
    doc_markdown_labels(out, metric, base);
    fprintf(out, " | %s |\n", metric->help);
}

static void
doc_markdown_head(FILE *out, const char *title)
{
    fprintf(out,
            "\n## %s\n\n| name | type | unit | labels | meaning |\n| --- | --- | --- | --- | --- "
            "|\n",
            title);
}

static void
doc_markdown_bounds(FILE *out)
{
    for (size_t i = 0; i < HR_METRIC_BOUNDS; i++) {
        fprintf(out, "%s`%.7g`", i > 0 ? ", " : "", (double)hr_metric_bounds_us[i] / 1e6);
    }
    fputs(", `+Inf`.\n", out);
}

void
hr_metric_doc_markdown(FILE *out)
{
    const hr_metric_desc *metric;
    const char *op;

    fputs("# Metrics\n\nMade by `headrace metrics --markdown` from the tables that write them; a "
          "test compares, and another one that a\nrunning process shows these and no others.\n\n"
          "`GET /metrics` of the process's own server (`http: {listen: ...}` in the runner's "
          "configuration) answers in the text\nformat of Prometheus, version 0.0.4. Units are base "
          "units: seconds and bytes. Counters start at 0 with the process.\nLabels come from "
          "topologies and from Kafka's topics and partitions, never from records, so that a record "
          "cannot add a series.\n",
          out);
    for (int scope = 0; scope < HR_SCOPES; scope++) {
        doc_markdown_head(out, hr_metric_scope_title((hr_metric_scope)scope));
        doc_scope(out, (hr_metric_scope)scope, doc_markdown_row);
    }
    doc_markdown_head(out, "Of single operators, and of endpoints");
    for (size_t i = 0; (metric = hr_metric_of_operators(i, &op)) != NULL; i++) {
        doc_markdown_row(out, metric, "topology,node");
    }
    fputs("\n## Histograms\nheadrace counts latencies in buckets 3 % wide; a histogram here sums "
          "them up to bounds that are edges of those buckets,\nso that every number was counted "
          "and none is interpolated. That is why the bounds double from 100 us and are no round\n"
          "seconds. `le`, in seconds: ",
          out);
    doc_markdown_bounds(out);
    fputs("\n`GET /topology` tells the 50th to 99.9th percentile from the fine buckets.\n", out);
}
