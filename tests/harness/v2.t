#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# variants: native asan
"""V2 providers through the built program: check in all formats, query beside V1 providers, and errors in the
input. The gallery is gallery_v2.t."""
import json
import os
import re
import sys
import xml.etree.ElementTree as xml

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
SOUND = "build/native/faulty_v2/v2_sound.so"
TWICE = "build/native/faulty_v2/v2_stops_twice.so"
MANIFEST = "tests/faulty_v2/frame/provider.man"


def run(*arguments):
    return tap.run([PROGRAM, *arguments], env={"HEAPCTRS_DIR": tap.TMP})


# ---- check

done = run("check", "--v2", SOUND, "--manifest", MANIFEST)
tap.ok(done.status == 0 and not done.stderr, "a sound provider passes", done.stdout, done.stderr)
tap.like(done.stdout, r"0 broken, 0 with warnings", "without a finding")
tap.like(done.stdout, "started by CounterInitialize, stopped by CounterCleanup",
         "its exports are found by the names that ctrpp gives them")
done = run("check", "--v2", SOUND)
tap.like(done.stdout, "no --manifest: names, bases and aggregates are unknown",
         "without a manifest it passes, too, and what is missing is said")
done = run("check", "--v2", TWICE, "--manifest", MANIFEST)
tap.equal(done.status, 1, "a faulty one makes the exit status 1")
tap.like(done.stdout, r"^error    v2-handle", "the rule is named")
report, = json.loads(
    run("check", "--v2", TWICE, "--manifest", MANIFEST, "--format", "json").stdout)["targets"]
tap.equal((report["status"], [finding["rule"] for finding in report["findings"]]),
          ("broken", ["v2-handle"]), "--format json names it")
rules = json.loads(run("check", "--rules", "--format", "json").stdout)
out = run("check", "--v2", SOUND, TWICE, "--format", "tap").stdout.splitlines()
tap.equal(out[-1], f"1..{2 * len(rules)}", "--format tap has a line for each rule of both providers")
tap.equal(sum(line.startswith("not ok") for line in out), 1, "and one that failed")
suites = xml.fromstring(run("check", "--v2", SOUND, TWICE, "--format", "junit").out)
tap.equal([suite.get("failures") for suite in suites], ["0", "1"], "--format junit likewise")

done = run("check", "--v2", SOUND, "--manifest", MANIFEST, "--time", "0.3", "--reader",
           "windows_exporter,dotnet,netdata")
tap.ok(done.status == 0 and "0 broken, 0 with warnings" in done.stdout,
       "generated queries go on until the time is up, and readers read it", done.stdout)

# ---- query

done = run("query", "--v2", SOUND, "--manifest", MANIFEST, "--format", "json")
answer = json.loads(done.stdout)
names = [thing["name"] for thing in answer["objects"]]
tap.equal(names, ["Custom Heap", "Custom Heap Provider", "Gallery"],
          "countersets are objects of Global after those of V1 providers")
gallery = answer["objects"][-1]
tap.equal([counter["name"] for counter in gallery["counters"]], ["Narrow", "Wide/sec", "Referred"],
          "counters have the names of the manifest")
tap.equal([instance["name"] for instance in gallery["instances"]], ["one", "two"],
          "and instances theirs")
values = list(gallery["instances"][0]["values"].values())
tap.equal(values, [11, 23, 33], "values are set, counted up by the callback, and read by reference")
index = str(gallery["index"])
done = run("query", index, "--v2", SOUND, "--format", "json")
objects = json.loads(done.stdout)["objects"]
tap.equal([(thing["index"], thing["name"]) for thing in objects], [(gallery["index"], None)],
          "a title index asks for one; without a manifest it has no name")
done = run("query", "OLD_Global", "--v2", SOUND, "--manifest", MANIFEST, "--format", "json")
tap.equal([thing["name"] for thing in json.loads(done.stdout)["objects"]], names[:2],
          "OLD_Global leaves V2 providers out")
done = run("query", "Counter 009", "--v2", SOUND, "--manifest", MANIFEST)
tap.like(done.stdout, rf"^ +{index}  Gallery$", "the name table has the countersets' names")
done = run("query", "--v2", SOUND, "--manifest", MANIFEST, "--cooked", "0.2", "--counter",
           r"\Gallery(one)\Wide/sec", "--format", "json")
cooked = list(json.loads(done.stdout)["objects"][0]["instances"][0]["cooked"].values())
tap.ok(0 < cooked[0] < 6, "cooked values are taken from two samples of one provider", done.stdout)
done = run("query", "--v2", "build/native/faulty_v2/v2_crash_in_start.so", "--format", "json")
tap.equal([thing["name"] for thing in json.loads(done.stdout)["objects"]], names[:2],
          "one that crashes costs its own data only")
tap.like(done.stderr, "1009", "and becomes an event")

# ---- errors in the input

for arguments, status, message in [
    (["check", "--v2", "missing.so"], 2, "there is no such file"),
    (["check", "--v2", "README.md"], 2, "not a library"),
    (["check", "--v2", SOUND, "--manifest", "README.md"], 2, r"README.md:1:\d+: error"),
    (["check", "--v2", SOUND, "--manifest", "missing.man"], 2, "there is no such file"),
    (["check", SOUND, "--start", "X"], 2, "are for --v2"),
    (["check", "--v2", SOUND, "--open", "X"], 2, "are for V1 providers"),
    (["query", "--manifest", MANIFEST], 2, "name its library with --v2"),
    (["query", "--v2", "missing.so"], 3, "there is no such file"),
    (["query", "--v2", SOUND, "--system"], 2, "goes with neither"),
]:
    done = run(*arguments)
    # The report says that the target was not checked; nothing else is on stdout.
    tap.ok(done.status == status and not re.sub(r"^not checked: .*\n", "", done.stdout) and tap.re.search(message, done.stderr),
           f"{' '.join(arguments)}: {message}", done.status, done.stdout, done.stderr)
tap.done()
