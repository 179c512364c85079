#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: win64
"""perfharness doctor on a live registry, Wine's: break it, diagnose, --apply, and the query works again;
libraries and the backup beside the registry are looked at."""
import json
import os
import re
import shutil
import sys

sys.path.insert(0, "tests")
import tap
from registry_model import PERFLIB, SERVICES, hexadecimal, quoted

PROGRAM = "build/win64/perfharness.exe"
if not shutil.which("wine") or not os.path.exists(PROGRAM):
    tap.skip_all("wine or build/win64 is missing")

SERVICE = SERVICES + r"\heapctrs\Performance"
NAMES = PERFLIB + r"\CurrentLanguage"  # where Wine has English names
steps = [f"cd '{os.getcwd()}'"]


def path(name):
    return os.path.join(tap.TMP, name)


def windows_path(name):
    return "Z:" + path(name).replace("/", "\\")


def call(name, arguments):
    """One call of perfharness; result(name) has what it did."""
    steps.append(f"wine {PROGRAM} {arguments} >'{path(name)}.out' 2>'{path(name)}.err'; "
                 f"echo $? >'{path(name)}.status'")


def change(name, keys):
    """Import {key: {value: data}}; None removes a value."""
    text = "Windows Registry Editor Version 5.00\r\n"
    for key, values in keys.items():
        text += f"\r\n[{key}]\r\n"
        for value, data in values.items():
            text += quoted(value) + "=" + (
                "-" if data is None else f"dword:{data:08x}" if isinstance(data, int) else
                quoted(data) if isinstance(data, str) else hexadecimal(*data)) + "\r\n"
    with open(path(name), "wb") as file:
        file.write(text.encode("utf-16"))
    steps.append(f"wine regedit /S '{windows_path(name)}'")


def export(name):
    for part, key in (("service", SERVICE), ("perflib", PERFLIB)):
        steps.append(f"wine regedit /E '{windows_path(name)}.{part}' '{key}'")


def trial(name):
    """Diagnose what was broken, repair it, and ask again."""
    call(name + "-query", "query Global --format json")
    call(name + "-found", "doctor --format json")
    call(name + "-apply", f"doctor --apply --undo '{windows_path(name)}.undo.reg'")
    call(name + "-works", "query Global --format json")


def undo(name):
    """What the undo file restores is broken as before."""
    steps.append(f"wine regedit /S '{windows_path(name)}.undo.reg'")
    call(name + "-undone", "doctor --format json")


with open("registry/heapctrs.reg", encoding="utf-16") as own:
    own = re.search(r'"Counter"=hex\(7\):([0-9a-f,]*)', own.read().replace("\\\n  ", ""))[1]
cut_in_two = bytes.fromhex(own.replace(",", "")).replace(
    "\0Custom Heap\0".encode("utf-16-le"), "\0Cus\0tom Heap\0".encode("utf-16-le"))

call("healthy", "doctor --format json")
export("before")
change("off", {SERVICE: {"Disable Performance Counters": 1}})
trial("off")
change("numbers", {PERFLIB: {"Last Counter": 1900, "Last Help": None}, SERVICE: {"First Counter": None, "Last Help": 77}})
trial("numbers")
export("after")
undo("numbers")
call("numbers-repaired", "doctor --apply --undo '%s'" % windows_path("second.undo.reg"))
change("names", {NAMES: {"Counter": ("7", cut_in_two)}})
trial("names")
undo("names")
# Wine's own DLL is elsewhere, with other exports; Wine 5.0 has such a file for each of its DLLs.
with open("build/win64/heapctrs.dll", "rb") as file:
    library = bytearray(file.read())
text = b"Wine placeholder DLL\0"
library[64:64 + len(text)] = text
with open(path("placeholder.dll"), "wb") as file:
    file.write(library)
