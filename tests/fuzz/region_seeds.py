#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the seeds of fuzz_region_reader: region files of the current layout, with changes while they are read.

usage: tests/fuzz/region_seeds.py FOLDER

The layout is written here a second time, from the manual page heapctrs-region(5), so that a seed of an
older layout cannot go unnoticed: known_inputs.t compares what this script writes with corpus/."""
import os
import struct
import sys

VERSION, HEADER, HEAP, SHARD = 7, 704, 576, 128
FIRST_HEAPS, FIRST_SHARDS = 8, 16
HEADER_STATE, HEADER_HEAPS, HEADER_HEAP_SEGMENTS, HEADER_CHANGES = 48, 52, 56, 32
HEAP_FIRST_SHARD, SHARD_NEXT, SHARD_TOTALS = 56, 32, 64
HEAP_FIGURES = 448
KEEP_HEADER, NEW_SIZE = 1, 1 << 31


def shard(heap, totals, following=0):
    head = struct.pack("<QQQQII24x", heap, 1000, 10, 500, following, 0)
    return head + struct.pack("<8Q", *totals)


def figures(version, allocator, known, computed, values):
    return struct.pack("<QQQQQIHH7Q", version, 5, 6, 200, 4, allocator, known, computed, *values).ljust(128, b"\0")


def with_figures(file, block):
    at = HEADER + HEAP_FIGURES
    return file[:at] + block + file[at + len(block):]


def heap_record(identity, first_shard, totals=(0,) * 8, has_base=0):
    name = "fuzz:0000000:heap number %d" % identity
    head = struct.pack("<QQQQQQQII", identity, identity, 4096, 2048, 1, 2, 3, first_shard, has_base)
    record = head + shard(identity, totals) + struct.pack("<H", len(name)) + name.encode("utf-16-le")
    return record.ljust(HEAP, b"\0")


def region(heaps, chains=None, heap_segments=1):
    """A region with heaps 1 to `heaps`, one shard each; `chains` are the shards' `next` fields."""
    sizes = [FIRST_HEAPS << i for i in range(heap_segments)]
    offsets, at = [], HEADER
    for size in sizes:
        offsets.append(at)
        at += size * HEAP
    shards = at
    header = b"HCREGION" + struct.pack("<IIIIQQQIIII", VERSION, HEADER, 0x01020304, 1, 1, 1, 0, 1, heaps,
                                       heap_segments, 1)
    header += struct.pack("<20Q", *(offsets + [0] * (20 - len(offsets))))
    header += struct.pack("<20Q", *([shards] + [0] * 19))
    body = b"".join(heap_record(i + 1, i + 1 if i < FIRST_SHARDS else 0) for i in range(heaps))
    body = body.ljust(sum(sizes) * HEAP, b"\0")
    totals = (300, 3, 100, 1, 280, 0, 0, 0)
    body += b"".join(shard(i + 1 if i < heaps else 0, totals, (chains or {}).get(i, 0))
                     for i in range(FIRST_SHARDS))
    return header.ljust(HEADER, b"\0") + body


def change(offset, value):
    return struct.pack("<IQ", offset, value)


def seeds():
    """name: options, changes, file"""
    first_shard = HEADER + FIRST_HEAPS * HEAP
    one = region(1)
    new_event = [change(first_shard + SHARD_TOTALS + 8, 4)]
    yield "header-only", 0, [], one[:HEADER]
    yield "header-kept", KEEP_HEADER, [], one
    yield "one-heap", 0, [], one
    yield "eight-heaps", 0, [], region(8)
    yield "two-segments", 0, [], region(20, heap_segments=2)
    yield "shard-in-a-loop", 0, [], region(1, {0: 2, 1: 1})
    yield "event-while-read", 0, new_event, one
    yield "change-count-while-read", 0, [change(HEADER_CHANGES, 2)] + new_event, one
    yield "segments-while-read", 0, [change(HEADER_HEAP_SEGMENTS, 2 | 1 << 32),
                                     change(HEADER_HEAPS, 24 | 2 << 32)], one
    yield "closed-while-read", 0, [change(HEADER_STATE, 2 | 1 << 32), change(HEADER_CHANGES, 3)], one
    yield "heap-closed-while-read", 0, [change(HEADER, 0), change(HEADER_CHANGES, 2)], one
    yield "heap-reopened-while-read", 0, [change(HEADER, 0), change(HEADER, 7)], one
    yield "shard-lost-while-read", 0, [change(HEADER + HEAP_FIRST_SHARD, 0xFFFFFFFF),
                                       change(first_shard + SHARD_NEXT, 0xFFFFFFFF)], one
    sound = with_figures(one, figures(2, 1, 127, 4, (1000, 500, 100, 400, 50, 3, 8)))
    yield "figures", 0, [], sound
    yield "figures-while-written", 0, [change(HEADER + HEAP_FIGURES, 3), change(HEADER_CHANGES, 2)], sound
    yield "figures-without-sense", 0, [], with_figures(one, figures(2, 9, 0xFFFF, 0xFFFF, (1 << 63,) * 7))
    yield "cut-while-read", 0, [change(NEW_SIZE | HEADER + 100, 0), change(NEW_SIZE, 0)], region(8)


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__)
        return 0 if sys.argv[1:] == ["--help"] else 2
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, options, changes, file in seeds():
        with open(os.path.join(sys.argv[1], name), "wb") as seed:
            seed.write(bytes([options, len(changes)]) + b"".join(changes) + file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
