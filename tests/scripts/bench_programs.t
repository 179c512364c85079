#!/bin/bash
# SPDX-License-Identifier: MIT
# goals: bench-programs
# The programs of `make bench` are built, and those that take a size run with a small one. No figure is asserted.
. tests/tap.sh

export HEAPCTRS_DIR=$tmp
for source in tests/bench/*.c; do
    [[ -x build/native/bench/$(basename "$source" .c) ]] || missing+=" $source"
done
is "${missing:-}" '' 'all programs of tests/bench are built'

# runs PROGRAM [SIZE…]: it prints figures. Its status is 1 if a limit is missed, which depends on the machine.
runs()
{
    BENCH_JSON=$tmp/figures.json run "build/native/bench/$1" "${@:2}"
    [[ $status == [01] ]]
    ok $? "$* measures" "$output" "$errors"
    python3 -c 'import json, sys; sys.exit(not json.load(open(sys.argv[1]))["figures"])' "$tmp/figures.json"
    ok $? '  and writes its figures as JSON'
}
runs bench_collect 10
runs bench_decode 100
runs bench_events
runs bench_host 10

run env BENCH_JSON="$tmp/none/figures.json" build/native/bench/bench_decode 100
is "$status" 2 'a file that cannot be written ends a program with 2'
like "$errors" 'none/figures.json' '  and the message names it'
done_testing
