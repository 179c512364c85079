#!/bin/bash
# SPDX-License-Identifier: MIT
#
# needs: win64
# goals: build
#
# scripts/check-order finds each kind of use against the order and each name without that of its file, in a small
# tree with one fault at a time, and no fault in this tree.
. tests/tap.sh
root=$PWD

# A tree in the right order: high uses low, and provider uses nothing of the harness.
make_tree()
{
    rm -rf "$tmp/tree"
    mkdir -p "$tmp"/tree/{include,registry,scripts,provider/v2,harness/{low,high}}
    cd "$tmp/tree" || exit 1
    echo 'harness/high/allocator.c: m*: the C library' >scripts/name-exceptions
    printf 'include registry\nharness/low\nharness/high\nprovider\nprovider/v2\n' >layers
    echo 'int low(void);' >harness/low/low.h
    printf '#include "low.h"\nint low(void) { return 1; }\n' >harness/low/low.c
    echo 'int high(void);' >harness/high/high.h
    printf '#include "high.h"\n#include "low.h"\nint high(void) { return low(); }\n' >harness/high/high.c
    echo 'int heap(void) { return 2; }' >provider/heap.c
}

# Compile every source and compare the tree with its table.
check()
{
    local source object objects=()
    for source in $(find . -name '*.c' | sed 's|^\./||'); do
        object=build/native/obj/${source%.c}.o
        mkdir -p "${object%/*}"
        gcc -std=c11 -Iharness/low -Iharness/high -c -o "$object" "$source" || exit 1
        objects+=("$object")
    done
    printf '%s\n' "${objects[@]}" >objects
    run "$root/scripts/check-order" --root . --layers layers --target native=objects
}

# finds NAME TEXT: the check fails and reports TEXT.
finds()
{
    check
    is "$status" 1 "$1"
    like "$output" "$2" "... and the message names the files"
    make_tree
}

make_tree
check
is "$status:$output" '0:' 'a tree in order has no fault'

printf '#include "low.h"\nint high(void);\nint low(void) { return high(); }\n' >harness/low/low.c
finds 'a call into a higher folder' 'harness/low/low.c uses harness/high/high.c .*: high'

printf '#include "high.h"\nint low(void);\n' >harness/low/low.h
finds 'an include of a higher folder' 'harness/low/low.h uses harness/high/high.h'

printf 'int b(void);\nint a(void) { return b(); }\n' >harness/low/a.c
printf 'int a(void);\nint b(void) { return a(); }\n' >harness/low/b.c
finds 'two files that call each other' 'cycle of native symbols: harness/low/a.c, harness/low/b.c'

printf '#ifndef A\n#define A\n#include "b.h"\n#endif\n' >harness/low/a.h
printf '#ifndef B\n#define B\n#include "a.h"\n#endif\n' >harness/low/b.h
finds 'two headers that include each other' 'cycle of includes: harness/low/a.h, harness/low/b.h'

printf 'int low(void);\nint heap(void) { return low(); }\n' >provider/heap.c
finds 'a provider that uses the harness' 'provider/heap.c uses harness/low/low.c: the provider uses nothing'

mkdir harness/new
echo 'int new_one(void) { return 3; }' >harness/new/new.c
printf 'int new_one(void);\nint high(void) { return new_one(); }\n' >harness/high/high.c
finds 'a folder without a layer' 'no folder harness/new'

printf 'void *malloc(unsigned long size) { (void)size; return 0; }\n' >harness/high/allocator.c
printf 'void *malloc(unsigned long);\nint low(void) { return !malloc(1); }\n' >harness/low/low.c
check
is "$status" 0 'a name that the C library defines too is no use'
make_tree

printf 'int half_win(void);\nint half(void) { return half_win(); }\n' >harness/low/half_posix.c
printf 'int half(void);\nint half_win(void) { return half(); }\n' >harness/low/half_win.c
check
is "$status" 0 'the files of two systems are one module'

printf 'int other(void) { return 4; }\nstatic int own(void) { return 5; }\nint lows_own(void) { return own(); }\n' >harness/low/low.c
finds 'a function without the name of its file' 'harness/low/low.c: other does not begin with the name of its file'

printf 'const int limit = 4;\nstatic const int own = 5;\nint low_count;\nint low(void) { return limit + own; }\n' >harness/low/low.c
finds 'a variable without the name of its file' '^harness/low/low.c: limit does not begin with the name of its file$'

echo 'int lower(void) { return 4; }' >harness/low/low.c
finds 'a name that only begins with the same letters' 'harness/low/low.c: lower does not begin'

printf 'int entry_of_table(void) { return 1; }\nint table_entries_count(void) { return 1; }\n' >harness/low/table_entry_win.c
finds 'the words in another order' '^harness/low/table_entry_win.c: entry_of_table does not begin with the name of its file$'

echo 'harness/high/allocator.c: m*' >scripts/name-exceptions
check
is "$status" 2 'an exception without a reason is refused'
make_tree

run "$root/scripts/check-order" --root . --layers layers --target native=/dev/null
is "$status" 2 'without objects nothing can be said'

cd "$root" || exit 1
is "$(sed -n 's/^ *[0-9]\+  \([a-z]\)/\1/p' ARCHITECTURE.md)" "$(sed 's/ *#.*//; /^$/d' scripts/layers)" \
    'ARCHITECTURE.md shows the layers of scripts/layers'
run scripts/check-order
is "$status:$output" '0:' 'this tree is in order, natively and for Windows'
done_testing
