#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: win64
"""perfharness heaps leaks, snapshot and diff under Wine: another process's memory, names from maps."""
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, "tests")
import tap

if not shutil.which("wine"):
    tap.skip_all("Wine is not installed")
if "INSIDE_WINE_PREFIX" not in os.environ:
    os.environ["INSIDE_WINE_PREFIX"] = "1"
    sys.exit(subprocess.run(["scripts/wine-prefix", "--bare", sys.executable, __file__]).returncode)


def windows(path):
    return "Z:" + path.replace("/", "\\")


ENV = {"HEAPCTRS_DIR": windows(os.path.join(tap.TMP, "regions")), "HEAPCTRS_PROFILE": "1"}
FIRST, SECOND = (os.path.join(tap.TMP, name) for name in ("first", "second"))


def heaps(*words):
    return tap.run(["wine", "build/win64/perfharness.exe", "heaps", *words], env=ENV)


child = subprocess.Popen(["wine", "build/win64/programs/known_leaks.exe", "pool"], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, env={**os.environ, **ENV})
child.stdout.readline()
shown = json.loads(heaps("--format", "json").stdout)["heaps"]
NAME = next(heap["name"] for heap in shown if heap["heap"] == "pool")
run = heaps("snapshot", NAME, "-o", windows(FIRST))
tap.equal((run.status, run.stdout, run.stderr), (0, "", ""), "a snapshot of a running process is written")
data = json.loads(heaps("leaks", NAME, "--format", "json").stdout)
tap.equal((data["blocks"], data["bytes"], data["unmatched_count"]), (18, 18000, 5), "its live blocks are read from outside")
tap.equal({fault["kind"]: (fault["count"], fault["address"]) for fault in data["faults"]},
          {"second-free": (2, "0x1000"), "unknown-free": (1, hex(77777)),
           "wrong-size": (1, "0x2000"), "missed-free": (1, "0x3000")}, "each fault is listed")
tap.like(data["sites"][0]["module"], r"known_leaks\.exe$", "with the module of its call site")
tap.like(data["sites"][0]["symbol"], r"^pool_take \(known_leaks\.c:\d+\)$",
         "and the function and line out of its debug information")
firsts = {fault["kind"]: fault["first"]["symbol"] for fault in data["faults"]}
tap.like(firsts["second-free"] or "", r"^pool_give ", "a second free shows where the first one was")

run = heaps("explain", NAME, "--seconds", "1", "--format", "json")
data = json.loads(run.stdout)
tap.equal((run.status, data["verdict"], set(data["system"].values())), (0, "unknown", {None}),
          "heaps explain says what it knows: what Wine does not report is null")
tap.ok(data["resident_bytes"] >= 1 << 20 and data["resident"]["heap"] is None, "the working set is known, which of it are heaps is not")
tap.like(heaps("explain", NAME, "--seconds", "1").stdout, r"(?m)^  resident +[1-9]", "and is shown")

child.stdin.write(b"ab")
child.stdin.flush()
for _ in range(50):
    heaps("snapshot", NAME, "-o", windows(SECOND))
    if "blocks 38 38000" in open(SECOND).read():
        break
    time.sleep(0.1)
data = json.loads(heaps("diff", windows(FIRST), windows(SECOND), "--format", "json").stdout)
tap.equal((data["blocks"], data["bytes"], [(site["bytes"], site["bytes_now"]) for site in data["sites"]], data["faults"]),
          (20, 20000, [(20000, 20000)], []), "the difference of two snapshots is the growth of the stack that grew")
child.stdin.close()
child.wait()

# The snapshot of a Windows program, read on Linux.
bare = os.path.join(tap.TMP, "bare")
open(bare, "w").write(re.sub(r"(site \S+ \S+ \S+ \S+) .*", r"\1", open(FIRST).read()))
tap.run(["cp", "build/win64/programs/known_leaks.exe", tap.TMP])
name = "natively addr2line names it, given the program's folder"
missing = tap.why_not_native() or (None if shutil.which("addr2line") else "no addr2line")
if missing:
    tap.skip(name, missing)
else:
    run = tap.run(["build/native/perfharness", "heaps", "leaks", bare, "--symbols", tap.TMP, "--format", "json"])
    symbol = json.loads(run.stdout)["sites"][0]["symbol"] or ""
    tap.like(symbol, r"^pool_take \(known_leaks\.c:\d+\)$", name)
tap.done()
