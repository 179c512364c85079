#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# variants: native win64 win32
# alone
# slow
#
# heapctrs itself passes `check` at every test level, with hard guards and in both life cycles, while
# publishers come and go. Windows builds run under Wine, and are found through its registry.
case ${BUILD:-} in
*win64) [[ ${HEAPCTRS_WINE64_PREFIX:-} ]] || exec scripts/wine-prefix "$0" ;;
*win32)
    why=$(scripts/wine32 --check 2>&1) || { echo "1..0 # SKIP ${why##*$'\n'}"; exit; }
    [[ ${HEAPCTRS_WINE_BITS:-} == 32 ]] || exec scripts/wine32 "$0" ;;
esac
. tests/tap.sh
regions=$tmp/regions
mkdir -m 700 "$regions"
if [[ $BUILD == *win* ]]; then
    harness=(wine "$BUILD/perfharness.exe")
    publisher=(wine "$BUILD/programs/scripted_publisher.exe")
    provider=$BUILD/heapctrs.dll
    regions=Z:${regions//\//\\}
    pause=0.3 # each start of a program takes long from all others
else
    harness=("$BUILD/perfharness")
    publisher=("$BUILD/programs/scripted_publisher")
    provider=$BUILD/heapctrs.so
    pause=0.01
fi
export HEAPCTRS_DIR=$regions

# One publisher that stays, whose heaps open, close and are written to; others that live shortly. Each loop
# ends with its own process, because its input ends.
mkfifo "$tmp/commands"
write_commands()
{
    for ((i = 0; ; i++)); do
        printf 'open pool%d\nchurn %d 500\n' "$i" "$i"
        ((i < 3)) || printf 'close %d\n' $((i - 3))
        sleep "$pause"
    done >"$tmp/commands"
}
stay() # stdin is read inside: a background command of bash has none
{
    "${publisher[@]}" <"$tmp/commands" >/dev/null
}
come_and_go()
{
    while printf 'open short\nchurn 0 100\n' | "${publisher[@]}" >/dev/null 2>&1; do
        sleep "$pause"
    done
}
background write_commands
background stay
# Wine's server does not always survive the end of processes whose memory others read. There, only heaps open
# and close, not processes.
[[ $BUILD == *win* ]] || background come_and_go

# Heaps of the publisher that stays, as the provider shows them.
shown()
{
    run "${harness[@]}" query --format json --library-path "$BUILD"
    grep -o '"name": "[^"]*:pool[0-9]*' <<<"$output" | sort
}
has_heaps()
{
    [[ $(shown) ]]
}
wait_until 300 has_heaps
ok $? 'a publisher is seen before the checks'
before=$(shown)

# passes NAME ARGUMENT…: check with those arguments has status 0; otherwise its findings are shown.
passes()
{
    local name=$1
    shift
    run timeout 900 "${harness[@]}" check "$provider" "$@"
    ok "$status" "$name" "$output" "$errors"
}

# Where a process or a file costs several round trips of Wine's server, one run covers everything: it has the
# guards of every level, and both life cycles.
passes 'it passes with the guards of all levels, in both life cycles' --reader all
like "$output" 'registered as service heapctrs' 'it is held against its registration'
unlike "$output" 'reader-(windows-exporter|leoluk|netdata|dotnet|oshi)' 'no reader misreads it'
if [[ $BUILD != *win* ]]; then
    for level in 1 2 3 4; do
        passes "it passes at test level $level" --test-level "$level"
    done
    passes 'it passes kept loaded, as Windows does' --lifecycle windows
    passes 'it passes loaded for each query, as Wine does' --lifecycle wine
    passes 'it passes with generated queries' --time 2 --seed 42
fi

# What Windows itself would test at each level, and log.
for level in 1 2 3 4; do
    for lifecycle in windows wine; do
        run "${harness[@]}" --test-level "$level" query --library-path "$BUILD" --cooked 0.1 \
            --lifecycle "$lifecycle" --format json
        [[ $status == 0 && $output == *'"Custom Heap"'* && ! $errors ]]
        ok $? "queried at level $level, life cycle of $lifecycle: data, and no event" "$errors"
    done
done
after=$(shown)
[[ $after && $after != "$before" ]]
ok $? 'the heaps have come and gone meanwhile' "$before" "$after"
done_testing
