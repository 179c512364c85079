# SPDX-License-Identifier: MIT
#
# TAP for tests written in bash: `. tests/tap.sh` from the root of the tree. Each function is one
# test; its name is the sentence that it proves.
#
#     . tests/tap.sh
#     run "$BUILD/perfharness" query
#     is "$status" 0 'a query of a good provider succeeds'
#     like "$output" 'Custom Heap' 'it shows the object'
#     is "$errors" '' 'it says nothing on stderr'
#     done_testing
#
# $tmp is a folder of this test's own; it is removed at the end, and so is every child process
# that is started with `background`.

BUILD=${BUILD:-build/native}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/tap.XXXXXX")
tap_count=0 tap_failed=0 tap_done='' tap_children=()

# A child that has not called exec yet can lose the first signal, because it still has bash's handler.
tap_end_children()
{
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        kill "${tap_children[@]}" 2>/dev/null || break
        sleep 0.05
    done
    kill -KILL "${tap_children[@]}" 2>/dev/null
    wait "${tap_children[@]}" 2>/dev/null
}

tap_finish()
{
    local status=$?
    ((${#tap_children[@]})) && tap_end_children
    rm -rf "$tmp"
    # A script that ends early has no plan and so fails; its exit status shows that, too.
    [[ $tap_done ]] || exit $((status ? status : 1))
}
trap tap_finish EXIT
trap 'exit 143' TERM

# ok STATUS NAME [DIAGNOSIS…]: passes if STATUS is 0.
ok()
{
    local verdict='ok' line
    tap_count=$((tap_count + 1))
    if [[ $1 != 0 ]]; then
        verdict='not ok'
        tap_failed=$((tap_failed + 1))
    fi
    printf '%s %d - %s\n' "$verdict" "$tap_count" "$2"
    if [[ $1 != 0 ]]; then
        shift 2
        for line in "$@"; do
            printf '%s\n' "$line" | sed 's/^/# /'
        done
    fi
    [[ $verdict == ok ]]
}

pass()
{
    ok 0 "$1"
}

fail()
{
    ok 1 "$@"
}

# is GOT EXPECTED NAME
is()
{
    [[ $1 == "$2" ]]
    ok $? "$3" "got:      $1" "expected: $2"
}

isnt()
{
    [[ $1 != "$2" ]]
    ok $? "$3" "got just that: $1"
}

# like GOT REGEX NAME (an extended regular expression, found anywhere, in any line)
like()
{
    [[ $1 =~ $2 ]]
    ok $? "$3" "got: $1" "does not match: $2"
}

unlike()
{
    ! [[ $1 =~ $2 ]]
    ok $? "$3" "got: $1" "matches: $2"
}

# skip NAME REASON: one test that cannot be run here
skip()
{
    tap_count=$((tap_count + 1))
    printf 'ok %d - %s # SKIP %s\n' "$tap_count" "$1" "$2"
}

# skip_all REASON: the whole script
skip_all()
{
    printf '1..0 # SKIP %s\n' "$1"
    tap_done=yes
    exit 0
}

diag()
{
    printf '%s\n' "$*" | sed 's/^/# /'
}

# run COMMAND…: its exit status, stdout and stderr go to $status, $output, $errors, the bytes of stdout to
# $tmp/output. Carriage returns of Windows programs are removed from the variables.
run()
{
    "$@" >"$tmp/output" 2>"$tmp/errors" </dev/null
    status=$?
    output=$(tr -d '\0\r' <"$tmp/output")
    errors=$(tr -d '\0\r' <"$tmp/errors")
}

# background COMMAND…: start it; $child is its process id. It is killed at the end.
background()
{
    "$@" &
    child=$!
    tap_children+=("$child")
}

# wait_until SECONDS COMMAND…: repeat it until it succeeds
wait_until()
{
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

# as_user COMMAND…: for tests of permissions: if we are root, it is run by a user without rights
as_user()
{
    if ((EUID)); then "$@"; else setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; fi
}

# done_testing: print the plan; call it at the end.
done_testing()
{
    tap_done=yes
    printf '1..%d\n' "$tap_count"
    exit $((tap_failed > 0))
}
