#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/tap.sh, tested by its own output: a helper that passes what must fail would hide every fault.
set -u
cases=(
    'is 1 1 x                       |ok 1 - x'
    'is 1 2 x                       |not ok 1 - x'
    'isnt 1 2 x                     |ok 1 - x'
    'isnt 1 1 x                     |not ok 1 - x'
    'like abc b x                   |ok 1 - x'
    'like abc d x                   |not ok 1 - x'
    'unlike abc d x                 |ok 1 - x'
    'unlike abc b x                 |not ok 1 - x'
    'false; ok $? x                 |not ok 1 - x'
    'skip x "no network"            |ok 1 - x # SKIP no network'
    'skip_all "no network"          |1..0 # SKIP no network'
    'run sh -c "exit 3"; is $status 3 x|ok 1 - x'
    'run sh -c "echo a; echo b >&2"; is "$output$errors" ab x|ok 1 - x'
    'wait_until 1 false; ok $? x    |not ok 1 - x'
    'pass x; done_testing           |ok 1 - x,1..1'
)
number=0
for case in "${cases[@]}"; do
    number=$((number + 1))
    script=${case%%|*} expected=${case#*|}
    got=$(bash -c ". tests/tap.sh; $script" | grep -v '^#' | paste -sd,)
    [[ $got == "$expected" ]] || printf 'not '
    printf 'ok %d - %s gives %s\n' "$number" "$script" "$expected"
    [[ $got == "$expected" ]] || echo "# got: $got"
done

number=$((number + 1))
bash -c '. tests/tap.sh; fail x; done_testing' >/dev/null && printf 'not '
echo "ok $number - a failed test makes the status 1"
number=$((number + 1))
bash -c '. tests/tap.sh; pass x; exit 0' >/dev/null && printf 'not '
echo "ok $number - a script that ends without its plan has failed"
number=$((number + 1))
folder=$(bash -c '. tests/tap.sh; background sleep 50; echo "$tmp $child"')
read -r tmp child <<<"$folder"
{ [[ -e $tmp ]] || kill -0 "$child" 2>/dev/null; } && printf 'not '
echo "ok $number - no child remains"
echo "1..$number"
