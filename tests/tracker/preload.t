#!/bin/bash
# SPDX-License-Identifier: MIT
# slow
# libheaptracker-preload.so under real programs: they run as they do without it, their heap is seen while they
# run, and the figures equal those of valgrind's memcheck.
. tests/tap.sh

preload=$(realpath "$BUILD/libheaptracker-preload.so")
exercise=$(realpath "$BUILD/programs/preload_exercise_posix")
export HEAPCTRS_DIR=$tmp/regions
summary=$tmp/summary

if [[ $BUILD == */[at]san ]]; then
    skip_all 'sanitizers bring a malloc of their own'
fi

preloaded()
{
    rm -f "$summary"
    run timeout 900 env HEAPCTRS_SUMMARY="$summary" LD_PRELOAD="$preload" "$@"
}

# The programs' output and status are the same as without the library.
same_as_bare()
{
    local name=$1
    shift
    run timeout 900 "$@"
    local bare_status=$status bare_output=$output
    preloaded "$@"
    [[ $status == "$bare_status" && $output == "$bare_output" && -s $summary ]]
    ok $? "$name runs as it does without the library" "status $status, bare $bare_status" \
        "$errors" "$(cat "$summary" 2>&1)"
}

count_sql='create table t(a, b);
with recursive c(x) as (select 1 union all select x + 1 from c where x < 2000)
insert into t select x, hex(x) from c; select sum(length(b)) from t;'

# ls on folders that other programs do not change meanwhile.
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

# The name is the one that ps shows, but not cut: that of the file that execve was asked to run.
named()
{
    local expected=$1 how=$2
    shift 2
    preloaded "$@"
    is "$(sed -n '1s/:[0-9]*: total heap usage.*//p' "$summary")" "$expected" "the program's name: $how"
}
ln -s "$exercise" "$tmp/a-name-of-more-than-15"
printf '#!%s\nprint(1)\n' "$(command -v python3)" >"$tmp/script"
chmod +x "$tmp/script"
named 'a-name-of-more-than-15' 'a link, longer than 15 characters' "$tmp/a-name-of-more-than-15" edges
named 'script' 'a script, not its interpreter' "$tmp/script"
named 'true' 'fexecve: that of the file' python3 -c '
import os
os.execve(os.open("/bin/true", os.O_RDONLY), ["another"], os.environ)'
named 'awk' 'another argv[0] changes nothing' bash -c 'exec -a other awk "BEGIN { getline name <\"/proc/self/comm\"; exit name != \"awk\" }"'
is "$status" 0 'ps shows the same name'
named 'my_service' 'HEAPCTRS_NAME takes precedence' env HEAPCTRS_NAME='my/service' awk 'BEGIN { }'
named 'awk' 'but not one of 256 bytes' env HEAPCTRS_NAME="$(printf '%0256d' 0)" HEAPCTRS_DEBUG=1 awk 'BEGIN { }'
like "$errors" 'heapctrs: awk\[[0-9]+\]: HEAPCTRS_NAME is ignored' 'HEAPCTRS_DEBUG=1 says so'
for setting in HEAPCTRS_PROFILE={2,4095,1073741825,99999999999999999999,-1,1x} HEAPCTRS_BLOCKS={2,yes,11}; do
    preloaded env "$setting" HEAPCTRS_DEBUG=1 awk 'BEGIN { }'
    like "$errors" "heapctrs: awk\[[0-9]+\]: ${setting%%=*} is ignored: set it to 0" "a value that is ignored is reported: $setting"
done
for setting in HEAPCTRS_PROFILE={,0,1,4096,1073741824} HEAPCTRS_BLOCKS={,0,1}; do
    preloaded env "$setting" HEAPCTRS_DEBUG=1 awk 'BEGIN { }'
    is "$errors" '' "a valid one is not: $setting"
done

