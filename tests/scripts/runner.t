#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
"""The test runner counts what TAP reports, and counts nothing as passed that has not passed. In a tree of its
own, each case is a test script, and prove runs it as scripts/test does."""
import os
import re
import shutil
import sys

sys.path[:0] = ["tests"]
import tap

# name, the script, then (passed, failed, skipped)
CASES = [
    ("all tests passed", "echo 1..2; echo ok 1 - a; echo ok 2 - b", (2, 0, 0)),
    ("the plan may come last", "echo ok; echo ok; echo 1..2", (2, 0, 0)),
    ("one test failed", "echo 1..2; echo ok 1; echo not ok 2 - b; exit 1", (1, 1, 0)),
    ("a failure is one even when the status is 0", "echo 1..1; echo not ok 1", (0, 1, 0)),
    ("a status that is not 0 is a failure", "echo 1..1; echo ok 1; exit 3", (1, 1, 0)),
    ("a crash is a failure", "echo 1..1; echo ok 1; kill -SEGV $$", (1, 1, 0)),
    ("fewer tests than planned are failures", "echo 1..5; echo ok 1; echo ok 2", (2, 3, 0)),
    ("more tests than planned are a failure", "echo 1..1; echo ok 1; echo ok 2", (1, 1, 0)),
    ("two plans are a failure", "echo 1..1; echo ok 1; echo 1..1", (1, 1, 0)),
    ("no plan is a failure", "echo ok 1", (1, 1, 0)),
    ("no output is a failure", ":", (0, 1, 0)),
    ("a plan of no tests is a failure", "echo 1..0", (0, 1, 0)),
    ("a skipped script is skipped", "echo '1..0 # SKIP no network'", (0, 0, 1)),
    ("a skipped test is skipped", "echo 1..1; echo 'ok 1 - a # SKIP no network'", (0, 0, 1)),
    ("cmocka's way to skip is known", "echo 1..1; echo '# why'; echo 'not ok 1 # SKIP a'", (0, 0, 1)),
    ("giving up is a failure", "echo 1..1; echo ok 1; echo 'Bail out! no'", (1, 1, 0)),
    ("indented subtests do not count", "echo 1..1; echo '  not ok 1'; echo ok 1", (1, 0, 0)),
    ("a hanging test is killed", "# timeout: 1\necho 1..1; echo ok 1; sleep 60", (1, 1, 0)),
    ("its hanging child too", "# timeout: 1\necho 1..1; echo ok 1; sleep 60 & wait", (1, 1, 0)),
    ("a child that remains does not delay the runner", "echo 1..1; echo ok 1; sleep 60 &", (1, 0, 0)),
    ("each test has folders of its own",
     'echo 1..1; test -d "$HEAPCTRS_DIR" && test -d "$TMPDIR" && echo ok; echo "$TMPDIR" >folder', (1, 0, 0)),
]

TREE = os.path.join(tap.TMP, "tree")
os.makedirs(TREE + "/tests/a")
os.makedirs(TREE + "/build")
shutil.copytree("scripts", TREE + "/scripts")


def prove(*jobs, **env):
    """What prove reports of some jobs in the tree, with our harness."""
    return tap.run(["sh", "-c", "cd \"$0\" && exec prove --norc -Iscripts --harness TestResults --exec "
                    "scripts/run_test.py -j 2 \"$@\"", TREE, *jobs],
                   env={"PERL5LIB": TREE + "/scripts", "HEAPCTRS_BUILDS": "0 0", "HEAPCTRS_TESTS_ALONE": "", **env})


def write(name, body):
    path = f"{TREE}/tests/a/{name}.t"
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + body + "\n")
    os.chmod(path, 0o755)


