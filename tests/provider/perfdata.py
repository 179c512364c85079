# SPDX-License-Identifier: MIT
"""What the tests of the provider share: a reader of performance data that knows the documented layout and
none of our code, and a caller of the provider.

The reader checks every length before it follows it, and every rule of provider-bugs; a breach is a
LayoutError."""
import ctypes
import os
import struct
import sys

sys.path.insert(0, "tests")
from tap import BUILD, TMP  # noqa: E402

CUSTOM_HEAP, CUSTOM_HEAP_PROVIDER, CUSTOM_HEAP_PROCESS = 1848, 1890, 1908
NO_INSTANCES, METADATA_MULTIPLE, METADATA_SINGLE = -1, -2, -3

# Names of the counters by slot: the place of the value in the counter block. A counter that is added gets a further one.
HEAP_COUNTERS = ["bytes", "bytes_peak", "blocks", "allocations", "frees", "reallocations",
                 "bytes_allocated", "bytes_freed", "average", "average_base", "failures",
                 "failure_rate", "reserved", "committed", "share", "share_base", "blocks_peak",
                 "largest", "unmatched", "lost", "opened", "pid", "known", "held", "free", "cached",
                 "releasable", "elsewhere", "arenas", "overhead", "asked"]
PROCESS_COUNTERS = ["private", "mapped", "image", "reserved", "largest_private", "largest_free",
                    "regions", "handles", "files", "sections", "synchronization", "others",
                    "threads", "microseconds", "taken", "stale", "pid", "memory_known", "resident",
                    "resident_private", "resident_shared", "swapped", "huge", "group_usage", "group_limit"]
OWN_COUNTERS = ["collects", "time", "average_time", "average_time_base", "regions", "rejected",
                "reaped", "heaps", "lost", "directories_refused", "regions_left_out",
                "heaps_left_out", "heaps_unpublished"]
LABELS = {CUSTOM_HEAP: HEAP_COUNTERS, CUSTOM_HEAP_PROVIDER: OWN_COUNTERS,
          CUSTOM_HEAP_PROCESS: PROCESS_COUNTERS}


class LayoutError(Exception):
    pass


def need(condition, text):
    if not condition:
        raise LayoutError(text)


class Counter:
    def __init__(self, data, at):
        (self.length, self.name, name_title, self.help, help_title, self.scale, self.detail, self.type,
         self.size, self.offset) = struct.unpack_from("<5Ii4I", data, at)
        need(self.length == 40, "definition length")
        need(name_title == 0 and help_title == 0, "title pointers are not zero")
        size_bits = self.type & 0x300
        need(size_bits in (0, 0x100), "size bits")
        need(self.size == (8 if size_bits else 4), "CounterSize disagrees with CounterType")
        need(self.offset % 8 == 0 and self.offset >= 8, "slot")
        self.is_base = (self.type & 0x70000) == 0x30000
        need(self.is_base == (self.name == 0) == (self.help == 0), "titles of bases are 0")


class Instance:
    def __init__(self, name, values):
        self.name, self.values = name, values


