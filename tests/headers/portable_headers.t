#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The portable headers compile in every order, language and data model, those included that no
# build of ours uses: i386 Linux, where 64-bit integers align to 4 bytes.
set -u
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
flags="-Wall -Wextra -Wpedantic -Werror -Iinclude -Itests/unit -fsyntax-only"
number=0

# report NAME COMMAND...: one test
report() {
    local name=$1
    shift
    number=$((number + 1))
    if "$@" >"$folder/output" 2>&1; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        sed 's/^/# /' "$folder/output" | head -20
    fi
}

skip() {
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

echo '#include "layout_assertions.h"' >"$folder/layouts.c"
echo 'extern int unused; int unused;' >>"$folder/layouts.c"
cp "$folder/layouts.c" "$folder/layouts.cpp"

# glibc's headers for i386 are those of x86-64 but for this one.
mkdir "$folder/gnu"
touch "$folder/gnu/stubs-32.h"
i386="-m32 -I$folder -isystem /usr/include/x86_64-linux-gnu"

report "i386 Linux has the layout of x86 Windows (C)" \
    gcc -std=c11 $flags $i386 "$folder/layouts.c"
if echo '#include <cstddef>' | g++ -m32 -xc++ -fsyntax-only $i386 - 2>/dev/null; then
    report "i386 Linux has the layout of x86 Windows (C++)" \
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
        report "$compiler, in C: $order" \
            $compiler-gcc -std=c11 -D_WIN32_WINNT=0x0601 $flags "$folder/order.c"
        report "$compiler, in C++: $order" \
            $compiler-g++ -std=c++17 -D_WIN32_WINNT=0x0601 $flags "$folder/order.cpp"
    done
    report "$compiler: the emulation's names have the same layouts" \
        $compiler-gcc -std=c11 -D_WIN32_WINNT=0x0601 -DPERFLIB_EMULATED $flags "$folder/layouts.c"
done
echo "1..$number"
