#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What was built is hardened as far as the compilers can, as read from the files themselves.
Windows builds have no control flow guard: mingw's gcc 12 cannot make the table that it needs."""
import os
import re
import struct
import subprocess
import sys

sys.path.insert(0, "tests")
import tap  # noqa: E402


def said_by(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=900).stdout


NATIVE = ["perfharness", "heapctrs.so", "libheaptracker-preload.so"]
for name in NATIVE:
    path = "build/native/" + name
    headers = said_by("readelf", "-hldW", path)
    tap.like(headers, r"^\s*Type:\s+DYN ", f"native {name} can be loaded at any address")
    tap.like(headers, r"GNU_STACK +\S+ \S+ \S+ \S+ \S+ RW ", f"native {name} has no executable stack")
    tap.like(headers, r"GNU_RELRO", f"native {name} has relocations that become read-only")
    tap.like(headers, r"BIND_NOW", f"native {name} binds all of them at its start")
    tap.unlike(headers, r"^\s*LOAD .* RWE ", f"native {name} has no page to write and to execute")
    tap.unlike(headers, r"\((RPATH|RUNPATH|TEXTREL)\)", f"native {name} searches no folder of its own")
    symbols = said_by("readelf", "--dyn-syms", "-W", path)
    tap.like(symbols, r"__stack_chk_fail", f"native {name} checks its stack")
    tap.like(symbols, r"__\w+_chk@", f"native {name} calls what checks its bounds")

HIGH_ENTROPY, DYNAMIC_BASE, NX = 0x20, 0x40, 0x100
RELOCATIONS_STRIPPED = 1
# Libraries that every Windows 7 and Wine have in the system's own folder.
SYSTEM_LIBRARIES = {"kernel32.dll", "msvcrt.dll", "advapi32.dll", "user32.dll", "ole32.dll", "ntdll.dll",
                    "shell32.dll", "dbghelp.dll", "ws2_32.dll"}


class Image:
    """The header of a PE file."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read(4096)
        at = struct.unpack_from("<I", data, 0x3C)[0]
        assert data[at:at + 4] == b"PE\0\0", path
        self.characteristics = struct.unpack_from("<H", data, at + 22)[0]
        optional = at + 24
        self.is_64_bit = struct.unpack_from("<H", data, optional)[0] == 0x20B
        self.dll_characteristics = struct.unpack_from("<H", data, optional + 70)[0]
        directories = optional + (112 if self.is_64_bit else 96)
        self.relocation_size = struct.unpack_from("<I", data, directories + 5 * 8 + 4)[0]
        count = struct.unpack_from("<H", data, at + 6)[0]
        table = optional + struct.unpack_from("<H", data, at + 20)[0]
        self.sections = [struct.unpack_from("<8s28xI", data, table + 40 * i) for i in range(count)]


for target in ("win64", "win32"):
    for name in ("perfharness.exe", "heapctrs.dll"):
        path, label = f"build/{target}/{name}", f"{target} {name}"
        if not os.path.exists(path):
            tap.skip(f"{label} is hardened", "it is not built")
            continue
        image = Image(path)
        tap.ok(image.dll_characteristics & DYNAMIC_BASE, f"{label} can be loaded at any address")
        tap.ok(image.relocation_size and not image.characteristics & RELOCATIONS_STRIPPED,
               f"{label} has the relocations that it needs for that")
        tap.ok(image.dll_characteristics & NX, f"{label} executes no data")
        if image.is_64_bit:
            tap.ok(image.dll_characteristics & HIGH_ENTROPY, f"{label} can be loaded above 4 GiB")
        both = [n for n, flags in image.sections if flags & 0x20000000 and flags & 0x80000000]
        tap.equal(both, [], f"{label} has no section to write and to execute")
        imports = said_by("x86_64-w64-mingw32-objdump", "-p", path)
        libraries = {n.lower() for n in re.findall(r"DLL Name: (\S+)", imports)}
        tap.equal(libraries - SYSTEM_LIBRARIES, set(), f"{label} needs no library but the system's")
        symbols = said_by("x86_64-w64-mingw32-nm", path)
        tap.like(symbols, r"__stack_chk_guard$", f"{label} checks its stack")
        tap.unlike(symbols, r"__guard_setup|CryptAcquireContext",
                   f"{label} asks no CryptoAPI for its guard, as libssp does under the loader's lock")
tap.done()
