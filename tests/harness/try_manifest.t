#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
"""scripts/try-manifest: a manifest with every counter type that the schema allows, every instance type and
attribute, in schema 1.1 and 2.0, goes through ctrpp, is compiled and run; an invalid one is reported. The
first use in a tree, which makes a prefix of Wine, works like later ones."""
import os
import shutil
import sys

sys.path.insert(0, "tests")
import tap

# Performance Counters Schema, type of a counter. perf_counter_composite has no value in winperf.h.
AFTER_PERF_COUNTER = """counter timer queuelen_type large_queuelen_type 100ns_queuelen_type
    obj_time_queuelen_type bulk_count text rawcount large_rawcount rawcount_hex large_rawcount_hex
    timer_inv multi_timer multi_timer_inv multi_base delta large_delta""".split()
OTHERS = """sample_fraction sample_counter sample_base average_timer average_base average_bulk
    obj_time_timer 100nsec_timer 100nsec_timer_inv 100nsec_multi_timer 100nsec_multi_timer_inv
    raw_fraction large_raw_fraction raw_base large_raw_base elapsed_time precision_system_timer
    precision_100ns_timer precision_object_timer""".split()
TYPES = [f"perf_counter_{name}" for name in AFTER_PERF_COUNTER] + [f"perf_{name}" for name in OTHERS]
INSTANCES = ["single", "multiple", "globalAggregate", "multipleAggregate", "globalAggregateHistory"]
ATTRIBUTES = ["reference", "noDisplay", "noDigitGrouping", "displayAsReal", "displayAsHex"]


def counter_set(number, instances):
    counters = []
    for id_, type_ in enumerate(TYPES, 1):
        attribute = ATTRIBUTES[(id_ + number) % 5]
        attributes = f"<counterAttributes><counterAttribute name='{attribute}'/></counterAttributes>"
        counters.append(
            f"<counter id='{id_}' uri='x.{number}.{id_}' symbol='S{number}_{id_}' type='{type_}'"
            f" name='Counter {number} {id_} &lt;&quot;\\é&gt;' description='100 %s of \\n?' "
            f"detailLevel='{'advanced' if id_ % 2 else 'standard'}' defaultScale='{id_ % 21 - 10}'>"
            + (attributes if id_ % 3 == 0 else "") + "</counter>")
    return (f"<counterSet symbol='Set{number}' uri='x.{number}' name='Set {number}' description='D'"
            f" guid='{{00000000-0000-4000-8000-00000000000{number}}}' instances='{instances}'>"
            + "\n".join(counters) + "</counterSet>")


path = os.path.join(tap.TMP, "everything.man")
with open(path, "w", encoding="utf-8") as file:
    file.write(
        "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>"
        "<instrumentation><counters xmlns='http://schemas.microsoft.com/win/2005/12/counters'"
        " schemaVersion='1.1'><provider symbol='Everything' applicationIdentity='a.exe'"
        " providerGuid='{00000000-0000-4000-8000-000000000009}' callback='custom'>"
        + "".join(counter_set(*pair) for pair in enumerate(INSTANCES))
        + "</provider></counters></instrumentation></instrumentationManifest>")
newer = os.path.join(tap.TMP, "everything2.man")
done = tap.run(["build/native/perfharness", "ctrpp", path, "-migrate", newer])
tap.equal(done.status, 0, "all types are accepted, and the manifest is written again in schema 2.0")
done = tap.run(["scripts/try-manifest", path, newer], timeout=900)
tap.ok(done.status == 0 and done.stdout.count("\nok ") >= 5, "both are compiled and run, wherever "
       "that can be done here", done.stdout, done.stderr)
for line in done.stdout.splitlines():
    if "# SKIP" in line:
        tap.skip(*line.split(" - ", 1)[1].split(" # SKIP "))
# A tree that was built and never used: it has no build/wine, and no 32-bit Wine.
tree = os.path.join(tap.TMP, "tree")
os.makedirs(os.path.join(tree, "scripts"))
os.makedirs(os.path.join(tree, "build/native"))
for name in ("scripts/try-manifest", "scripts/wine-prefix", "scripts/setup", "include",
             "build/native/perfharness", "build/native/libperflib.a"):
    os.symlink(os.path.abspath(name), os.path.join(tree, name))
done = tap.run([os.path.join(tree, "scripts/try-manifest"), "tests/manifests/good-waves.man"],
               timeout=900)
tap.ok(done.status == 0 and "not ok" not in done.stdout
       and (not shutil.which("wine") or os.path.exists(os.path.join(tree, "build/wine/template"))),
       "it works at its first use", done.stdout, done.stderr)

kernel = os.path.join(tap.TMP, "kernel.man")
with open("tests/manifests/good-waves.man", encoding="utf-8") as file:
    text = file.read().replace("userMode", "kernelMode")
with open(kernel, "w", encoding="utf-8") as file:
    file.write(text)
done = tap.run(["scripts/try-manifest", kernel])
tap.ok(done.status == 0 and done.stdout.startswith("ok 1 - kernel.man: ctrpp takes it # SKIP"),
       "a manifest for kernel mode is skipped with the reason", done.stdout)

with open(path, "a", encoding="utf-8") as file:
    file.write("<")
done = tap.run(["scripts/try-manifest", path])
tap.ok(done.status == 1 and "not ok 1 - everything.man: ctrpp takes it" in done.stdout,
       "what is no manifest is reported", done.stdout)
tap.done()
