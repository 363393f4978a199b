#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every topology of the repository passes check, with every configuration of the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=$(mktemp)
trap 'rm -f "$out"' EXIT
shopt -s globstar nullglob
files=()
for file in topologies/**/*.yaml tests/topology/good/*.yaml; do
    if grep -q '^topology:' "$file"; then files+=("$file"); fi
done
[ "${#files[@]}" -ge 3 ] || { echo "only ${#files[@]} topologies" >&2; exit 1; }

for config in config/*.yaml; do
    "$HEADRACE" check "${files[@]}" --config "$config" >"$out" 2>&1 || { cat "$out" >&2; exit 1; }
    [ "$(grep -c ': ok (' "$out")" = "${#files[@]}" ] || { cat "$out" >&2; exit 1; }
done
