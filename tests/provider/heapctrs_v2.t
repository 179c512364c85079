#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
# variants: native win64
"""heapctrs through PERFLIB V2: the values of V1, PERFLIB's memory as an instance, and generated code
that is up to date; in one process with a consumer, and as a library that the harness starts."""
import json
import os
import sys

sys.path[:0] = ["tests"]
import tap
from publisher import Publisher

GENERATED = ["heapctrs_counters.h", "heapctrs_counters.rc"]
IS_WINDOWS = tap.BUILD.endswith("win64")
EXE, SO = (".exe", ".dll") if IS_WINDOWS else ("", ".so")
PROGRAM = os.path.join(tap.BUILD, "programs", "v2_publisher" + EXE)
HARNESS = os.path.join(tap.BUILD, "perfharness" + EXE)
if IS_WINDOWS and not tap.shutil.which("wine"):
    tap.skip_all("Wine is not installed")


def command(*words):
    """Windows programs run under Wine, in this test's prefix if there is one."""
    return [*(["scripts/wine-prefix"] if IS_WINDOWS else []), *words]


done = tap.run([os.path.join("build/native/perfharness"), "ctrpp", "registry/heapctrs.man", "-o",
                os.path.join(tap.TMP, GENERATED[0]), "-rc",
                os.path.join(tap.TMP, GENERATED[1])])
tap.equal((done.status, done.stderr), (0, ""), "ctrpp takes our own manifest without a warning")
for name in GENERATED:
    with open(os.path.join(tap.TMP, name)) as new, open("registry/" + name) as kept:
        tap.ok(new.read() == kept.read(), f"registry/{name} is what the manifest gives",
               "make registry")


def publish(*arguments):
    """{(object, instance, counter): value} of V1 and of V2, and the bytes left at the end."""
    done = tap.run(command(PROGRAM, os.path.join(tap.BUILD, "heapctrs" + SO), *arguments))
    values = {"V1": {}, "V2": {}}
    left = None
    for line in done.stdout.splitlines():
        words = line.split()
        if words[0] == "left":
            left = int(words[1])
        else:
            values[words[0]][int(words[1]), words[2].split(":")[-1], int(words[3])] = int(words[4])
    tap.equal((done.status, done.stderr), (0, ""), " ".join(["a V2 publisher runs", *arguments]))
    return values["V1"], values["V2"], left


v1, v2, left = publish()
heaps = {key: value for key, value in v1.items() if key[0] == 0}
# The figures of no allocator were asked for, so their age begins with each answer.
AGE_OF_NO_FIGURES = (0, "_Total", 31)
different = [(key, value, v2.get(key)) for key, value in heaps.items()
             if v2.get(key) != value and key != AGE_OF_NO_FIGURES]
tap.ok(len(heaps) >= 3 * 20 and not different,
       "every value of Custom Heap is the same through V1 and V2", different, len(heaps))
tap.equal({key[:2] for key in v2 if key[0] == 0}, {(0, "_Total"), (0, "pool"), (0, "perflib"), (0, "heapctrs?snapshots")},
          "the instances are the heaps, that of the provider too, and their total")
tap.equal((v2[0, "pool", 1], v2[0, "pool", 3], v2[0, "pool", 4]), (2000, 2, 3),
          "an application's heap has its own figures: bytes, blocks, allocations")
tap.ok(v2[0, "perflib", 1] > 60000 and v2[0, "perflib", 3] > 5,
       "PERFLIB's memory for the provider is the heap perflib", v2[0, "perflib", 1])
tap.ok(v2[0, "pool", 1001] >= v2[0, "pool", 21] and v2[0, "pool", 1002] > 0,
       "a set with elapsed times has the object's clock")
tap.equal({key[2] for key in v1 if key[0] == 1}, {key[2] for key in v2 if key[0] == 1},
          "the provider's own counters are there through both")
tap.equal(left, 0, "all of PERFLIB's memory is given back at the end")

v1, v2, left = publish("costly")
keys = {key for key in v2 if key[0] == 2 and key[2] < 1000}
tap.equal(keys, {key for key in v1 if key[0] == 2},
          "the costly object has the same instances and counters through both")
tap.equal(left, 0, "and frees everything")

tool = "x86_64-w64-mingw32-objdump" if IS_WINDOWS else "nm"
done = tap.run([tool, *(["-p"] if IS_WINDOWS else ["-D", "--defined-only"]),
                os.path.join(tap.BUILD, "heapctrs_v2" + SO)])
tap.equal(sorted(set(tap.re.findall(r"\b\w*Heap\w*Counters\w*", done.stdout))),
          ["StartHeapCounters", "StopHeapCounters"],
          "heapctrs_v2 exports two procedures, by their plain names")

# ---- a library that the harness starts, beside the V1 provider and another publisher

if IS_WINDOWS:
    tap.skip("beside another publisher", "one process after the other in a Wine prefix")
    publisher = None
else:
    publisher = Publisher()
    for line in ("open pool", "allocate 0 1000 300", "allocate 0 2000 500", "free 0 1000"):
        publisher(line)

library = os.path.join(tap.BUILD, "heapctrs_v2" + SO)
done = tap.run(command(HARNESS, "query", "--v2", library, "--manifest", "registry/heapctrs.man",
                       "--format", "json"))
tap.equal(done.status, 0, "perfharness query starts heapctrs_v2 and asks it with the V1 providers")
sets = {}
for thing in json.loads(done.stdout)["objects"]:
    names = {str(counter["index"]): counter["name"] for counter in thing["counters"]}
    sets.setdefault(thing["name"], []).append({
        instance["name"]: {names.get(index): value for index, value in instance["values"].items()}
        for instance in thing["instances"]})
tap.equal(sorted(len(both) for both in sets.values()), [1, 2, 2],
          "Custom Heap and Custom Heap Provider are there twice, the costly object through V2 only")
heaps = sets["Custom Heap"][1]
perflib = [name for name in heaps if name.endswith(":perflib")]
tap.ok(len(perflib) == 1 and perflib[0].startswith("perfharness"),
       "PERFLIB's memory is the instance <process>:<pid>:perflib", list(heaps))
tap.ok(perflib and heaps[perflib[0]]["Bytes in Use"] > 10000, "with what PERFLIB holds of it")
if publisher:
    moving = ("Elapsed", "Age", "Time")
    pool = [{name: value for name, value in heaps[instance].items()
             if name and not any(word in name for word in moving)}
            for heaps in sets["Custom Heap"] for instance in heaps if instance.endswith(":pool")]
    tap.ok(len(pool) == 2 and pool[0] == pool[1] and pool[0]["Bytes in Use"] == 500
           and len(pool[0]) > 15,
           "another process's heap has the same values through V1 and V2 in one answer", pool)
    publisher.end()

if not IS_WINDOWS:
    done = tap.run([HARNESS, "check", "--v2", library, "--manifest", "registry/heapctrs.man"],
                   timeout=900)
    tap.ok(done.status == 0 and "0 broken, 0 with warnings" in done.stdout,
           "heapctrs_v2 passes check, with each allocation of PERFLIB failing once", done.stdout)
else:
    done = tap.run(command(os.path.join(tap.BUILD, "programs", "v2_system_win.exe"), library))
    tap.equal((done.status, done.stdout), (0, "start 0\nstart 0\n"),
              "on Wine's own advapi32 it starts and stops, twice")
tap.done()
