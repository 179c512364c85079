#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: win64
"""What the tracker passes to ETW and to Visual Studio's library under Wine, byte for byte.
Wine has no ETW sessions: EventRegister and EventWrite succeed and do nothing. So the test program replaces
them in its own memory by its own functions, and acts as the session. What a real EventWrite does is not shown
here."""
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as tree

sys.path.insert(0, "tests")
import tap

if not shutil.which("wine"):
    tap.skip_all("Wine is not installed")
if "INSIDE_WINE_PREFIX" not in os.environ:
    os.environ["INSIDE_WINE_PREFIX"] = "1"
    sys.exit(subprocess.run(["scripts/wine-prefix", "--bare", sys.executable, __file__]).returncode)

SPACE = "{http://schemas.microsoft.com/win/2004/08/events}"
manifest = tree.parse("registry/heapctrs-events.man")
templates = {t.get("tid"): [d.get("inType") for d in t] for t in manifest.iter(SPACE + "template")}
EVENTS = {int(e.get("value")): (e.get("task"), templates[e.get("template")]) for e in manifest.iter(SPACE + "event")}
GUID = manifest.find(".//" + SPACE + "provider").get("guid").strip("{}").lower()
ENV = {"HEAPCTRS_DIR": "Z:" + tap.TMP.replace("/", "\\") + "\\regions"}


def value(kind, text):
    """One field as the manifest lays it out."""
    data = bytes.fromhex(text)
    if kind == "win:UInt64" and len(data) == 8:
        return int.from_bytes(data, "little")
    if kind == "win:UnicodeString" and data[-2:] == b"\0\0" and len(data) % 2 == 0:
        return data[:-2].decode("utf-16-le")
    return (kind, text)


def decode(line):
    words = line.split()
    if words[0] != "write":
        return tuple(words)
    number = int(words[2])
    name, kinds = EVENTS[number]
    head = tuple(int(word) for word in words[3:8]) + (int(words[8], 16),)
    if (words[1], head) != ("123456789a", (0, 0, 4, 0, number, 0)) or len(words) - 9 != len(kinds):
        return ("odd", line)
    return (name, *(value(kind, text) for kind, text in zip(kinds, words[9:])))


def check(folder, runner, wide):
    big = 0x140000000 if wide else 0x40000000
    program = f"build/{folder}/programs/event_receiver_win.exe"
    if not os.path.exists(program):
        tap.skip(f"{folder}: events are received", f"{program} is not built in this run")
        return
    run = tap.run([*runner, program, "system"], env=ENV)
    tap.diag(f"{folder}: this system's own answers: " + ", ".join(run.stdout.splitlines()))
    run = tap.run([*runner, program, "etw"], env=ENV)
    got = [decode(line) for line in run.stdout.splitlines()]
    wanted = [("register", GUID), ("last", "error", "55"), ("enable", "1"), ("open", 2, "héap"),
              ("allocate", 2, 0x2000, big), ("allocate", 2, 0x3000, 0),
              ("reallocate", 2, 0x4000, 300, 0x2000, big), ("reallocate", 2, 0x4000, 200, 0x4000, 300),
              ("free", 2, 0x4000, 200), ("free", 2, 0x3000, 0), ("enable", "2"), ("free", 1, 0x1000, 10),
              ("last", "error", "55"), ("close", 2), ("enable", "0"), ("unregister", "123456789a")]
    tap.equal(got, wanted, f"{folder}: ETW gets every event as the manifest lays it out, and none while no session "
              "listens; the last error stays")
    run = tap.run([*runner, program, "vs"], env=ENV)
    most = 0xFFFFFFFF
    tap.equal(run.stdout.splitlines(),
              ["open pool", "allocate 100 1000 100", f"allocate 100 2000 {most}", "reallocate 100 3000 300 1000",
               "free 100 3000", "free 100 2000", "close 100"],
              f"{folder}: Visual Studio's library, once loaded through its shim, gets the events of heaps that are "
              "opened then, but not of malloc itself")


check("win64", ["wine"], True)
if subprocess.run(["scripts/wine32", "--check"], capture_output=True).returncode == 0:
    check("win32", ["scripts/wine32"], False)
else:
    tap.skip("win32: the same", "32-bit Wine cannot run here: scripts/wine32 --check")
tap.skip("a session of a real ETW receives the events", "Wine has none: that needs Windows")
tap.skip("Visual Studio's memory profiler shows the heap",
         "Microsoft's library is not available: its replacement got the events")
tap.done()
