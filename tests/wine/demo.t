#!/bin/bash
# SPDX-License-Identifier: MIT
# needs: win64
#
# The whole of make demo shows what it promises, natively and under Wine.
. tests/tap.sh

type -P gcc >/dev/null || type -P apt-get >/dev/null || skip_all 'there is no compiler, and nothing that installs one (scripts/wine-matrix)'
run scripts/demo
is "$status" 0 'the demo ends well' || diag "$output" "$errors"
is "$(grep -Ec 'sqlite3:[0-9]+:malloc +[0-9]' <<<"$output")" 2 'a query and heaps show the heap of sqlite3'
is "$(grep -Ec 'demo_pool:[0-9]+:particles +[0-9]' <<<"$output")" 2 \
    "the heap of the Windows program is shown by the harness and by Wine's registry"
like "$output" 'error +guard-overrun' 'the overrun of a provider is found'
unlike "$output" '!!' 'nothing is missing'
is "$(sed -n '/Summary/,$p' <<<"$output" | tail -n +2 | wc -l)" 4 'it ends with four lines that say what was seen'
done_testing
