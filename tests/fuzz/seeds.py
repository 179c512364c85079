#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the seeds of the fuzz targets whose input is made for them.

usage: tests/fuzz/seeds.py FOLDER

FOLDER/TARGET/NAME is one input. The structures are written here a second time, so that an input of an older layout
cannot go unnoticed: known_inputs.t compares what this script writes with corpus/. region_seeds.py has those of region
files."""
import os
import struct
import sys

PERFLIB = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Perflib"
SERVICES = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services"

MINGW = """Linker script and memory map

LOAD /lib/crt2.o
                0x0000000140000000                __image_base__ = 0x140000000
.text           0x0000000140001000     0x7000
 .text          0x0000000140001000      0x100 /lib/crt2.o
                0x0000000140001000                mainCRTStartup
 *fill*         0x0000000140001100       0x10
 .text          0x0000000140001110       0xa0 build/lib pool/libpool.a(pool.o)
                0x0000000140001130                pool_take
 .text$inlined_twice
                0x00000001400011b0       0x20 b.o
"""
ELF = """Linker script and memory map

                0x0000000000400000                PROVIDE (__executable_start = SEGMENT_START ("text", 0x400000))
 .text          0x0000000000401000       0x20 a.o
                0x0000000000401000                main
 .text.lonely   0x0000000000401020       0x10 b.o
                0x0000000000401020                lonely
"""
VISUAL_C = r""" app

 Timestamp is 4e5f0000 (now)

 Preferred load address is 0000000000400000

 Start         Length     Name                   Class
 0001:00000000 0001c2e0H .text                   CODE

  Address         Publics by Value              Rva+Base               Lib:Object

 0000:00000000       ___safe_se_handler_count   00000000     <absolute>
 0001:00000000       ?take@pool@@QAEXXZ         0000000000401000 f   pool.obj
 0001:00000040       _main                      0000000000401040 f i main.obj

 entry point at        0001:00001234

 Static symbols

 0001:00000020       _hidden                    0000000000401020 f   c:\x\pool.obj
