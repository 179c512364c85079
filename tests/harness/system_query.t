#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: win64
"""--system: the operating system's own RegQueryValueExW. Linux has none. Wine's answers with the objects 88
bytes too far, runs every provider in the calling process, and protects nothing."""
import json
import os
import shutil
import sys

sys.path[:0] = ["tests", "tests/harness"]
import tap
import fake
from fake import service

reg = fake.registry(service("first", 3000))
run = tap.run([fake.PROGRAM, "--registry", reg, "query", "--system"])
tap.ok(run.status == 2 and run.stdout == "" and "Windows" in run.stderr,
       "natively there is no such registry", run.status, run.stderr)

WINE = "build/win64/perfharness.exe"
if not (shutil.which("wine") and os.path.exists(WINE)):
    tap.skip("the same objects through Wine's registry", "no Wine, or no build/win64")
    tap.done()


def windows_path(path):
    return "Z:" + os.path.abspath(path).replace("/", "\\")


def in_wine(services, *commands):
    """Run commands in a prefix that has those services; returns the output of each."""
    file = fake.write(os.path.join(tap.TMP, "wine.reg"), *services)
    script = os.path.join(tap.TMP, "commands")
    with open(script, "w", encoding="utf-8") as out:
        for number, words in enumerate(commands):
            quoted = " ".join("'" + word + "'" for word in words)
            out.write(f"wine {WINE} {quoted} >'{tap.TMP}/{number}.out' "
                      f"2>'{tap.TMP}/{number}.err'; echo $? >'{tap.TMP}/{number}.status'\n")
    done = tap.run(["scripts/wine-prefix", "--fresh", "--bare", "--register", file, "sh", script],
                   timeout=900)
    results = []
    for number in range(len(commands)):
        def read(kind):
            with open(f"{tap.TMP}/{number}.{kind}", "rb") as found:
                return found.read()
        try:
            results.append(tap.Run(int(read("status")), read("out"), read("err")))
        except (OSError, ValueError):
            results.append(tap.Run(done.status or 99, b"", done.err))
    return results


library = '"' + windows_path("build/win64/faulty/plain_fake.dll").replace("\\", "\\\\") + '"'
first, second = service("first", 3000, Library=library), service("second", 3100, Library=library)


def outline(run):
    """The objects, counters and instances of an answer, without the values. None if it is not an answer."""
    try:
        return [(one["index"], [counter["index"] for counter in one["counters"]],
                 [instance["name"] for instance in one["instances"]])
                for one in json.loads(run.stdout)["objects"]]
    except ValueError:
        return None


own, system, index, exact, empty, names = in_wine(
    [first],
    ["query", "--format", "json", "3000"],
    ["query", "--format", "json", "--system"],
    ["query", "--format", "json", "--system", "5000"],
    ["query", "--format", "raw", "--system"],
    ["query", "--format", "json", "--system", "4"],
    ["query", "--format", "raw", "--system", "Counter 009"])
tap.ok(outline(system) and len(outline(system)) == 1 and system.status == 0,
       "Wine's registry gives the provider's object", system.stdout, system.stderr)
tap.ok(outline(own) and [one[1:] for one in outline(own)][0][1] == ["one"] and
       outline(system)[0][2] == outline(own)[0][2] and
       len(outline(system)[0][1]) == len(outline(own)[0][1]),
       "it has the counters and instances that our own query gives", outline(own), outline(system))
tap.like(system.stderr, r"88 bytes.*Wine", "the shift is reported, and whose fault it is")
tap.ok(exact.out[:8] == "PERF".encode("utf-16-le") and
       int.from_bytes(exact.out[20:24], "little") == len(exact.out) and
       b"\xa5" * 16 not in exact.out, "the answer is a whole data block, with nothing unwritten in it",
       len(exact.out))
tap.ok(empty.status == 3, "an index that no object has selects nothing", empty.status, empty.stderr)
tap.ok("1847" in names.out.decode("utf-16-le", "replace"), "names come from the system too",
       names.out)

crash, = in_wine([first, second], ["query", "--format", "json", "--system", "crash"])
tap.ok(crash.status not in (0, 99) and crash.stdout == "" and "plain_fake.dll" in crash.stderr and
       "misbehave" in crash.stderr, "a provider that crashes there does not take the harness along",
       crash.status, crash.stderr)
ended, = in_wine([first], ["query", "--format", "json", "--system", "exit 5"])
tap.ok(ended.status not in (0, 5, 99) and "status 5" in ended.stderr, "nor does one that exits",
       ended.status, ended.stderr)
tap.done()
