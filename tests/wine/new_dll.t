#!/bin/bash
# SPDX-License-Identifier: MIT
# needs: win64
#
# What perfharness new writes has a Makefile that checks the DLL under Wine.
. tests/tap.sh
tree=$PWD
type -P wine >/dev/null || skip_all 'Wine is not installed'
for tool in make x86_64-w64-mingw32-gcc; do
    type -P "$tool" >/dev/null || skip_all "$tool is missing"
done
run "$BUILD/perfharness" --version
[[ $errors != *GLIBC_* ]] || skip_all 'the native perfharness needs a newer C library than there is here'

cd "$tmp" || exit
run "$tree/$BUILD/perfharness" new shop
is "$status" 0 'new makes a provider'
check() { run "$tree/scripts/wine-prefix" make -C shop check-dll PERFHARNESS_EXE="$tree/build/win64/perfharness.exe"; }
check
is "$status" 0 'make check-dll finds no fault in its DLL' || diag "$output" "$errors"
like "$output" ' 0 broken' 'which it says'
sed -i 's/(length + 1) \* sizeof(WCHAR)); /length * sizeof(WCHAR)); /' shop/shop.c
check
isnt "$status" 0 'a fault makes it fail'
like "$output" 'error +name-length' 'and is named'
done_testing
