#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Events: documented ids and insertion strings, on stderr or in the file of --event-log."""
import os
import re
import sys

sys.path[:0] = ["tests", "tests/harness"]
import tap
import fake
from fake import service

LIBRARY = os.path.join(fake.FAULTY, "plain_fake.so")
# What Collect does, the event, and its insertion strings (patterns) in the documented order.
EVENTS = [
    ("overrun 4", 1002, [LIBRARY, "first"]),
    ("broken-sum", 1003, [LIBRARY, "first", "1"]),
    ("broken-instances", 1004, [LIBRARY, "first", "3000"]),
    ("crash", 1010, [LIBRARY, "first", "0xC0000005", "0x[0-9A-F]+"]),
    ("far 1123", 1013, [LIBRARY, "first", "1124"]),
    ("return 5", 1014, ["first", LIBRARY, "5"]),
    ("hang", 1015, ["first", LIBRARY]),
    ("odd", 1016, [LIBRARY, "first", "0x[0-9A-F]+", r"\d+"]),
    ("claim 99999999", 1020, [LIBRARY, "first", r"\d+", "99999999"]),
    ("advance 16", 2000, [LIBRARY, "first", r"\d+", r"\d+"]),
]
reg = fake.registry(service("first", 3000, Collect_Timeout="dword:000003e8"))
for words, event_id, strings in EVENTS:
    fake.query(reg, "Foreign " + words, "--format", "raw", level=1)
    found = [event for event in fake.events() if event["id"] == event_id]
    tap.ok(len(found) == 1 and found[0]["service"] == "first" and
           len(found[0]["strings"]) == len(strings) and
           all(re.fullmatch(pattern, text) for pattern, text in zip(strings, found[0]["strings"])),
           f"{event_id} for {words}", fake.events())

for values, event_id, strings in [
        ({"linkage": ["return 21"]}, 1008, ["first", LIBRARY, "21"]),
        ({"linkage": ["crash"]}, 1009, [LIBRARY, "first", "0xC0000005", "0x[0-9A-F]+"]),
        ({"Close": '"NoSuch"'}, 1007, ["NoSuch", LIBRARY, "first", "127"]),
        ({"Library": '"none.dll"'}, 1023, [".*none.so", "2"])]:
    broken = fake.registry(service("first", 3000, **values))
    fake.query(broken, "--format", "raw")
    found = [event for event in fake.events() if event["id"] == event_id]
    tap.ok(len(found) == 1 and len(found[0]["strings"]) == len(strings) and
           all(re.fullmatch(pattern, text) for pattern, text in zip(strings, found[0]["strings"])),
           f"{event_id}", fake.events())

reg = fake.registry(service("first", 3000))
command = [fake.PROGRAM, "--registry", reg, "--library-path", fake.FAULTY, "query",
           "Foreign crash", "--format", "raw"]
run = tap.run(command)
tap.like(run.stderr, r"first: event 1010: Collect of service first \(.*\) raised exception "
                     r"0xC0000005 at 0x[0-9A-F]+", "without --event-log they go to stderr")
tap.equal(run.stdout, "", "and nothing to stdout")
for _ in range(2):
    tap.run([*command, "--event-log", fake.EVENTS])
tap.ok(fake.event_ids().count(1010) >= 2, "the file is appended to", fake.events())
fake.query(reg, "Foreign crash", "--format", "raw")
tap.equal(fake.event_ids(), [1010, 1018], "a provider that crashed is disabled for the session")
lenient = fake.registry(service("first", 3000), Configuration_Flags="dword:00000002")
fake.query(lenient, "Foreign crash", "--format", "raw")
tap.equal(fake.event_ids(), [1010], "unless Configuration Flags 2 says otherwise")
tap.done()
