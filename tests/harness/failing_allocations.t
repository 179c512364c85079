#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
# goals: tests
# variants: native asan
"""PERFLIB's unit tests, with each allocation of the emulation failing once: nothing crashes, all memory is
freed, and each test passes when there is memory again. See tests/failing/."""
import glob
import os
import re
import sys

sys.path.insert(0, "tests")
import tap

programs = sorted(glob.glob(f"{tap.BUILD}/failing/*"))
tap.ok(len(programs) >= 5, "there are programs to run", programs)
for program in programs:
    # An abandoned test does not free its own memory, so only PERFLIB's memory is counted.
    done = tap.run([program], timeout=900, env={"ASAN_OPTIONS": "detect_leaks=0"})
    count = int(re.match(r"1\.\.(\d+)", done.stdout)[1])
    lines = done.stdout.splitlines()[1:]
    results = [line for line in lines if re.match("(not )?ok ", line)]
    for line in lines:
        match = re.match(r"(not )?ok \d+ - (.*)", line)
        if match:
            tap.ok(not match[1], match[2])
        else:
            tap.diag(line.lstrip("# "))
    tap.ok(len(results) == count and done.status in (0, 1),
           f"{os.path.basename(program)} runs to its end", done.status, done.stderr[-2000:])
tap.done()
