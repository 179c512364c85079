#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# variants: native asan
"""Trusted libraries (Library Validation Code, --trust), and what happens to the registration of a provider
that misbehaves (--disable)."""
import os
import sys

sys.path[:0] = ["tests", "tests/harness"]
import tap
import fake
from fake import service

LIBRARY = os.path.join(fake.FAULTY, "plain_fake.so")


def code(size, length=16):
    data = (bytes(8) + size.to_bytes(8, "little"))[:length]
    return "hex:" + ",".join(f"{byte:02x}" for byte in data)


RIGHT = code(os.path.getsize(LIBRARY))
OTHER = code(os.path.getsize(LIBRARY) + 1)
# The code, --trust, what Collect does, the events at level 4.
CASES = [
    (RIGHT, "alike", "broken-sum", []),
    (None, "alike", "broken-sum", []),
    (OTHER, "alike", "answer 1", []),
    (RIGHT, "registered", "broken-sum", []),
    (None, "registered", "broken-sum", [1003]),
    (None, "registered", "overrun 8", [1002]),
    (None, "registered", "answer 1", []),
    (OTHER, "registered", "answer 1", [2003]),
    (OTHER, "registered", "broken-sum", [2003, 1003]),
    (code(1, 8), "registered", "answer 1", [2003]),
    (RIGHT, "alike", "sleep 1500", [1015]),
    (None, "registered", "sleep 1500", [1015]),
    (RIGHT, "registered", "sleep 1500", []),
]
for value, trust, words, expected in CASES:
    what = {RIGHT: "its code", OTHER: "another's code", None: "no code"}.get(value, "a short code")
    reg = fake.registry(service("first", 3000, Library_Validation_Code=value,
                                  Collect_Timeout="dword:000003e8"))
    fake.query(reg, "Foreign " + words, "--format", "raw", "--trust", trust, level=4)
    ids = [event for event in fake.event_ids() if event != 1018]
    tap.equal(ids, expected, f"--trust {trust}, {what}, {words}: {expected or 'no event'}")

reg = fake.registry(service("first", 3000, Library_Validation_Code=OTHER))
fake.query(reg, "--format", "raw", "--trust", "registered")
event = fake.events()[0]
tap.equal((event["id"], event["level"], event["strings"]), (2003, "warning", [LIBRARY, "first"]),
          "2003 has its documented strings")
reg = fake.registry(service("first", 3000), Configuration_Flags="dword:00000004")
fake.query(reg, "Foreign overrun 8", "--format", "raw", "--trust", "registered")
tap.equal(fake.event_ids(), [], "Configuration Flags 4: no buffer is tested")
reg = fake.registry(service("first", 3000, Library_Validation_Code='"text"'),
                      service("second", 3100))
run = fake.query(reg, "--format", "json")
tap.equal(fake.objects(run), [3100], "a code that is no REG_BINARY is a damaged registration")

# ---- Disable Performance Counters ----------------------------------------------------------------
reg = fake.registry(service("first", 3000, linkage=["crash"]), service("second", 3100))
with open(reg, "rb") as file:
    before = file.read()
fake.query(reg, "--format", "raw")
with open(reg, "rb") as file:
    tap.ok(file.read() == before, "a registration is left as it is")
tap.ok(1018 in fake.event_ids() and 1017 not in fake.event_ids(),
       "who misbehaved is disabled for the session: 1018", fake.event_ids())
fake.query(reg, "--format", "raw", "--disable")
tap.equal([(event["id"], event["strings"]) for event in fake.events()][1:2], [(1017, ["first"])],
          "with --disable it is disabled for good: 1017")
run = fake.query(reg, "--format", "json")
tap.equal((fake.objects(run), fake.event_ids()), ([3100], []),
          "the next query passes it over in silence, and the others answer")
run = tap.run([fake.PROGRAM, "--registry", reg, "--library-path", fake.FAULTY, "list"])
tap.like(run.stdout, r"first.*disabled", "list says so")

reg = fake.registry(service("first", 3000), Configuration_Flags="dword:00000002")
fake.query(reg, "Foreign crash", "--format", "raw", "--disable")
tap.equal(fake.event_ids(), [1010], "Configuration Flags 2: nothing is disabled")
tap.done()
