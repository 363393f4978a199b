#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Sinks stdout and file: lines stay whole and none is lost, whoever else writes or does not read.
set -euo pipefail
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -KILL "$pid"; rm -rf "$dir"' EXIT
cd "$dir"

fail() {
    printf '%s\n' "$*" "--- log" >&2
    cat log >&2
    exit 1
}

# A topology that makes records and writes them.
make() { # NAME COUNT SINK
    cat >"$1.yaml" <<YAML
version: 1
topology: $1
sources:
  numbers:
    generate: {fields: {id: 'n', from: '"$1"', pad: '"........................................"'}, count: $2}
sinks:
  out:
    from: numbers
    $3
YAML
}

# Two topologies on one pipe whose reader is slow at first.
make a 50000 'stdout: {}'
make b 50000 'stdout: {}'
"$HEADRACE" run a.yaml b.yaml --until-end 2>log | (
    sleep 0.3
    cat
) >out
[ "$(grep -cE '^\{"id":[0-9]+,"from":"(a|b)","pad":"\.+"\}$' out)" = 100000 ] || fail "lines of two topologies are mixed"
[ "$(sort -u out | wc -l)" = 100000 ] || fail "a line is there twice"

# A line that is longer than a pipe takes at once.
for name in c d; do
    make $name 500 'stdout: {}'
    sed -i 's/from: numbers/from: wide/' $name.yaml
    printf 'steps:\n  wide: {from: numbers, derive: {p: "pad%s", pad: "p%s"}}\n' \
        "$(printf ' + pad%.0s' {1..29})" "$(printf ' + p%.0s' {1..7})" >>$name.yaml
done
"$HEADRACE" run c.yaml d.yaml --until-end 2>log | (
    sleep 0.3
    cat
) >out
[ "$(grep -cE '^\{"id":[0-9]+,"from":"(c|d)","pad":"\.+","p":"\.+"\}$' out)" = 1000 ] || fail "long lines are mixed"

# Nobody reads: the stop keeps to its limit and says what it waited for. The first records are more
# than a pipe takes, so when one byte of them has come through, others wait.
make e 0 'stdout: {}'
sed -i "s/pad: '[^']*'/pad: '\"$(printf '.%.0s' {1..2000})\"'/" e.yaml
mkfifo pipe
exec 3<>pipe
"$HEADRACE" run e.yaml --set shutdown_timeout=1s >&3 2>log &
pid=$!
read -r -n 1 -t 60 -u 3 || fail "nothing is written"
SECONDS=0
kill "$pid"
status=0
wait "$pid" || status=$?
pid=
exec 3>&-
[ "$SECONDS" -lt 20 ] || fail "it took $SECONDS s to stop"
[ "$status" = 1 ] || fail "exit code $status"
grep -q 'stops before everything was acknowledged' log || fail "it does not say that it stopped early"

# A file that begins anew begins anew once, not once a thread.
make f 20000 'file: {path: f.jsonl, mode: truncate}'
echo old >f.jsonl
"$HEADRACE" run f.yaml --until-end --threads 4 2>log
[ "$(wc -l <f.jsonl)" = 20000 ] || fail "$(wc -l <f.jsonl) lines in the file, not 20000"
grep -q old f.jsonl && fail "the file was not emptied"

# Appending goes on behind what is there.
make g 10 'file: {path: f.jsonl}'
"$HEADRACE" run g.yaml --until-end 2>log
[ "$(wc -l <f.jsonl)" = 20010 ] || fail "appending lost lines"

# A file that repeats does so at once and at its rate; an empty one does no harm.
printf '{"i":%d}\n' 1 2 3 4 5 >repeat.jsonl
cat >h.yaml <<'YAML'
version: 1
topology: h
sources:
  lines:
    file: {path: repeat.jsonl, repeat: true}
sinks:
  out:
    from: lines
    stdout: {}
YAML
"$HEADRACE" run h.yaml 2>log | head -n 500 >out || true
[ "$(sort out | uniq -c | awk '$1 == 100' | wc -l)" = 5 ] || fail "not each line 100 times"

# A dry run prints what would leave, with the sink's name and the key; the records of a file have none.
printf '{"i":1}\n' >repeat.jsonl
sed -i 's/, repeat: true//' h.yaml
"$HEADRACE" run h.yaml --dry --until-end >out 2>log || fail "the dry run failed"
[ "$(cat out)" = "$(printf 'out\t\t{"i":1}')" ] || fail "a dry run prints $(cat out)"

# The end says what became of the records, those too that were left out of the log.
printf 'bad\n%.0s' 1 2 3 >repeat.jsonl
echo 'errors: {on_error: skip}' >>h.yaml
"$HEADRACE" run h.yaml --until-end >out 2>log
grep -qE ' info  h ended: 3 in, 0 out, 3 failed, [0-9]+\.[0-9] s$' log || fail "the end does not say what was left out"
