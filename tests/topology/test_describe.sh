#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What `headrace describe` says about the flight topology, beside what it said before. After a change on purpose:
#   tests/topology/test_describe.sh --write
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

status=0
for format in text dot mermaid; do
    expected=tests/topology/expected/flight_delay.$format
    if [ "${1:-}" = --write ]; then
        "$HEADRACE" describe topologies/flight_delay/topology.yaml --format "$format" >"$expected"
    else
        "$HEADRACE" describe topologies/flight_delay/topology.yaml --format "$format" | diff -u "$expected" - || status=1
    fi
done
exit $status
