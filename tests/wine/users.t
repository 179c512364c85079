#!/bin/bash
# SPDX-License-Identifier: MIT
# needs: win64
#
# Folders of users below %ProgramData%\heapctrs: a program publishes in the folder of its user's SID, whatever others
# have made there before, and readers say what they refuse and whose it is. Wine shows the Unix owner of a file as its
# SID, so a folder of another Unix user is another user's.
. tests/tap.sh

type -P wine >/dev/null || skip_all 'no Wine'
unset HEAPCTRS_DIR
data="$tmp/data"
mkdir "$data"

# A command with another %ProgramData%, which Wine itself sets from its registry.
command_of()
{
    printf 'set ProgramData=Z:%s&& Z:%s %s' "${data//\//\\}" "${PWD//\//\\}\\${1//\//\\}" "$2"
}

start_publisher()
{
    rm -f "$tmp/pipe" "$tmp/answers"
    mkfifo "$tmp/pipe"
    background bash -c "wine cmd /c '$(command_of build/win64/programs/scripted_publisher.exe)' \
        <'$tmp/pipe' >'$tmp/answers' 2>'$tmp/publisher-errors'"
    publisher=$child
    exec 9>"$tmp/pipe"
    printf 'open pool\nallocate 0 4096 100\n' >&9
    wait_until 300 answered || diag "$(cat "$tmp/publisher-errors")"
}

answered()
{
    (($(tr -d '\r' <"$tmp/answers" | grep -c '^0$') == 2))
}

# The system removes the region when it closes the handles of the process, which may be after its end is seen.
has_no_region()
{
    [[ $(folders) == '*' ]]
}

stop_publisher()
{
    exec 9>&-
    wait "$publisher"
}

heaps()
{
    run wine cmd /c "$(command_of build/win64/perfharness.exe "heaps $1")"
    output=${output//$'\r'/} errors=${errors//$'\r'/}
}

# The folders that have a region, without the path.
folders()
{
    (cd "$data/heapctrs" && printf '%s\n' */*.region) | sed 's,/.*,,'
}

start_publisher
sid=$(folders)
like "$sid" '^S-1-5-[0-9-]+$' "a program publishes in the folder of its user's SID"
heaps
like "$output" ':pool ' 'readers find it there' || diag "$errors"
unlike "$(stat -c %A "$data/heapctrs/$sid")" '^.{8}w' 'others cannot write to the folder'
unlike "$(stat -c %A "$data/heapctrs/$sid/"*.region)" '^.{8}w' 'nor to the region'
like "$(stat -c %A "$data/heapctrs/$sid/"*.region)" '^.{7}r' 'which everybody can read'
stop_publisher
wait_until 300 has_no_region
is "$(folders)" '*' 'the region is removed with its program'

if ((EUID == 0)); then
    # Another user was there first.
    rm -r "$data/heapctrs"
    mkdir -p "$data/heapctrs/$sid" "$data/heapctrs/$sid.1"
    chown 65534:65534 "$data/heapctrs" "$data/heapctrs/$sid"
    chmod 777 "$data/heapctrs/$sid.1"
    start_publisher
    is "$(folders)" "$sid.2" "another user's folder, and one that others can write to, are not published in"
    heaps
    like "$output" ':pool ' 'but in the next, which readers find' || diag "$errors"
    like "$errors" "$sid of user S-1-5-7: the folder has the name of another user" 'the first is reported'
    like "$errors" "$sid\\.1 of user $sid: the folder is not read" 'and so is the second'
    heaps '--format json'
    like "${output//$'\n'/}" '"directory-name-taken", *"user": "S-1-5-7"' 'in JSON a user is a SID'

    # A region of another user than its folder's.
    cp "$data/heapctrs/$sid.2/"*.region "$data/heapctrs/$sid.2/1-1.region"
    chown 65534 "$data/heapctrs/$sid.2/1-1.region"
    heaps
    like "$errors" "1-1.region of user .*the region is refused: it is a link, it is not a regular file, or its owner" \
        "a region that is another user's than its folder is refused" || diag "$errors"
    is "$(grep -c ':pool ' <<<"$output")" 1 'the sound one is shown'
    stop_publisher
else
    skip "folders of other users" 'needs root, to make them'
fi

# Every name is taken: the program says why it does not publish.
rm -rf "$data/heapctrs"
mkdir "$data/heapctrs"
for suffix in '' .1 .2 .3 .4 .5 .6 .7; do
    : >"$data/heapctrs/$sid$suffix"
done
export HEAPCTRS_DEBUG=1
start_publisher
is "$(folders)" '*' 'without a free name nothing is published'
like "$(cat "$tmp/publisher-errors")" 'heapctrs' 'and HEAPCTRS_DEBUG=1 says why'
stop_publisher
done_testing
