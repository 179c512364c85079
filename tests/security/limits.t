#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the limits of one owner leave out is shown, with its reason and its owner, in `heaps`, in `list`, and in the
counters of the provider: here one region too many of a process. tests/unit/test_region_limits_posix.c tries all
limits."""
import fcntl
import json
import os
import struct
import sys

sys.path.insert(0, "tests")
import tap  # noqa: E402
from publisher import Publisher  # noqa: E402

HARNESS = os.path.join(tap.BUILD, "perfharness")
FOLDER = os.path.join(tap.TMP, "regions")
os.environ["HEAPCTRS_DIR"] = FOLDER
REGIONS_OF_A_PROCESS = 16


def run(*arguments):
    return tap.run([HARNESS, *arguments])


def refusals():
    found = json.loads(run("heaps", "--format", "json").stdout)
    return [(row["reason"], row["count"], row["user"]) for row in found["refusals"]], len(found["heaps"])


def counters():
    objects = json.loads(run("query", "--format", "json").stdout)["objects"]
    provider, = [o for o in objects if o["name"] == "Custom Heap Provider"]
    names = {str(c["index"]): c["name"] for c in provider["counters"]}
    return {names[index]: value for index, value in provider["instances"][0]["values"].items()}


publisher = Publisher("pool")
first, = [os.path.join(FOLDER, name) for name in os.listdir(FOLDER) if name.endswith(".region")]
with open(first, "rb") as file:
    data = bytearray(file.read())
heap, = struct.unpack_from("<Q", data, 64)  # the first of heap_offsets
locked = []
for number in range(REGIONS_OF_A_PROCESS):
    # Younger than the first; a heap of another name.
    path = os.path.join(FOLDER, f"{publisher.pid}-f{number:015x}.region")
    name = f"x:{publisher.pid}:copy {number}".encode("utf-16-le")
    struct.pack_into("<H", data, heap + 192, len(name) // 2)
    data[heap + 194:heap + 194 + len(name)] = name
    file = open(path, "w+b", buffering=0)  # pylint: disable=consider-using-with
    file.write(data)
    fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 0, 0))  # F_OFD_SETLK
    locked.append((file, path))
    if number == REGIONS_OF_A_PROCESS - 2:
        tap.equal(refusals(), ([], REGIONS_OF_A_PROCESS), "at the limit, all regions are shown")
        tap.equal(counters()["Regions Left Out"], 0, "and none is left out")
tap.equal(refusals(), ([("region-limit", 1, os.getuid())], REGIONS_OF_A_PROCESS),
          "one more is left out, for its owner")
seen = run("heaps")
tap.like(seen.stderr, "regions are left out: their user has more", "`heaps` says so")
tap.equal([line for line in seen.stdout.splitlines() if f"copy {REGIONS_OF_A_PROCESS - 1}" in line], [],
          "it is the youngest")
tap.like(run("list", "heapctrs").stdout, "warning: .*regions are left out", "`list` says so")
tap.equal(counters()["Regions Left Out"], 1, "and so does the provider's counter")
for file, path in locked:
    os.unlink(path)
    file.close()
tap.equal(refusals(), ([], 1), "afterwards nothing is left out")
publisher.end()
tap.done()
