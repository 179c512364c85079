#!/bin/bash
# SPDX-License-Identifier: MIT
# needs: win64
#
# variants: native win64
# Wine's own tests of PERFLIB V2, linked with our emulation. They are fetched from
# Debian once. If that is not possible, the output says that they are skipped.
output=$(scripts/wine-perf-test "$(basename "${BUILD:-build/native}")" 2>&1)
status=$?
if ((status == 77)); then
    echo "1..0 # SKIP ${output##*$'\n'}"
    exit 0
fi
printf '%s\n' "$output" | grep -v '^Downloading'
exit $status
