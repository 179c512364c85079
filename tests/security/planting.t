#!/bin/bash
# SPDX-License-Identifier: MIT
# needs: win64
#
# Libraries that another user has put into the current directory are not loaded, natively and under Wine:
# neither instead of the provider nor instead of the system's libraries.
. tests/tap.sh

program=$(realpath "$BUILD/perfharness")
marker=$tmp/planted
here=$tmp/here
mkdir "$here" "$tmp/bin" "$tmp/win"

# A library that prints a line when it is loaded.
cat >"$tmp/decoy.c" <<END
#include <stdio.h>
__attribute__((constructor)) static void tell(void)
{
    FILE *file = fopen("$marker", "w");
    if (file)
        fclose(file);
}
END
gcc -shared -fPIC -o "$here/heapctrs.so" "$tmp/decoy.c" || skip_all 'no compiler'
for name in libexpat.so.1 libmicrohttpd.so.12 libc.so.6 libm.so.6 mine.so; do
    cp "$here/heapctrs.so" "$here/$name"
done
cp "$program" "$tmp/bin"
printf 'REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\%s\\Performance]\n"Library"="%s"\n"Open"="O"\n"Collect"="C"\n"Close"="C"\n"First Counter"=dword:00000800\n"Last Counter"=dword:00000802\n"First Help"=dword:00000801\n"Last Help"=dword:00000803\n' \
    mine mine.dll >"$here/mine.reg"
cp build/native/heapctrs.reg "$here"
untouched()
{
    [[ ! -e $marker ]]
    ok $? "$1"
    rm -f "$marker"
}

cd "$here" || exit 1
run "$program" check ./mine.so --open O --collect C --close C
[[ -e $marker ]]
ok $? 'a library that is named with its folder is loaded: the decoy works'
rm -f "$marker"

run "$program" query
untouched "a query does not take heapctrs from the current directory"
run "$tmp/bin/perfharness" --registry "$here/heapctrs.reg" query
untouched "nor where there is none beside the program"
run "$tmp/bin/perfharness" --registry "$here/mine.reg" query
untouched "a name without a folder is not looked for there"
like "$errors$output" 'mine' 'and it is said that it was not found'
run "$tmp/bin/perfharness" --registry "$here/mine.reg" list
untouched "list does not load it either"
cp "$here/heapctrs.so" "$tmp/bin/libexpat.so.1"
run "$program" ctrpp "$OLDPWD/registry/heapctrs.man" -o "$tmp/x.h"
untouched "a library of the system comes from the system"
run env -i "$program" list
untouched "also without an environment"
cd "$OLDPWD" || exit 1

names='under Wine no decoy of a library that we load by name is loaded'
if [[ ! -e build/win64/perfharness.exe ]] || ! type -P wine >/dev/null; then
    skip "$names" 'no Windows build or no Wine'
    done_testing
fi
cp build/win64/perfharness.exe registry/heapctrs.man "$tmp/win"
mkdir "$tmp/elsewhere"
cat >"$tmp/decoy_win.c" <<END
#include <windows.h>
BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, void *reserved)
{
    (void)self, (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        CloseHandle(CreateFileA("Z:$marker", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
    return TRUE;
}
END
x86_64-w64-mingw32-gcc -shared -o "$tmp/decoy.dll" "$tmp/decoy_win.c"
for name in xmllite.dll loadperf.dll heapctrs.dll mine.dll pdh.dll; do
    cp "$tmp/decoy.dll" "$tmp/elsewhere/$name"
done
cp "$tmp/decoy.dll" "$tmp/win/xmllite.dll"
cp "$tmp/decoy.dll" "$tmp/win/loadperf.dll"
cp "$here/mine.reg" "$tmp/elsewhere"
in_wine()
{
    (cd "$tmp/elsewhere" && wine "$tmp/win/perfharness.exe" "$@") >"$tmp/output" 2>"$tmp/errors"
}
in_wine check 'Z:'"$tmp"'/decoy.dll' --open O --collect C --close C
[[ -e $marker ]]
ok $? 'under Wine, too, the decoy works where it is named'
rm -f "$marker"
in_wine ctrpp ..\\win\\heapctrs.man -o out.h
untouched "$names"
[[ -s $tmp/elsewhere/out.h ]]
ok $? 'and that of the system was' "$(cat "$tmp/errors")"
in_wine --registry mine.reg query
untouched "nor one that a registration names without a folder"
done_testing
