#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: win64
"""perfharness heaps profile and top under Wine: whole stacks of programs that link libheaptracker, with names out of debug
information and maps, and a profile that is switched on."""
import glob
import os
import shutil
import struct
import subprocess
import sys
import time

sys.path.insert(0, "tests")
import tap

if not shutil.which("wine"):
    tap.skip_all("Wine is not installed")
if "INSIDE_WINE_PREFIX" not in os.environ:
    os.environ["INSIDE_WINE_PREFIX"] = "1"
    sys.exit(subprocess.run(["scripts/wine-prefix", "--bare", sys.executable, __file__]).returncode)


def windows(path):
    return "Z:" + path.replace("/", "\\")


FOLDER = os.path.join(tap.TMP, "regions")
ENV = {"HEAPCTRS_DIR": windows(FOLDER)}
PROGRAMS = "build/win64/programs"


def heaps(*words):
    return tap.run(["wine", "build/win64/perfharness.exe", "heaps", *words], env=ENV)


def start(program, *words, **more):
    return subprocess.Popen(["wine", program, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            env={**os.environ, **ENV, **more})


def stop(child):
    child.stdin.close()
    child.wait()


def number_of_publisher():
    """The process id of the only publisher, as Windows sees it."""
    region, = glob.glob(FOLDER + "/*.region")
    return os.path.basename(region).split("-")[0]


def unwind_entries(path):
    """The table by which Windows finds how to unwind a function: begin, end, and place of the rules."""
    data = open(path, "rb").read()
    header, = struct.unpack_from("<I", data, 0x3C)
    count, = struct.unpack_from("<H", data, header + 6)
    options, = struct.unpack_from("<H", data, header + 20)
    for i in range(count):
        name, size, _, raw_size, at = struct.unpack_from("<8sIIII", data, header + 24 + options + 40 * i)
        if name.rstrip(b"\0") == b".pdata":
            return [struct.unpack_from("<III", data, at + k) for k in range(0, min(size, raw_size) // 12 * 12, 12)]
    return []


for program in ("known_leaks", "v2_publisher"):
    entries = unwind_entries(f"{PROGRAMS}/{program}.exe")
    tap.ok(entries and all(a[1] <= b[0] for a, b in zip(entries, entries[1:])),
           f"no two entries in the unwind table of {program}, which links our static libraries, overlap")

# ---- from the start -----------------------------------------------------------------------------
child = start(PROGRAMS + "/known_leaks.exe", "pool", HEAPCTRS_PROFILE="1")
child.stdout.readline()
ID = number_of_publisher()
run = heaps("profile", ID, "--format", "folded")
tap.equal((run.status, run.stderr), (0, ""), "a profile from the start is shown")
lines = run.stdout.splitlines()
tap.equal(sum(int(line.rsplit(" ", 1)[1]) for line in lines), 18000, "every live block is in it")
tap.ok(all("main;pool_take" in line for line in lines), "with its whole stack and the names of functions", run.stdout)
run = heaps("top", ID)
tap.like(run.stdout, r"(?m)^ *17\.6 KiB .* pool_take", "top shows bytes by function")
run = heaps("profile", ID, "--format", "pprof", "-o", windows(tap.TMP + "/profile.pb.gz"))
tap.equal((run.status, os.path.exists(tap.TMP + "/profile.pb.gz")), (0, True), "a file for pprof is written")
private, = glob.glob(FOLDER + "/*.private")
tap.equal(os.stat(private).st_mode & 0o007, 0, "other users cannot open the file with the stacks")
region, = glob.glob(FOLDER + "/*.region")
tap.equal(struct.unpack_from("<Q", open(region, "rb").read(), 384)[0], 0, "the region has no address")
stop(child)
# The system removes them when it closes the handles of the process, which may be after its end is seen.
end = time.monotonic() + 300
while glob.glob(FOLDER + "/*") and time.monotonic() < end:
    time.sleep(0.05)
tap.equal(glob.glob(FOLDER + "/*"), [], "both files are removed at the end")

# ---- names out of a map -------------------------------------------------------------------------
shutil.copy(PROGRAMS + "/known_leaks.exe.map", tap.TMP + "/bare.exe.map")
if subprocess.run(["x86_64-w64-mingw32-strip", "-o", tap.TMP + "/bare.exe", PROGRAMS + "/known_leaks.exe"]).returncode == 0:
    child = start(tap.TMP + "/bare.exe", "pool", HEAPCTRS_PROFILE="1")
    child.stdout.readline()
    run = heaps("profile", number_of_publisher(), "--format", "folded")
    tap.like(run.stdout, r";pool_take.* 17000", "without debug information names come from the linker's map")
    stop(child)
else:
    tap.skip("without debug information names come from the linker's map", "no x86_64-w64-mingw32-strip")

# ---- switched on --------------------------------------------------------------------------------
child = start(PROGRAMS + "/scripted_publisher.exe")
child.stdin.write(b"open pool\nchurn 0 1000\n")
child.stdin.flush()
child.stdout.readline()
child.stdout.readline()
ID = number_of_publisher()
run = heaps("profile", ID, "--seconds", "1")
tap.equal(run.status, 3, "a program that allocates nothing is reported as idle")
tap.like(run.stderr, "is idle", "in these words")
child.stdin.write(b"churn 0 2000000\n" * 200)
child.stdin.flush()
run = heaps("profile", ID, "--seconds", "2", "--rate", "4096", "--format", "folded")
for _ in range(20):
    if run.status == 0:
        break
    time.sleep(0.1)
    run = heaps("profile", ID, "--seconds", "2", "--rate", "4096", "--format", "folded")
tap.equal(run.status, 0, "a profile of a running program is taken")
run = heaps("top", ID, "--seconds", "2", "--rate", "4096")
tap.like(run.stdout, r"(?m)^ *0 B +0 B +[1-9].* (churn|main)$", "its stacks have the names of the program's functions")
child.kill()
child.wait()
tap.done()
