#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The libraries are installed as the ecosystem expects them: a versioned shared library, pkg-config, CMake.
# README.md's example is built with each of them, by gcc, clang and mingw.
# variants: native win64
# needs: native win64
. tests/tap.sh

target=${BUILD#build/}
awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$scratch/pool.c"

# files FOLDER: its files, with what links lead to
files()
{
    (cd "$1" && find . ! -type d -printf '%p %l\n' | sort)
}

# cmake_project FOLDER TARGETS…: a project that builds the example once for each imported target
cmake_project()
{
    local folder=$1 name
    shift
    mkdir -p "$folder"
    cp "$scratch/pool.c" "$folder"
    {
        echo 'cmake_minimum_required(VERSION 3.18)'
        echo 'project(pool C)'
        echo "find_package(heaptracker $(<VERSION) REQUIRED)"
        for name in "$@"; do
            echo "add_executable($name pool.c)"
            echo "target_link_libraries($name PRIVATE heaptracker::$name)"
        done
    } >"$folder/CMakeLists.txt"
}

[[ $target != native || -e $BUILD/man/perfharness.1 ]] || scripts/packaging/manuals "$BUILD"
run scripts/install --target "$target" "$scratch/dest" /opt/heap
is "$status" 0 'it installs' || diag "$errors"
root=$scratch/dest/opt/heap

if [[ $target == native ]]; then
    library=$BUILD/libheaptracker.so.1
    like "$(objdump -p "$library")" 'SONAME +libheaptracker\.so\.1' 'the shared library has its name and version'
    # awk: a version script's own symbol is absolute
    is "$(objdump -T "$library" | awk '/HEAPTRACKER/ && !/\*ABS\*/ { print $(NF - 1), $NF }' | sort)" \
        "$(sed 's/^/HEAPTRACKER_1.0 /' provider/tracker/exports.posix | sort)" \
        'it exports the public functions, each with a symbol version'
    is "$(nm -D --defined-only "$library" | grep -vc 'HEAPTRACKER_1\.0')" 0 'and nothing else'

    export PKG_CONFIG_PATH=$root/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$scratch/dest
    for name in heaptracker perflib processsnapshot; do
        is "$(pkg-config --modversion $name)" "$(<VERSION)" "pkg-config knows the version of $name"
    done
    for compiler in gcc clang; do
        # shellcheck disable=SC2046 — flags
        run "$compiler" -Werror "$scratch/pool.c" $(pkg-config --cflags --libs heaptracker) -o "$scratch/pool"
        is "$status" 0 "$compiler builds the example through pkg-config" || diag "$errors"
        run env HEAPCTRS_DIR="$scratch" LD_LIBRARY_PATH="$root/lib" "$scratch/pool"
        is "$status:$errors" '0:' 'and it runs'
        like "$(LD_LIBRARY_PATH=$root/lib ldd "$scratch/pool")" "$root/lib/libheaptracker.so.1" 'with the shared library'
        run "$compiler" -Werror -I"$root/include/heapctrs" "$scratch/pool.c" "$root/lib/libheaptracker.a" -lpthread \
            -o "$scratch/pool"
        is "$status" 0 "$compiler builds it by hand with the static library" || diag "$errors"
        run env HEAPCTRS_DIR="$scratch" "$scratch/pool"
        is "$status:$errors" '0:' 'and it runs'
    done

    echo 'int main(void) { return PerfStopProvider(0) == 0; }' | cat <(echo '#include "perflib.h"') - >"$scratch/perf.c"
    # shellcheck disable=SC2046 — flags
    run gcc "$scratch/perf.c" $(pkg-config --cflags --libs perflib) -o "$scratch/perf"
    is "$status" 0 'a program links with perflib through pkg-config' || diag "$errors"
    printf '#include "processsnapshot.h"\nint main(void) { return PssFreeSnapshot(0, 0) == 0; }\n' >"$scratch/pss.c"
    # shellcheck disable=SC2046 — flags
    run gcc "$scratch/pss.c" $(pkg-config --cflags --libs processsnapshot) -o "$scratch/pss"
    is "$status" 0 'and with processsnapshot' || diag "$errors"
    unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
    toolchain=()
else
    printf 'set(CMAKE_SYSTEM_NAME Windows)\nset(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc)\n' >"$scratch/mingw.cmake"
    toolchain=(-DCMAKE_TOOLCHAIN_FILE="$scratch/mingw.cmake")
    export PKG_CONFIG_LIBDIR=$root/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$scratch/dest
    # shellcheck disable=SC2046 — flags
    run x86_64-w64-mingw32-gcc -Werror "$scratch/pool.c" $(pkg-config --cflags --libs heaptracker) -o "$scratch/pool.exe"
    is "$status" 0 'mingw builds the example through pkg-config' || diag "$errors"
    cp "$root/bin/heaptracker.dll" "$scratch"
    run scripts/wine-prefix "$scratch/pool.exe"
    is "$status" 0 'and it runs with heaptracker.dll'
    like "$(x86_64-w64-mingw32-objdump -p "$scratch/pool.exe")" 'DLL Name: heaptracker.dll' 'which it is linked with'
    run x86_64-w64-mingw32-gcc -Werror -I"$root/include/heapctrs" "$scratch/pool.c" "$root/lib/libheaptracker.a" \
        -ladvapi32 -o "$scratch/static.exe"
    is "$status" 0 'mingw builds it by hand with the static library' || diag "$errors"
    run scripts/wine-prefix "$scratch/static.exe"
    is "$status" 0 'and it runs'
    unset PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR
fi

cmake_project "$scratch/cmake" heaptracker static
run cmake -S "$scratch/cmake" -B "$scratch/cmake/build" -DCMAKE_PREFIX_PATH="$root" \
    -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=BOTH "${toolchain[@]}"
is "$status" 0 'CMake finds the package by its version' || diag "$errors"
run cmake --build "$scratch/cmake/build"
is "$status" 0 'and builds the example with both libraries' || diag "$output"
if [[ $target == native ]]; then
    for name in heaptracker static; do
        run env HEAPCTRS_DIR="$scratch" "$scratch/cmake/build/$name"
        is "$status:$errors" '0:' "the program of heaptracker::$name runs"
    done
else
    cp "$root/bin/heaptracker.dll" "$scratch/cmake/build"
    for name in heaptracker static; do
        run scripts/wine-prefix "$scratch/cmake/build/$name.exe"
        is "$status" 0 "the program of heaptracker::$name runs"
    done
fi
sed -i "s/find_package(heaptracker [0-9.]*/find_package(heaptracker 0.1/" "$scratch/cmake/CMakeLists.txt"
run cmake -S "$scratch/cmake" -B "$scratch/cmake/other" -DCMAKE_PREFIX_PATH="$root" \
    -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=BOTH "${toolchain[@]}"
isnt "$status" 0 'another minor version is no match'

# vcpkg itself cannot be had: the port runs with stand-ins for its functions, and what is built already.
if [[ $target == native ]]; then
    mkdir "$scratch/bin" && printf '#!/bin/sh\n' >"$scratch/bin/make" && chmod +x "$scratch/bin/make"
    cat >"$scratch/vcpkg.cmake" <<'END'
function(vcpkg_execute_required_process)
  cmake_parse_arguments(arg "" "WORKING_DIRECTORY;LOGNAME" "COMMAND" ${ARGN})
  execute_process(COMMAND ${arg_COMMAND} WORKING_DIRECTORY ${arg_WORKING_DIRECTORY} RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "${arg_COMMAND} failed")
  endif()
endfunction()
function(vcpkg_replace_string file from to)
  file(READ "${file}" text)
  string(REPLACE "${from}" "${to}" changed "${text}")
  if(changed STREQUAL text)
    message(FATAL_ERROR "${file} has no ${from}")
  endif()
  file(WRITE "${file}" "${changed}")
endfunction()
function(vcpkg_install_copyright)
endfunction()
include("${PORT}")
END
    run env PATH="$scratch/bin:$PATH" cmake -DPORT="$PWD/scripts/packaging/vcpkg/heapctrs/portfile.cmake" \
        -DCURRENT_PACKAGES_DIR="$scratch/port" -DVCPKG_CONCURRENCY=1 -P "$scratch/vcpkg.cmake"
    is "$status" 0 'the port for vcpkg installs' || diag "$errors"
    cmake_project "$scratch/cmake_port" heaptracker static
    run cmake -S "$scratch/cmake_port" -B "$scratch/cmake_port/build" -DCMAKE_PREFIX_PATH="$scratch/port"
    is "$status" 0 'CMake finds its package' || diag "$errors"
    run cmake --build "$scratch/cmake_port/build"
    is "$status" 0 'and builds the example with both libraries' || diag "$output"
fi

# The list of files is a matter of the target alone, and all of them can be removed again.
run scripts/install --target "$target" --libdir /usr/lib/some "$scratch/other" /usr
[[ -e $scratch/other/usr/lib/some/libheaptracker.a && ! -e $scratch/other/usr/lib/libheaptracker.a ]]
ok $? '--libdir says where libraries go'
run scripts/install --uninstall --target "$target" --libdir /usr/lib/some "$scratch/other" /usr
is "$status" 0 'uninstall succeeds' || diag "$errors"
is "$(files "$scratch/other")" '' 'and leaves no file'
mkdir -p "$scratch/other/usr/include/heapctrs" && touch "$scratch/other/usr/include/heapctrs/mine.h"
scripts/install --uninstall --target "$target" --libdir /usr/lib/some "$scratch/other" /usr >/dev/null
[[ -e $scratch/other/usr/include/heapctrs/mine.h ]]
ok $? "another user's file stays"
done_testing
