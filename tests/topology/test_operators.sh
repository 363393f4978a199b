#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `headrace operators NAME` has help and an example for every source, table, step, sink and endpoint, and the
# example passes `headrace check` where it is put into the flight topology.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/topologies"
cp -r schemas "$tree"
cp -r topologies/flight_delay "$tree/topologies"
topology=$tree/topologies/flight_delay/topology.yaml
example=$tree/example.yaml

# A node of its own that gives the example something to do.
add_sink() { # FROM
    printf '  added:\n    from: %s\n    blackhole: {}\n' "$1" | sed -i '/^sinks:/r /dev/stdin' "$topology"
}
add_lookup() {
    printf '  looked_up:\n    from: distance\n    enrich: {table: my_table, match: {Origin: Origin, Dest: Dest}, add: [Distance]}\n' |
        sed -i '/^steps:/r /dev/stdin' "$topology"
    add_sink looked_up
}

# Puts the example below the line of its section. `requests` becomes a node whose fields all examples know; a topic is
# read by one source only.
insert() { # SECTION FROM
    sed -e 1d -e "s/from: requests/from: $2/" -e 's/topic: flight_delay_classification_request}/topic: others}/' "$example" |
        sed -i "/^$1:/r /dev/stdin" "$topology"
}

check_example() { # SECTION NAME
    cp topologies/flight_delay/topology.yaml "$topology"
    case $1 in
    sources) insert sources none && add_sink my_source ;;
    tables) insert tables none && add_lookup ;;
    steps) insert steps distance && add_sink my_step ;;
    sinks) insert sinks classify ;;
    endpoints) { echo endpoints: && sed 1d "$example"; } >>"$topology" ;;
    esac
    (cd "$tree" && "$HEADRACE" check topologies/flight_delay/topology.yaml) >"$tree/check.txt" || {
        cat "$example" "$tree/check.txt"
        return 1
    }
}

: "${HEADRACE:?is the program under test}"
n=0
section=
while read -r name _; do
    case $name in
    sources | tables | steps | sinks | endpoints) section=$name && continue ;;
    '' | '`headrace') continue ;;
    esac
    help=$("$HEADRACE" operators "$name")
    word=${section%s}
    part=$(awk -v start="$word $name: " 'index($0, start) == 1 { on = 1; print; next }
                                         on && /^(source|table|step|sink|endpoint) [a-z_]+: / { exit } on' <<<"$help")
    beside="beside \`$name\`:"
    [ "$section" != endpoints ] || beside=options:
    for wanted in options: "$beside" example:; do
        grep -qF -- "$wanted" <<<"$part" || { echo "$word $name: no '$wanted'" && exit 1; }
    done
    sed -n '/^example:$/,$p' <<<"$part" | sed 1d >"$example"
    check_example "$section" "$name" || { echo "the example of $word $name is wrong" && exit 1; }
    n=$((n + 1))
done < <("$HEADRACE" operators)
[ "$n" -ge 19 ] || { echo "only $n of them were seen" && exit 1; }
