#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The test runner counts what TAP says, and takes nothing for passed that is not."""
import os
import sys

sys.path[:0] = ["tests", "scripts"]
import tap
import run_tests

# name, the script, then (passed, failed, skipped)
CASES = [
    ("all tests passed", "echo 1..2; echo ok 1 - a; echo ok 2 - b", (2, 0, 0)),
    ("the plan may come last", "echo ok; echo ok; echo 1..2", (2, 0, 0)),
    ("one test failed", "echo 1..2; echo ok 1; echo not ok 2 - b; exit 1", (1, 1, 0)),
    ("a failure is one even when the status is 0", "echo 1..1; echo not ok 1", (0, 1, 0)),
    ("a status that is not 0 is a failure", "echo 1..1; echo ok 1; exit 3", (1, 1, 0)),
    ("a crash is a failure", "echo 1..1; echo ok 1; kill -SEGV $$", (1, 1, 0)),
    ("fewer tests than planned are failures", "echo 1..5; echo ok 1; echo ok 2", (2, 3, 0)),
    ("more tests than planned are a failure", "echo 1..1; echo ok 1; echo ok 2", (2, 1, 0)),
    ("two plans are a failure", "echo 1..1; echo ok 1; echo 1..1", (1, 1, 0)),
    ("no plan is a failure", "echo ok 1", (1, 1, 0)),
    ("no output is a failure", ":", (0, 1, 0)),
    ("a plan of no tests is a failure", "echo 1..0", (0, 1, 0)),
    ("a skipped script is skipped", "echo '1..0 # SKIP no network'", (0, 0, 1)),
    ("a skipped test is skipped", "echo 1..1; echo 'ok 1 - a # SKIP no network'", (0, 0, 1)),
    ("cmocka's way to skip is known", "echo 1..1; echo why; echo 'not ok 1 # SKIP a'", (0, 0, 1)),
    ("giving up is a failure", "echo 1..1; echo ok 1; echo 'Bail out! no'", (1, 1, 0)),
    ("indented subtests do not count", "echo 1..1; echo '  not ok 1'; echo ok 1", (1, 0, 0)),
    ("a hanging test is killed", "echo 1..1; echo ok 1; sleep 60", (1, 1, 0)),
    ("its hanging child too", "echo 1..1; echo ok 1; sleep 60 & wait", (1, 1, 0)),
    ("a child left behind does not hold us up", "echo 1..1; echo ok 1; sleep 60 &", (1, 0, 0)),
]

for name, script, expected in CASES:
    result = run_tests.run(run_tests.Job("script", "native", ["sh", "-c", script], timeout=2))
    got = (result.passed, result.failed, result.skipped)
    if tap.equal(got, expected, name) and expected[1]:
        tap.ok(result.problems, name + ", and it is said why")
    tap.ok(result.seconds < 10, name + ", in time")

result = run_tests.run(run_tests.Job("script", "native", ["/no/such/program"]))
tap.equal((result.passed, result.failed), (0, 1), "a program that is not there is a failure")

script = 'echo 1..1; test -d "$HEAPCTRS_DIR" && test -d "$TMPDIR" && echo ok "$TMPDIR"'
result = run_tests.run(run_tests.Job("script", "native", ["sh", "-c", script]))
tap.equal(result.passed, 1, "each test has folders of its own")

script = 'echo 1..1; echo ok; echo "$TMPDIR" >&3'
path = os.path.join(tap.SCRATCH, "folder")
command = ["sh", "-c", "exec 3>" + path + "; " + script]
run_tests.run(run_tests.Job("script", "native", command))
with open(path, encoding="utf-8") as file:
    tap.ok(not os.path.exists(file.read().strip()), "they are removed afterwards")

tap.equal(run_tests.source_files(["no/such/*.t"]), [], "a pattern without a match selects nothing")
tap.equal(run_tests.source_files(["tests/unit/test_text.c"]), ["tests/unit/test_text.c"],
          "a unit test is selected by its source")
run = tap.run(["python3", "scripts/run_tests.py", "--build", path, "no/such/*.t"])
tap.equal(run.status, 1, "to run no test is a failure")
tap.equal(run.stdout.splitlines()[-1], "0 passed, 1 failed", "and the last line says so")
tap.done()