def counts(run):
    found = re.fullmatch(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?", run.stdout.splitlines()[-1])
    return tuple(int(number or 0) for number in found.groups()) if found else run.stdout


for name, script, expected in CASES:
    write("case", script)
    done = prove("native/tests/a/case.t")
    if not tap.equal(counts(done), expected, name):
        tap.diag(done.stdout + done.stderr)
    tap.equal(done.status != 0, expected[1] > 0, name + ": the status says so")
    tap.equal("\nFailed:\n  native/tests/a/case.t: " in done.stdout, expected[1] > 0, name + ": it is listed if it failed")
with open(TREE + "/folder", encoding="utf-8") as file:
    tap.ok(not os.path.exists(file.read().strip()), "the folders of a test are removed afterwards")

tap.equal(counts(prove("native/tests/a/none.t")), (0, 1, 0), "a program that does not exist is a failure")
write("bad", "echo 1..2; echo ok 1; echo not ok 2 - this; echo '# because'; echo pardon >&2; exit 1")
write("good", "echo 1..1; echo ok 1 - a '# SKIP no network'")
done = prove("native/tests/a/bad.t", "asan/tests/a/good.t", HEAPCTRS_BUILDS="3 1")
tap.equal(counts(done), (4, 2, 1), "builds and all jobs are added up")
for text in ("not ok 2 - this", "# because", "pardon"):
    tap.like(done.stderr, text, f"a failed test is shown: {text}")
tap.equal(done.stdout.splitlines()[-3:-1], ["Failed:", "  native/tests/a/bad.t: - this"],
          "the failed tests are listed before the last line")
tap.like(done.stdout, r"asan/tests/a/good.t: - a \[asan\] no network", "the reason of a skipped test is listed")
with open(TREE + "/build/test-times", encoding="utf-8") as file:
    tap.like(file.read(), r"^\d+\.\d\d native/tests/a/bad.t$", "the time of each job is kept for the next run")

# A "wine" that runs one script after the other, each once.
FIRST, SECOND = TREE + "/first", TREE + "/second"
os.makedirs(TREE + "/bin")
with open(TREE + "/bin/wine", "w", encoding="utf-8") as file:
    file.write(f"#!/bin/sh\nfor file in {FIRST} {SECOND}; do\n"
               '[ -e $file ] || continue\nscript=$(cat $file); rm $file; eval "$script"; exit\ndone\n')
os.chmod(TREE + "/bin/wine", 0o755)
WHOLE, CUT = "echo 1..2; echo ok 1; echo ok 2", "echo 1..2; echo ok 1"
for name, first, second, expected in [
        ("a Windows program that ends before its last test, without a word, is run once more",
         CUT + "; exit 1", WHOLE, (2, 0, 0)),
        ("so is one without any output", "exit 1", WHOLE, (2, 0, 0)),
        ("it fails if that ends early, too", CUT, CUT, (1, 1, 0)),
        ("a failure is not tried again", "echo 1..2; echo ok 1; echo not ok 2; exit 1", WHOLE, (1, 1, 0)),
        ("a crash that is reported is not, either", CUT + "; echo Bail out! exception", WHOLE, (1, 1, 0)),
        ("nor a complaint on stderr", CUT + "; echo no >&2", WHOLE, (1, 1, 0)),
        ("nor one that is killed", CUT + "; kill -SEGV $$", WHOLE, (1, 1, 0))]:
    for path, script in ((FIRST, first), (SECOND, second)):
        with open(path, "w", encoding="utf-8") as file:
            file.write(script + "\n")
    done = prove("win64/tests/unit/test_none.c", PATH=f"{TREE}/bin:{os.environ['PATH']}")
    if not tap.equal(counts(done), expected, name):
        tap.diag(done.stdout + done.stderr)
    tap.equal("; once more" in done.stderr, not os.path.exists(SECOND), name + ": the log says it")

log = os.path.join(TREE, "log")
for name in ("one", "two", "three"):
    write(name, f"echo 1..1; echo begin >>{log}; sleep 0.2; echo end >>{log}; echo ok")
prove(*(f"native/tests/a/{name}.t" for name in ("one", "two", "three")),
      HEAPCTRS_TESTS_ALONE="native/tests/a/one.t native/tests/a/two.t native/tests/a/three.t")
with open(log, encoding="utf-8") as file:
    tap.equal(file.read().split(), ["begin", "end"] * 3, "tests that are to be alone run one by one")


def lines_of(what, *arguments):
    return tap.run(["scripts/test_jobs.py", what, *arguments]).stdout.splitlines()


tap.equal(lines_of("jobs", "tests/unit/test_text.c", "--native"), ["native/tests/unit/test_text.c"],
          "a test is found by its file")
tap.equal(lines_of("jobs", "test_text", "--native"), ["native/tests/unit/test_text.c"], "and by its name")
tap.equal(sorted(lines_of("jobs", "test_text")),
          [f"{build}/tests/unit/test_text.c" for build in ("asan", "native", "win32", "win64")],
          "a unit test runs in all builds")
tap.equal(lines_of("goals", "test_text", "--native"),
          ["native build build/native/faulty/plain_fake.so build/native/tests/test_text"],
          "only what a test needs is built for it")
tap.ok(any(line.startswith("native ") and {"tests", "bench-programs"} <= set(line.split()) for line in lines_of("goals")),
       "for all tests everything is, and what a test names besides", lines_of("goals"))
tap.ok(not any("/wine/" in job for job in lines_of("jobs", "--quick")), "Wine is not quick")
run = tap.run(["scripts/test", "no/such/*.t"])
tap.equal((run.status, run.stdout.splitlines()[-1]), (1, "0 passed, 1 failed"), "to run no test is a failure")
tap.done()
