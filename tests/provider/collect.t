#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""heapctrs.so loaded as a consumer loads it, with real publishers, read by an independent reader."""
import fcntl
import os
import random
import struct
import sys
import threading
import time

sys.path[:0] = ["tests", "tests/provider"]
import tap  # noqa: E402
from perfdata import (CUSTOM_HEAP, CUSTOM_HEAP_PROCESS, CUSTOM_HEAP_PROVIDER, METADATA_MULTIPLE, METADATA_SINGLE,  # noqa: E402
                      NO_INSTANCES, Provider, check_total, own_folder)
from publisher import Publisher  # noqa: E402

F_OFD_SETLK = 37
with open("/proc/self/comm") as file:  # the name in the names of its heaps
    OWN_NAME = file.read().strip()
folder = own_folder()
provider = Provider()


def wait_for(condition, text):
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(text)


def heaps():
    return provider.collect()[CUSTOM_HEAP]


def no_publisher():
    """without a publisher there is exactly _Total, and the provider itself"""
    objects = provider.collect()
    assert list(objects) == [CUSTOM_HEAP, CUSTOM_HEAP_PROVIDER]
    assert objects[CUSTOM_HEAP].names() == ["_Total"]
    total = objects[CUSTOM_HEAP]["_Total"]
    assert total.pop("opened") == total.pop("asked") == objects[CUSTOM_HEAP].time and not any(total.values()), total
    assert objects[CUSTOM_HEAP_PROVIDER].instance_count == NO_INSTANCES
    assert objects[CUSTOM_HEAP_PROVIDER][None]["regions"] == 0


def figures():
    """each counter shows what the application did"""
    publisher = Publisher()
    before = time.monotonic()
    assert publisher("open pool") == 0
    for command in ("allocate 0 4096 100", "allocate 0 8192 2000", "allocate 0 12288 0",
                    "reallocate 0 16384 150 4096", "reallocate 0 8192 500 8192", "fail 0 77",
                    "reserve 0 1000000 5000", "free 0 12288"):
        assert publisher(command) == 0, command
    assert publisher("free 0 999") != 0
    answer = heaps()
    heap = answer[publisher.name("pool")]
    wanted = {"allocations": 3, "frees": 1, "reallocations": 2, "blocks": 2, "blocks_peak": 3,
              "bytes": 650, "bytes_peak": 2150, "bytes_allocated": 2150, "bytes_freed": 1500,
              "average": 2100, "average_base": 3, "failures": 1, "failure_rate": 1,
              "reserved": 1000000, "committed": 5000, "share": 650, "share_base": 5000,
              "largest": 2000, "unmatched": 1, "lost": 0, "pid": publisher.pid}
    shown = {label: heap[label] for label in wanted}
    assert shown == wanted, {k: (shown[k], wanted[k]) for k in wanted if shown[k] != wanted[k]}
    age = (answer.time - heap["opened"]) / answer.frequency
    assert 0 <= age <= time.monotonic() - before, age
    check_total(answer)
    assert publisher.end() == 0
    wait_for(lambda: heaps().names() == ["_Total"], "heaps of a process that ended are still there")


def two_publishers():
    """_Total is the sum of the heaps of all processes"""
    one, other = Publisher(), Publisher()
    for publisher, size in ((one, 10), (other, 1000)):
        publisher("open a")
        publisher("open b")
        for i in range(20):
            publisher(f"allocate {i % 2} {4096 + 16 * i} {size + i}")
    answer = heaps()
    assert len(answer.instances) == 5
    check_total(answer)
    assert answer["_Total"]["blocks"] == 40
    one.kill()
    wait_for(lambda: len(heaps().instances) == 3, "heaps of a killed process are still there")
    answer = heaps()
    check_total(answer)
    assert answer["_Total"]["bytes_peak"] > answer["_Total"]["bytes"]
    other.end()


def order():
    """heaps keep name and order while others come and go"""
    publishers = [Publisher() for _ in range(3)]
    choice = random.Random(1)
    live, opened, before = [], 0, []
    for publisher in publishers:
        publisher.count = 0
    for _ in range(60):
        if len(live) < 4 or choice.random() < 0.6:
            publisher = choice.choice(publishers)
            assert publisher(f"open {'same' if opened % 3 else f'heap {opened}'}") == 0
            live.append((publisher, publisher.count))
            publisher.count += 1
            opened += 1
        else:
            publisher, number = live.pop(choice.randrange(len(live)))
            assert publisher(f"close {number}") == 0
        names = heaps().names()
        assert len(names) == len(live) + 1, (len(names), len(live))
        stayed = [n for n in before if n in names]
        assert [n for n in names if n in before] == stayed, "order changed"
        before = names
    for publisher in publishers:
        publisher.end()


