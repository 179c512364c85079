#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
"""Loading, opening, collecting, closing and unloading again and again costs no memory."""
import os
import subprocess
import sys

sys.path[:0] = ["tests", "tests/provider"]
import tap  # noqa: E402
from perfdata import own_folder  # noqa: E402
from publisher import Publisher  # noqa: E402
from tap import BUILD  # noqa: E402

own_folder()


def cycles(count, wrapper=(), timeout=900):
    # glibc counts the freed blocks that a thread keeps as in use, and how many these are depends on sizes.
    environment = dict(os.environ, GLIBC_TUNABLES="glibc.malloc.tcache_count=0")
    run = subprocess.run([*wrapper, f"{BUILD}/programs/load_cycles_posix", f"{BUILD}/heapctrs.so",
                          str(count)], capture_output=True, text=True, timeout=timeout, env=environment)
    assert run.returncode == 0, f"status {run.returncode}: {run.stdout}{run.stderr[:4000]}"
    return run


def ten_thousand():
    """10,000 cycles leave no descriptor, mapping or memory"""
    publisher = Publisher()
    publisher("many 10 pool")
    cycles(10000)
    publisher.end()


def valgrind():
    """valgrind finds no error and no leak in cycles with publishers"""
    if subprocess.run(["sh", "-c", "command -v valgrind"], stdout=subprocess.DEVNULL).returncode:
        return "valgrind is not installed"
    publisher = Publisher()
    publisher("many 10 pool")
    publisher("churn 0 1000")
    cycles(30, ("valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full",
                "--show-leak-kinds=all", "--errors-for-leak-kinds=definite,indirect,possible"))
    publisher.end()
    return None


for test in (ten_thousand, valgrind):
    tap.prove(test)
tap.done()
