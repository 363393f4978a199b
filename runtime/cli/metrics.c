/* headrace metrics: what /metrics of a running process shows, from the tables that write it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "admin/metric_doc.h"
#include "cli/args.h"
#include "cli/cli.h"

int
hr_cmd_metrics(int argc, char **argv)
{
    bool markdown = false;
    hr_arg_list none = {0};
    const hr_arg table[] = {
        {"--markdown", HR_ARG_FLAG, &markdown, NULL, "Writes docs/METRICS.md."},
        {0},
    };
    const hr_command command = {
        "metrics", "[options]", "Lists the metrics that a running process shows.", table, 0, 0};
    int rc = hr_args_parse(&command, argc, argv, &none);

    if (rc != 0) {
        return rc == 1 ? 0 : rc;
    }
    if (markdown) {
        hr_metric_doc_markdown(stdout);
    } else {
        hr_metric_doc_text(stdout);
    }
    return 0;
}