def names():
    """names of heaps hold nothing that a counter path gives a meaning"""
    publisher = Publisher()
    for name in ("a\\b(c)/d#e*f", "Zn::Windows", "", " blanks ", "x" * 1000, "кучи", "🧠" * 100,
                 "_Total", "\x01\x1b[31m"):
        assert publisher(f"open {name}") == 0
    publisher("open same")
    publisher("open same")
    found = heaps().names()  # the reader checks them
    assert len(found) == 12 and publisher.name("Zn::Windows") in found
    assert any("кучи" in name for name in found)
    publisher.end()


def metadata():
    """metadata queries are answered with definitions, and without instances"""
    publisher = Publisher()
    publisher("open pool")
    full, bare = provider.collect(), provider.collect("MetadataGlobal")
    for index in (CUSTOM_HEAP, CUSTOM_HEAP_PROVIDER):
        assert bare[index].data[64:] == full[index].data[64:bare[index].definition]
        assert bare[index].total == bare[index].definition
    assert bare[CUSTOM_HEAP].instance_count == METADATA_MULTIPLE
    assert bare[CUSTOM_HEAP_PROVIDER].instance_count == METADATA_SINGLE
    costly = provider.collect("MetadataCostly")
    assert list(costly) == [CUSTOM_HEAP_PROCESS]
    assert costly[CUSTOM_HEAP_PROCESS].instance_count == METADATA_MULTIPLE
    publisher.end()


def queries():
    """a query gets what it asks for and nothing else"""
    for query, wanted in (("Global", [1848, 1890]), ("1848", [1848]), ("1890", [1890]),
                          ("2 1890 238", [1890]), ("global", [1848, 1890]), ("Costly", [1908]), ("1908", [1908]),
                          ("Foreign", []), ("Foreign pc 1848", []), ("18480", []), ("184", []),
                          ("848", []), ("1850", []), ("", []), (None, []), ("x" * 100000, []),
                          ("7 " * 100000 + "1890", [1890])):
        assert list(provider.collect(query)) == wanted, repr(query)[:60]
    provider.close()  # ends the provider's own heap, which the costly object opened
    provider.open()


def processes():
    """the costly object shows what /proc says of each publishing process"""
    publishers = [Publisher(), Publisher()]
    for publisher in publishers:
        publisher("open pool")
    found = provider.collect("Costly")[CUSTOM_HEAP_PROCESS]
    ids = sorted(p.pid for p in publishers)
    assert found.names() == ["_Total"] + [f"scripted_publisher:{pid}" for pid in ids]
    for pid in ids:
        process = found[f"scripted_publisher:{pid}"]
        size = int(open(f"/proc/{pid}/statm").read().split()[0]) * 4096
        assert process["private"] + process["mapped"] + process["image"] + process["reserved"] == size
        maps = [line for line in open(f"/proc/{pid}/maps") if "[vsyscall]" not in line]
        assert process["regions"] == len(maps)
        assert process["handles"] == len(os.listdir(f"/proc/{pid}/fd"))
        assert process["handles"] == sum(process[label] for label in
                                         ("files", "sections", "synchronization", "others"))
        assert process["threads"] == 1 and process["pid"] == pid and process["stale"] == 0
        rollup = {line.split(":")[0]: int(line.split()[1]) * 1024
                  for line in open(f"/proc/{pid}/smaps_rollup") if line.endswith("kB\n")}
        assert process["memory_known"] & 15 == 15 and process["resident"] == rollup["Rss"]
        assert process["resident_private"] == rollup["Private_Clean"] + rollup["Private_Dirty"]
        assert process["resident_shared"] == rollup["Shared_Clean"] + rollup["Shared_Dirty"]
        assert process["swapped"] == rollup["Swap"] and process["huge"] == rollup["AnonHugePages"]
        assert 0 < process["taken"] <= found.time
    for label in ("private", "mapped", "image", "reserved", "regions", "handles", "threads"):
        assert found["_Total"][label] == sum(found[name][label] for name in found.names()[1:])
    assert found["_Total"]["pid"] == 0

    # The walks' memory is a tracked heap of this process, and every block of it was freed.
    own = heaps()[f"{OWN_NAME}:{os.getpid()}:heapctrs snapshots"]
    assert own["allocations"] > 0 and own["blocks"] == 0 and own["bytes"] == 0
    for publisher in publishers:
        publisher.end()
    left = provider.collect("Costly")[CUSTOM_HEAP_PROCESS]
    assert left.names() == ["_Total", f"{OWN_NAME}:{os.getpid()}"]
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
    provider.close()
    provider.open()
    assert heaps().names() == ["_Total"]


