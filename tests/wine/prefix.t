#!/bin/bash
# SPDX-License-Identifier: MIT
# needs: win64
#
# scripts/wine-prefix: what a command in it sees, its exit status, and what remains afterwards.
. tests/tap.sh

type -P wine >/dev/null || skip_all 'no Wine'
cat >"$tmp/status.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
    printf("%s\n", argc > 2 ? argv[2] : "");
    return argc > 1 ? atoi(argv[1]) : 0;
}
END
has_program=''
type -P x86_64-w64-mingw32-gcc >/dev/null && has_program=yes &&
    x86_64-w64-mingw32-gcc -o "$tmp/status.exe" "$tmp/status.c"

export HOME=$tmp/home
mkdir "$HOME"
prefix()
{
    run scripts/wine-prefix --fresh "$@"
}

if [[ $has_program ]]; then
    prefix "$tmp/status.exe" 7 'two words'
    is "$status:$output" '7:two words' "a Windows program's arguments, output and status come through"
    is "$errors" '' 'Wine itself says nothing'
    prefix sh -c "wine $tmp/status.exe 0 a && wine $tmp/status.exe 3 b"
    is "$status:$output" $'3:a\nb' 'a script may run several programs'
else
    skip "a Windows program's output and status" 'x86_64-w64-mingw32-gcc is missing'
fi
prefix sh -c "echo \$WINEPREFIX; scripts/wine-prefix sh -c 'echo \$WINEPREFIX'"
is "${output%$'\n'*}" "${output#*$'\n'}" 'one inside another has the same prefix'
run sh -c 'echo abc | scripts/wine-prefix --fresh cat'
is "$status:$output" '0:abc' "stdin is the command's own"

prefix wine reg query 'HKLM\SYSTEM\CurrentControlSet\Services\heapctrs\Performance' /v Library
if [[ -e registry/heapctrs.reg && -e build/win64/heapctrs.dll ]]; then
    like "$output" 'Z:\\.*\\build\\win64\\heapctrs\.dll' 'our provider is registered, by its full path'
else
    skip 'our provider is registered, by its full path' 'it is not built yet'
fi
prefix --bare wine reg query 'HKLM\SYSTEM\CurrentControlSet\Services\heapctrs\Performance'
isnt "$status" 0 'not so with --bare'

printf 'REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\heapctrs-test]\r\n"x"="y"\r\n' >"$tmp/a.reg"
prefix --register "$tmp/a.reg" wine reg query 'HKLM\SOFTWARE\heapctrs-test' /v x
like "$output" 'REG_SZ +y' 'another .reg file can be imported'

background scripts/wine-prefix --fresh sh -c "echo \$WINEPREFIX >$tmp/which; exec sleep 60"
wait_until 300 test -s "$tmp/which"
kill "$child"
wait "$child"
is "$?" 143 'it ends when it is asked to'
ok "$([[ -s $tmp/which && ! -e $(<"$tmp/which") ]]; echo $?)" 'no prefix remains then'
is "$(ls -A "$HOME")" '' "nothing was put into the user's home"

kept=$tmp/kept
prefix --keep "$kept" sh -c 'echo hi >"$WINEPREFIX/drive_c/file"'
prefix --keep "$kept" cat "$kept/drive_c/file"
is "$output" hi 'a prefix that is kept is used again'
ok "$([[ ! -e build/wine/template/drive_c/file ]]; echo $?)" 'the template is not changed by it'
prefix --keep "$kept" wine reg add 'HKCU\Software\heapctrs-test' /f
ok "$(! grep -q heapctrs-test build/wine/template/*.reg; echo $?)" 'nor is its registry'

run scripts/wine-prefix
is "$status" 2 'no command is bad usage'
run scripts/wine-prefix --no-such-option x
is "$status" 2 'an unknown option is bad usage'
done_testing
