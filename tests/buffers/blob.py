# SPDX-License-Identifier: MIT
"""Builds PERF_DATA_BLOCKs for tests, from the layouts of winperf.h and independently of our C code.

    from blob import Blob, Object, Counter, Instance
    Blob([Object(2000, [Counter(2002, LARGE_RAWCOUNT)], [Instance("a", [7])])]).bytes()

As a program it writes the blobs that are kept: blob.py FOLDER.
"""
import os
import struct
import sys

RAWCOUNT, LARGE_RAWCOUNT, RAWCOUNT_HEX = 0x00010000, 0x00010100, 0x00000000
COUNTER, BULK_COUNT, TIMER_100NS = 0x10410400, 0x10410500, 0x20510500
RAW_FRACTION, RAW_BASE, AVERAGE_BULK, AVERAGE_BASE = 0x20020400, 0x40030403, 0x40020500, 0x40030402
AVERAGE_TIMER, ELAPSED_TIME, TEXT, NODATA = 0x30020400, 0x30240500, 0x00000B00, 0x40000200
QUEUELEN_100NS, PRECISION_100NS, LARGE_RAW_BASE = 0x00550500, 0x20570500, 0x40030500

NO_INSTANCES = -1


def pad8(data):
    return data + b"\0" * (-len(data) % 8)


class Counter:
    def __init__(self, index, kind, size=None, scale=0, help_index=None):
        self.index, self.kind, self.scale = index, kind, scale
        self.size = size if size is not None else {0: 4, 1: 8, 2: 0, 3: 32}[kind >> 8 & 3]
        self.help_index = help_index if help_index is not None else (index + 1 if index else 0)
        self.offset = 0

    def definition(self):
        return struct.pack("<IIIIIiIIII", 40, self.index, 0, self.help_index, 0, self.scale, 100,
                           self.kind, self.size, self.offset)


class Instance:
    def __init__(self, name, values, parent=(0, 0), unique_id=-1):
        self.name, self.values, self.parent, self.unique_id = name, values, parent, unique_id


class Object:
    def __init__(self, index, counters, instances, code_page=0, time=0, freq=0, default_counter=0):
        """instances: a list of Instance, or one list of values for an object without instances."""
        self.index, self.counters, self.instances = index, counters, instances
        self.code_page, self.time, self.freq = code_page, time, freq
        self.default_counter = default_counter
        offset = 8
        for counter in counters:
            if counter.size == 8:
                offset = (offset + 7) & ~7
            counter.offset = offset if counter.size else 0
            offset += (counter.size + 3) & ~3
        self.block_size = (offset + 7) & ~7
        self.is_single = not (instances and isinstance(instances[0], Instance)) and instances != []

    def block(self, values):
        data = bytearray(self.block_size)
        struct.pack_into("<I", data, 0, self.block_size)
        for counter, value in zip(self.counters, values):
            if isinstance(value, str):
                value = value.encode("utf-16-le")
            if isinstance(value, bytes):
                value = value[:counter.size].ljust(counter.size, b"\0")
            else:
                value = (value & (1 << 8 * counter.size) - 1).to_bytes(counter.size, "little")
            data[counter.offset:counter.offset + counter.size] = value
        return bytes(data)

    def instance(self, instance):
        if self.code_page:
            name = instance.name if isinstance(instance.name, bytes) else instance.name.encode()
            name += b"\0"
        else:
            name = instance.name.encode("utf-16-le", "surrogatepass") + b"\0\0"
        size = (24 + len(name) + 7) & ~7
        head = struct.pack("<IIIiII", size, *instance.parent, instance.unique_id, 24, len(name))
        return pad8(head + name) + self.block(instance.values)

    def bytes(self):
        definitions = b"".join(c.definition() for c in self.counters)
        if self.is_single:
            count, data = NO_INSTANCES, self.block(self.instances)
        else:
            count, data = len(self.instances), b"".join(map(self.instance, self.instances))
        total = 64 + len(definitions) + len(data)
        return struct.pack("<IIIIIIIIIiiIqq", total, 64 + len(definitions), 64, self.index, 0,
                           self.index + 1, 0, 100, len(self.counters), self.default_counter, count,
                           self.code_page, self.time, self.freq) + definitions + data


