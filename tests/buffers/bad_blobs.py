# SPDX-License-Identifier: MIT
"""Writes good-two-objects.bin and, from it, one bad-<rule>-<what>.bin for each breach below.

    bad_blobs.py FOLDER

The table describes each: a value overwritten, bytes cut off or added.
"""
import os
import struct
import sys

from blob import BULK_COUNT, Blob, Counter, Instance, Object, RAW_BASE, RAW_FRACTION, RAWCOUNT

HEADER = 104          # PERF_DATA_BLOCK and "HOST"
COUNTER = HEADER + 64  # the first object's counter definitions, 40 bytes each
INSTANCE = COUNTER + 4 * 40
BLOCK = INSTANCE + 40  # after "first"; blocks have 32 bytes
SECOND = INSTANCE + 2 * 72  # the second object

# rule, what, offset, 32-bit value
POKES = [
    ("data-header", "signature", 0, 0x41414141),
    ("data-header", "endian", 8, 0),
    ("data-version", "zero", 12, 0),
    ("data-total-length", "huge", 20, 0xFFFFFFF8),
    ("data-total-length", "short", 20, 200),
    ("data-header-length", "short", 24, 80),
    ("data-header-length", "huge", 24, 0xFFFFFFF8),
    ("object-count", "toomany", 28, 3),
    ("object-count", "huge", 28, 0xFFFFFFFF),
    ("data-time", "month", 36, 0x000D07E8),
    ("data-time", "frequency", 64, 0),
    ("data-system-name", "outside", 84, 100),
    ("object-length", "zero", HEADER, 0),
    ("object-length", "huge", HEADER, 0xFFFFFFF8),
    ("definition-length", "short", HEADER + 4, 60),
    ("header-length", "short", HEADER + 8, 32),
    ("index-zero", "object", HEADER + 12, 0),
    ("counter-count", "huge", HEADER + 32, 0x7FFFFFFF),
    ("default-counter", "beyond", HEADER + 36, 4),
    ("instance-count", "huge", HEADER + 40, 0x7FFFFFFF),
    ("instance-count", "negative", HEADER + 40, 0xFFFFFFF0),
    ("counter-definition-length", "zero", COUNTER + 40, 0),
    ("counter-offset", "outside", COUNTER + 76, 32),
    ("counter-offset", "inlength", COUNTER + 76, 0),
    ("counter-size", "eight", COUNTER + 72, 8),
    ("instance-length", "zero", INSTANCE, 0),
    ("name-place", "huge", INSTANCE + 20, 0xFFFFFFF0),
    ("name-length", "uncounted", INSTANCE + 20, 10),
    ("parent-object", "absent", INSTANCE + 4, 9998),
    ("block-length", "zero", BLOCK, 0),
    ("block-length", "huge", BLOCK + 72, 0xFFFFFFF8),
    ("object-duplicate", "both", SECOND + 12, 2000),
]


def good():
    counters = [Counter(2002, BULK_COUNT), Counter(2004, RAWCOUNT), Counter(2006, RAW_FRACTION),
                Counter(0, RAW_BASE, help_index=0)]
    return Blob([Object(2000, counters, [Instance("first", [100, 1, 30, 120]),
                                         Instance("second", [200, 2, 60, 120])]),
                 Object(2100, [Counter(2102, RAWCOUNT)], [7])]).bytes()


def blobs():
    sound = good()
    yield "good-two-objects.bin", sound
    yield "bad-data-header-cut.bin", sound[:60]
    yield "bad-data-total-length-cut.bin", sound[:-20]
    yield "bad-data-total-length-added.bin", sound + b"\0" * 8
    yield "bad-data-shifted-wine.bin", (sound[:HEADER] + b"\xEE" * 88 + sound[HEADER:])[:len(sound)]
    for rule, what, offset, value in POKES:
        bad = bytearray(sound)
        struct.pack_into("<I", bad, offset, value)
        if what == "frequency":
            struct.pack_into("<I", bad, offset + 4, 0)
        if what == "both":
            struct.pack_into("<I", bad, offset + 8, 2001)
        yield f"bad-{rule}-{what}.bin", bytes(bad)


def main():
    for name, data in blobs():
        with open(os.path.join(sys.argv[1], name), "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main()
