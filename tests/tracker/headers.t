#!/bin/bash
# SPDX-License-Identifier: MIT
# slow
#
# VSCustomNativeHeapEtwProvider.h and heaptracker.h as users compile and link them: C and C++, every compiler,
# plain command lines; and the names that the library exports and does not export.
. tests/tap.sh

if [[ $BUILD != build/native ]]; then
    skip_all 'compiles for all targets itself'
fi

# A program that uses the whole original interface, as it was written for the original.
cat >"$tmp/user.c" <<'END'
#include "VSCustomNativeHeapEtwProvider.h"
#include <stdlib.h>
__declspec(allocator) void *pool_allocate(size_t size);
static VSHeapTrackerHandle pool;
__declspec(allocator) void *pool_allocate(size_t size)
{
    void *block = malloc(size);
    VSHeapTrackerAllocateEvent(pool, block, (unsigned long)size);
    return block;
}
int main(void)
{
    size_t (VSHEAPTRACKER_CALL *reallocate)(VSHeapTrackerHandle, const void *, unsigned long,
                                            const void *) = VSHeapTrackerReallocateEvent;
    pool = OpenHeapTracker("PhysicsHeap");
    if (pool == INVALID_VSHEAPTRACK_HANDLE_VALUE)
        return 1;
    char *block = pool_allocate(10);
    if (reallocate(pool, block, 20, block) != 0)
        return 2;
    if (VSHeapTrackerDeallocateEvent(pool, block) != 0)
        return 3;
    free(block);
    return CloseHeapTracker(pool) != 0;
}
END
cat >"$tmp/user.cpp" <<'END'
#include "VSCustomNativeHeapEtwProvider.h"
#include <cstdlib>
#include <memory>
#include <type_traits>
#include <vector>
static std::unique_ptr<VSHeapTracker::CHeapTracker> early(
    new VSHeapTracker::CHeapTracker("before main"));
__declspec(allocator) static void *allocate(size_t size)
{
    void *block = std::malloc(size);
    early->AllocateEvent(block, static_cast<unsigned long>(size));
    return block;
}
static_assert(sizeof(VSHeapTracker::CHeapTracker) == sizeof(void *), "one handle");
static_assert(!std::is_polymorphic<VSHeapTracker::CHeapTracker>::value, "no virtual functions");
static_assert(std::is_convertible<const char *, VSHeapTracker::CHeapTracker>::value, "implicit");
static_assert(noexcept(early->AllocateEvent(nullptr, 1ul)), "noexcept");
int main()
{
    std::vector<int, std::allocator<int>> standard(3); /* that word is still a name */
    VSHeapTracker::CHeapTracker first("pool"), copy(first);
    if (!early->IsValidObject() || !first.IsValidObject())
        return 1;
    const VSHeapTracker::CHeapTracker &constant = first;
    void *block = allocate(10);
    if (constant.AllocateEvent(block, 10) || constant.ReallocateEvent(block, 20, block) ||
        constant.DeallocateEvent(block) || early->DeallocateEvent(block))
        return 2;
    std::free(block);
    return standard.size() != 3;
}
END
cat >"$tmp/misspelt.c" <<'END'
#include "VSCustomNativeHeapEtwProvider.h"
int main(void)
{
    VSHeapTrackerHandle heap = OpenHeapTracker("x");
    VSHeapReallocateEvent(heap, &heap, 1, 0);
    return VSHeapTracerDeallocateEvent(heap, &heap) != 0;
}
END
cat >"$tmp/twice.c" <<'END'
#define EXTERN_C extern
#include "VSCustomNativeHeapEtwProvider.h"
#include "VSCustomNativeHeapEtwProvider.h"
#include "heaptracker.h"
#include "heaptracker.h"
int main(void) { return 0; }
END
sed '1i #include <windows.h>' "$tmp/user.c" >"$tmp/user_windows.c"
sed '1i #include <windows.h>' "$tmp/user.cpp" >"$tmp/user_windows.cpp"

strict=(-Wall -Wextra -Wpedantic -Werror -Iinclude)

# compiles NAME SOURCE COMPILER…: an object in $tmp/object.o
compiles()
{
    local name=$1 source=$2
    shift 2
    if [[ ! -x $(command -v "$1") ]]; then
        skip "$name" "$1 is not installed"
        return 1
    fi
    run "$@" "${strict[@]}" -c -o "$tmp/object.o" "$tmp/$source"
    is "$status$errors" 0 "$name"
}

for standard in c99 c11 c17; do
    compiles "C: gcc $standard" user.c gcc -std=$standard
    compiles "C: clang $standard" user.c clang -std=$standard
done
compiles 'C: clang with Microsoft extensions' user.c clang -std=c11 -fms-extensions -Wno-language-extension-token
for standard in c++11 c++17 c++20; do
    compiles "C++: g++ $standard" user.cpp g++ -std=$standard
    compiles "C++: clang++ $standard" user.cpp clang++ -std=$standard
