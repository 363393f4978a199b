#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Help, versions and exit codes of every command.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=$(mktemp)
trap 'rm -f "$out"' EXIT

fail() {
    printf '%s\n' "$*" "--- output" >&2
    cat "$out" >&2
    exit 1
}

# Runs headrace; its exit code must be the first argument.
expect() { # CODE ARGUMENTS...
    local want=$1 got=0
    shift
    "$HEADRACE" "$@" >"$out" 2>&1 || got=$?
    [ "$got" = "$want" ] || fail "headrace $*: exit code $got, not $want"
}

says() { # TEXT
    grep -qF -- "$1" "$out" || fail "not said: $1"
}

# Every command that `help` lists tells how it is used, with the same summary.
expect 0 help
commands=$(sed -n 's/^  \([a-z]*\)  .*/\1/p' "$out" | grep -v '^help$')
[ "$(wc -w <<<"$commands")" -ge 7 ] || fail "too few commands"
for command in $commands; do
    summary=$("$HEADRACE" help | sed -n "s/^  $command  *//p")
    expect 0 "$command" --help
    says "usage: headrace $command"
    says "$summary"
    expect 0 help "$command"
    says "usage: headrace $command"
    expect 2 "$command" --no-such-option
    says "unknown option '--no-such-option'"
done

expect 2
says 'usage: headrace COMMAND'
expect 2 chek
says "did you mean 'check'?"
expect 2 check
expect 2 check --format xml topologies/flight_delay/topology.yaml
says '--format is text|json|github'
expect 2 describe a.yaml b.yaml
expect 2 describe
expect 2 run
expect 2 run topologies/flight_delay/topology.yaml --threads none
expect 2 run topologies/flight_delay/topology.yaml --threads 257
says 'from 1 to 256'
expect 2 run topologies/flight_delay/topology.yaml topologies/flight_delay/replay.yaml --group g
says 'each needs a group of its own'
expect 1 run topologies/flight_delay/replay.yaml topologies/flight_delay/replay.yaml --config config/embedded.yaml
says "a topology 'flight_delay_replay' runs here already"
expect 1 run topologies/flight_delay/topology.yaml
says "topology.yaml:16:25: error: the configuration has no kafka connection 'kafka'"
expect 2 operators enrihc
says "did you mean 'enrich'?"

expect 0 version
for library in headrace librdkafka libmongoc libuv libyaml jansson protobuf-c libmicrohttpd libcurl xxhash; do
    grep -qE "^ *$library +[0-9]+\.[0-9]+" "$out" || fail "no version of $library"
done
cp "$out" "$out.1"
expect 0 --version
cmp "$out" "$out.1"
rm "$out.1"

# A full disk does not look like success.
if [ -e /dev/full ] && "$HEADRACE" version >/dev/full 2>"$out"; then
    fail "writing to a full disk succeeded"
fi
says 'cannot write the output'
