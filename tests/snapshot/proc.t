#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# variants: native asan
"""Process snapshots natively, compared with what /proc reports of the same idle process."""
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, "tests")
import tap  # noqa: E402
from tap import ok  # noqa: E402


def snapshot(pid):
    run = subprocess.run([f"{tap.BUILD}/programs/snapshot_print", str(pid)], capture_output=True,
                         text=True, timeout=900)
    lines = [line.split(" ") for line in run.stdout.splitlines()]
    return run, {kind: [line[1:] for line in lines if line[0] == kind]
                 for kind in ("memory", "process", "region", "handle", "thread", "error")}


TARGET = r"""
import mmap, os, signal, sys, tempfile, threading
named = tempfile.NamedTemporaryFile(prefix="snap shot")
named.write(b"x" * 8192); named.flush()
data = mmap.mmap(named.fileno(), 8192, mmap.MAP_PRIVATE, mmap.PROT_READ)
shared = mmap.mmap(-1, 3 * 1024 * 1024)
ready = threading.Barrier(4)
for _ in range(3):
    threading.Thread(target=lambda: (ready.wait(), threading.Event().wait()), daemon=True).start()
ready.wait()
files = [os.open("/dev/null", os.O_RDONLY) for _ in range(10)]
event = os.eventfd(1)
memory = os.memfd_create("secret"); os.ftruncate(memory, 12345)
print(named.name, event, memory, flush=True)
signal.pause()
"""

target = subprocess.Popen([sys.executable, "-c", TARGET], stdout=subprocess.PIPE, text=True)
try:
    name, event, memory = target.stdout.readline().rstrip("\n").rsplit(" ", 2)
    while open(f"/proc/{target.pid}/stat").read().rpartition(") ")[2][0] != "S":
        time.sleep(0.01)  # until it is idle
    run, seen = snapshot(target.pid)
    ok(run.returncode == 0, "another process is captured", run.stdout[:200], run.stderr[:200])

    status = open(f"/proc/{target.pid}/status").read()
    size = int(re.search(r"VmSize:\s+(\d+)", status).group(1)) * 1024
    regions = [(int(r[0], 16), int(r[1], 16), int(r[2], 16), int(r[3], 16), int(r[4], 16),
                " ".join(r[5:])) for r in seen["region"]]
    total = sum(r[1] for r in regions if r[2] != 0x10000)
    ok(total == size, "the regions that are not free add up to VmSize", total, size)
    maps = [line for line in open(f"/proc/{target.pid}/maps") if "[vsyscall]" not in line]
    ok(len([r for r in regions if r[2] != 0x10000]) == len(maps), "a region for each mapping")
    ok(all(a[0] + a[1] == b[0] for a, b in zip(regions, regions[1:])),
       "free regions fill the gaps")
    ok(regions[0][0] == 0 and regions[-1][2] == 0x10000, "from zero to the end of user space")
    mapped = [r for r in regions if r[5] == name]
    ok(len(mapped) == 1 and mapped[0][3] == 0x40000 and mapped[0][4] == 2,
       "a data file is MEM_MAPPED, PAGE_READONLY, under its own name", mapped)
    ok(any(r[3] == 0x1000000 and "libc" in r[5] and r[4] == 0x20 for r in regions),
       "libc's code is MEM_IMAGE, PAGE_EXECUTE_READ")
    ok(any(r[1] == 3 * 1024 * 1024 and r[3] == 0x40000 for r in regions),
       "shared anonymous memory is MEM_MAPPED")

    descriptors = sorted(int(d) for d in os.listdir(f"/proc/{target.pid}/fd"))
    handles = {int(h[0], 16): h for h in seen["handle"]}
    ok(sorted(handles) == descriptors, "a handle for each descriptor", sorted(handles),
       descriptors)
    ok(handles[int(event)][1:3] == ["4", "Event"], "an eventfd is an Event")
    ok(handles[int(memory)][1:3] == ["5", "Section"], "a memfd is a Section")
    nulls = [h for h in handles.values() if h[-1] == "/dev/null" and h[3] == "80000000"]
    ok(len(nulls) >= 10, "files opened for reading have GENERIC_READ and their name")

    tasks = sorted(int(t) for t in os.listdir(f"/proc/{target.pid}/task"))
    ok([int(t[0]) for t in seen["thread"]] == tasks and len(tasks) == 4,
       "a thread for each task, by id")
    ok(int(seen["process"][0][1]) == os.getpid(), "the parent is this process")
    ok(int(seen["process"][0][2]) == size, "VirtualSize is VmSize")
    ok(" ".join(seen["process"][0][3:]) == os.readlink(f"/proc/{target.pid}/exe"),
       "the image name is that of /proc/PID/exe")

    os.kill(target.pid, signal.SIGSTOP)
    rollup = open(f"/proc/{target.pid}/smaps_rollup").read()
    rss = int(re.search(r"Rss:\s+(\d+)", rollup).group(1)) * 1024
    working, peak, private = map(int, snapshot(target.pid)[1]["memory"][0])
    # The kernel keeps VmRSS in one counter for each processor, so it may be some dozen pages off.
    ok(abs(working - rss) <= 64 * os.cpu_count() * 4096 and peak >= working,
       "the working set of a stopped process is what smaps_rollup adds up", working, rss)
    resident = sum(int(re.search(rf"{word}:\s+(\d+)", rollup).group(1)) for word in ("Private_Dirty", "Swap")) * 1024
    ok(private >= resident, "what it has committed is at least what it has written", private, resident)
    again = snapshot(target.pid)[1]
    ok(again["region"] == seen["region"], "a stopped process is captured, and looks the same")
finally:
    target.kill()
    target.wait()

run, seen = snapshot(target.pid)
ok(run.returncode == 1 and seen["error"] == [["6"]], "a process that is gone: ERROR_INVALID_HANDLE",
   run.stdout[:200])

# The first process belongs to root.
print_tool = tap.public_folder(f"{tap.BUILD}/programs/snapshot_print") + "/snapshot_print"
run = tap.run(tap.as_user(print_tool, "1"))
tap.equal(run.stdout, "error 5\n", "without permission: ERROR_ACCESS_DENIED")

MANY = r"""
import ctypes, signal
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
pages = 60000
base = libc.mmap(None, pages * 4096, 1, 0x22, -1, 0)
made = 1
for i in range(0, pages, 2):
    if libc.mprotect(base + i * 4096, 4096, 3):
        break
print(base, flush=True)
signal.pause()
"""
many = subprocess.Popen([sys.executable, "-c", MANY], stdout=subprocess.PIPE, text=True)
try:
    many.stdout.readline()
    run, seen = snapshot(many.pid)
    lines = sum(1 for line in open(f"/proc/{many.pid}/maps") if "[vsyscall]" not in line)
    mapped = sum(1 for r in seen["region"] if r[2] != "10000")
    ok(lines > 50000 and mapped == lines, f"{lines} regions are all there", mapped)
finally:
    many.kill()
    many.wait()

tap.done()
