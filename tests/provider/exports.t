#!/bin/bash
# SPDX-License-Identifier: MIT
# Each library exports the three procedures under their plain names, and nothing else. It does nothing when it
# is loaded, and needs no library that a plain system lacks.
# needs: win64 win32
. tests/tap.sh

procedures=$'CloseHeapPerformanceData\nCollectHeapPerformanceData\nOpenHeapPerformanceData'

is "$(nm -D --defined-only build/native/heapctrs.so | awk '{ print $3 }' | sort)" "$procedures" \
    'heapctrs.so exports the three procedures only'
is "$(objdump -p build/native/heapctrs.so | awk '/NEEDED/ { print $2 }' | grep -v '^libc\.so\.6$\|^ld-linux')" '' \
    'heapctrs.so needs the C library only'

for target in win64 win32; do
    dump=x86_64-w64-mingw32-objdump
    [[ $target == win32 ]] && dump=i686-w64-mingw32-objdump
    dll=build/$target/heapctrs.dll
    is "$($dump -p $dll | awk '/\[Ordinal\/Name Pointer\]/ { names = 1; next } NF == 0 { names = 0 } names { print $NF }' | sort)" \
        "$procedures" "heapctrs.dll for $target exports the three procedures by their plain names only"
    is "$($dump -p $dll | awk '/DLL Name/ { print tolower($3) }' | grep -v '^kernel32.dll$\|^msvcrt.dll$\|^advapi32.dll$\|^shell32.dll$')" '' \
        "heapctrs.dll for $target needs only libraries that every Windows has"
    is "$($dump -p $dll | grep -c 'DYNAMIC_BASE\|NX_COMPAT')" 2 \
        "heapctrs.dll for $target may be moved and has no executable data"
done

done_testing
