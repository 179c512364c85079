#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: win64
"""perfharness.exe under Wine: its own perflib and Wine's RegQueryValueEx show the same."""
import json
import os
import shutil
import sys

sys.path.insert(0, "tests")
import tap

PROGRAM = "build/win64/perfharness.exe"
if not shutil.which("wine") or not os.path.exists(PROGRAM):
    tap.skip_all("wine or build/win64 is missing")
if tap.BUILD not in ("build/native", "build/win64"):
    tap.skip_all("a variant of the native build has nothing to do with Wine")


def outline(text):
    return [(o["index"], o["name"], [(c["index"], c["type"]) for c in o["counters"]],
             [i["name"] for i in o["instances"]]) for o in json.loads(text)["objects"]]


regions = os.path.join(tap.TMP, "regions")
script = os.path.join(tap.TMP, "ask")
with open(script, "w") as file:
    file.write("cd '%s'\n" % os.getcwd())
    for name, arguments in (("own", "query --format json"),
                            ("system", "query --system --format json"),
                            ("raw", "query --system --format raw")):
        file.write("wine %s %s >'%s/%s.out' 2>'%s/%s.err'; echo $? >'%s/%s.status'\n" % (
            PROGRAM, arguments, *[tap.TMP, name] * 3))
run = tap.run(["scripts/wine-prefix", "sh", script], timeout=900, env={"HEAPCTRS_DIR": regions})


def result(name):
    def read(kind):
        with open(os.path.join(tap.TMP, name + "." + kind), "rb") as file:
            return file.read()
    return int(read("status")), read("out"), read("err").decode("utf-8", "replace")


status, own, err = result("own")
tap.ok(status == 0 and any(o[1] == "Custom Heap" for o in outline(own)),
       "the harness finds the provider by the real registry", err, run.stderr)
status, system, err = result("system")
tap.equal(status, 0, "--system asks Wine's own RegQueryValueEx")
tap.equal(outline(system), outline(own), "both give the same objects, counters and instances")
tap.like(err, r"88 bytes .* fault of Wine", "Wine's shift is detected, and said to be Wine's")
status, raw, _ = result("raw")
blob = os.path.join(tap.TMP, "raw.out")
NAME = "what it saved breaks no rule and is read natively"
if tap.why_not_native():
    tap.skip(NAME, tap.why_not_native())
    tap.done()
decoded = tap.run(["build/native/perfharness", "--registry", "registry/heapctrs.reg", "decode", blob,
                   "--format", "json"])
tap.ok(decoded.status == 0 and outline(decoded.stdout) == outline(own),
       NAME, decoded.stderr)
tap.done()
