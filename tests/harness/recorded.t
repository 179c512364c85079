#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# variants: native asan
"""Answers that other programs recorded (tests/buffers/README.md): what check and decode make of them."""
import collections
import json
import os
import struct
import sys

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
SAMBA = "tests/buffers/recorded-samba-4.17.bin"
TOTAL_BYTE_LENGTH = 20  # offset in PERF_DATA_BLOCK


def rules_broken(path):
    """How often each rule is broken, errors and warnings."""
    run = tap.run([PROGRAM, "check", path, "--format", "json"])
    report, = json.loads(run.stdout)["targets"]
    return {
        severity: collections.Counter(
            finding["rule"] for finding in report["findings"] if finding["severity"] == severity)
        for severity in ("error", "warning")
    }


with open(SAMBA, "rb") as file:
    data = bytearray(file.read())
declared, = struct.unpack_from("<I", data, TOTAL_BYTE_LENGTH)
tap.equal(len(data) - declared, 112, "Samba's TotalByteLength leaves the header out")
found = rules_broken(SAMBA)
tap.ok(set(found["error"]) == {"data-total-length", "counter-size"} and
       set(found["warning"]) == {"counter-type"},
       "check says so, and that 8 bytes of a 32-bit type and types without a name are wrong", found)

# After the length is corrected, the remaining data can be read.
struct.pack_into("<I", data, TOTAL_BYTE_LENGTH, len(data))
whole = os.path.join(tap.TMP, "whole.bin")
with open(whole, "wb") as file:
    file.write(data)
found = rules_broken(whole)
tap.equal(found["error"], {"counter-size": 5}, "every 8 bytes of a 32-bit type are found")
tap.equal(found["warning"], {"counter-type": 4, "name-characters": 1},
          "types without a name, and the instance called /, are reported")

run = tap.run([PROGRAM, "decode", "--keep-going", "--format", "json", whole])
objects = {entry["index"]: entry for entry in json.loads(run.stdout)["objects"]}
tap.equal(list(objects), [2, 12, 22, 26], "decode shows Samba's four objects")
tap.equal([entry["name"] for entry in objects[12]["instances"]], ["cpu0", "cpu1", "_Total"],
          "and their instances")
tap.ok(objects[2]["instances"][0]["values"]["8"] == 24684096 and
       objects[26]["instances"][0]["values"]["28"] == 222200, "and their values", run.stdout)
tap.done()
