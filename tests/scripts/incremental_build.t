#!/bin/bash
# SPDX-License-Identifier: MIT
# An incremental build notices every source that was changed, moved or removed: in a small tree with this
# Makefile, the files that make must write are compared with those that it wrote.
. tests/tap.sh

tree=$tmp/tree
mkdir -p "$tree"/{include,registry,harness/cli,provider/{os/posix,tracker,snapshot,preload},tests/{unit/posix,programs,faulty}}
cp Makefile VERSION "$tree"
mkdir "$tree/scripts" && cp -r scripts/packaging "$tree/scripts"
cd "$tree" || exit 1
printf '#define NUMBER 1\n' >include/number.h
for name in os/page snapshot/walk snapshot/list tracker/shard; do
    printf '#include "number.h"\nint %s(void);\nint %s(void) { return NUMBER; }\n' \
        "${name#*/}" "${name#*/}" >"provider/$name.c"
done
printf 'shard\n' >provider/tracker/exports.posix
printf 'int walk(void);\nint main(void) { return walk() - 1; }\n' >tests/programs/walker.c
printf 'int fault(void);\nint fault(void) { return 1; }\n' >tests/faulty/fault.c

targets=(libprocesssnapshot.a programs/walker faulty/fault.so)
targets=("${targets[@]/#/build/native/}")
# builds WHAT…: those of the named files that a build writes
builds()
{
    local file
    touch "$tmp/before"
    run make -s TARGET=native "${targets[@]}"
    ((status == 0)) || diag "$output" "$errors"
    for file in "$@"; do
        [[ build/native/$file -nt $tmp/before ]] && printf '%s ' "$file"
    done
}
library=libprocesssnapshot.a
is "$(builds $library programs/walker faulty/fault.so)" "$library programs/walker faulty/fault.so " 'the first build makes all'
is "$(builds $library programs/walker faulty/fault.so obj/provider/snapshot/walk.o)" '' 'the second build makes nothing'

mv provider/snapshot/list.c provider/snapshot/moved_list.c
is "$(builds $library obj/provider/snapshot/moved_list.o)" "$library obj/provider/snapshot/moved_list.o " \
    'a source of a library that moved is compiled'
unlike "$(ar t build/native/$library)" '(^|[^_])list' 'and its old object is no longer linked'

printf 'int fault(void);\nint fault(void) { return 2; }\n' >"$tmp/other.c"
touch -d '2020-01-01' "$tmp/other.c"
mv "$tmp/other.c" tests/faulty/fault.c
is "$(builds $library faulty/fault.so)" 'faulty/fault.so ' 'a source that was replaced by an older file is compiled'

mv tests/programs/walker.c tests/programs/stroller.c
targets[1]=build/native/programs/stroller
is "$(builds programs/stroller)" 'programs/stroller ' 'a program that moved is built'
rm build/native/obj/tests/programs/stroller.o
is "$(builds obj/tests/programs/stroller.o)" 'obj/tests/programs/stroller.o ' 'a missing object is made again'

printf '#define NUMBER 2\n' >"$tmp/number.h"
touch -d '2020-01-01' "$tmp/number.h"
mv "$tmp/number.h" include/number.h
is "$(builds obj/provider/snapshot/walk.o programs/stroller)" 'obj/provider/snapshot/walk.o programs/stroller ' \
    'a header that was replaced by an older file compiles its users'

rm provider/snapshot/moved_list.c
is "$(builds $library)" "$library " 'a library is linked again when one of its sources is gone'
unlike "$(ar t build/native/$library)" 'list' 'without the object of that source'
is "$(builds $library programs/stroller faulty/fault.so)" '' 'and after all that a build makes nothing'
done_testing
