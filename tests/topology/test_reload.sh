#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A table's file and a model that change while a topology runs: the log tells what became of each change.
set -euo pipefail
dir=$(mktemp -d)
cp -r "$(dirname "${BASH_SOURCE[0]}")"/../../{topologies,schemas} "$dir"
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
flight=topologies/flight_delay

# Waits until the log has a line N times.
wait_line() { # N PATTERN
    for _ in $(seq 200); do
        [ "$(grep -c "$2" log || true)" -lt "$1" ] || return 0
        sleep 0.1
    done
    printf '%s\n' "not in the log $1 times: $2" >&2
    cat log >&2
    exit 1
}

# Puts new content into a file in one step, as an editor or a deployment does.
replace() { # FILE
    cat >new
    mv new "$1"
}

sed -e 's/kafka: {connection: kafka, topic: .*_request, start: earliest}/file: {path: data\/requests.jsonl, rate: 100, repeat: true}/' \
    -e 's/^\( *\)model: models.*/&\n\1reload: on-change/' $flight/topology.yaml >$flight/live.yaml
"$HEADRACE" run $flight/live.yaml --dry >/dev/null 2>log &
pid=$!

table=$flight/data/origin_dest_distances.jsonl
cp $table rows
wait_line 1 'table distances is loaded'
echo '{bad' | replace $table
wait_line 1 'table distances keeps what it has'
replace $table <rows
wait_line 1 "table distances has the new content of .*$table"

model=$flight/models/flight_delay.onnx
cp $model saved.onnx
head -c 1000 saved.onnx | replace $model
wait_line 1 'reload failed, the old one stays .*step=classify'
replace $model <saved.onnx
wait_line 1 'step classify has a new model'

kill -TERM $pid
wait $pid || {
    cat log >&2
    exit 1
}
pid=
