#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What `headrace describe` says about the flight topology and one of endpoints, beside what it said before. After a
# change on purpose:
#   tests/topology/test_describe.sh --write
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

status=0
for topology in topologies/flight_delay/topology.yaml tests/topology/answers.yaml; do
    name=$(sed -n 's/^topology: \([a-z_]*\).*/\1/p' "$topology")
    include=$("$HEADRACE" describe topologies/flight_delay/batch.yaml | grep includes)
[ "$include" = '    includes: topologies/flight_delay/topology.yaml (4 nodes)' ] || { echo "describe: $include" >&2 && status=1; }
for format in text dot mermaid; do
        expected=tests/topology/expected/$name.$format
        if [ "${1:-}" = --write ]; then
            "$HEADRACE" describe "$topology" --format "$format" >"$expected"
        else
            "$HEADRACE" describe "$topology" --format "$format" | diff -u "$expected" - || status=1
        fi
    done
done
exit $status