done
for arch in x86_64 i686; do
    compiles "C: mingw-w64 $arch" user.c $arch-w64-mingw32-gcc -std=c11
    compiles "C++: mingw-w64 $arch" user.cpp $arch-w64-mingw32-g++ -std=c++17
    compiles "C: mingw-w64 $arch with windows.h" user_windows.c $arch-w64-mingw32-gcc -std=c11
    compiles "C++: mingw-w64 $arch with windows.h" user_windows.cpp $arch-w64-mingw32-g++ -std=c++17
done
compiles 'the header can be included twice, and where EXTERN_C exists' twice.c gcc -std=c11
compiles 'the misspelt names exist when they are asked for' misspelt.c gcc -std=c11 -DVSHEAPTRACKER_MISSPELT_NAMES
run gcc -std=c11 -Iinclude -c -o "$tmp/object.o" "$tmp/misspelt.c" -Werror
isnt "$status" 0 'the misspelt names do not exist otherwise'

# ---- names in object files --------------------------------------------------------------------------
decorated='_CloseHeapTracker@4
_OpenHeapTracker@4
_VSHeapTrackerAllocateEvent@12
_VSHeapTrackerDeallocateEvent@8
_VSHeapTrackerReallocateEvent@16'
plain=$(sed -E 's/^_//; s/@.*//' <<<"$decorated")
for pair in "x86_64-w64-mingw32-:$plain" "i686-w64-mingw32-:$decorated" ":$plain"; do
    tools=${pair%%:*}
    compiles "a user compiles with ${tools}gcc" user.c "${tools}gcc" -std=c11 || continue
    is "$("${tools}nm" -u "$tmp/object.o" | grep HeapTracker | awk '{ print $2 }' | sort)" "${pair#*:}" \
        "${tools:-native }objects refer to the original's symbols"
done
for target in native win64 win32; do
    library=build/$target/libheaptracker.a
    case $target in
    native) tools='' drop='' ;;
    win64) tools=x86_64-w64-mingw32- drop='' ;;
    win32) tools=i686-w64-mingw32- drop=_ ;;
    esac
    if [[ ! -e $library ]]; then
        skip "$target: the library defines what the headers declare and nothing else" 'not built'
        continue
    fi
    declared=$( (echo "$plain"; sed -nE 's/.*\b(heap_tracker_[a-z_]+)\(heap_tracker .*/\1/p; s/.*\b(heap_tracker_open|heap_tracker_overhead)\((const|void).*/\1/p' include/heaptracker.h) | sort -u)
    defined=$("${tools}nm" -g --defined-only "$library" | awk 'NF == 3 && $2 ~ /[TDBRC]/ { print $3 }' |
        sed -E "s/^$drop//; s/@[0-9]+\$//" | sort -u)
    is "$defined" "$declared" "$target: the library defines what the headers declare and nothing else"
done

# ---- linking, as a newcomer does it -------------------------------------------------------------------
export HEAPCTRS_DIR=$tmp/regions
links()
{
    local name=$1
    shift
    run "$@"
    is "$status$errors" 0 "$name"
}
links 'a C program links with -lpthread alone' gcc -Iinclude -o "$tmp/a" "$tmp/user.c" build/native/libheaptracker.a -lpthread
run "$tmp/a"
is "$status" 0 '… and runs'
links 'a C++ program does' g++ -Iinclude -o "$tmp/b" "$tmp/user.cpp" build/native/libheaptracker.a -lpthread
run "$tmp/b"
is "$status" 0 '… and runs, with a tracker opened before main'
if [[ -x $(command -v clang++) ]]; then
    links 'with clang too' clang++ -Iinclude -o "$tmp/b" "$tmp/user.cpp" build/native/libheaptracker.a -lpthread
fi
links 'a shared library does' gcc -shared -fPIC -Iinclude -o "$tmp/c.so" "$tmp/user.c" build/native/libheaptracker.a -lpthread
for pair in win64:x86_64 win32:i686; do
    target=${pair%:*} arch=${pair#*:}
    [[ -e build/$target/libheaptracker.a && -x $(command -v $arch-w64-mingw32-g++) ]] || continue
    links "$target: a C program links with advapi32 alone" $arch-w64-mingw32-gcc -Iinclude -o "$tmp/a.exe" "$tmp/user.c" build/$target/libheaptracker.a -ladvapi32
    links "$target: a C++ program does" $arch-w64-mingw32-g++ -static -Iinclude -o "$tmp/b.exe" "$tmp/user.cpp" build/$target/libheaptracker.a -ladvapi32
    [[ $target == win64 && $WINEPREFIX ]] || continue
    for program in a b; do
        run timeout 900 wine "$tmp/$program.exe"
        is "$status" 0 "$target: … and runs"
    done
done
is "$(ls -A "$HEAPCTRS_DIR")" '' 'no region is left'
done_testing
