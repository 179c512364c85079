#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# perfharness new: the provider that it writes is sound, a fault in it is found, and mingw compiles it.
. tests/tap.sh
program=$PWD/$BUILD/perfharness
cd "$tmp" || exit

run "$program" new shop
is "$status" 0 'new makes a provider'
is "$(cd shop && printf '%s ' *)" 'Makefile check.yml shop.c shop.def shop.h shop.ini ' 'with all of its files'
is "$(grep -l '@[A-Z]*@' shop/*)" '' 'nothing is left to fill in'
run make -C shop PERFHARNESS="$program"
is "$status" 0 'it compiles natively, and check finds no error'
like "$output" ' 0 broken, 0 with warnings' 'and no warning'
is "$(grep -c warning: <<<"$output$errors")" 0 'the compiler has none either'
sed -i 's/(length + 1) \* sizeof(WCHAR)); /length * sizeof(WCHAR)); /' shop/shop.c
run make -C shop PERFHARNESS="$program"
unlike "$status" '^0$' 'a fault makes it fail'
like "$output" 'error +name-length' 'and is named'
if type -P x86_64-w64-mingw32-gcc >/dev/null; then
    run make -C shop windows
    is "$status" 0 'mingw compiles it'
    is "$(grep -c warning: <<<"$errors")" 0 'without a warning'
else
    skip 'mingw compiles it' 'mingw-w64 is not installed'
fi
run "$program" new shop
is "$status" 2 'what is there is not written over'
like "$errors" 'shop is already there' 'which is said'
for name in '' a-b 1a ../a "$(printf 'a%.0s' {1..33})"; do
    run "$program" new "$name"
    is "$status:$output" '2:' "\"$name\" is no name"
done
printf 'Windows Registry Editor Version 5.00\r\n' >shop.reg
run "$program" --registry shop.reg install shop/shop.ini --library shop.dll --open OpenShop --collect CollectShop \
    --close CloseShop
is "$status" 0 'its names can be installed'
like "$output" '5 titles installed' 'all of them'
done_testing
