#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
"""The preload library counts the allocations of real programs as valgrind does, exactly, if the programs have the same
environment. perl copies its environment into blocks, so each variable that valgrind or this test sets changes its
number. The number of redis-server is another over each allocator, and valgrind replaces the allocator; the likely
reason is that redis-server asks how large its blocks are (malloc_usable_size). Frees by libraries after the preload library's own end are not
counted: at most those can be missing."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, "tests")
import tap  # noqa: E402

PRELOAD = os.path.realpath(os.path.join(tap.BUILD, "libheaptracker-preload.so"))
SUMMARY = os.path.join(tap.TMP, "summary")
LOG = os.path.join(tap.TMP, "log")
# A fixed seed: the order of keys, and with it the number of allocations, is chosen at random otherwise.
BASE = {"PATH": "/usr/bin:/bin", "HEAPCTRS_SUMMARY": SUMMARY, "PERL_HASH_SEED": "0",
        "HEAPCTRS_DIR": os.path.join(tap.TMP, "regions")}
TOTAL = re.compile(r"total heap usage: ([\d,]+) allocs, ([\d,]+) frees, ([\d,]+) bytes")
SCRIPT = 'my %h; $h{"key$_"} = [1 .. 5, "value$_"] for 1 .. 2000; print scalar(keys %h), "\\n"'
PROGRAMS = (["perl", "-e", SCRIPT],
            ["jq", "-n", "[range(1000)] | map(tostring) | length"],
            ["sqlite3", ":memory:", "create table t(x); insert into t values (1); select * from t"])


def total(text):
    return [int(number.replace(",", "")) for number in TOTAL.search(text).groups()]


def by_valgrind(command):
    subprocess.run(["valgrind", "--log-file=" + LOG, *command], env=BASE, capture_output=True, check=True)
    with open(LOG, encoding="utf-8") as file:
        return total(file.read())


def by_preload(command, environment, more=""):
    if os.path.exists(SUMMARY):
        os.unlink(SUMMARY)
    subprocess.run(command, env={**environment, "LD_PRELOAD": environment["LD_PRELOAD"] + more}, capture_output=True,
                   check=True)
    with open(SUMMARY, encoding="utf-8") as file:
        return total(file.readline())


if not shutil.which("valgrind"):
    print("1..0 # SKIP valgrind is not installed")
    sys.exit(0)

# What a program's environment is under valgrind, with our library in place of valgrind's: its path is as long.
seen = subprocess.run(["valgrind", "-q", "--log-file=/dev/null", "env", "-0"], env=BASE, capture_output=True,
                      check=True).stdout
SAME = dict(entry.split("=", 1) for entry in seen.decode().split("\0") if entry)
SAME["LD_PRELOAD"] = PRELOAD.rjust(len(SAME["LD_PRELOAD"]), "/")

for program in PROGRAMS:
    if not shutil.which(program[0]):
        tap.skip(f"{program[0]}: as many allocations as valgrind counts", "it is not installed")
        continue
    ours, theirs = by_preload(program, SAME), by_valgrind(program)
    tap.equal((ours[0], ours[2]), (theirs[0], theirs[2]), f"{program[0]}: as many allocations and bytes as valgrind counts")
    tap.ok(theirs[1] - 50 <= ours[1] <= theirs[1], f"{program[0]}: and as many frees, but for those of the last destructors",
           f"{ours} {theirs}")

counts = [by_preload(["perl", "-e", "1"], {**SAME, **{f"MORE{i}": "x" for i in range(number)}})[0] for number in (0, 1, 2)]
tap.ok(counts[2] - counts[1] == counts[1] - counts[0] > 0, "perl allocates for each variable of its environment", counts)

GLIBC = "/lib/x86_64-linux-gnu/libc.so.6"
if shutil.which("redis-server") and os.path.exists(GLIBC):
    version = ["redis-server", "--version"]
    tap.ok(by_preload(version, SAME)[0] != by_preload(version, SAME, ":" + GLIBC)[0],
           "the number of redis-server is another over each allocator")
else:
    tap.skip("the number of redis-server is another over each allocator", "it is not installed")
tap.done()
