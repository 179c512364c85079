#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# variants: native
"""heapctrs through PERFLIB V2: the values of V1, PERFLIB's memory as an instance, and generated code
that is up to date."""
import os
import sys

sys.path[:0] = ["tests"]
import tap

GENERATED = ["heapctrs_counters.h", "heapctrs_counters.rc"]
PROGRAM = os.path.join(tap.BUILD, "programs", "v2_publisher_posix")

done = tap.run([os.path.join(tap.BUILD, "perfharness"), "ctrpp", "registry/heapctrs.man", "-o",
                os.path.join(tap.SCRATCH, GENERATED[0]), "-rc",
                os.path.join(tap.SCRATCH, GENERATED[1])])
tap.equal((done.status, done.stderr), (0, ""), "ctrpp takes our own manifest without a warning")
for name in GENERATED:
    with open(os.path.join(tap.SCRATCH, name)) as new, open("registry/" + name) as kept:
        tap.ok(new.read() == kept.read(), f"registry/{name} is what the manifest gives",
               "make registry")


def publish(*arguments):
    """{(object, instance, counter): value} of V1 and of V2, and the bytes left at the end."""
    done = tap.run([PROGRAM, os.path.join(tap.BUILD, "heapctrs.so"), *arguments])
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
different = [(key, value, v2.get(key)) for key, value in heaps.items() if v2.get(key) != value]
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
tap.equal(left, 0, "and leaves nothing behind")
tap.done()
