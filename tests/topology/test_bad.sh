#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every broken topology gets exactly the message beside it: tests/bad/NAME.yaml, NAME.txt, and NAME.args for what
# else goes on the command line; config_NAME.yaml is a configuration, with which a good topology is checked.
# One mistake gives one error, except in several_mistakes.yaml, and a name that two files have is one in each.
# After a change:
#   tests/topology/test_bad.sh --write      (and read what changed)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
unset HEADRACE_TEST_NOT_SET
out=$(mktemp)
trap 'rm -f "$out"' EXIT
status=0 count=0

wrong() {
    printf '%s\n' "$*" >&2
    status=1
}

for yaml in tests/bad/*.yaml; do
    name=${yaml%.yaml} code=0 args=()
    if [ -e "$name.args" ]; then read -ra args <"$name.args"; fi
    case $yaml in
    */config_*) args=(topologies/flight_delay/replay.yaml --config "$yaml") ;;
    *) args=("$yaml" "${args[@]}") ;;
    esac
    "$HEADRACE" check "${args[@]}" >"$out" || code=$?
    [ "$code" = 1 ] || wrong "$yaml: exit code $code, not 1"
    if [ "${1:-}" = --write ]; then cp "$out" "$name.txt"; fi
    diff -u "$name.txt" "$out" >&2 || status=1
    errors=$(grep -c '^[^ ].*: error\[' "$out" || true)
    case $yaml in
    */several_mistakes.yaml) ;;
    */include_name_taken*) [ "$errors" = 2 ] || wrong "$yaml: $errors errors, not one at each place" ;;
    *) [ "$errors" = 1 ] || wrong "$yaml: $errors errors for one mistake" ;;
    esac
    count=$((count + 1))
done
[ "$count" -ge 60 ] || wrong "only $count broken topologies"

# A message without its topology is not tested.
for text in tests/bad/*.txt; do
    [ -e "${text%.txt}.yaml" ] || wrong "$text belongs to no topology"
done

# All files of one run, in any format, count.
"$HEADRACE" check tests/bad/option_misspelt.yaml topologies/flight_delay/topology.yaml tests/bad/unused_step.yaml \
    --format json >"$out" 2>&1 && wrong 'check succeeds on broken topologies'
[ "$(wc -l <"$out")" = 2 ] || wrong "two broken files give $(wc -l <"$out") lines of JSON"

# A tool is told the file that the mistake is in, not the one that includes it.
"$HEADRACE" check tests/bad/include_with_an_error.yaml --format json >"$out" 2>&1 && wrong 'check takes a broken include'
grep -q '^{"file":"tests/bad/files/misspelt.yaml","line":7,"column":5,' "$out" || wrong "JSON of an include: $(cat "$out")"
exit $status