class Blob:
    def __init__(self, objects, system="HOST", perf_time=1000000000, perf_freq=10000000,
                 time_100ns=133500000000000000, date=(2024, 1, 15, 9, 30, 5, 250)):
        self.objects, self.system, self.date = objects, system, date
        self.perf_time, self.perf_freq, self.time_100ns = perf_time, perf_freq, time_100ns

    def bytes(self):
        data = b"".join(o.bytes() for o in self.objects)
        name = self.system.encode("utf-16-le") + b"\0\0"
        header = 88 + len(name) + 7 & ~7
        year, month, day, hour, minute, second, ms = self.date
        return pad8(struct.pack("<8sIIIIIIi8H4xqqqII", "PERF".encode("utf-16-le"), 1, 1, 1,
                                header + len(data), header, len(self.objects), 238, year, month, 1,
                                day, hour, minute, second, ms, self.perf_time, self.perf_freq,
                                self.time_100ns, len(name), 88) + name) + data


def many_types(step=0):
    """One object with a counter of every kind of formula, one without instances, one empty."""
    heap = [Counter(2002, LARGE_RAWCOUNT, scale=-6), Counter(2004, BULK_COUNT), Counter(2006, COUNTER),
            Counter(2008, RAW_FRACTION), Counter(0, RAW_BASE, help_index=0),
            Counter(2010, AVERAGE_BULK), Counter(0, AVERAGE_BASE, help_index=0),
            Counter(2012, TIMER_100NS), Counter(2014, ELAPSED_TIME), Counter(2016, TEXT),
            Counter(2018, RAWCOUNT_HEX)]

    def values(k):
        return [1048576 * k + 512 * step, 100000 * k + 5000 * step, 40 * k + 10 * step, 30, 120,
                81920 * step, 20 * step, 10000000 * step, 22000, "state %d" % k, 0xC0DE]
    return Blob([
        Object(2000, heap, [Instance("_Total", values(6)), Instance("app:4711:pool", values(1)),
                            Instance("app:4711:arena", values(2)),
                            Instance("schön:7:大きい", values(3))], time=52000 + 2000 * step,
               freq=1000),
        Object(2100, [Counter(2102, LARGE_RAWCOUNT), Counter(2104, BULK_COUNT)],
               [2**63 + 5, 1000 + 300 * step]),
        Object(2200, [Counter(2202, RAWCOUNT)], []),
        Object(2300, [Counter(2302, RAWCOUNT)],
               [Instance("0", [1], (2000, 1)), Instance("0", [2], (2000, 2)),
                Instance("0", [3], (2000, 2)), Instance("0", [4], (9999, 0))]),
        Object(2400, [Counter(2402, RAWCOUNT)], [Instance(b"caf\xe9", [5]), Instance("grün", [6])],
               code_page=1252),
    ], perf_time=1000000000 + 20000000 * step, time_100ns=133500000000000000 + 20000000 * step,
        date=(2024, 1, 15, 9, 30, 5 + 2 * step, 250))


def large(instances=400000):
    """Over 100 MB: many instances with long names."""
    counters = [Counter(2002 + 2 * i, LARGE_RAWCOUNT) for i in range(16)]
    return Blob([Object(2000, counters, [Instance("process-with-a-name:%d:heap-%d" % (i % 999, i),
                                                  [i + j for j in range(16)])
                                         for i in range(instances)])])


def main():
    folder = sys.argv[1]
    for name, blob in (("good-many-types.bin", many_types(0)),
                       ("good-many-types-later.bin", many_types(1))):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(blob.bytes())


if __name__ == "__main__":
    main()