def stale_processes():
    """a process for which there is no time is shown with its previous values, marked as stale"""
    first, second = Publisher(), Publisher()
    first("open pool")
    before = provider.collect("Costly")[CUSTOM_HEAP_PROCESS]
    name = f"scripted_publisher:{first.pid}"
    os.environ["HEAPCTRS_COSTLY_MS"] = "0"
    second("open pool")
    late = provider.collect("Costly")[CUSTOM_HEAP_PROCESS]
    del os.environ["HEAPCTRS_COSTLY_MS"]
    assert late.names() == before.names(), "a process without any snapshot is shown"
    assert late[name]["stale"] == 1 and before[name]["stale"] == 0
    assert late["_Total"]["stale"] == len(late.names()) - 1
    for label in ("private", "regions", "handles", "taken", "microseconds"):
        assert late[name][label] == before[name][label], label
    after = provider.collect("Costly")[CUSTOM_HEAP_PROCESS]
    assert after[name]["stale"] == 0 and after[name]["taken"] > before[name]["taken"]
    assert f"scripted_publisher:{second.pid}" in after.names()
    for no_number in ("", " 0", "+0", "-0", "0 ", "0x0"):
        os.environ["HEAPCTRS_COSTLY_MS"] = no_number
        usual = provider.collect("Costly")[CUSTOM_HEAP_PROCESS]
        del os.environ["HEAPCTRS_COSTLY_MS"]
        assert usual["_Total"]["stale"] == 0, f"{no_number!r} is taken as a time"
    first.end()
    second.end()


def priority():
    """the costly object lowers the collecting thread's priority, and restores it on every path"""
    publishers = [Publisher() for _ in range(4)]
    for publisher in publishers:
        publisher("open pool")
    seen, policies = threading.Event(), set()

    def collect():
        own = threading.get_native_id()
        for i in range(400):
            status = provider.collect_raw("Costly", 64 if i % 3 == 1 else 65536)[0]
            assert status == (234 if i % 3 == 1 else 0), status
            policies.add(os.sched_getscheduler(own))
            if i == 20:
                publishers.pop().kill()  # a target that ends meanwhile
            if seen.is_set() and i > 30:
                break

    thread = threading.Thread(target=collect)
    thread.start()
    while thread.is_alive() and not seen.is_set():
        try:
            if os.sched_getscheduler(thread.native_id) == os.SCHED_BATCH:
                seen.set()
        except ProcessLookupError:
            break
    thread.join()
    assert seen.is_set(), "the priority was never seen lowered"
    assert policies == {os.SCHED_OTHER}, policies
    for publisher in publishers:
        publisher.end()


def picky_allocator():
    """the walks' allocator takes a free of NULL, and all of its blocks come back"""
    publisher = Publisher()
    publisher("open pool")
    os.environ["HEAPCTRS_PSS_DEBUG"] = "1"  # then markers call FreeRoutine(NULL)
    found = provider.collect("Costly")[CUSTOM_HEAP_PROCESS]
    del os.environ["HEAPCTRS_PSS_DEBUG"]
    assert f"scripted_publisher:{publisher.pid}" in found.names()
    own = heaps()[f"{OWN_NAME}:{os.getpid()}:heapctrs snapshots"]
    assert own["allocations"] > 0 and own["blocks"] == 0 and own["unmatched"] == 0
    publisher.end()
    provider.close()
    provider.open()


def exact_sizes():
    """each buffer size gives the whole answer or ERROR_MORE_DATA with untouched outputs"""
    publisher = Publisher()
    publisher("open pool")
    for query in ("1848", "1890", "Global", "MetadataGlobal"):
        _, _, whole, _, _ = provider.collect_raw(query, 65536)
        for size in [0, 1, 7, 8, 63, 64, *range(whole - 24, whole + 9)]:
            status, moved, used, count, buffer = provider.collect_raw(query, size)
            if size < whole:
                assert (status, moved, used, count) == (234, 0, 0, 0), (query, size)
            else:
                assert (status, moved, used) == (0, whole, whole), (query, size)
                assert set(buffer[used:]) <= {0xCC, 0}
    publisher.end()


def no_stale_bytes():
    """no byte of an answer depends on what the buffer held"""
    def without_time(answer):
        data = answer[4][:answer[2]]
        return data.replace(data[48:56], bytes(8))  # the object's time, from which elapsed times of _Total begin

    one = provider.collect_raw("1848", 3000, 0x00)
    other = provider.collect_raw("1848", 3000, 0xFF)
    assert without_time(one) == without_time(other) and len(without_time(one)) > 1000


