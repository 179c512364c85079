#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""perfharness query: one query of our own provider, loaded by the host, in every format."""
import csv
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
PUBLISHER = os.path.join(tap.BUILD, "libheaptracker-preload.so")
REG = "registry/heapctrs.reg"
REGIONS = os.path.join(tap.TMP, "regions")
os.mkdir(REGIONS)
ENV = {"HEAPCTRS_DIR": REGIONS, "COLUMNS": "400", "TZ": "UTC"}


def query(*arguments):
    return tap.run([PROGRAM, "--registry", REG, "query", *arguments], env=ENV)


# A program that was not built for this keeps 5,000 blocks during the test.
child = subprocess.Popen([sys.executable, "-S", "-E", "-c",
                          "import sys; x = [bytes(1000) for _ in range(5000)]; print(1, flush=True);"
                          "sys.stdin.read()"],
                         env={**os.environ, **ENV, "LD_PRELOAD": PUBLISHER,
                              "PYTHONMALLOC": "malloc"},
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
try:
    child.stdout.readline()
    run = query("--format", "json")
    tap.equal((run.status, run.stderr), (0, ""), "a query of a good provider succeeds in silence")
    answer = json.loads(run.stdout)
    heap = next(o for o in answer["objects"] if o["name"] == "Custom Heap")
    index = {c["name"]: str(c["index"]) for c in heap["counters"] if c["name"]}
    mine = [i for i in heap["instances"] if ":%d:" % child.pid in i["name"]]
    tap.equal(heap["instances"][0]["name"], "_Total", "_Total comes first")
    tap.ok(len(mine) == 1 and int(mine[0]["values"][index["Bytes in Use"]]) > 5000000 and
           int(mine[0]["values"][index["Blocks in Use"]]) >= 5000,
           "a program under the preload library shows its blocks", mine)
    name = mine[0]["name"]

    run = query("--format", "raw")
    tap.ok(run.out[:8] == "PERF".encode("utf-16-le") and
           struct.unpack_from("<I", run.out, 20)[0] == len(run.out),
           "raw: a PERF_DATA_BLOCK of exactly the returned size")
    blob = os.path.join(tap.TMP, "blob.bin")
    run = query("--format", "raw", "-o", blob)
    tap.ok(run.status == 0 and not run.out and os.path.getsize(blob) > 88, "raw: into a file")
    decoded = tap.run([PROGRAM, "--registry", REG, "decode", blob, "--format", "json"], env=ENV)
    tap.equal([o["name"] for o in json.loads(decoded.stdout)["objects"]],
              [o["name"] for o in answer["objects"]], "decode reads what query saved")

    path = r"\Custom Heap(%s)\Bytes in Use" % name
    run = query("--counter", path, "--format", "csv")
    rows = list(csv.reader(io.StringIO(run.stdout)))
    tap.ok(len(rows) == 2 and rows[0][0] == "(PDH-CSV 4.0)" and rows[0][1].endswith(path) and
           float(rows[1][1]) > 5000000, "csv: a column for the counter path", run.stdout)
    run = query("--counter", path)
    tap.like(run.stdout, r"^Custom Heap \(\d+\)", "table: shows the object")
    tap.ok(name in run.stdout and "_Total" not in run.stdout, "table: shows only what was asked for",
           run.stdout)

    run = query("--cooked", "0.3", "--format", "json", "--counter", r"\Custom Heap(_Total)\*")
    cooked = json.loads(run.stdout)["objects"][0]["instances"][0]["cooked"]
    tap.ok(run.status == 0 and cooked[index["Allocations/sec"]] is not None and
           cooked[index["Bytes in Use"]] > 5000000, "--cooked: rates of two samples", cooked)
    run = query("--format", "openmetrics")
    process, heap_name = name.split(":%d:" % child.pid)
    tap.like(run.stdout, r'^custom_heap_in_use_bytes\{process="%s",pid="%d",heap="%s"\} \d+$'
             % (process, child.pid, heap_name), "openmetrics: process, pid and heap are labels")
    tap.ok('"_Total"' not in run.stdout, "openmetrics: _Total is not exported")
    tap.like(run.stdout, r"^# TYPE custom_heap_allocations counter$",
             "openmetrics: rates are counters")
    tap.ok(all(re.search(r"^# TYPE custom_heap_%s counter$" % kind, run.stdout, re.M) and
               len(re.findall(r"^custom_heap_%s_total\{" % kind, run.stdout, re.M)) == 1
               for kind in ("allocation_failures", "unmatched_frees", "events_lost")),
           "openmetrics: failures, unmatched frees and lost events are counters")
    tap.ok("per second" not in run.stdout and "_2" not in run.stdout,
           "openmetrics: no total is described as a rate, and none has a number in its name")
    if shutil.which("promtool"):
        costly = query("Costly", "--format", "prometheus")
        lint = subprocess.run(["promtool", "check", "metrics"], input=costly.out,
                              capture_output=True, timeout=900)
        tap.ok(b"custom_heap_process_snapshot_duration_seconds{" in costly.out and
               (lint.returncode, lint.stderr) == (0, b""),
               "prometheus: promtool has no complaint about Costly objects", lint.stderr)
    else:
        tap.skip("prometheus: promtool has no complaint about Costly objects",
                 "promtool is not installed")
    with open("scripts/grafana-custom-heap.json", encoding="utf-8") as file:
        shown = set(re.findall(r"custom_heap_\w+", file.read()))
    written = set(re.findall(r"^(custom_heap_\w+)", run.stdout, re.M))
    # This publisher reports neither reserved nor committed bytes; the metrics exist nevertheless.
    tap.equal(sorted(shown - written), [], "every metric of the Grafana dashboard is written")
    run = query("--lifecycle", "wine", str(heap["index"]), "--format", "json")
    tap.equal([o["index"] for o in json.loads(run.stdout)["objects"]], [heap["index"]],
              "a query by title index, with Wine's life cycle")
finally:
    child.stdin.close()
    child.wait(30)

# ---- tables and lists of paths, of saved samples ----------------------------------------------------
SAVED = ["--registry", "tests/buffers/many-types.reg", "query", "--replay", "tests/buffers/good-many-types.bin",
         "--replay", "tests/buffers/good-many-types-later.bin"]
run = tap.run([PROGRAM, *SAVED], env=ENV)
tap.ok(run.status == 0 and "cooked values of two samples, 2.0 s apart" in run.stdout and
       re.search(r"^ *app:4711:pool +1,049,088 +2,500 ", run.stdout, re.M), "a table has cooked values of two samples",
       run.stdout[:900])
run = tap.run([PROGRAM, *SAVED, "--raw-values"], env=ENV)
tap.ok(run.status == 0 and "raw values" in run.stdout and re.search(r"^ *app:4711:pool +1,048,576 +100,000 ", run.stdout, re.M),
       "--raw-values: a table of one sample", run.stdout[:900])
run = tap.run([PROGRAM, *SAVED, "--raw-values", "--format", "json"], env=ENV)
tap.equal((run.status, run.stdout), (2, ""), "--raw-values is for tables")
run = tap.run([PROGRAM, *SAVED, "--paths"], env=ENV)
listed = run.stdout.splitlines()
tap.ok(run.status == 0 and r"\Test Heap(*)\Bytes in Use" in listed and r"\Test Provider\Large Number" in listed,
       "--paths lists a path for each counter", run.stdout)
paths = os.path.join(tap.TMP, "paths.txt")
with open(paths, "w", encoding="utf-8") as file:
    file.write("; typeperf -cf reads this, too\r\n\r\n" + "\r\n".join(listed) + "\r\n")
run = tap.run([PROGRAM, *SAVED, "--counter-file", paths, "--format", "csv"], env=ENV)
everything = tap.run([PROGRAM, *SAVED, "--format", "csv"], env=ENV)
tap.ok(run.status == 0 and run.stdout == everything.stdout, "--counter-file takes what --paths lists", run.stderr)
with open(paths, encoding="utf-8") as file:
    run = tap.run([PROGRAM, *SAVED, "--counter-file", "-", "--format", "csv"], env=ENV, stdin=file.read().encode())
tap.ok(run.status == 0 and run.stdout == everything.stdout, "--counter-file - takes them from stdin", run.stderr)
run = tap.run([PROGRAM, *SAVED, "--counter-file", os.devnull, "--format", "csv"], env=ENV)
tap.ok(run.status == 2 and "no counter path" in run.stderr, "a file without paths is bad input", run.stderr)

for arguments, status, words, what in (
        (["98765"], 3, "98765", "an unknown object"),
        (["--counter", r"\Custom Heap(*)\No Such"], 3, "no such counter", "an unknown counter"),
        (["--counter", r"\Nothing\At All"], 3, "no such object", "an unknown object in a path"),
        (["--counter", "Custom Heap"], 2, "backslash", "a text that is not a path"),
        (["--format", "xml"], 2, "xml", "an unknown format"),
        (["Global", "2"], 2, "one VALUE", "two values"),
        (["--system"], 2, "HKEY_PERFORMANCE_DATA", "--system without such a system"),
        (["-o", "/no/such/folder/x"], 2, "cannot be written", "an output that cannot be written")):
    run = query(*arguments)
    tap.ok(run.status == status and run.stdout == "" and words in run.stderr,
           "%s: exit status %d, its name in the message, nothing on stdout" % (what, status),
           run.status, run.stdout, run.stderr)
run = tap.run([PROGRAM, "--registry", "/no/such.reg", "query"])
tap.ok(run.status in (2, 3) and not run.stdout and "/no/such.reg" in run.stderr,
       "a missing registration is named", run.stderr)
run = query("Counter 009", "--format", "json")
tap.ok({"index": heap["index"], "text": "Custom Heap"} in json.loads(run.stdout),
       "Counter 009 gives the name table", run.stdout[:300])
tap.done()