change("libraries", {
    SERVICE: {"Open": "OpenNothing"},
    SERVICES + r"\gone\Performance": {"Library": "none.dll", "Open": "O", "Collect": "C", "Close": "D"},
    SERVICES + r"\placeholder\Performance": {
        "Library": windows_path("placeholder.dll"), "Open": "OpenNothing", "Collect": "C", "Close": "D"},
    SERVICES + r"\other\Performance": {
        "Library": "Z:" + os.path.abspath("build/win64/heapctrs.dll").replace("/", "\\"),
        "Open": "OpenHeapPerformanceData", "Collect": "CollectHeapPerformanceData",
        "Close": "CloseHeapPerformanceData", "Library Validation Code": ("3", bytes(16))},
    PERFLIB + r"\_V2Providers\{f3ac0000-0000-0000-0000-000000000001}": {
        "ApplicationIdentity": ("2", "%SystemRoot%\\none.exe\0".encode("utf-16-le"))}})
with open(path("backup"), "wb") as file:
    file.write("\r\n\r\n[Perflib]\r\nBase Index=1847\r\n\r\n[PERF_hea".encode("utf-16-le"))
steps.append(f"cp '{path('backup')}' \"$WINEPREFIX/drive_c/windows/system32/PerfStringBackup.INI\"")
call("libraries-found", f"doctor --format json --bundle '{windows_path('bundle.reg')}'")

with open(path("script"), "w") as file:
    file.write("\n".join(steps) + "\n")
run = tap.run(["scripts/wine-prefix", "--fresh", "bash", path("script")], timeout=900)


def read(name):
    try:
        with open(path(name), "rb") as file:
            return file.read()
    except OSError:
        return b""


def result(name):
    """Status, JSON or text on stdout, text on stderr."""
    status, out = read(name + ".status").decode().strip(), read(name + ".out").decode("utf-8", "replace")
    try:
        out = json.loads(out)
    except ValueError:
        pass
    return int(status or -1), out, read(name + ".err").decode("utf-8", "replace")


def found(name):
    """Exit status, and causes."""
    status, report, errors = result(name)
    if not isinstance(report, dict):
        return status, report, errors
    return status, [f["id"] for f in report["findings"] if f["caused_by"] is None]


def has_object(name):
    report = result(name)[1]
    return isinstance(report, dict) and any(o["name"] == "Custom Heap" for o in report["objects"])


tap.equal(found("healthy"), (0, []), "a live registry with heapctrs is healthy")
for name, expected in (("off", ["service-disabled"]), ("numbers", ["last-index-missing", "range-incomplete"]),
                       ("names", ["names-slipped"])):
    tap.ok(result(name + "-query")[0] >= 0 and not has_object(name + "-query"),
           f"{name}: it is broken: the object is not answered by its name", str(result(name + "-query"))[:800])
    tap.equal(found(name + "-found"), (1, expected), f"{name}: the doctor finds why")
    tap.equal(result(name + "-apply")[0], 0, f"{name}: --apply repairs all")
    tap.ok(has_object(name + "-works"), f"{name}: and the query works again", str(result(name + "-works"))[:800])
    if name != "off":
        tap.equal(found(name + "-undone"), (1, expected), f"{name}: the undo file breaks it again")
tap.equal(result("numbers-repaired")[0], 0, "what was undone is repaired again")
tap.ok(read("before.service") == read("after.service") and read("before.perflib") == read("after.perflib") != b"",
       "the repair of numbers leaves the registry as it was, byte for byte")
status, causes, *_ = found("libraries-found")
for identity, what in (("export-missing", "a procedure that the library does not export"),
                       ("library-gone", "a library that is not there"),
                       ("library-untrusted", "a library that is not the trusted one"),
                       ("v2-file-gone", "a file of a V2 provider that is not there"),
                       ("backup-cut", "that the backup beside the registry is cut")):
    tap.ok(status == 1 and identity in causes, f"the doctor finds {what}", causes)
lacking = [f["service"] for f in (result("libraries-found")[1] or {}).get("findings", []) if f["id"] == "export-missing"]
tap.equal(lacking, ["heapctrs"], "what a placeholder of Wine exports is unknown")
tap.ok("library-gone" in read("bundle.reg").decode("utf-16", "replace"), "a bundle has the report", run.stderr)
tap.done()
