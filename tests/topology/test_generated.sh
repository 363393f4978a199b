#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The reference, the metrics and the JSON Schema in the repository are what the tables say now. After a change:
#   tests/topology/test_generated.sh --write
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

status=0
generated() { # FILE COMMAND...
    local file=$1
    shift
    if [ "${write:-}" = --write ]; then
        "$HEADRACE" "$@" >"$file"
    else
        "$HEADRACE" "$@" | diff -u "$file" - || status=1
    fi
}

write=${1:-}
generated docs/REFERENCE.md operators --markdown
generated docs/METRICS.md metrics --markdown
generated schemas/topology.schema.json schema
exit $status
