#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# variants: native asan
"""A provider that crashes, hangs, exits or overflows its stack loses its own data, and no other data are
lost."""
import os
import sys

sys.path[:0] = ["tests", "tests/harness"]
import tap
import fake
from fake import service


def children():
    """Processes of the harness that still run."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            with open(f"/proc/{pid}/environ", "rb") as file:
                mine = tap.TMP.encode() in file.read()
        except OSError:
            continue
        if b"__provider-process" in words and mine:
            found.append(pid)
    return found


os.environ["ISOLATION_TEST"] = tap.TMP


def limit(procedure, way):
    """A query with a short limit for providers that hang. Others are not hurried, however slow the machine
    is."""
    return {procedure + "_Timeout": "dword:000003e8" if way == "hang" else "dword:0000ea60"}


WAYS = ["crash", "divide", "abort", "stack", "exit 0", "exit 3", "hang", "end-thread"]
PROCEDURES = [("Open", {"hang": 2002}, 1009), ("Collect", {"hang": 1015}, 1010)]
for way in WAYS:
    reg = fake.registry(
        service("first", 3000, linkage=[way], **limit("Open", way)),
        service("second", 3100))
    run = fake.query(reg, "--format", "json")
    tap.ok(fake.objects(run) == [3100] and fake.event_ids()[0] == (2002 if way == "hang"
                                                                       else 1009),
           f"Open: {way}: the others answer", fake.events(), run.stderr)

    reg = fake.registry(service("first", 3000, **limit("Collect", way)))
    run = fake.query(reg, f"Foreign {way}", "--format", "raw")
    tap.ok(run.status == 3 and fake.event_ids()[0] == (1015 if way == "hang" else 1010),
           f"Collect: {way}: an event", fake.events(), run.stderr)

    reg = fake.registry(service("first", 3000, **limit("Close", way)))
    run = fake.query(reg, f"Foreign close:{way}", "--format", "raw")
    tap.ok(1011 in fake.event_ids(), f"Close: {way}: an event", fake.events(), run.stderr)

reg = fake.registry(service("first", 3000, Open_Timeout="dword:000927c0", Collect_Timeout="dword:000927c0",
                              Close_Timeout="dword:000001f4"))
fake.query(reg, "Foreign close:hang", "--format", "raw")
tap.ok(1011 in fake.event_ids(), "Close has a limit of its own: the others are ten minutes", fake.events())

run = fake.query(fake.registry(service("first", 3000)), "Foreign crash", "--format", "raw")
text = fake.events()[0]["text"]
tap.ok("misbehave" in text and "plain_fake.so+0x" in text and "writing 0x10" in text,
       "a crash is reported with function, module and address", text)

reg = fake.registry(service("first", 3000), service("second", 3100))
run = fake.query(reg, "Foreign more", "--format", "raw", timeout=900)
tap.ok(1020 in fake.event_ids(), "a provider that always wants a larger buffer is given up", fake.events())

missing = fake.registry(service("first", 3000, Library='"no_such.dll"'), service("second", 3100))
run = fake.query(missing, "--format", "json")
tap.ok(fake.objects(run) == [3100] and fake.event_ids()[0] == 1023, "a missing library is reported",
       fake.events())
for procedure, event in (("Open", 1005), ("Collect", 1006), ("Close", 1007)):
    reg = fake.registry(service("first", 3000, **{procedure: '"NoSuchExport"'}),
                          service("second", 3100))
    run = fake.query(reg, "--format", "json")
    tap.ok(fake.objects(run) == [3100] and fake.event_ids()[0] == event and
           "NoSuchExport" in fake.events()[0]["text"], f"a missing {procedure} is reported",
           fake.events())

noisy = tap.run([fake.PROGRAM, "__provider-process"])
tap.ok(noisy.status == 2 and noisy.stdout == "", "the hidden command does nothing for a person")
tap.equal(children(), [], "no process is left over")
tap.done()
