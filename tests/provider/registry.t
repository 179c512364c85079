#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The committed files in registry/ are those that the counter table generates, and agree with each other."""
import configparser
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, "tests")
import tap  # noqa: E402

FILES = ["heapctrs.h", "heapctrs.ini", "heapctrs.reg", "heapctrs-service.reg",
         "heapctrs.man"]


def read_reg(path):
    """The keys of a .reg file: {key: {value: raw text}}, continuation lines joined."""
    with open(path, "rb") as file:
        data = file.read()
    assert data[:2] == b"\xff\xfe", "no byte order mark"
    text = data[2:].decode("utf-16-le")
    assert "\n" not in text.replace("\r\n", ""), "a line does not end in CR LF"
    assert all(ord(c) < 128 for c in text), "not ASCII"
    lines = text.replace("\\\r\n  ", "").split("\r\n")
    assert lines[0] == "Windows Registry Editor Version 5.00"
    keys, key = {}, None
    for line in lines[1:]:
        if line.startswith("["):
            key = keys.setdefault(line.strip("[]"), {})
        elif line and not line.startswith(";"):
            name, _, value = line.partition("=")
            key[name.strip('"')] = value
    return keys, text


def multi_sz(value):
    data = bytes(int(b, 16) for b in value.removeprefix("hex(7):").split(","))
    texts = data.decode("utf-16-le")
    assert texts.endswith("\0\0")
    return texts[:-2].split("\0")


def symbols():
    with open("registry/heapctrs.h", encoding="ascii") as file:
        return {m[1]: int(m[2]) for m in re.finditer(r"^#define (\w+) (\d+)$", file.read(), re.M)}


def ini():
    parser = configparser.ConfigParser(interpolation=None, delimiters=["="])
    parser.optionxform = str
    with open("registry/heapctrs.ini", encoding="ascii", newline="") as file:
        text = file.read()
    assert "\n" not in text.replace("\r\n", "") and "\t" not in text
    parser.read_string(text)
    return parser


PERFLIB = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Perflib"
SERVICE = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\heapctrs"


def committed():
    """the committed files are what the table gives"""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["build/native/registry-generator", folder], check=True)
        for name in FILES:
            with open(f"{folder}/{name}", "rb") as made, open(f"registry/{name}", "rb") as kept:
                wanted = made.read()
                assert wanted == kept.read(), f"registry/{name} is stale: run make registry"
            # The build may have made them again, so the files in git count.
            kept = subprocess.run(["git", "show", f":registry/{name}"], capture_output=True)
            assert kept.returncode or wanted == kept.stdout, f"registry/{name}: git add it"


def origin():
    """each file says where it comes from"""
    for name in FILES:
        with open(f"registry/{name}", "rb") as file:
            head = file.read(300).replace(b"\0", b"").decode("latin-1")
        assert "generated from provider/counters.def" in head, name


def symbol_offsets():
    """symbol offsets are even numbers, each given once"""
    offsets = symbols()
    assert all(offset % 2 == 0 for offset in offsets.values())
    assert len(set(offsets.values())) == len(offsets)
    assert offsets["CUSTOM_HEAP_OBJECT"] == 0 and offsets["CUSTOM_HEAP_PROCESS_ID"] == 40


def ini_texts():
    """the .ini has a name and a help text for each symbol, and no others"""
    file = ini()
    assert file["info"]["drivername"] == "heapctrs" and file["info"]["symbolfile"] == "heapctrs.h"
    assert "009" in file["languages"]
    wanted = {f"{s}_009_{kind}" for s in symbols() for kind in ("NAME", "HELP")}
    assert set(file["text"]) == wanted
    assert all(file["text"].values())
    assert set(file["objects"]) == {f"{s}_009_NAME" for s in symbols() if s.endswith("_OBJECT")}


def name_table():
    """the .reg file's name table has the names of symbol file and .ini, by index"""
    keys, _ = read_reg("registry/heapctrs.reg")
    texts = ini()["text"]
    names = multi_sz(keys[PERFLIB + r"\009"]["Counter"])
    help_texts = multi_sz(keys[PERFLIB + r"\009"]["Help"])
    by_offset = sorted((n, s) for s, n in symbols().items())
    assert names[:2] == ["1", "1847"]
    wanted = [(str(1848 + n), texts[f"{s}_009_NAME"]) for n, s in by_offset]
    assert list(zip(names[2::2], names[3::2])) == wanted
    wanted = [(str(1849 + n), texts[f"{s}_009_HELP"]) for n, s in by_offset]
    assert list(zip(help_texts[::2], help_texts[1::2])) == wanted


def indices():
    """the indices in the .reg file span the symbols"""
    keys, _ = read_reg("registry/heapctrs.reg")
    performance, perflib = keys[SERVICE + r"\Performance"], keys[PERFLIB]
    last = max(symbols().values())
    for key, first in (("Counter", 1848), ("Help", 1849)):
        assert performance[f"First {key}"] == f"dword:{first:08x}"
        assert performance[f"Last {key}"] == perflib[f"Last {key}"] == f"dword:{first + last:08x}"
    assert perflib["Base Index"] == "dword:00000737"
    objects = [1848 + n for s, n in symbols().items() if s.endswith("_OBJECT")]
    assert performance["Object List"] == '"' + " ".join(map(str, objects)) + '"'


def service_only():
    """the file for Windows has the same service, without any index and without Perflib"""
    whole, _ = read_reg("registry/heapctrs.reg")
    service, text = read_reg("registry/heapctrs-service.reg")
    assert not any("Perflib" in key for key in service)
    assert "lodctr" in text
    performance = service[SERVICE + r"\Performance"]
    assert not any(re.match("First|Last|Object List", name) for name in performance)
    assert performance == {name: whole[SERVICE + r"\Performance"][name] for name in performance}
    assert performance["Library"] == '"heapctrs.dll"'
    assert performance["Collect Supports Metadata"] == "dword:00000001"


for test in (committed, origin, symbol_offsets, ini_texts, name_table, indices, service_only):
    tap.prove(test)
tap.done()
