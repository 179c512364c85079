#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# variants: native asan
"""perfharness bench: figures of sound providers, and what it reports of those that fail."""
import json
import os
import sys

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
FAULTY = "build/native/faulty"
SOUND = os.path.join(FAULTY, "sound.so")
QUICK = ["--time", "0.02"]

run = tap.run([PROGRAM, "bench", SOUND, *QUICK])
tap.ok(run.status == 0 and not run.stderr, "a sound provider is measured", run.stderr)
for line in ("load the library", "Open", "Close", "unload", "Collect", "query, test level 4",
             "query, test level 1"):
    tap.like(run.stdout, r"(?m)^  %s( +[\d.]+ (s|ms|us)){3} +\d+$" % line, "it reports " + line)

run = tap.run([PROGRAM, "bench", SOUND, *QUICK, "--format", "json", "-q", "Global", "-q", "9999"])
report = json.loads(run.stdout)
tap.equal([query["query"] for query in report["queries"]], ["Global", "9999"],
          "--query may be given several times")
known, unknown = report["queries"]
tap.ok(known["bytes"] > 0 and known["objects"] == 1 and unknown["bytes"] == unknown["objects"] == 0,
       "bytes and objects are those of the answer", run.stdout)
tap.ok(all(0 < figure["minimum_ns"] <= figure["median_ns"] <= figure["maximum_ns"] and figure["calls"]
           for level in "1234" for figure in [known["test_levels"][level]]),
       "each test level has its figures", run.stdout)

run = tap.run([PROGRAM, "--test-level", "2", "bench", SOUND, *QUICK, "-f", "json"])
tap.equal(list(json.loads(run.stdout)["queries"][0]["test_levels"]), ["2"],
          "--test-level leaves the others out")

run = tap.run([PROGRAM, "bench", os.path.join(FAULTY, "overrun_by_one.so"), *QUICK])
tap.ok(run.status == 1 and "at test level" in run.stderr and
       "discarded" in run.stdout and "query, test level 4" in run.stdout and "Collect" in run.stdout,
       "a provider whose answers a level discards is measured at the others", run.stdout, run.stderr)

for fault, words in (("crash_in_open", "Open crashed"), ("crash_in_collect", "Collect crashed"),
                     ("crash_in_load", "loading the library")):
    run = tap.run([PROGRAM, "bench", os.path.join(FAULTY, fault + ".so"), *QUICK])
    tap.ok(run.status == 1 and words in run.stderr and not run.stdout,
           fault + " has status 1, and it is said what failed", run.stderr)

for arguments, status in (([], 2), (["README.md"], 2), (["NoSuchService"], 3),
                          ([SOUND, SOUND], 2), ([SOUND, "-q", "1" * 2000], 2),
                          ([SOUND, "--time", "0"], 2)):
    run = tap.run([PROGRAM, "bench", *arguments])
    tap.ok(run.status == status and run.stderr and not run.stdout,
           "bench %s has status %d" % (" ".join(arguments)[:40], status), run.stderr)
tap.done()
