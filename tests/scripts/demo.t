#!/bin/bash
# SPDX-License-Identifier: MIT
# slow
#
# The native parts of make demo show what they promise, however fast the machine is: the program that they
# watch works ten times faster and ten times slower, on one core, and beside a load. tests/wine/demo.t runs
# the whole demo once.
# goals: demo-programs
. tests/tap.sh

type -P sqlite3 >/dev/null || skip_all 'no sqlite3'

# shows_sqlite NAME COMMAND…: the first part of the demo, run by the command
shows_sqlite()
{
    local name=$1
    shift
    run "$@" 1
    is "$status" 0 "$name: the demo ends well" || diag "$output" "$errors"
    is "$(grep -Ec 'sqlite3:[0-9]+:malloc +[0-9]' <<<"$output")" 2 "$name: a query and heaps show the heap of sqlite3"
    is "$errors" '' "$name: there are no stray messages"
}

shows_sqlite 'as it is' scripts/demo
sed 's/40000/4000/' scripts/demo.sql >"$tmp/fast.sql"
DEMO_SQL=$tmp/fast.sql shows_sqlite 'ten times faster' scripts/demo
sed 's/40000/400000/' scripts/demo.sql >"$tmp/slow.sql"
DEMO_SQL=$tmp/slow.sql shows_sqlite 'ten times slower' scripts/demo
shows_sqlite 'on one core' taskset -c 0 scripts/demo
for _ in {1..8}; do
    background sh -c 'while :; do :; done'
    load+=("$child")
done
shows_sqlite 'beside a load of 8' scripts/demo
kill "${load[@]}"
wait "${load[@]}" 2>/dev/null

# The commands that are shown can be pasted: those of part 3 run in a shell of their own.
run scripts/demo 3
is "$status:$errors" '0:' 'the faulty provider: the demo ends well' || diag "$output" "$errors"
shown=$output
for rule in guard-overrun name-terminator; do
    is "$(grep -c "^error .* $rule" <<<"$shown")" 1 "$rule is found once: before the repair"
done
is "$(grep -c '^warning' <<<"$shown")" 0 'nothing else is found'
like "$shown" 'repaired.so: [0-9]+ rules kept, 0 broken' 'the repaired provider breaks no rule'
grep -A1 '^\$ ' <<<"$shown" | sed -n 's/^\$ //p; /^      /p' >"$tmp/pasted"
run bash "$tmp/pasted"
is "$(grep -E '^error|broken' <<<"$output" | sed 's/ in .*s$//')" \
    "$(grep -E '^error|broken' <<<"$shown" | sed 's/ in .*s$//')" 'its commands do the same in a shell of their own'

run scripts/demo 1
grep '^\$ \|^      --' <<<"$output" | sed 's/^\$ //' >"$tmp/pasted"
{ cat "$tmp/pasted"; echo 'kill $!'; } >"$tmp/script"
run bash -n "$tmp/script"
is "$status:$errors" '0:' 'the commands of the first part can be pasted, too'
like "$(tail -4 <<<"$shown")" 'Summary.*Seen: .*README.md' 'the end is a summary'
run scripts/demo --help
like "$output" 'usage: scripts/demo' '--help helps'
done_testing
