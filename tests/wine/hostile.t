#!/bin/bash
# SPDX-License-Identifier: MIT
# needs: win64
#
# Under Wine, too, a publisher that rewrites its own region at random while it is read harms neither the
# consumer nor another heap's figures; and the provider works under a restricted token.
. tests/tap.sh

programs=build/win64/programs
type -P wine >/dev/null || skip_all 'no Wine'
mkdir "$tmp/regions"
folder="Z:${tmp//\//\\}\\regions"
export HEAPCTRS_DIR=$folder

{
    echo 'open witness'
    for i in 1 2 3 4 5 6 7; do
        echo "allocate 0 $((i * 4096)) 100"
    done
} >"$tmp/orders"
mkfifo "$tmp/pipe"
background bash -c "cat '$tmp/orders' - <'$tmp/pipe' | exec wine $programs/scripted_publisher.exe >'$tmp/answers'"
exec 9>"$tmp/pipe"
answered()
{
    (($(tr -d '\r' <"$tmp/answers" | grep -c '^0$') == 8))
}
wait_until 300 answered
ok $? 'the witness has followed its commands'

for seed in 1 2; do
    background bash -c "exec wine $programs/hostile_publisher_win.exe '$folder' $seed 4000 >'$tmp/ready$seed'"
    attackers+=("$child")
done
all_ready()
{
    grep -q ready "$tmp/ready1" && grep -q ready "$tmp/ready2"
}
wait_until 300 all_ready
ok $? 'two hostile publishers are at work'
run wine "$programs/collect_loop_win.exe" build/win64/heapctrs.dll 2500 :witness
is "$status" 0 'all collects succeed in time, and show the witness with its figures' || diag "$output$errors"
diag "$output"
for attacker in "${attackers[@]}"; do
    wait "$attacker"
    is $? 0 'a hostile publisher lives to its end'
done

run wine "$programs/collect_loop_win.exe" build/win64/heapctrs.dll 300 :witness restricted
if [[ $status == 3 ]]; then
    skip 'the provider works under a restricted token' "$output"
else
    is "$status" 0 'the provider works under a restricted token' || diag "$output$errors"
fi
exec 9>&-
done_testing