"""


def map_file():
    yield "mingw", MINGW.encode()
    yield "elf", ELF.encode()
    yield "visual-c", VISUAL_C.encode()
    yield "visual-c-cr-lf", VISUAL_C.replace("\n", "\r\n").encode()
    yield "cut", MINGW.encode()[:-30]
    yield "highest-address", ELF.replace("0000000000401", "fffffffffffff").encode()


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & (1 << 64) - 1
    return value


def sample(blob, time=1, size=None, checksum=None):
    head = b"SMPL" + struct.pack("<IQQ", len(blob) if size is None else size, time,
                                 fnv(blob) if checksum is None else checksum)
    return head + blob + bytes(-len(blob) % 8)


def recording():
    head = b"PERFREC\n" + struct.pack("<II", 1, 0)
    blob = "PERF".encode("utf-16-le") + struct.pack("<IIIIII", 1, 1, 1, 112, 112, 0)
    blob = blob.ljust(112, b"\0")
    yield "empty", b""
    yield "no-sample", head
    yield "one-sample", head + sample(blob)
    yield "three-samples", head + sample(blob) + sample(blob[:111], 2) + sample(b"", 3)
    yield "size-beyond-the-end", head + sample(blob, size=1 << 31)
    yield "largest-size", head + sample(blob, size=0xFFFFFFFF)
    yield "wrong-check-sum", head + sample(blob) + sample(blob, 2, checksum=5)
    yield "another-version", b"PERFREC\n" + struct.pack("<II", 2, 0)
    yield "a-blob", blob


def scrape_request():
    accept = b"application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1"
    yield "prometheus", accept + b"\ngzip\n10"
    yield "text", b"text/plain\nidentity\n0.5"
    yield "refusals", b"application/*;q=0, text/plain;q=0\ngzip;q=0, *;q=0\n-1"
    yield "quotes", b'text/plain;a="b,c;q=0\\"";q=1.000\n*;q=0.001\n1e9'
    yield "empty", b"\n\n"
    yield "numbers", b"*/*;q=1.0001, */*;q=.\n,;,;\n99999999999999999999"


MAPS = (
    b"55d0c0000000-55d0c0001000 r-xp 00000000 08:01 1234                       /usr/bin/a program\n"
    b"55d0c0001000-55d0c0022000 rw-p 00000000 00:00 0                          [heap]\n"
    b"7f0000000000-7f0000021000 rw-p 00000000 00:00 0\n"
    b"7f0000021000-7f0004000000 ---p 00000000 00:00 0\n"
    b"7f1000000000-7f1000001000 rw-s 00000000 00:01 77   /dev/shm/heapctrs-0/1-2.region (deleted)\n"
    b"7f2000000000-7f2000001000 r--p 00000000 08:01 9    /a\\012b\n"
    b"7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]\n"
    b"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n")
DETAILS = (b"Size:                132 kB\nRss:                 100 kB\nAnonymous:           100 kB\n"
           b"AnonHugePages:         0 kB\nSwap:                  4 kB\nVmFlags: rd wr mr mw me ac\n")


def proc():
    yield "maps", MAPS
    yield "smaps", b"".join(line + DETAILS for line in MAPS.splitlines(keepends=True))
    yield "smaps-beyond-64-bits", MAPS[:90] + DETAILS.replace(b"100", b"99999999999999999999")
    yield "stat", b"1 (a) R (b) S) S 1 2 3 4 -1 " + b"5 " * 40 + b"\n"
    yield "stat-without-name", b"1 a S 1 2 3"
    yield "status", b"Name:\ta\nVmRSS:\t     100 kB\nThreads:\t3\n"
    yield "backwards", b"2000-1000 r-xp 0 0:0 0 x\n"
    yield "no-newline", MAPS[:60]


def registry(last_counter=2000, last_help=2001, service="fuzz"):
    return (f"REGEDIT4\r\n\r\n[{PERFLIB}]\r\n\"Base Index\"=dword:00000737\r\n"
            f"\"Last Counter\"=dword:{last_counter:08x}\r\n\"Last Help\"=dword:{last_help:08x}\r\n\r\n[{PERFLIB}\\009]\r\n\"Counter\"=hex(7):31,00,78,00,00\r\n"
            f"\"Help\"=hex(7):00\r\n\r\n[{PERFLIB}\\004]\r\n\r\n[{SERVICES}\\{service}\\Performance]\r\n"
            f"\"Library\"=\"x.dll\"\r\n").encode()


def install_plan():
    yield "one-counter", bytes([0, 0, 0]) + registry()
    yield "all-languages", bytes([11, 4, 1]) + registry()
    yield "new-service", bytes([3, 1, 2]) + registry(service="other")
    yield "service-exists", bytes([3, 1, 2]) + registry()
    yield "highest-index", bytes([5, 0, 0]) + registry(0x7FFFFFFC, 0x7FFFFFFD)
    yield "odd-index", bytes([5, 0, 0]) + registry(2001, 2002)
    yield "no-perflib", bytes([1, 0, 2]) + b"REGEDIT4\r\n"
    installed = (b'"First Counter"=dword:000007d2\r\n"Last Counter"=dword:000007d4\r\n"First Help"=dword:000007d3\r\n'
                 b'"Last Help"=dword:000007d5\r\n')
    yield "installed-already", bytes([1, 0, 0]) + registry(0x7D4, 0x7D5) + installed


COLLECT, FINDINGS = 2, 8


def exchange():
    yield "nothing", bytes(8)
    for name, byte in ("zeros", 0), ("ones", 0xFF), ("letters", 0x41):
        for kind in COLLECT, FINDINGS:
            call = bytes([kind, 3, 2, 0, 16, 0, 0, 0])
            yield f"{name}-{kind}", call + bytes([byte]) * 9000
    yield "sweep", bytes([COLLECT, 0, 0, 0, 8, 16, 0, 0]) + b"\2\0\0\0" + bytes(200)


STAYS, FAILS = 1 << 31, 1 << 30


def change(read, place, value):
    return struct.pack("<HIQ", read, place, value)


def live_blocks():
    yield "complete", b""
    for read in range(8):
        yield f"read-{read}-fails", change(read, FAILS, 0)
        yield f"read-{read}-of-ones", b"".join(change(read, STAYS | at, (1 << 64) - 1) for at in range(0, 256, 8))
    yield "another-version", change(0, 8, 99)
    yield "no-segments", b"".join(change(1, at, 0) for at in range(0, 160, 8))
    yield "segment-elsewhere", change(1, 0, 4096)
    for read in range(3, 20, 4):
        yield f"torn-{read}", change(read, 64, 0x4141414141414141) + change(read + 2, 8, 7)
    yield "never-twice-the-same", b"".join(change(read, 0, read) for read in range(3, 200))


def operation(what, name=0, first=0, second=0, look=True):
    return bytes([what | (0x80 if look else 0), name, first, second])


MAKE, REMOVE, UNLOCK, OTHER, RENAME, HEAP, HEADER = 0, 2, 3, 4, 5, 6, 7


def region_directory():
    yield "nothing", b""
    yield "one-region", operation(MAKE) + operation(REMOVE)
    yield "all-regions", b"".join(operation(MAKE, n, 0, n, False) for n in range(24)) + operation(REMOVE, 3)
    yield "equal-names", b"".join(operation(MAKE, n, 4, 11, n % 5 == 0) for n in range(24)) + operation(HEAP, 3, 1, 2)
    yield "longest-names", b"".join(operation(MAKE, n, 2, 11, False) for n in range(24)) + operation(REMOVE, 9)
    yield "large-files", b"".join(operation(MAKE, n, 27, 1, True) for n in range(6))
    yield "its-owner-dies", operation(MAKE, 1) + operation(UNLOCK, 1) + operation(MAKE, 1)
    yield "something-else", b"".join(operation(MAKE, n) + operation(OTHER, n, n) for n in range(4))
    yield "renamed", operation(MAKE, 1) + operation(RENAME, 1, 2, 1) + operation(MAKE, 1)
    yield "linked", operation(MAKE, 1) + operation(RENAME, 1, 2, 0) + operation(REMOVE, 1)
    yield "heaps", operation(MAKE, 1, 0, 11) + b"".join(operation(HEAP, 1, n, n) for n in range(12))
    yield "header", operation(MAKE, 1, 0, 11) + b"".join(operation(HEADER, 1, n, 255) for n in range(0, 30))


SET, OWNER = bytes(range(16)), bytes(range(16, 32))
WILDCARD = 0xFFFFFFFF


def identifier(counter, name, instance=WILDCARD, size=None, guid=SET):
    text = name.encode("utf-16-le") + b"\0\0"
    text += bytes(-(40 + len(text)) % 8)
    return guid + struct.pack("<6I", 0, 40 + len(text) if size is None else size, counter, instance, 0, 0) + text


def counters(count):
    return b"".join(struct.pack("<IIQIIiI", i + 1, 0x00010100, 0, 8, 100, 0, 8 * i) for i in range(count))


def template(count, instance_type=2, claimed=None):
    return SET + OWNER + struct.pack("<II", count if claimed is None else claimed, instance_type) + counters(count)


def state(count, names, instance_type=2):
    instances = b""
    for number, name in enumerate(names):
        text = name.encode("utf-16-le")
        padded = text + bytes(-len(text) % 8)
        values = b"".join(struct.pack("<QQ", 7 * i, 1) for i in range(count))
        instances += struct.pack("<IIII", 16 + len(padded) + len(values), number, len(name), 0) + padded + values
    size = 56 + 32 * count + len(instances)
    return struct.pack("<IIII", size, count, len(names), 0) + SET + OWNER + struct.pack("<II", instance_type, 0) + \
        counters(count) + instances


def block(identifiers, info, image):
    return struct.pack("<HH", len(identifiers), len(info)) + identifiers + info + image


def v2_block():
    image = state(3, ["a", "bb", "a long name"])
    every = identifier(WILDCARD, "*")
    yield "nothing", block(b"", b"", b"")
    yield "all-counters-of-all-instances", block(every, b"", image)
    yield "one-counter", block(identifier(2, "bb") + identifier(1, "*"), b"", image)
    yield "no-such-counter", block(identifier(9, "bb") + identifier(1, "absent"), b"", image)
    yield "template", block(b"", template(3), b"")
    yield "template-that-claims-more", block(every, template(1, claimed=1000), image)
    yield "single-instance", block(identifier(WILDCARD, ""), template(2, 0), state(2, [""], 0))
    yield "aggregates", block(every, template(2, 4), state(2, ["a", "b"], 4))
    yield "identifier-too-long", block(identifier(1, "*", size=4096), b"", image)
    yield "identifier-too-short", block(identifier(1, "*", size=8), b"", image)
    yield "largest-identifier", block(identifier(1, "*", size=0xFFFFFFF8), b"", image)


TARGETS = {
    "fuzz_map_file": map_file, "fuzz_recording": recording, "fuzz_scrape_request": scrape_request, "fuzz_proc": proc,
    "fuzz_install_plan": install_plan, "fuzz_exchange": exchange, "fuzz_live_blocks": live_blocks,
    "fuzz_region_directory": region_directory, "fuzz_v2_block": v2_block,
}


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__)
        return 0 if sys.argv[1:] == ["--help"] else 2
    for target, seeds in TARGETS.items():
        folder = os.path.join(sys.argv[1], target)
        os.makedirs(folder, exist_ok=True)
        for name, data in seeds():
            with open(os.path.join(folder, name), "wb") as seed:
                seed.write(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
