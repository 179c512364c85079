#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# heapctrs itself passes `check` at every test level and in both life cycles, while publishers come
# and go.
. tests/tap.sh
export HEAPCTRS_DIR=$scratch/regions
mkdir -m 700 "$HEAPCTRS_DIR"
provider=$BUILD/heapctrs.so
publisher=$BUILD/programs/scripted_publisher

# One publisher that stays, with heaps that come, go and are written to; others that live shortly.
# Each loop ends with its own process: what it feeds ends with its input.
mkfifo "$scratch/commands"
write_commands()
{
    for ((i = 0; ; i++)); do
        printf 'open pool%d\nchurn %d 500\n' "$i" "$i"
        ((i < 3)) || printf 'close %d\n' $((i - 3))
        sleep 0.01
    done >"$scratch/commands"
}
come_and_go()
{
    while printf 'open short\nchurn 0 100\n' | "$publisher" >/dev/null 2>&1; do
        :
    done
}
background write_commands
background "$publisher" <"$scratch/commands" >/dev/null
background come_and_go

# passes NAME ARGUMENT…: check with those arguments has status 0; else its findings are shown.
passes()
{
    local name=$1
    shift
    run timeout 120 "$BUILD/perfharness" check "$provider" "$@"
    ok "$status" "$name" "$output" "$errors"
}

for level in 1 2 3 4; do
    passes "it passes at test level $level" --test-level "$level"
done
passes 'it passes kept loaded, as Windows does' --lifecycle windows
passes 'it passes loaded for each query, as Wine does' --lifecycle wine
passes 'it passes with generated queries' --time 2 --seed 42 --reader all
unlike "$output" 'reader-(windows-exporter|leoluk|netdata|dotnet|oshi)' 'no reader misreads it'
done_testing
