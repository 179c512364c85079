#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: win64
"""The program of the report on Wine's HKEY_PERFORMANCE_DATA is built and run as the report describes, and
shows the faults that the report names."""
import os
import re
import shutil
import sys

sys.path.insert(0, "tests")
import tap

COMPILER = "x86_64-w64-mingw32-gcc"
if not shutil.which("wine") or not shutil.which(COMPILER):
    tap.skip_all("wine or mingw-w64 is missing")
if tap.BUILD not in ("build/native", "build/win64"):
    tap.skip_all("a variant of the native build has nothing to do with Wine")

with open("tests/wine_perf/REPORT.md", encoding="utf-8") as file:
    report = file.read()
lines = [line.strip() for line in re.findall(r"^    (.*)$", report, re.M)]
commands = [line.split() for line in lines if line.startswith(COMPILER)]
expected = [line for line in lines if re.match(r"buffer of|HeaderLength|bytes written", line)]
tap.equal((len(commands), len(expected)), (2, 3), "the report has two commands and three lines of output")

for command in commands:
    words = [os.path.join("tests/wine_perf", word) if word == "overrun.c" else
             os.path.join(tap.TMP, word) if word.startswith("overrun.") else word for word in command]
    built = tap.run(words)
    tap.equal((built.status, built.stderr), (0, ""), f"it builds: {' '.join(command)}")

run = tap.run(["scripts/wine-prefix", "--fresh", "--bare", os.path.join(tap.TMP, "overrun.exe")])
version = tap.run(["wine", "--version"]).stdout.strip()
if version.startswith("wine-8."):
    tap.equal(run.status, 1, "the fault is there")
    # The length of the header and of the buffer depend on the computer's name.
    numbers = [int(number) for number in re.findall(r"\d+", run.stdout)]
    tap.equal(re.sub(r"\d+", "N", run.stdout).splitlines(), [re.sub(r"\d+", "N", line) for line in expected],
              "the output has the lines of the report")
    tap.ok(len(numbers) == 5 and numbers[3] - numbers[2] == 88 and numbers[4] == 88,
           "the object is 88 bytes too far, and 88 bytes are past the buffer", run.stdout, run.stderr)
else:
    tap.skip("the fault is there", f"the report is about Wine 8.0, this is {version}")
tap.done()
