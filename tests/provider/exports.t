#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Each library exports the three procedures under their plain names, and nothing else; it does
# nothing when it is loaded, and needs no library that a plain system lacks.
set -u
cd "$(dirname "$0")/../.." || exit 2
number=0 failures=0

check() # NAME ACTUAL WANTED
{
    number=$((number + 1))
    if [[ $2 == "$3" ]]; then
        echo "ok $number - $1"
    else
        failures=$((failures + 1))
        echo "not ok $number - $1"
        printf 'got:\n%s\nwanted:\n%s\n' "$2" "$3" | sed 's/^/# /'
    fi
}

procedures=$'CloseHeapPerformanceData\nCollectHeapPerformanceData\nOpenHeapPerformanceData'

check 'heapctrs.so exports the three procedures only' \
    "$(nm -D --defined-only build/native/heapctrs.so | awk '{ print $3 }' | sort)" "$procedures"
check 'heapctrs.so needs the C library only' \
    "$(objdump -p build/native/heapctrs.so | awk '/NEEDED/ { print $2 }' | grep -v '^libc\.so\.6$\|^ld-linux')" ''

for target in win64 win32; do
    dump=x86_64-w64-mingw32-objdump
    [[ $target == win32 ]] && dump=i686-w64-mingw32-objdump
    dll=build/$target/heapctrs.dll
    check "heapctrs.dll for $target exports the three procedures by their plain names only" \
        "$($dump -p $dll | awk '/\[Ordinal\/Name Pointer\]/ { names = 1; next } NF == 0 { names = 0 } names { print $NF }' | sort)" \
        "$procedures"
    check "heapctrs.dll for $target needs only libraries that every Windows has" \
        "$($dump -p $dll | awk '/DLL Name/ { print tolower($3) }' | grep -v '^kernel32.dll$\|^msvcrt.dll$\|^advapi32.dll$\|^shell32.dll$')" ''
    check "heapctrs.dll for $target may be moved and has no executable data" \
        "$($dump -p $dll | grep -c 'DYNAMIC_BASE\|NX_COMPAT')" 2
done

echo "1..$number"
exit $((failures > 0))
