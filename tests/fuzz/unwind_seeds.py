#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes seeds of fuzz_unwind: the .eh_frame of programs, and stacks of calls between their functions.

usage: tests/fuzz/unwind_seeds.py FOLDER PROGRAM...

A stack has a return address wherever a function may look for one, or addresses of the stack in
between, for functions with a frame pointer. It prints how many functions each program has.
"""
import os
import re
import struct
import subprocess
import sys

LIMIT = 6000  # bytes of tables


def sections(path):
    text = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True, check=True).stdout
    return {name: (int(address, 16), int(offset, 16), int(size, 16)) for name, address, offset, size in
            re.findall(r"\] (\.\S+) +\S+ +([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)", text)}


def word(kind, distance):
    return struct.pack("<Q", kind << 56 | distance & (1 << 56) - 1)


def seeds(path):
    found = sections(path)
    header, table = found[".eh_frame_hdr"], found[".eh_frame"]
    with open(path, "rb") as file:
        data = file.read()
    begin, end = header[0], table[0] + table[2]
    tables = bytearray(min(end - begin, LIMIT))
    for address, offset, size in (header, table):
        part = data[offset:offset + size][:max(0, len(tables) - (address - begin))]
        tables[address - begin:address - begin + len(part)] = part
    count, = struct.unpack_from("<I", tables, 8)
    functions = [struct.unpack_from("<i", tables, 12 + 8 * i)[0] for i in range(count)]
    for shift in (1, 5, 20):
        calls = [word(1, function + shift) for function in functions]
        for kind, filler in (("returns", None), ("frames", 2)):
            stack = [calls[0], word(2, 64)]
            for i in range(120):
                stack.append(word(filler, 8 * (i + 8)) if filler and i % 3 == 0 else calls[i % len(calls)])
            name = f"{os.path.basename(path)}-{shift}-{kind}"
            yield name, struct.pack("<HH", len(tables), 0) + bytes(tables) + b"".join(stack)
    print(f"{path}: {count} functions")


folder = sys.argv[1]
for program in sys.argv[2:]:
    for name, contents in seeds(program):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(contents)
