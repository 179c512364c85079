#!/bin/bash
# SPDX-License-Identifier: MIT
#
# needs: win64
# A newcomer compiles the example of README.md, so it is taken from there, compiled and run.
. tests/tap.sh

folder=$tmp
awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$folder/pool.c"
grep -q OpenHeapTracker "$folder/pool.c"
ok $? "README.md has the example"
((tap_failed)) && done_testing

gcc -Wall -Wextra -Werror -I include "$folder/pool.c" build/native/libheaptracker.a -lpthread -o "$folder/pool"
ok $? "it compiles and links natively, without a warning"
HEAPCTRS_DIR=$folder "$folder/pool"
ok $? "it runs, and closes its heap without an error"
x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -I include "$folder/pool.c" build/win64/libheaptracker.a \
    -ladvapi32 -o "$folder/pool.exe"
ok $? "it compiles and links for Windows"
scripts/wine-prefix "$folder/pool.exe"
ok $? "and runs there"
done_testing
