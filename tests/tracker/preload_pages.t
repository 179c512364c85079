#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The variables of the preload library that every process uses are in few pages: each one costs a process a page fault
when it begins to publish, and a child of fork a copy."""
import subprocess
import sys

sys.path.insert(0, "tests")
import tap  # noqa: E402

PAGE = 4096
LIBRARY = "build/native/libheaptracker-preload.so"

variables = []
for line in subprocess.run(["nm", "-S", "--defined-only", LIBRARY], capture_output=True, text=True, check=True,
                           timeout=60).stdout.splitlines():
    fields = line.split()
    # Small addresses are offsets of variables of threads.
    if len(fields) == 4 and fields[2] in "bB" and int(fields[0], 16) >= PAGE:
        variables.append((int(fields[0], 16), int(fields[1], 16), fields[3]))
tables = [variable for variable in variables if variable[0] % PAGE == 0]  # OS_TABLE_ALIGNMENT
others = [variable for variable in variables if variable not in tables]
tap.ok(sum(size for _, size, _ in tables) > 400_000 and others, "the library has large tables, and other variables")

pages = {}
for address, size, name in others:
    for page in range(address // PAGE, (address + size - 1) // PAGE + 1):
        pages.setdefault(page, []).append(name)
tap.ok(len(pages) <= 2, "all other variables are in two pages", *(f"{page:x}: {names}" for page, names in pages.items()))
tap.done()
