#!/bin/bash
# SPDX-License-Identifier: MIT
#
# libheaptracker-preload.so under real programs: they run as they do without it, their heap is seen
# while they run, and the figures equal what valgrind's memcheck counts.
. tests/tap.sh

preload=$(realpath "$BUILD/libheaptracker-preload.so")
exercise=$(realpath "$BUILD/programs/preload_exercise_posix")
export HEAPCTRS_DIR=$scratch/regions
summary=$scratch/summary

if [[ $BUILD == */[at]san ]]; then
    skip_all 'sanitizers bring a malloc of their own'
fi

preloaded()
{
    rm -f "$summary"
    run timeout 300 env HEAPCTRS_SUMMARY="$summary" LD_PRELOAD="$preload" "$@"
}

# The programs' output and status are what they are without us.
same_as_bare()
{
    local name=$1
    shift
    run timeout 300 "$@"
    local bare_status=$status bare_output=$output
    preloaded "$@"
    [[ $status == "$bare_status" && $output == "$bare_output" && -s $summary ]]
    ok $? "$name runs as it does without the library" "status $status, bare $bare_status" \
        "$errors" "$(cat "$summary" 2>&1)"
}

count_sql='create table t(a, b);
with recursive c(x) as (select 1 union all select x + 1 from c where x < 2000)
insert into t select x, hex(x) from c; select sum(length(b)) from t;'

# ls on folders that other programs do not touch meanwhile.
same_as_bare 'ls -lR' ls -lR /usr/share/doc
same_as_bare 'python3 with threads and processes' /usr/bin/python3 -c '
import subprocess, threading
parts = []
def work(n):
    parts.append(sum(len(str(i) * 3) for i in range(n)))