def many():
    """5,000 heaps are shown, each once, and add up"""
    publisher = Publisher()
    assert publisher("many 5000 pool") == 0
    for heap in (0, 17, 4999):
        assert publisher(f"allocate {heap} 4096 {heap + 1}") == 0
    answer = heaps()
    assert len(answer.instances) == 5001
    check_total(answer)
    assert answer["_Total"]["bytes"] == 1 + 18 + 5000
    assert provider.collect()[CUSTOM_HEAP_PROVIDER][None]["heaps"] == 5000
    for heap in range(0, 5000, 2):
        publisher(f"close {heap}")
    names = heaps().names()
    assert len(names) == 2501 and names == [n for n in answer.names() if n in set(names)]
    publisher.end()


def closed():
    """before Open and after the last Close there is success and no data"""
    provider.open()
    provider.close()
    assert list(provider.collect()) == [CUSTOM_HEAP, CUSTOM_HEAP_PROVIDER]
    provider.close()
    assert provider.collect_raw("Global", 65536)[:4] == (0, 0, 0, 0)
    provider.close()
    provider.open("whatever")
    assert list(provider.collect()) == [CUSTOM_HEAP, CUSTOM_HEAP_PROVIDER]


def itself():
    """the provider counts its own collects and their time"""
    before = provider.collect("1890")[CUSTOM_HEAP_PROVIDER][None]
    started = time.monotonic_ns()
    for _ in range(100):
        provider.collect("1848")
    spent = (time.monotonic_ns() - started) / 100
    after = provider.collect("1890")[CUSTOM_HEAP_PROVIDER][None]
    assert after["collects"] - before["collects"] == 101
    assert after["average_time_base"] - before["average_time_base"] == 101
    assert 0 < after["time"] - before["time"] < spent


def publish_bytes(name, data):
    """A live region file with these bytes, locked as a publisher does it. Returns the open file."""
    path = os.path.join(folder, name)
    file = open(path + ".new", "w+b")
    file.write(data)
    file.flush()
    fcntl.fcntl(file, F_OFD_SETLK, struct.pack("hhqqi", fcntl.F_WRLCK, 0, 0, 0, 0))
    os.rename(path + ".new", path)
    return file


def damaged_regions():
    """live region files that are damaged do no harm to the others, and are counted"""
    publisher = Publisher()
    publisher("open pool")
    publisher("allocate 0 4096 100")
    before = provider.collect()[CUSTOM_HEAP_PROVIDER][None]["rejected"]
    source, = [n for n in os.listdir(folder) if n.startswith(f"{publisher.pid}-") and n.endswith(".region")]
    with open(os.path.join(folder, source), "rb") as file:
        good = file.read()
    choice, files = random.Random(2), []
    for i in range(200):
        data = bytearray(good[:choice.choice([0, 1, 7, 8, 64, 703, 704, 705] + 8 * [len(good)])])
        for _ in range(choice.choice([1, 1, 2, 20])):
            if data:
                at = choice.randrange(len(data)) & choice.choice([~7, ~3, ~0])
                data[at:at + 8] = struct.pack("<Q", choice.choice(
                    [0, 1, 77, 1 << 32, 1 << 63, (1 << 64) - 1, choice.randrange(1 << 64)]))
        files.append(publish_bytes(f"{publisher.pid}-{i:x}.region", data))
        if i % 10 == 9:
            answer = heaps()
            assert answer[publisher.name("pool")]["bytes"] == 100
            check_total(answer)
            assert answer.names() == heaps().names()
    after = provider.collect()[CUSTOM_HEAP_PROVIDER][None]
    assert after["rejected"] - before >= 50, (before, after)
    for file in files:
        file.close()
    publisher.end()
    wait_for(lambda: heaps().names() == ["_Total"], "fakes are still there")


def is_region(name):
    return name.endswith(".region")


def cut_regions():
    """a region that is shortened or removed while it is read makes the answer smaller and causes no fault"""
    for cut in (0, 1, 100, 4096, 8192):
        publisher = Publisher()
        publisher("many 300 pool")
        assert len(heaps().instances) == 301
        for name in filter(is_region, os.listdir(folder)):
            os.truncate(os.path.join(folder, name), cut)
        check_total(heaps())
        check_total(heaps())
        publisher.kill()
        for name in filter(is_region, os.listdir(folder)):
            os.remove(os.path.join(folder, name))
        check_total(heaps())


assert provider.collect_raw("Global", 65536)[:4] == (0, 0, 0, 0)
assert provider.open() == 0
for test in (no_publisher, figures, two_publishers, order, names, metadata, queries, processes, stale_processes, priority,
             picky_allocator, exact_sizes,
             no_stale_bytes, many, closed, itself, damaged_regions, cut_regions):
    tap.prove(test)
provider.close()
tap.done()
