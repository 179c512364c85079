#!/bin/bash
# SPDX-License-Identifier: MIT
# needs: win64
#
# perfharness install and uninstall on a real registry: Wine's, in a prefix of this test.
. tests/tap.sh

program=build/win64/perfharness.exe
type -P wine >/dev/null || skip_all 'Wine is not installed'
[[ -e $program ]] || skip_all "$program is not built"

export FOLDER=$tmp PROGRAM=$program
cat >"$tmp/steps" <<'END'
perfharness() { wine "$PROGRAM" "$@" >"$FOLDER/out-$step" 2>"$FOLDER/err-$step"; echo $? >"$FOLDER/status-$step"; }
export_keys()
{
    wine regedit /E "Z:${FOLDER//\//\\}\\services-$1" 'HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services'
    wine regedit /E "Z:${FOLDER//\//\\}\\windows-$1" 'HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
}
calls='--library C:\none.dll --open O --collect C --close D'
export_keys before
step=refused perfharness install registry/heapctrs.ini
export_keys refused
step=first perfharness install registry/heapctrs.ini $calls
step=second perfharness install registry/heapctrs.ini
step=list perfharness list heapctrs --format json
step=uninstall perfharness uninstall heapctrs
export_keys after
END
timeout 900 scripts/wine-prefix --fresh --bare bash "$tmp/steps"

status_of() { cat "$tmp/status-$1"; }

is "$(status_of refused)" 2 'an .ini whose service is not there is refused'
is "$(cat "$tmp/out-refused")" '' 'a refusal writes nothing on stdout'
like "$(cat "$tmp/err-refused")" '"heapctrs" has no Performance key' 'the message names the service'
cmp "$tmp/services-before" "$tmp/services-refused" >&2 && cmp "$tmp/windows-before" "$tmp/windows-refused" >&2
ok $? 'a refusal changes nothing in the registry'
is "$(status_of first)" 0 'with a library and its procedures the service is made and installed'
is "$(status_of second)" 2 'a second installation is refused'
like "$(cat "$tmp/err-second")" 'installed already' 'and the message says why'
is "$(status_of list)" 0 'the registry lists the service'
like "$(cat "$tmp/out-list")" '"name": "Custom Heap"' 'with its names'
like "$(cat "$tmp/out-list")" '"status": "ok"' 'and finds nothing wrong with it'
is "$(status_of uninstall)" 0 'it is uninstalled'
cmp "$tmp/services-before" "$tmp/services-after" >&2 && cmp "$tmp/windows-before" "$tmp/windows-after" >&2
ok $? 'uninstalling leaves the registry as it was, byte for byte'
done_testing
