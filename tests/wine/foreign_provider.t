#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# variants: win64
# alone
#
# A V1 provider of other authors: Wine registers its winspool.drv as the service Spooler. Its Collect knows no
# objects and answers each query with none, which breaks no rule.
[[ ${HEAPCTRS_WINE64_PREFIX:-} ]] || exec scripts/wine-prefix "$0"
. tests/tap.sh
[[ $BUILD == *win64 ]] || BUILD=build/win64
type -P wine >/dev/null || skip_all 'Wine is not installed'

run wine "$BUILD/perfharness.exe" check Spooler --format json
is "$status" 3 'check neither crashes nor finds an error, and says that there is nothing to test'
python3 -c 'import json, sys
report, = json.load(sys.stdin)["targets"]
rules = {finding["rule"] for finding in report["findings"]}
assert rules <= {"library-path"}, rules
assert report["status"] == "not-tested", report["status"]
assert sum(rule["result"] == "kept" for rule in report["rules"]) > 20, report' <<<"$output"
ok $? 'its only finding is true: Library has no folder'

run wine "$BUILD/perfharness.exe" bench Spooler --time 0.02
is "$status" 0 'bench measures it'
like "$output" 'Global: 0 bytes, 0 objects' 'it has nothing to say'

run wine "$BUILD/perfharness.exe" query Global
is "$status" 0 'a query of both providers succeeds'
like "$output" 'Custom Heap' 'and shows ours'
done_testing