threads = [threading.Thread(target=work, args=(3000,)) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
print(sum(parts), subprocess.run(["/bin/echo", "child"], capture_output=True).stdout)'
same_as_bare 'sqlite3' sqlite3 :memory: "$count_sql"
same_as_bare 'a shell with pipes and subshells' bash -c '(for i in {1..50}; do echo $i; done) | sort -n | tail -n 3; echo $(seq 5 | tr "\n" ,)'
for part in family threads fork dlopen edges; do
    same_as_bare "the malloc family: $part" "$exercise" "$part"
done
same_as_bare 'a compiler' gcc -fsyntax-only -x c /dev/null

is "$(ls -A "$HEAPCTRS_DIR" 2>&1)" '' 'no region is left by any of them'

# fork: the child counts on from where its parent was.
preloaded "$exercise" fork
is "$(wc -l <"$summary")" 6 'each forked child has figures of its own'
is "$(grep -c ' 1 allocs, 1 frees, 1000 bytes allocated; in use at exit: 0 bytes in 0 blocks' "$summary")" 1 \
    "the parent's figures have nothing of the children's"

# What nobody freed is seen as such, and no event was lost on the way.
preloaded "$exercise" family
like "$(cat "$summary")" 'in use at exit: 12 bytes in 1 blocks$' 'a block that is left behind is in use at the end'

# ---- seen from outside while it runs -----------------------------------------------------------
LD_PRELOAD="$preload" background /usr/bin/python3 -c 'import time; x = [bytes(100000) for _ in range(50)]; time.sleep(60)'
seen()
{
    "$BUILD/perfharness" heaps 2>/dev/null | grep -q "python3[^:]*:$child:malloc"
}
wait_until 300 seen
ok $? 'the heap of a running program is seen as <process>:<pid>:malloc'
kill -9 "$child"
wait "$child" 2>/dev/null
gone()
{
    ! seen && [[ -z $(ls -A "$HEAPCTRS_DIR") ]]
}
wait_until 300 gone
ok $? 'a program that is killed disappears, and its file'

# ---- programs that cannot publish run all the same ------------------------------------------------
run env HEAPCTRS_DIR=/nowhere/at/all LD_PRELOAD="$preload" sqlite3 :memory: 'select 6 * 7;'
is "$status $output" '0 42' 'without a directory to publish in a program runs'
run bash -c "(ulimit -n 4; ulimit -f 0; LD_PRELOAD='$preload' sqlite3 :memory: 'select 6 * 7;') | cat"
is "$output" 42 'without room or descriptors too'

# ---- the figures against valgrind's ------------------------------------------------------------------
if [[ ! -x $(command -v valgrind) ]]; then
    skip 'the figures equal those of valgrind' 'valgrind is not installed'
    done_testing
fi

# A, F, B and what is in use, as ours and as valgrind's. In a small environment, for programs copy it
# and valgrind adds to it.
compare()
{
    local bare=(env -i PATH="$PATH" HEAPCTRS_DIR="$HEAPCTRS_DIR" HEAPCTRS_SUMMARY="$summary")
    rm -f "$summary"
    timeout 300 "${bare[@]}" LD_PRELOAD="$preload" "$@" >/dev/null 2>&1 </dev/null
    ours=$(sed -nE 's/.*usage: ([0-9]+) allocs, ([0-9]+) frees, ([0-9]+) bytes.*exit: ([0-9]+) bytes in ([0-9]+) .*/\1 \2 \3 \4 \5/p' "$summary")
    timeout 300 "${bare[@]}" valgrind --log-file="$scratch/valgrind" --run-libc-freeres=no \
        --run-cxx-freeres=no "$@" >/dev/null 2>&1 </dev/null
    theirs=$(tr -d , <"$scratch/valgrind" | sed -nE \
        -e 's/.*in use at exit: ([0-9]+) bytes in ([0-9]+) blocks/in \1 \2/p' \
        -e 's/.*usage: ([0-9]+) allocs ([0-9]+) frees ([0-9]+) bytes.*/all \1 \2 \3/p' |
        awk '$1 == "in" { use = $2 " " $3 } $1 == "all" { print $2, $3, $4, use }')
}

equal()
{
    local name=$1
    shift
    compare "$@"
    is "$ours" "$theirs" "$name: allocations, frees, bytes, and what is in use equal valgrind's"
}

equal 'ls -lR' ls -lR /usr/share/doc/bash
equal 'sqlite3' sqlite3 :memory: "$count_sql"
equal 'find' find /usr/share/doc/bash -name '*a*'
equal 'awk' awk 'BEGIN { for (i = 0; i < 5000; i++) a[i] = i "x"; print length(a) }'
equal 'sort' sort -r /etc/passwd
equal 'the malloc family' "$exercise" valgrind
equal 'dlopen and dlclose' "$exercise" dlopen

# What differs, and why.
read -r -a none <<<'0 0 0 0 0'
difference()
{
    compare "$@"
    read -r -a a <<<"$ours"
    read -r -a b <<<"$theirs"
    d=()
    for i in "${!none[@]}"; do d+=($((b[i] - a[i]))); done
}

# Each thread's table of thread-local blocks has a 16-byte entry for each library that has some:
# ours is one more.
difference "$exercise" threads
is "${d[*]}" '0 0 -64 -64 0' 'with threads, only 16 bytes a thread for our library differ'

# valgrind counts a reallocation that fails as an allocation and a free, with its size.
difference "$exercise" edges
is "${d[*]:0:2} ${d[*]:3}" '1 1 0 0' 'a reallocation that fails counts for valgrind alone'

# Python copies its environment, in which LD_PRELOAD names our library or valgrind's.
difference /usr/bin/python3 -I -S -c 'print(sum(len(str(i)) for i in range(10000)))'
is "${d[*]:0:2} ${d[4]}" '0 0 0' 'python3: as many allocations, frees and blocks as for valgrind'
is "$((${d[2]#-} <= 4096 && d[2] == d[3]))" 1 'python3: bytes differ by the environment alone' "${d[*]}"

done_testing
