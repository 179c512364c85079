#!/bin/sh
# SPDX-License-Identifier: MIT
# Process snapshots under Wine, where they are emulated, against VirtualQuery and Toolhelp.
exec scripts/wine-prefix build/win64/programs/snapshot_check_win.exe
