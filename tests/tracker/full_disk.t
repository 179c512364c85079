#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs whose regions have no space: a full disk, a read-only one, a folder of another user. They continue
# to run, their figures are right, and what could not be published is reported as lost. The disks are tmpfs in
# a mount namespace of this test.
. tests/tap.sh

if ! unshare -m true 2>/dev/null; then
    skip_all 'no mount namespace of our own: not root'
fi
preload=$(realpath "$BUILD/libheaptracker-preload.so")
exercise=$(realpath "$BUILD/programs/preload_exercise_posix")
perfharness=$(realpath "$BUILD/perfharness")

# on_disk OPTIONS COMMAND: run it with $disk, a folder that is a disk of its own.
disk=$tmp/disk
mkdir "$disk"
on_disk()
{
    run env disk="$disk" HEAPCTRS_DIR="$disk" unshare -m bash -c '
        mount -t tmpfs -o "$1" tmpfs "$disk" || exit 99
        eval "$2"' bash "$1" "$2"
}

run env HEAPCTRS_DIR="$tmp/enough" HEAPCTRS_SUMMARY="$tmp/expected" LD_PRELOAD="$preload" "$exercise" threads
is "$status" 0 'with space the program runs'
figures() { sed 's/^.*: total/total/' "$1"; }

on_disk size=4k "HEAPCTRS_SUMMARY='$tmp/full' LD_PRELOAD='$preload' '$exercise' threads; code=\$?
    ls -A \"\$disk\"; exit \$code"
is "$status" 0 'with a disk of one page it runs, too'
is "$(figures "$tmp/full")" "$(figures "$tmp/expected")" 'with the same figures'
is "$output" '' 'and leaves no file'

on_disk size=64k,nr_inodes=3 "touch \$disk/1 \$disk/2 \$disk/3
    HEAPCTRS_SUMMARY='$tmp/inodes' LD_PRELOAD='$preload' '$exercise' threads"
is "$status $(figures "$tmp/inodes")" "0 $(figures "$tmp/expected")" 'without a free inode likewise'

on_disk size=1m "mount -o remount,ro \"\$disk\"
    HEAPCTRS_SUMMARY='$tmp/read-only' LD_PRELOAD='$preload' '$exercise' threads"
is "$status $(figures "$tmp/read-only")" "0 $(figures "$tmp/expected")" 'on a read-only disk likewise'

# As a user who may not write there, and who may not even see the folder of this build.
public=$(mktemp -d /tmp/heapctrs-public.XXXXXX)
trap 'rm -rf "$public"; tap_finish' EXIT
chmod 755 "$public"
install -m 755 "$preload" "$public/preload.so"
install -m 755 "$exercise" "$public/exercise"
mkdir -m 755 "$public/root"
install -m 666 /dev/null "$public/denied"
run as_user env HEAPCTRS_DIR="$public/root" \
    HEAPCTRS_SUMMARY="$public/denied" LD_PRELOAD="$public/preload.so" "$public/exercise" threads
is "$status $(figures "$public/denied")" "0 $(figures "$tmp/expected")" 'in a folder of another user likewise'
is "$(ls -A "$public/root")" '' 'where it leaves nothing'

# The disk fills while heaps are opened: some are published, the events of the others are reported as lost.
on_disk size=32k "
    mkfifo '$tmp/commands'
    '$(realpath "$BUILD/programs/scripted_publisher")' <'$tmp/commands' >'$tmp/said' &
    exec 3>'$tmp/commands'
    for i in {0..99}; do echo \"open pool\"; echo \"allocate \$i 4096 100\"; done >&3
    until [[ \$(wc -l <'$tmp/said') -ge 200 ]]; do sleep 0.1; done
    '$perfharness' heaps --format json
    exec 3>&-
    wait"
is "$status" 0 'heaps are shown when the disk became full'
summary=$(python3 -c '
import json, sys
data = json.loads(sys.argv[1])
heaps = data["heaps"] if isinstance(data, dict) else data
print(0 < len(heaps) < 100, all(heap["bytes_in_use"] == 100 for heap in heaps))' "$output" 2>&1)
is "$summary" 'True True' 'those that had space, with their figures'

done_testing
