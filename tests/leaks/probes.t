#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# variants: native asan
"""The tracker's events as others receive them: a debugger at the USDT probes, and heaptrack's functions."""
import os
import re
import shutil
import sys
import xml.etree.ElementTree as tree

sys.path.insert(0, "tests")
import tap

LISTENER = os.path.join(tap.BUILD, "programs/event_listener_posix")
ENV = {"HEAPCTRS_DIR": os.path.join(tap.TMP, "regions")}
EVENTS = re.findall(r"HEAP_EVENT\((\d+), (\w+),\s+(.*?)\)\n", open("provider/tracker/tracker_events.def").read(), re.S)
EVENTS = {name: (int(number), re.findall(r"(FIELD|TEXT)\((\w+)\)", fields + ")")) for number, name, fields in EVENTS}

run = tap.run([LISTENER], env=ENV)
tap.equal(run.stdout.splitlines(),
          ["alloc 0x1000 5368709120", "realloc 0x1000 200 0x3000", "free 0x3000"],
          "heaptrack's functions receive allocate, reallocate and free, but not of malloc itself")

if not shutil.which("readelf"):
    tap.skip("the probes stand in the program's notes", "no readelf")
else:
    notes = tap.run(["readelf", "-n", LISTENER]).stdout
    probes = re.findall(r"Provider: heapctrs\s+Name: (\w+)\s+Location: (\S+), Base: \S+, Semaphore: (\S+)\s+Arguments: (.*)", notes)
    tap.equal({name: len(arguments.split()) for name, _, _, arguments in probes},
              {name: len(fields) for name, (_, fields) in EVENTS.items()},
              "each event has a probe with as many arguments as the table has fields")
    tap.ok(all(int(semaphore, 16) for _, _, semaphore, _ in probes), "and a semaphore", notes)

WANTED = [("open", [1, "pool"]), ("open", [2, "other"]), ("allocate", [1, 0x1000, 5 << 30]),
          ("reallocate", [1, 0x3000, 200, 0x1000, 5 << 30]), ("free", [1, 0x3000, 200]),
          ("allocate", [2, 0x5000, 1]), ("close", [2]), ("close", [1])]
if not shutil.which("gdb"):
    tap.skip("a debugger at the probes receives every event with its payload", "no gdb")
elif tap.BUILD.rstrip("/").endswith(("asan", "tsan")):
    tap.skip("a debugger at the probes receives every event with its payload", "a sanitizer cannot be debugged so")
else:
    script = os.path.join(tap.TMP, "script")
    with open(script, "w") as out:
        out.write("set pagination off\nset confirm off\nset print address off\nset disable-randomization off\n")
        for name, (_, fields) in EVENTS.items():
            out.write(f"break -probe-stap heapctrs:{name}\ncommands\nsilent\n")
            words = " ".join("%s" if kind == "TEXT" else "%lu" for kind, _ in fields)
            values = ", ".join(("(char *)$_probe_arg%d" if kind == "TEXT" else "(unsigned long)$_probe_arg%d") % i
                               for i, (kind, _) in enumerate(fields))
            out.write(f'printf "EVENT {name} {words}\\n", {values}\ncontinue\nend\n')
        out.write("run\n")
    run = tap.run(["gdb", "-q", "-nx", "-batch", "-x", script, LISTENER], env=ENV)
    if re.search(r"ptrace|not permitted|No probe matching", run.stderr):
        tap.skip("a debugger at the probes receives every event with its payload", run.stderr.strip().splitlines()[0])
    else:
        got = [(words[1], [int(word) if word.isdigit() else word for word in words[2:]])
               for words in (line.split() for line in run.stdout.splitlines() if line.startswith("EVENT "))]
        tap.equal(got, WANTED, "a debugger at the probes receives every event with its payload")

SPACE = "{http://schemas.microsoft.com/win/2004/08/events}"
manifest = tree.parse("registry/heapctrs-events.man")
templates = {t.get("tid"): [("TEXT" if d.get("inType") == "win:UnicodeString" else "FIELD", d.get("name"))
                            for d in t] for t in manifest.iter(SPACE + "template")}
events = {e.get("task"): (int(e.get("value")), templates[e.get("template")])
          for e in manifest.iter(SPACE + "event")}
tap.equal(events, EVENTS, "the manifest has the events of the table, with their ids and fields")
guid = manifest.find(".//" + SPACE + "provider").get("guid").strip("{}")
source = "".join(re.findall(r"0x([0-9a-f]+)", re.search(r"GUID provider = (.*?);", open("provider/tracker/events_win.c").read(), re.S).group(1)))
tap.equal(source, guid.replace("-", ""), "and the provider's GUID is the one that the code registers")
tap.skip("an ETW session receives the events", "Wine has EventWrite but no sessions; that needs Windows")
tap.done()
