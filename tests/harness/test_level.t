#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# variants: native asan
"""ExtCounterTestLevel, from the option and from the registration: which fault is found at which level, and as
which event."""
import sys

sys.path[:0] = ["tests", "tests/harness"]
import tap
import fake

reg = fake.registry(fake.service("first", 3000))
# What Collect does, and the event at levels 1 to 4 (None: not noticed, the data are used).
FAULTS = [
    ("overrun 1", [1002, 1002, None, None]),
    ("overrun 1024", [1002, 1002, None, None]),
    ("underrun 8", [1002, 1002, None, None]),
    ("far 1500", [1013, 1013, None, None]),
    ("far 900000", [1013, 1013, None, None]),
    ("advance 8", [2000, 2000, None, None]),
    ("broken-sum", [1003, None, None, None]),
    ("broken-instances", [1004, None, None, None]),
    ("claim 100000000", [1020, 1020, 1020, 1020]),
    ("answer 3", [None, None, None, None]),
]
for words, expected in FAULTS:
    for level in (1, 2, 3, 4):
        run = fake.query(reg, "Foreign " + words, "--format", "raw", level=level)
        ids = fake.event_ids()
        want = expected[level - 1]
        tap.ok((want in ids and run.status == 3) if want else (ids == [] and run.status == 0),
               f"level {level}: {words}: {want or 'passes'}", ids, run.status, run.stderr)

run = fake.query(reg, "Foreign broken-instances", "--format", "raw", level=4)
tap.equal((run.status, run.stderr), (0, ""), "raw bytes need no decoding: nothing is said of them")
tap.ok(len(run.out) > 0, "and they are handed on")
run = fake.query(reg, "Foreign broken-instances", level=4)
tap.equal(run.status, 1, "a table of the same has status 1")

for level in (1, 2):
    by_registration = fake.registry(fake.service("first", 3000),
                                      ExtCounterTestLevel=f"dword:{level:08x}")
    fake.query(by_registration, "Foreign broken-sum", "--format", "raw")
    tap.equal(fake.event_ids()[:1], [1003] if level == 1 else [],
              f"ExtCounterTestLevel {level} of the registration counts")
by_registration = fake.registry(fake.service("first", 3000),
                                  ExtCounterTestLevel="dword:00000001")
fake.query(by_registration, "Foreign broken-sum", "--format", "raw", level=4)
tap.equal(fake.event_ids(), [], "--test-level goes before it")

flags = fake.registry(fake.service("first", 3000), Configuration_Flags="dword:00000001")
fake.query(flags, "Foreign odd", "--format", "raw")
tap.equal(fake.event_ids(), [], "Configuration Flags 1: alignment is not tested")
reg = fake.registry(fake.service("first", 3000))
fake.query(reg, "Foreign odd", "--format", "raw")
tap.equal(fake.event_ids(), [1016], "without it, 1016 at the default level")
tap.done()