# fork: the child continues to count from its parent's figures.
preloaded "$exercise" fork
is "$(wc -l <"$summary")" 6 'each forked child has figures of its own'
is "$(grep -c ' 1 allocs, 1 frees, 1000 bytes allocated; in use at exit: 0 bytes in 0 blocks' "$summary")" 1 \
    "the parent's figures have nothing of the children's"

# A block that is not freed is shown as in use, and no event was lost: in usable bytes, and with a table of
# the blocks in requested ones.
preloaded "$exercise" family
like "$(cat "$summary")" 'in use at exit: 24 bytes in 1 blocks$' 'a block that is not freed is in use at the end'
export HEAPCTRS_BLOCKS=1
preloaded "$exercise" family
unset HEAPCTRS_BLOCKS
like "$(cat "$summary")" 'in use at exit: 12 bytes in 1 blocks$' 'with HEAPCTRS_BLOCKS=1 in requested bytes'

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

# ---- another allocator, whose operators do not call our malloc --------------------------------------
cat >"$tmp/allocator.c" <<'END'
#include <stddef.h>
void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);
void *malloc(size_t n) { return __libc_malloc(n); }
void *calloc(size_t n, size_t m) { return __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { return __libc_realloc(p, n); }
void *memalign(size_t a, size_t n) { return __libc_memalign(a, n); }
void free(void *p) { __libc_free(p); }
size_t malloc_usable_size(void *p) { return p ? (((size_t *)p)[-1] & ~(size_t)15) - 8 : 0; }
#ifdef DIRECT
#define malloc __libc_malloc
#define free __libc_free
#endif
void *_Znwm(size_t n) { return malloc(n); }
void *_Znam(size_t n) { return malloc(n); }
void _ZdlPv(void *p) { free(p); }
void _ZdaPv(void *p) { free(p); }
void _ZdlPvm(void *p, size_t n) { (void)n; free(p); }
END
cat >"$tmp/operators.cpp" <<'END'
#include <cstdlib>
#include <new>
static void *volatile kept;
int main()
{
    void *blocks[1000];
    for (auto &block : blocks) block = ::operator new(100);
    for (int i = 0; i < 500; i++) { kept = std::malloc(10); std::free(kept); }
    for (int i = 0; i < 600; i++) ::operator delete(blocks[i]);
    kept = new char[7];
    delete[] (char *)kept;
    kept = ::operator new(100, std::align_val_t(128));
    ::operator delete(kept, std::align_val_t(128));
    try { kept = ::operator new((std::size_t)-1 / 4); } catch (const std::bad_alloc &) { return 7; }
}
END
gcc -shared -fPIC -fno-builtin -o "$tmp/calls.so" "$tmp/allocator.c" &&
    gcc -shared -fPIC -fno-builtin -DDIRECT -o "$tmp/direct.so" "$tmp/allocator.c" &&
    g++ -std=c++17 -O0 -o "$tmp/operators" "$tmp/operators.cpp"
ok $? 'the programs of this test can be compiled'
# 1502 and 1102 of the program, and what libstdc++ needs for the exception.
rm -f "$summary"
run env HEAPCTRS_SUMMARY="$summary" LD_PRELOAD="$preload" "$tmp/operators"
like "$status $(cat "$summary")" '^7 .*usage: 150[2-5] allocs, 110[2-5] frees' 'operator new of libstdc++ is counted once, and throws'
read -r -a alone <<<"$(sed -nE 's/.*usage: ([0-9]+) allocs, ([0-9]+) frees.*/\1 \2/p' "$summary")"
for kind in calls direct; do
    rm -f "$summary"
    run env HEAPCTRS_SUMMARY="$summary" LD_PRELOAD="$preload $tmp/$kind.so" "$tmp/operators"
    read -r -a with <<<"$(sed -nE 's/.*usage: ([0-9]+) allocs, ([0-9]+) frees.*/\1 \2/p' "$summary")"
    is "${with[*]:0:2}" "${alone[*]}" "operator new of an allocator that $kind malloc is counted once" "$(cat "$summary")"
done

# ---- programs that cannot publish run nevertheless ------------------------------------------------
run env HEAPCTRS_DIR=/nowhere/at/all LD_PRELOAD="$preload" sqlite3 :memory: 'select 6 * 7;'
is "$status $output" '0 42' 'without a directory to publish in a program runs'
run bash -c "(ulimit -n 4; ulimit -f 0; LD_PRELOAD='$preload' sqlite3 :memory: 'select 6 * 7;') | cat"
is "$output" 42 'without space or descriptors, too'

# ---- the figures against valgrind's ------------------------------------------------------------------
if [[ ! -x $(command -v valgrind) ]]; then
    skip 'the figures equal those of valgrind' 'valgrind is not installed'
    done_testing
fi

# A, F, B and what is in use, as counted by us and by valgrind. In a small environment, because programs copy
# it and valgrind adds to it.
ours_only()
{
    bare=(env -i PATH="$PATH" HEAPCTRS_DIR="$HEAPCTRS_DIR" HEAPCTRS_SUMMARY="$summary" \
        ${HEAPCTRS_BLOCKS:+HEAPCTRS_BLOCKS=1})
    rm -f "$summary"
    timeout 900 "${bare[@]}" LD_PRELOAD="$preload" "$@" >/dev/null 2>&1 </dev/null
    ours=$(sed -nE 's/.*usage: ([0-9]+) allocs, ([0-9]+) frees, ([0-9]+) bytes.*exit: ([0-9]+) bytes in ([0-9]+) .*/\1 \2 \3 \4 \5/p' "$summary")
}

compare()
{
    ours_only "$@"
    timeout 900 "${bare[@]}" valgrind --log-file="$tmp/valgrind" --run-libc-freeres=no \
        --run-cxx-freeres=no "$@" >/dev/null 2>&1 </dev/null
    theirs=$(tr -d , <"$tmp/valgrind" | sed -nE \
        -e 's/.*in use at exit: ([0-9]+) bytes in ([0-9]+) blocks/in \1 \2/p' \
        -e 's/.*usage: ([0-9]+) allocs ([0-9]+) frees ([0-9]+) bytes.*/all \1 \2 \3/p' |
        awk '$1 == "in" { use = $2 " " $3 } $1 == "all" { print $2, $3, $4, use }')
}

# In both modes. Without a table, usable bytes are in use: at least as many as were requested.
equal()
{
    local name=$1
    shift
    HEAPCTRS_BLOCKS=1 compare "$@"
    is "$ours" "$theirs" "$name: allocations, frees, bytes, and what is in use equal valgrind's with a table"
    local theirs_first=$theirs
    ours_only "$@"
    read -r -a a <<<"$ours"
    read -r -a b <<<"$theirs_first"
    is "${a[*]:0:3} ${a[4]} $((a[3] >= b[3]))" "${b[*]:0:3} ${b[4]} 1" \
        "$name: allocations, frees, bytes and blocks in use equal valgrind's without a table"
}

equal 'ls -lR' ls -lR /usr/share/doc/bash
equal 'sqlite3' sqlite3 :memory: "$count_sql"
equal 'find' find /usr/share/doc/bash -name '*a*'
equal 'awk' mawk 'BEGIN { for (i = 0; i < 5000; i++) a[i] = i "x"; print length(a) }'
equal 'sort' sort -r /etc/passwd
equal 'the malloc family' "$exercise" valgrind
equal 'dlopen and dlclose' "$exercise" dlopen

# Differences and their reasons. With a table, the bytes in use are compared, too.
export HEAPCTRS_BLOCKS=1
read -r -a none <<<'0 0 0 0 0'
difference()
{
    compare "$@"
    read -r -a a <<<"$ours"
    read -r -a b <<<"$theirs"
    d=()
    for i in "${!none[@]}"; do d+=($((b[i] - a[i]))); done
}

# Each thread's table of thread-local blocks has a 16-byte entry for each library with such blocks; the
# preload library is one more.
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