class Object:
    """One PERF_OBJECT_TYPE at the start of `data`."""

    def __init__(self, data):
        need(len(data) >= 64, "object header cut")
        (self.total, self.definition, self.header, self.name, name_title, self.help, help_title,
         self.detail, self.counter_count, self.default, self.instance_count, self.code_page,
         self.time, self.frequency) = struct.unpack_from("<9Iii I qq", data)
        need(64 == self.header <= self.definition <= self.total <= len(data), "object lengths")
        need(self.total % 8 == 0 and self.definition % 8 == 0, "object not padded to 8")
        need(name_title == 0 and help_title == 0, "title pointers are not zero")
        need(self.name % 2 == 0 and self.help % 2 == 1, "even names, odd help")
        need(self.code_page == 0, "code page")
        need(self.definition == 64 + 40 * self.counter_count, "definition length")
        self.data = data[:self.total]
        self.counters = [Counter(data, 64 + 40 * i) for i in range(self.counter_count)]
        need(self.detail == min(c.detail for c in self.counters), "detail level")
        need(-1 <= self.default < self.counter_count, "default counter")
        offsets = [c.offset for c in self.counters]
        need(len(set(offsets)) == len(offsets), "counters overlap")
        for before, counter in zip([None] + self.counters, self.counters):
            if counter.is_base:
                need(before and not before.is_base and counter.offset == before.offset + 8,
                     "base does not directly follow its counter")
        self.instances = self._instances()

    def _block(self, at):
        need(at + 8 <= self.total, "block outside")
        length, zero = struct.unpack_from("<II", self.data, at)
        need(length % 8 == 0 and length >= 8 and at + length <= self.total, "block length")
        need(zero == 0, "padding of the block's length")
        need(length == 8 + 8 * self.counter_count, "block has other slots")
        values = []  # by slot
        for counter in sorted(self.counters, key=lambda counter: counter.offset):
            need(counter.offset + 8 <= length, "counter outside its block")
            value, = struct.unpack_from("<Q", self.data, at + counter.offset)
            need(counter.size == 8 or value < 1 << 32, "high half of a short counter is not zero")
            values.append(value)
        return values, at + length

    def _instances(self):
        at, instances = self.definition, []
        if self.instance_count in (METADATA_MULTIPLE, METADATA_SINGLE):
            pass
        elif self.instance_count == NO_INSTANCES:
            values, at = self._block(at)
            instances = [Instance(None, values)]
        else:
            need(self.instance_count > 0, "no instances")
            for _ in range(self.instance_count):
                need(at + 24 <= self.total, "instance outside")
                length, parent, parent_instance, unique, offset, size = struct.unpack_from(
                    "<IIIiII", self.data, at)
                need(length % 8 == 0 and at + length <= self.total, "instance length")
                need((parent, parent_instance, unique) == (0, 0, -1), "instance has a parent or id")
                need(offset == 24 and size % 2 == 0 and size >= 2, "name place")
                need(24 + size <= length < 24 + size + 8, "name does not fit its record")
                name = self.data[at + 24:at + 24 + size].decode("utf-16-le")
                need(name.endswith("\0") and "\0" not in name[:-1], "name terminator")
                need(not any(self.data[at + 24 + size:at + length]), "padding is not zero")
                name = name[:-1]
                need(0 < len(name.encode("utf-16-le")) // 2 <= 127, "name length")
                need(not any(c in name or ord(c) < 32 for c in "()#/\\*"), f"name {name!r}")
                need(name == name.strip(), "blanks around a name")
                values, at = self._block(at + length)
                instances.append(Instance(name, values))
            names = [i.name for i in instances]
            need(len(set(n.lower() for n in names)) == len(names), "names are not unique")
        need(at == self.total, "instances do not fill the object")
        return instances

    def __getitem__(self, name):
        """Values of the instance of that name, by counter: object["_Total"]["bytes"]."""
        labels = LABELS[self.name]
        for instance in self.instances:
            if instance.name == name:
                return dict(zip(labels, instance.values))
        raise KeyError(name)

    def names(self):
        return [i.name for i in self.instances]


def parse_objects(data, count):
    """The objects of a provider's answer, by title index."""
    objects, at = {}, 0
    need(len(data) % 8 == 0, "answer not padded to 8")
    for _ in range(count):
        found = Object(data[at:])
        need(found.name not in objects, "object twice")
        objects[found.name] = found
        at += found.total
    need(at == len(data), "objects do not fill the answer")
    return objects


def check_total(heaps):
    """Whether _Total is the first instance, and the sum of the others where a sum has a meaning."""
    total, others = heaps.instances[0], heaps.instances[1:]
    need(total.name == "_Total", "_Total is not first")
    for i, label in enumerate(HEAP_COUNTERS):
        values = [o.values[i] for o in others]
        wanted = {"pid": 0, "opened": min(values, default=heaps.time),
                  "largest": max(values, default=0)}.get(label, sum(values))
        wanted %= 1 << (32 if label == "average_base" else 64)
        if label == "known":
            figures = ("held", "held", "cached", "releasable", "elsewhere", "arenas", "overhead")
            bits = sum((total.values[HEAP_COUNTERS.index(name)] != 0) << bit for bit, name in enumerate(figures))
            need(total.values[i] == bits, "known of _Total")
        elif label == "asked":
            need(total.values[i] == heaps.time, "age of the figures of _Total")
        elif label in ("bytes_peak", "blocks_peak"):
            now = total.values[HEAP_COUNTERS.index(label[:-5])]
            need(total.values[i] >= now, f"{label} of _Total")
        else:
            need(total.values[i] == wanted, f"{label} of _Total: {total.values[i]}, sum {wanted}")


class Provider:
    """heapctrs.so, loaded into this process."""

    def __init__(self, path=None):
        self.library = ctypes.CDLL(os.path.abspath(path or f"{BUILD}/heapctrs.so"))
        self.open_count = 0

    def open(self, context=None):
        text = None if context is None else (context + "\0\0").encode("utf-16-le")
        return self.library.OpenHeapPerformanceData(text)

    def close(self):
        return self.library.CloseHeapPerformanceData()

    def collect_raw(self, query, size, poison=0xCC):
        """(status, bytes advanced, size, objects, buffer) of one call with a buffer of that size."""
        space = (ctypes.c_ubyte * (size + 16))(*([poison] * (size + 16))) if size < 4096 else \
            ctypes.create_string_buffer(size + 16)
        data = ctypes.c_void_p(ctypes.addressof(space))
        count, used = ctypes.c_uint32(0xCCCCCCCC), ctypes.c_uint32(size)
        text = None if query is None else (query + "\0").encode("utf-16-le")
        status = self.library.CollectHeapPerformanceData(text, ctypes.byref(data),
                                                         ctypes.byref(used), ctypes.byref(count))
        return (status, data.value - ctypes.addressof(space), used.value, count.value,
                bytes(memoryview(space)[:size]))

    def collect(self, query="Global"):
        """The objects by title index, growing the buffer as consumers do."""
        size = 4096
        while True:
            status, moved, used, count, buffer = self.collect_raw(query, size)
            if status == 234:
                need((moved, used, count) == (0, 0, 0), "outputs changed with ERROR_MORE_DATA")
                size *= 2
                continue
            need(status == 0, f"status {status}")
            need(moved == used <= size, "pointer and size disagree")
            return parse_objects(buffer[:used], count)


def own_folder():
    """A folder for regions that no other test uses, set for this process and its children."""
    folder = os.environ["HEAPCTRS_DIR"] = os.path.join(TMP, "regions")
    os.makedirs(folder, exist_ok=True)
    return folder
