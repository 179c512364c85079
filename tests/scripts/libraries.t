#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The libraries are installed as the ecosystem expects them: a versioned shared library, pkg-config, CMake.
# README.md's example is built with each of them, by gcc, clang and mingw.
# variants: native win64
# needs: native win64
. tests/tap.sh

target=${BUILD#build/}
awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$tmp/pool.c"

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
    cp "$tmp/pool.c" "$folder"
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
run scripts/install --target "$target" "$tmp/dest" /opt/heap
is "$status" 0 'it installs' || diag "$errors"
root=$tmp/dest/opt/heap

if [[ $target == native ]]; then
    library=$BUILD/libheaptracker.so.1
    like "$(objdump -p "$library")" 'SONAME +libheaptracker\.so\.1' 'the shared library has its name and version'
    # awk: a version script's own symbol is absolute
    is "$(objdump -T "$library" | awk '/HEAPTRACKER/ && !/\*ABS\*/ { print $(NF - 1), $NF }' | sort)" \
        "$(sed 's/^/HEAPTRACKER_1.0 /' provider/tracker/exports.posix | sort)" \
        'it exports the public functions, each with a symbol version'
    is "$(nm -D --defined-only "$library" | grep -vc 'HEAPTRACKER_1\.0')" 0 'and nothing else'

    export PKG_CONFIG_PATH=$root/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$tmp/dest
    for name in heaptracker perflib processsnapshot; do
        is "$(pkg-config --modversion $name)" "$(<VERSION)" "pkg-config knows the version of $name"
    done
    for compiler in gcc clang; do
        # shellcheck disable=SC2046 — flags
        run "$compiler" -Werror "$tmp/pool.c" $(pkg-config --cflags --libs heaptracker) -o "$tmp/pool"
        is "$status" 0 "$compiler builds the example through pkg-config" || diag "$errors"
        run env HEAPCTRS_DIR="$tmp" LD_LIBRARY_PATH="$root/lib" "$tmp/pool"
        is "$status:$errors" '0:' 'and it runs'
        like "$(LD_LIBRARY_PATH=$root/lib ldd "$tmp/pool")" "$root/lib/libheaptracker.so.1" 'with the shared library'
        run "$compiler" -Werror -I"$root/include/heapctrs" "$tmp/pool.c" "$root/lib/libheaptracker.a" -lpthread \
            -o "$tmp/pool"
        is "$status" 0 "$compiler builds it by hand with the static library" || diag "$errors"
        run env HEAPCTRS_DIR="$tmp" "$tmp/pool"
        is "$status:$errors" '0:' 'and it runs'
    done

    echo 'int main(void) { return PerfStopProvider(0) == 0; }' | cat <(echo '#include "perflib.h"') - >"$tmp/perf.c"
    # shellcheck disable=SC2046 — flags
    run gcc "$tmp/perf.c" $(pkg-config --cflags --libs perflib) -o "$tmp/perf"
    is "$status" 0 'a program links with perflib through pkg-config' || diag "$errors"
    printf '#include "processsnapshot.h"\nint main(void) { return PssFreeSnapshot(0, 0) == 0; }\n' >"$tmp/pss.c"
    # shellcheck disable=SC2046 — flags
    run gcc "$tmp/pss.c" $(pkg-config --cflags --libs processsnapshot) -o "$tmp/pss"
    is "$status" 0 'and with processsnapshot' || diag "$errors"
    unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
    toolchain=()
else
    printf 'set(CMAKE_SYSTEM_NAME Windows)\nset(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc)\n' >"$tmp/mingw.cmake"
    toolchain=(-DCMAKE_TOOLCHAIN_FILE="$tmp/mingw.cmake")
    export PKG_CONFIG_LIBDIR=$root/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$tmp/dest
    # shellcheck disable=SC2046 — flags
    run x86_64-w64-mingw32-gcc -Werror "$tmp/pool.c" $(pkg-config --cflags --libs heaptracker) -o "$tmp/pool.exe"
    is "$status" 0 'mingw builds the example through pkg-config' || diag "$errors"
    cp "$root/bin/heaptracker.dll" "$tmp"
    run scripts/wine-prefix "$tmp/pool.exe"
    is "$status" 0 'and it runs with heaptracker.dll'
    like "$(x86_64-w64-mingw32-objdump -p "$tmp/pool.exe")" 'DLL Name: heaptracker.dll' 'which it is linked with'
    run x86_64-w64-mingw32-gcc -Werror -I"$root/include/heapctrs" "$tmp/pool.c" "$root/lib/libheaptracker.a" \
        -ladvapi32 -o "$tmp/static.exe"
    is "$status" 0 'mingw builds it by hand with the static library' || diag "$errors"
    run scripts/wine-prefix "$tmp/static.exe"
    is "$status" 0 'and it runs'
    unset PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR
fi

cmake_project "$tmp/cmake" heaptracker static
run cmake -S "$tmp/cmake" -B "$tmp/cmake/build" -DCMAKE_PREFIX_PATH="$root" \
    -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=BOTH "${toolchain[@]}"
is "$status" 0 'CMake finds the package by its version' || diag "$errors"
run cmake --build "$tmp/cmake/build"
is "$status" 0 'and builds the example with both libraries' || diag "$output"
if [[ $target == native ]]; then
    for name in heaptracker static; do
        run env HEAPCTRS_DIR="$tmp" "$tmp/cmake/build/$name"
        is "$status:$errors" '0:' "the program of heaptracker::$name runs"
    done
else
    cp "$root/bin/heaptracker.dll" "$tmp/cmake/build"
    for name in heaptracker static; do
        run scripts/wine-prefix "$tmp/cmake/build/$name.exe"
        is "$status" 0 "the program of heaptracker::$name runs"
    done
fi
sed -i "s/find_package(heaptracker [0-9.]*/find_package(heaptracker 0.1/" "$tmp/cmake/CMakeLists.txt"
run cmake -S "$tmp/cmake" -B "$tmp/cmake/other" -DCMAKE_PREFIX_PATH="$root" \
    -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=BOTH "${toolchain[@]}"
isnt "$status" 0 'another minor version is no match'

# vcpkg itself is not available: the port runs with replacements for its functions, and with what is built.
if [[ $target == native ]]; then
    mkdir -p "$tmp/bin" && printf '#!/bin/sh\n' >"$tmp/bin/make" && chmod +x "$tmp/bin/make"
    cat >"$tmp/vcpkg.cmake" <<'END'
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
    run env PATH="$tmp/bin:$PATH" cmake -DPORT="$PWD/scripts/packaging/vcpkg/heapctrs/portfile.cmake" \
        -DCURRENT_PACKAGES_DIR="$tmp/port" -DVCPKG_CONCURRENCY=1 -P "$tmp/vcpkg.cmake"
    is "$status" 0 'the port for vcpkg installs' || diag "$errors"
    cmake_project "$tmp/cmake_port" heaptracker static
    run cmake -S "$tmp/cmake_port" -B "$tmp/cmake_port/build" -DCMAKE_PREFIX_PATH="$tmp/port"
    is "$status" 0 'CMake finds its package' || diag "$errors"
    run cmake --build "$tmp/cmake_port/build"
    is "$status" 0 'and builds the example with both libraries' || diag "$output"
    is "$(find "$tmp/port" -name '*perfharness*')" '' 'the port has no programs'
fi

# Conan is not available either: its recipe runs with stand-ins for Conan's modules, in the order in which Conan
# calls it.
mkdir -p "$tmp/modules/conan/tools" && touch "$tmp/modules/conan/tools/__init__.py"
cat >"$tmp/modules/conan/__init__.py" <<'END'
import subprocess


class ConanFile:
    def run(self, command, cwd=None):
        subprocess.run(command, shell=True, cwd=cwd, check=True)
END
echo 'class ConanInvalidConfiguration(Exception): pass' >"$tmp/modules/conan/errors.py"
cat >"$tmp/modules/conan/tools/files.py" <<'END'
import fnmatch, glob, os, shutil


def load(recipe, path):
    with open(path) as file:
        return file.read()


def copy(recipe, pattern, source, target):
    for folder, _, files in os.walk(source):
        for name in files:
            path = os.path.relpath(os.path.join(folder, name), source)
            if fnmatch.fnmatchcase(path, pattern) and ("/" in pattern or "/" not in path):
                os.makedirs(os.path.dirname(os.path.join(target, path)), exist_ok=True)
                shutil.copy2(os.path.join(source, path), os.path.join(target, path))


def rm(recipe, pattern, folder):
    for path in glob.glob(os.path.join(folder, pattern)):
        os.unlink(path)


def rmdir(recipe, folder):
    shutil.rmtree(folder)
END
cat >"$tmp/try-recipe.py" <<'END'
import collections, glob, os, sys, types

sys.path.insert(0, "scripts/packaging/conan")
sys.dont_write_bytecode = True
import conanfile

os_name, shared, folder = sys.argv[1], sys.argv[2] == "shared", sys.argv[3]
recipe = conanfile.HeaptrackerConan()
recipe.recipe_folder = os.path.abspath("scripts/packaging/conan")
recipe.export_sources_folder = recipe.source_folder = os.path.join(folder, "source")
recipe.package_folder = os.path.join(folder, "package")
recipe.set_version()
recipe.export_sources()
os.symlink(os.path.abspath("build"), os.path.join(recipe.source_folder, "build"))


class Settings(types.SimpleNamespace):
    pass


recipe.options = Settings(shared=shared)
recipe.settings = Settings(os="Macos", arch="armv8", compiler="apple-clang", build_type="Release")
try:
    recipe.validate()
    sys.exit("validate accepts a system that is not supported")
except conanfile.ConanInvalidConfiguration:
    pass
recipe.settings = Settings(os=os_name, arch="x86_64", compiler="gcc", build_type="Release")
recipe.validate()
recipe.build()
recipe.package()
recipe.cpp_info = Settings(components=collections.defaultdict(Settings))
recipe.cpp_info.set_property = lambda name, value: None
recipe.package_info()
for name, component in recipe.cpp_info.components.items():
    for library in component.libs:  # CMakeDeps asks find_library for each
        if not glob.glob(os.path.join(recipe.package_folder, "lib", f"lib{library}.*")):
            sys.exit(f"the package has no library {library}")
component = recipe.cpp_info.components["heaptracker"]
print(recipe.version)
print(*[f"-I{recipe.package_folder}/{path}" for path in component.includedirs], f"-L{recipe.package_folder}/lib",
      *[f"-l{library}" for library in component.libs + component.system_libs])
END
mkdir -p "$tmp/bin" && printf '#!/bin/sh\n' >"$tmp/bin/make" && chmod +x "$tmp/bin/make"
if [[ $target == native ]]; then system=Linux compiler=gcc program=pool; else system=Windows compiler=x86_64-w64-mingw32-gcc program=pool.exe; fi
for form in static shared; do
    run env PATH="$tmp/bin:$PATH" PYTHONPATH="$tmp/modules" python3 "$tmp/try-recipe.py" "$system" "$form" "$tmp/conan-$form"
    is "$status" 0 "the recipe for Conan makes a package ($form)" || diag "$errors"
    is "$(tail -n 2 <<<"$output" | head -n 1)" "$(<VERSION)" 'of this version'
    # shellcheck disable=SC2046 — flags
    run "$compiler" -Werror "$tmp/pool.c" $(tail -n 1 <<<"$output") -o "$tmp/conan-$form/$program"
    is "$status" 0 'and the example builds with it' || diag "$errors"
    if [[ $target == native ]]; then
        run env HEAPCTRS_DIR="$tmp" LD_LIBRARY_PATH="$tmp/conan-$form/package/lib" "$tmp/conan-$form/$program"
    else
        [[ $form == static ]] || cp "$tmp/conan-$form/package/bin/heaptracker.dll" "$tmp/conan-$form"
        run scripts/wine-prefix "$tmp/conan-$form/$program"
    fi
    is "$status" 0 'and runs'
done
is "$(ls "$tmp"/conan-static/package/lib | grep -cE 'libheaptracker\.(so|dll)')" 0 'the static package has no shared library'

# The list of files is a matter of the target alone, and all of them can be removed again.
run scripts/install --target "$target" --libdir /usr/lib/some "$tmp/other" /usr
[[ -e $tmp/other/usr/lib/some/libheaptracker.a && ! -e $tmp/other/usr/lib/libheaptracker.a ]]
ok $? '--libdir says where libraries go'
run scripts/install --uninstall --target "$target" --libdir /usr/lib/some "$tmp/other" /usr
is "$status" 0 'uninstall succeeds' || diag "$errors"
is "$(files "$tmp/other")" '' 'and leaves no file'
mkdir -p "$tmp/other/usr/include/heapctrs" && touch "$tmp/other/usr/include/heapctrs/mine.h"
scripts/install --uninstall --target "$target" --libdir /usr/lib/some "$tmp/other" /usr >/dev/null
[[ -e $tmp/other/usr/include/heapctrs/mine.h ]]
ok $? "another user's file stays"
done_testing
