# SPDX-License-Identifier: MIT
"""Registrations of tests/faulty/plain_fake.c, the provider that does what the query says, and queries of
them. For tests of the host through the built program."""
import json
import os

import tap

WIN = tap.BUILD.endswith(("win64", "win32"))
PROGRAM = os.path.join(tap.BUILD, "perfharness" + (".exe" if WIN else ""))
FAULTY = os.path.join(tap.BUILD, "faulty")
EVENTS = os.path.join(tap.TMP, "events.json")
SERVICES = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services"
PERFLIB = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Perflib"


def multi(texts):
    """A REG_MULTI_SZ."""
    data = ("\0".join(texts) + "\0\0").encode("utf-16-le")
    return "hex(7):" + ",".join(f"{byte:02x}" for byte in data)


def expandable(text):
    """A REG_EXPAND_SZ."""
    data = (text + "\0").encode("utf-16-le")
    return "hex(2):" + ",".join(f"{byte:02x}" for byte in data)


def service(name, index, linkage=None, **values):
    """Lines of one service. `values` replaces or adds values; None removes one. An underscore in a name
    becomes a blank."""
    all_values = {
        "Library": '"plain_fake.dll"', "Open": '"FakeOpen"', "Collect": '"FakeCollect"',
        "Close": '"FakeClose"', "First Counter": f"dword:{index:08x}",
        "Last Counter": f"dword:{index + 2:08x}", "First Help": f"dword:{index + 1:08x}",
        "Last Help": f"dword:{index + 3:08x}",
        **{key.replace("_", " "): value for key, value in values.items()}}
    lines = [f"[{SERVICES}\\{name}]", f"[{SERVICES}\\{name}\\Performance]"]
    lines += [f'"{key}"={value}' for key, value in all_values.items() if value is not None]
    if linkage:
        lines += [f"[{SERVICES}\\{name}\\Linkage]", f'"Export"={multi(linkage)}']
    return lines


def write(path, *services, **perflib):
    """A .reg file of these services and values of the Perflib key."""
    names = ["1", "1847"]
    helps = []
    for first in (3000, 3100, 3200):
        names += [str(first), f"Object {first}", str(first + 2), "Value"]
        helps += [str(first + 1), "About it.", str(first + 3), "About the value."]
    lines = ["Windows Registry Editor Version 5.00", "", f"[{PERFLIB}]",
             '"Last Counter"=dword:00000d00', '"Last Help"=dword:00000d01']
    lines += [f'"{key.replace("_", " ")}"={value}' for key, value in perflib.items()]
    lines += [f"[{PERFLIB}\\009]", f'"Counter"={multi(names)}', f'"Help"={multi(helps)}']
    for one in services:
        lines += one
    with open(path, "w", encoding="utf-16", newline="\r\n") as file:
        file.write("\n".join(lines) + "\n")
    return path


def registry(*services, **perflib):
    return write(os.path.join(tap.TMP, "fake.reg"), *services, **perflib)


def query(reg, *arguments, level=None, timeout=900):
    """Run a query. The events are those of this query only."""
    if os.path.exists(EVENTS):
        os.remove(EVENTS)
    options = ["--registry", reg, "--library-path", FAULTY, "--event-log", EVENTS]
    if level:
        options += ["--test-level", str(level)]
    return tap.run([PROGRAM, *options, "query", *arguments], timeout=timeout)


def events():
    if not os.path.exists(EVENTS):
        return []
    with open(EVENTS, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def event_ids():
    return [event["id"] for event in events()]


def objects(run):
    """Title indices of the objects in a JSON answer; None if it is not an answer."""
    try:
        return [one["index"] for one in json.loads(run.stdout)["objects"]]
    except (ValueError, KeyError):
        return None


def value(run):
    """The first counter's value: the number of the fake's collects."""
    values = json.loads(run.stdout)["objects"][0]["instances"][0]["values"]
    return next(iter(values.values()))
