#!/bin/bash
# SPDX-License-Identifier: MIT
#
# install --self and uninstall --self, in a Wine prefix of this test's own: the registry and the files are
# as before when both have run, in whatever order and however often.
# timeout: 400
. tests/tap.sh

type -P wine >/dev/null || skip_all 'Wine is not installed'
[[ -e build/win64/perfharness.exe && -e build/win64/heapctrs_events.dll ]] || skip_all 'build/win64 is not built'

# What a release has: programs, data, and the 32-bit DLL.
release=$scratch/release
mkdir -p "$release/x64/bin" "$release/x64/share/heapctrs" "$release/x86/bin"
cp build/win64/{perfharness.exe,heapctrs.dll,heapctrs_events.dll} "$release/x64/bin"
cp registry/heapctrs* "$release/x64/share/heapctrs"
echo 'a 32-bit DLL' >"$release/x86/bin/heapctrs.dll"

export SCRATCH=$scratch RELEASE=$release
cat >"$scratch/steps" <<'END'
system=$WINEPREFIX/drive_c/windows/system32 wow=$WINEPREFIX/drive_c/windows/syswow64
mkdir -p "$wow" # Debian's 64-bit Wine makes none
perfharness() { wine "$RELEASE/x64/bin/perfharness.exe" "$@" >"$SCRATCH/out-$step" 2>"$SCRATCH/err-$step"; echo $? >"$SCRATCH/status-$step"; }
state()
{
    for key in 'SYSTEM\CurrentControlSet\Services' 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'; do
        wine regedit /E "Z:${SCRATCH//\//\\}\\key" "HKEY_LOCAL_MACHINE\\$key"
        iconv -f UTF-16 -t UTF-8 "$SCRATCH/key"
    done >"$SCRATCH/registry-$1"
    (cd "$WINEPREFIX/drive_c/windows" && find system32/heapctrs syswow64/heapctrs 2>/dev/null | sort) >"$SCRATCH/files-$1"
}
state before
step=nothing perfharness uninstall --self
state nothing
step=first perfharness install --self
state first
step=query perfharness query --system --format json
step=list perfharness list heapctrs --format json
step=again perfharness install --self
state again

# An older version of other bytes and with other texts, whose DLL a program has open.
printf 'older' >>"$system/heapctrs/heapctrs.dll"
wine reg add 'HKLM\SYSTEM\CurrentControlSet\Services\heapctrs\Performance' /v 'Open Timeout' /t REG_DWORD /d 1 /f >/dev/null
wine "$RELEASE/x64/bin/perfharness.exe" watch --interval 0.2 >"$SCRATCH/watch" 2>&1 &
watcher=$!
for ((i = 0; i < 200; i++)); do grep -q 'Custom Heap' "$SCRATCH/watch" && break; sleep 0.2; done
step=over perfharness install --self
state over
kill $watcher; wait $watcher 2>/dev/null
step=remove perfharness uninstall --self
state remove

# All or nothing: a folder in the way of the second file, and a folder in the way of the registration's data.
step=fail
mkdir -p "$system/heapctrs/heapctrs_events.dll.new"
perfharness install --self
rmdir "$system/heapctrs/heapctrs_events.dll.new" "$system/heapctrs" 2>/dev/null
state fail
step=no_data
mv "$RELEASE/x64/share" "$RELEASE/x64/hidden"
perfharness install --self
mv "$RELEASE/x64/hidden" "$RELEASE/x64/share"
state no_data

# Texts of other titles, as an older version may have them.
step=old_titles
sed -i 's/Custom Heap/Old Heap/' "$RELEASE/x64/share/heapctrs/heapctrs.ini"
perfharness install --self
cp registry/heapctrs.ini "$RELEASE/x64/share/heapctrs"
step=new_titles perfharness install --self
step=new_list perfharness list heapctrs --format json
step=last perfharness uninstall --self
state last
END
timeout 380 scripts/wine-prefix --fresh --bare bash "$scratch/steps"

status_of() { cat "$scratch/status-$1"; }
out() { tr -d '\r' <"$scratch/out-$1"; }
err() { tr -d '\r' <"$scratch/err-$1"; }
unchanged()
{
    diff "$scratch/registry-before" "$scratch/registry-$1" >&2 && diff "$scratch/files-before" "$scratch/files-$1" >&2
    ok $? "$2"
}

is "$(status_of nothing)" 0 'uninstall --self is fine where nothing is installed'
like "$(out nothing)" 'nothing to remove' 'and says so'
unchanged nothing 'and changes nothing'

is "$(status_of first)" 0 'install --self succeeds' || diag "$(err first)"
like "$(tr '[:upper:]' '[:lower:]' <"$scratch/registry-first")" '"library"="c:\\\\windows\\\\system32\\\\heapctrs\\\\heapctrs\.dll"' \
    'the library is registered with its full path'
for source in heapctrs perfharness; do
    like "$(cat "$scratch/registry-first")" "EventLog.Application.$source\]" "the source $source has a message file"
done
is "$(cat "$scratch/files-first")" "$(printf '%s\n' system32/heapctrs{,/heapctrs.dll,/heapctrs_events.dll} syswow64/heapctrs{,/heapctrs.dll})" \
    'the files are in the folders of both word sizes'
like "$(out first)" 'In perfmon: .*Custom Heap' 'it says what to click'
like "$(out first)" 'The system finds the counters' 'and that the result was checked'
like "$(out query)" '"name": "Custom Heap"' "the system's own query has the counters"
like "$(out list)" '"status": "ok"' 'list finds nothing wrong'

is "$(status_of again)" 0 'a second installation succeeds'
diff "$scratch/registry-first" "$scratch/registry-again" >&2 && diff "$scratch/files-first" "$scratch/files-again" >&2
ok $? 'and changes nothing'

is "$(status_of over)" 0 'it installs over another version' || diag "$(err over)"
like "$(out over)" 'deleted when Windows starts next' 'and says that the older DLL is in use'
like "$(cat "$scratch/files-over")" 'heapctrs\.dll\.old-' 'which was renamed'
diff "$scratch/registry-first" <(grep -v PendingFileRenameOperations "$scratch/registry-over") >&2
ok $? 'the registration is that of this version'

is "$(status_of remove)" 0 'uninstall --self succeeds' || diag "$(err remove)"
unchanged remove 'and leaves registry and files as they were before'

is "$(status_of fail)" 2 'an installation that cannot write all files fails'
like "$(err fail)" 'heapctrs_events\.dll.*nothing was installed' 'it names the file'
unchanged fail 'and changes nothing'
is "$(status_of no_data)" 2 'so does one without its data'
unchanged no_data 'and changes nothing'

is "$(status_of old_titles)$(status_of new_titles)" 00 'titles of an older version are replaced'
like "$(out new_list)" '"name": "Custom Heap"' 'by those of this one'
is "$(status_of last)" 0 'and removed'
unchanged last 'and nothing of them is left'
done_testing
