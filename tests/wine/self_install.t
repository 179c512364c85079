#!/bin/bash
# SPDX-License-Identifier: MIT
# needs: win64
# timeout: 1800
#
# `perfharness install --self` and `uninstall --self` of a release's files, in a Wine prefix of this test. An
# older version is the same one with another text and other bytes.
. tests/tap.sh

type -P wine >/dev/null || skip_all 'Wine is not installed'
[[ -e build/win64/perfharness.exe ]] || skip_all 'build/win64 is not built'

for tree in new old broken; do
    scripts/install --target win64 --relocatable "$tmp/$tree" /x64 >/dev/null || { fail 'a release can be laid out'; done_testing; }
done
# The 32-bit DLL is copied, never loaded.
mkdir -p "$tmp/new/x86/bin" && cp build/win64/heaptracker.dll "$tmp/new/x86/bin/heapctrs.dll"
sed -i '/_HELP=/s/=.*/=A text of an older version./' "$tmp/old/x64/share/heapctrs/heapctrs.ini"
echo older >>"$tmp/old/x64/bin/heapctrs.dll"
cp build/win64/heaptracker.dll "$tmp/broken/x64/bin/heapctrs.dll"

export FOLDER=$tmp
cat >"$tmp/steps" <<'END'
# perfharness STEP TREE ARGUMENT…
perfharness()
{
    local step=$1 tree=$2
    shift 2
    wine "$FOLDER/$tree/x64/bin/perfharness.exe" "$@" >"$FOLDER/out-$step" 2>"$FOLDER/err-$step"
    echo $? >"$FOLDER/status-$step"
}
# The result of a step: the two branches of the registry, and the files in Windows' folder.
record()
{
    wine regedit /E "Z:${FOLDER//\//\\}\\services-$1" 'HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services'
    wine regedit /E "Z:${FOLDER//\//\\}\\names-$1" 'HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    wine reg query 'HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Perflib\CurrentLanguage' /v Help >"$FOLDER/texts-$1"
    [[ -d $WINEPREFIX/drive_c/ProgramData/heapctrs ]] && echo yes >"$FOLDER/regions-$1"
    (cd "$WINEPREFIX/drive_c/windows" && find . -path '*/heapctrs*' -exec stat -c '%n %s' {} + | sort) >"$FOLDER/files-$1"
}
# Every start of a wineserver is one of Windows, too: it would delete the renamed DLL before the test looks.
wineserver -p
record before
perfharness broken broken install --self
record broken
perfharness old old install --self
record old
perfharness failed broken install --self
record failed
mkfifo "$FOLDER/go-on"
wine "$FOLDER/old/x64/bin/perfharness.exe" watch --samples 1000 --interval 1 --counter '\Custom Heap(*)\Bytes in Use' --format csv \
    >"$FOLDER/watch" 2>&1 &
watcher=$!
for ((i = 0; i < 300; i++)); do [[ -s $FOLDER/watch ]] && break; sleep 0.1; done
# Wine deletes a library that a program has open, which Windows does not. A read-only one can be renamed under Wine but
# not deleted, like an open one on Windows.
wine attrib +r 'C:\windows\system32\heapctrs\heapctrs.dll'
perfharness new new install --self
record new
kill $watcher; wait $watcher 2>/dev/null
wine reg query 'HKLM\SYSTEM\CurrentControlSet\Control\Session Manager' /v PendingFileRenameOperations >"$FOLDER/pending"
wine attrib -r 'C:\windows\system32\heapctrs\heapctrs.dll.old-1'
wine wineboot # Windows starts
record restarted
perfharness again new install --self
record again
perfharness query new query --system --format json
wine reg query 'HKLM\SYSTEM\CurrentControlSet\Services\heapctrs\Performance' /v Library >"$FOLDER/library"
wine reg query 'HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\heapctrs' /v EventMessageFile >"$FOLDER/messages"
perfharness remove new uninstall --self
record after
perfharness nothing new uninstall --self
perfharness usage new install --self some.ini
END
timeout 1500 scripts/wine-prefix --fresh --bare bash "$tmp/steps"

status_of() { cat "$tmp/status-$1"; }
text_of() { tr -d '\r' <"$tmp/$1"; }
# same STEP STEP NAME: registry and files are equal
same()
{
    local kind differs=''
    for kind in services names files; do
        cmp -s "$tmp/$kind-$1" "$tmp/$kind-$2" || differs+=" $kind"
    done
    is "$differs" '' "$3"
}

is "$(status_of broken)" 2 'a DLL that does not answer is refused'
like "$(text_of err-broken)" 'does not find the counters.*nothing was installed' 'and the message says so'
same before broken 'nothing of it remains, in the registry or in files'
[[ ! -e $tmp/regions-broken ]]; ok $? 'nor is there a folder of regions'
is "$(status_of old)" 0 'an older version is installed' || diag "$(text_of err-old)"
unlike "$(text_of out-old)" 'replaces' 'and says nothing of another one'
[[ -e $tmp/regions-old ]]; ok $? 'the folder of regions is made'
like "$(text_of out-old)" 'Programs publish their heaps in C:.*\\ProgramData\\heapctrs\.' 'which is said'
is "$(status_of failed)" 2 'a DLL that does not answer does not replace it'
same old failed 'it stays as it was, registry and files'
is "$(status_of new)" 0 'the new version is installed over it' || diag "$(text_of err-new)"
like "$(text_of out-new)" '1 file of the older version is open in a program\. It was renamed, and will be deleted' \
    'a DLL that cannot be deleted is renamed, which is said'
like "$(text_of files-new)" 'system32/heapctrs/heapctrs\.dll\.old-1' 'it is beside the new one'
like "$(text_of pending)" 'C:\\windows\\system32\\heapctrs\\heapctrs\.dll\.old-1' 'and Windows is asked to delete it'
unlike "$(text_of files-restarted)" 'old' 'which happens at the next start'
like "$(text_of out-new)" 'It replaces another version' 'and says so'
like "$(text_of out-new)" '32-bit programs get C:\\windows\\syswow64\\heapctrs\\heapctrs\.dll' 'with the DLL of 32-bit programs'
like "$(text_of out-new)" 'In perfmon: .*"Custom Heap"' 'it says what to click'
is "$(grep -c 'A text of an older version' "$tmp"/texts-{old,failed,new} | sed 's/.*-//' | xargs)" \
    'old:1 failed:1 new:0' 'its texts replace the older ones'
is "$(status_of again)" 0 'a second installation succeeds'
unlike "$(text_of out-again)" 'replaces' 'and replaces nothing'
for kind in services names; do
    cmp "$tmp/$kind-new" "$tmp/$kind-again" >&2
    ok $? "and changes nothing ($kind)"
done
is "$(grep -c old "$tmp/files-again")" 0 'no file of the older version remains'
like "$(text_of library)" 'C:\\windows\\system32\\heapctrs\\heapctrs\.dll' 'the registered library has its full path'
like "$(text_of messages)" 'heapctrs_events\.dll' 'and the event log has its message file'
is "$(status_of query)" 0 "Wine's own registry call succeeds"
like "$(text_of out-query)" 'Custom Heap' 'and finds the counters'
is "$(status_of remove)" 0 'everything is removed' || diag "$(text_of err-remove)"
same before after 'the registry and the files are as they were before'
is "$(status_of nothing)" 0 'a second removal succeeds'
like "$(text_of out-nothing)" 'nothing to remove' 'and says that there was nothing'
is "$(status_of usage)" 2 '--self takes no other argument'
[[ -z ${KEEP:-} ]] || cp -r "$tmp" "$KEEP"
done_testing
