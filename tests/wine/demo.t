#!/bin/bash
# SPDX-License-Identifier: MIT
# make demo shows what it promises, natively and under Wine.
# needs: native win64
output=$(timeout 300 scripts/demo 2>&1)
status=$?
count=0 failed=0
ok()
{
    count=$((count + 1))
    if ((!$1)); then echo "ok $count - $2"; else echo "not ok $count - $2"; failed=1; fi
}
ok "$status" "the demo ends well"
(($(grep -c 'sqlite3:[0-9]*:malloc' <<<"$output") >= 4))
ok $? "sqlite3's heap is shown three times by the provider, and once from its region"
(($(grep -c 'demo_pool:[0-9]*:particles' <<<"$output") == 2))
ok $? "the Windows program's heap is shown by the harness and by Wine's registry"
((failed)) && sed 's/^/# /' <<<"$output"
echo "1..$count"
exit "$failed"
