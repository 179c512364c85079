#!/bin/bash
# SPDX-License-Identifier: MIT
# slow
#
# The portable headers compile in every order, language and data model, those included that no
# build of ours uses: i386 Linux, where 64-bit integers align to 4 bytes.
. tests/tap.sh

flags="-Wall -Wextra -Wpedantic -Werror -Iinclude -Itests/unit -fsyntax-only"
folder=$tmp

# compiles NAME COMMAND…: one test
compiles()
{
    local name=$1
    shift
    run "$@"
    is "$status" 0 "$name" || diag "$(head -20 <<<"$errors")"
}

echo '#include "layout_assertions.h"' >"$folder/layouts.c"
echo 'extern int unused; int unused;' >>"$folder/layouts.c"
cp "$folder/layouts.c" "$folder/layouts.cpp"

# glibc's headers for i386 are those of x86-64 but for this one.
mkdir "$folder/gnu"
touch "$folder/gnu/stubs-32.h"
i386="-m32 -I$folder -isystem /usr/include/x86_64-linux-gnu"

compiles "i386 Linux has the layout of x86 Windows (C)" \
    gcc -std=c11 $flags $i386 "$folder/layouts.c"
if echo '#include <cstddef>' | g++ -m32 -xc++ -fsyntax-only $i386 - 2>/dev/null; then
    compiles "i386 Linux has the layout of x86 Windows (C++)" \
        g++ -std=c++17 $flags $i386 "$folder/layouts.cpp"
else
    skip "i386 Linux has the layout of x86 Windows (C++)" "no 32-bit C++ headers"
fi

for compiler in x86_64-w64-mingw32 i686-w64-mingw32; do
    if ! command -v $compiler-gcc >/dev/null; then
        skip "$compiler" "not installed"
        continue
    fi
    for order in "windows.h winperf.h perflib.h processsnapshot.h" "winperf.h windows.h pdh.h" \
        "perflib.h windows.h winperf.h" "pdh.h perflib.h" "processsnapshot.h perflib.h windows.h"; do
        printf '#include <%s>\n' $order >"$folder/order.c"
        echo 'extern PERF_DATA_BLOCK block; PERF_DATA_BLOCK block;' >>"$folder/order.c"
        cp "$folder/order.c" "$folder/order.cpp"
        compiles "$compiler, in C: $order" \
            $compiler-gcc -std=c11 -D_WIN32_WINNT=0x0601 $flags "$folder/order.c"
        compiles "$compiler, in C++: $order" \
            $compiler-g++ -std=c++17 -D_WIN32_WINNT=0x0601 $flags "$folder/order.cpp"
    done
    compiles "$compiler: the emulation's names have the same layouts" \
        $compiler-gcc -std=c11 -D_WIN32_WINNT=0x0601 -DPERFLIB_EMULATED $flags "$folder/layouts.c"
done
done_testing
