#!/bin/bash
# SPDX-License-Identifier: MIT
# slow
#
# The MSI of a small tree: the same bytes each time, and its own actions where Windows Installer allows them.
. tests/tap.sh

for program in wixl msibuild msiinfo; do
    type -P $program >/dev/null || skip_all "$program is not installed: scripts/setup release"
done

mkdir -p "$tmp/tree/x64/bin"
echo program >"$tmp/tree/x64/bin/perfharness.exe"
for ((i = 0; i < 20; i++)); do echo "$i" >"$tmp/tree/x64/bin/file-$i"; done
find "$tmp/tree" -exec touch -d @1700000000 {} +

export SOURCE_DATE_EPOCH=1700000000
run scripts/packaging/make-msi "$tmp/tree" "$tmp/one.msi"
is "$status" 0 'it is made' || diag "$errors"
touch -d @1600000000 "$tmp/tree"
# Hash tables of GLib have a new order in each process; folder and time zone differ too.
for ((i = 0; i < 5; i++)); do
    cp -a "$tmp/tree" "$tmp/tree-$i"
    TZ=Pacific/Auckland scripts/packaging/make-msi "$tmp/tree-$i" "$tmp/two.msi" || break
    cmp "$tmp/one.msi" "$tmp/two.msi" || break
done
is "$i" 5 'it is the same bytes each time'
like "$(TZ=UTC msiinfo suminfo "$tmp/one.msi")" 'Created: Tue Nov 14 22:13:20 2023' 'it has the date of the commit'
code=$(msiinfo suminfo "$tmp/one.msi" | grep Revision)
like "$code" '\{[0-9A-F-]{36}\}' 'and a package code'
echo other >"$tmp/tree/x64/bin/perfharness.exe"
scripts/packaging/make-msi "$tmp/tree" "$tmp/two.msi"
isnt "$(msiinfo suminfo "$tmp/two.msi" | grep Revision)" "$code" 'which another content does not have'

run msiinfo export "$tmp/one.msi" InstallExecuteSequence
# Windows Installer refuses deferred actions elsewhere (error 2762).
is "$(sort -t $'\t' -n -k 3 <<<"$output" | awk -F '\t' '
    $1 == "InstallInitialize" || $1 == "RemoveFiles" || $1 == "InstallFiles" || $1 == "InstallFinalize" ||
    $1 ~ /Counters$|^Undo/ { printf "%s ", $1 }')" \
    'InstallInitialize RemoveCounters RemoveFiles InstallFiles UndoRegistration RegisterCounters InstallFinalize ' \
    'counters are removed before the files, and registered after them, with an undo before'
run msiinfo export "$tmp/one.msi" CustomAction
like "$output" 'UndoRegistration'$'\t''3410' 'the undo is for a rollback only'
run scripts/packaging/make-msi "$tmp" "$tmp/none.msi"
isnt "$status" 0 'a tree without the program is refused'
done_testing
