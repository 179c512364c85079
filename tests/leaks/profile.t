#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
# variants: native
"""perfharness heaps profile and top: every block of a known program, and a profile that is switched on."""
import gzip
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
PRELOAD = os.path.abspath(os.path.join(tap.BUILD, "libheaptracker-preload.so"))
FOLDER = os.path.join(tap.TMP, "regions")
ENV = {"HEAPCTRS_DIR": FOLDER}
SOURCE, LEAKY = (os.path.join(tap.TMP, name) for name in ("leaky.cpp", "leaky"))
open(SOURCE, "w").write("""
#include <cstdio>
#include <cstdlib>
static void *volatile kept;
static inline __attribute__((always_inline)) void *small_block() { return std::malloc(100); }
static __attribute__((noinline)) void small_blocks() { for (int i = 0; i < 1000; i++) kept = small_block(); }
static __attribute__((noinline)) void large_blocks() { for (int i = 0; i < 3; i++) kept = new char[100000]; }
static __attribute__((noinline)) void freed_blocks() { for (int i = 0; i < 100; i++) { kept = std::malloc(7000); std::free(kept); } }
int main()
{
    std::setvbuf(stdin, nullptr, _IONBF, 0);
    do { small_blocks(); large_blocks(); freed_blocks(); std::putchar('.'); std::fflush(stdout); } while (std::getchar() == 'a');
}
""")


def heaps(*words):
    return tap.run([PROGRAM, "heaps", *words], env=ENV)


def start(program=LEAKY, **more):
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               env={**os.environ, **ENV, **more, "LD_PRELOAD": PRELOAD})
    process.stdout.read(1)
    return process


def stop(process):
    process.stdin.close()
    process.wait()


def folded(text):
    sums = {}
    for line in text.splitlines():
        stack, number = line.rsplit(" ", 1)
        for name in ("small_blocks", "large_blocks", "freed_blocks"):
            if name in stack:
                sums[name] = sums.get(name, 0) + int(number)
    return sums


def number(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = number(data, at)
        value, at = number(data, at)
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        yield key >> 3, value


def numbers(data):
    values, at = [], 0
    while at < len(data):
        value, at = number(data, at)
        values.append(value)
    return values


if subprocess.run(["g++", "-g", "-O1", "-o", LEAKY, SOURCE]).returncode:
    tap.ok(False, "the program of this test can be compiled")
    tap.done()
has_names = shutil.which("addr2line")

child = start(HEAPCTRS_PROFILE="1")
run = heaps("profile", str(child.pid), "--format", "folded")
if has_names:
    tap.equal((run.status, folded(run.stdout)), (0, {"small_blocks": 100000, "large_blocks": 300000}),
              "HEAPCTRS_PROFILE=1 records every live block with its whole stack")
    tap.ok("main;small_blocks" in run.stdout.replace("()", ""), "the stack goes up to main", run.stdout)
    tap.ok("operator new" not in run.stdout, "operator new is folded", run.stdout)
    tap.like(run.stdout, r"(?m)^main;small_blocks(\(\))?;small_block\w*(\(\w*\))? 100000$", "inlined functions are in it")
    everything = heaps("profile", str(child.pid), "--format", "folded", "--all-frames").stdout
    tap.ok("operator new" in everything and "_start;" in everything, "--all-frames shows everything", everything)
    run = heaps("top", str(child.pid), "--exact")
    tap.like(run.stdout, r"(?m)^ *100000 +100000 +100000 +100000  small_block\b", "top shows bytes by function")
    tap.like(run.stdout, r"(?m)^ *0 +0 +700000 +700000  .*freed_blocks", "and what was allocated and freed")
    run = heaps("top", "leaky/malloc", "--by", "stack", "--sort", "allocated", "--top", "1")
    tap.like(run.stdout, r"\A +live +allocated +stack\n +0 B +683\.6 KiB  .*freed_blocks.*\n +by main .*\n\(\d+ more\)\n\Z",
             "PROCESS/HEAP, rows for stacks, the largest first")
    BEFORE, AFTER = (os.path.join(tap.TMP, name) for name in ("before.snapshot", "after.snapshot"))
    heaps("profile", f"leaky:{child.pid}:malloc", "--format", "snapshot", "-o", BEFORE)
    growing = subprocess.Popen([PROGRAM, "heaps", "profile", f"{child.pid}/malloc", "--seconds", "2", "--sort", "growth", "--exact"],
                               env={**os.environ, **ENV}, stdout=subprocess.PIPE, text=True)
    ROUNDS = 0
    while growing.poll() is None and ROUNDS < 100: # more live blocks than 2^20 have no samples
        child.stdin.write(b"a")
        child.stdin.flush()
        child.stdout.read(1)
        ROUNDS += 1
    text = growing.stdout.read()
    growing.wait()
    tap.like(text, r"growth, own +growth, all  function\n", "with --seconds, growth has columns")
    growth = re.search(r"(?m)^ *\d+ +\d+ +\d+ +\d+ +\+(\d+) +\+(\d+)  large_blocks", text)
    tap.ok(growth and growth[1] == growth[2] and 0 <= int(growth[1]) <= ROUNDS * 300000 and int(growth[1]) % 300000 == 0,
           "which is what was allocated and not freed meanwhile", text, ROUNDS)
    heaps("profile", "leaky/malloc", "--format", "snapshot", "-o", AFTER)
    data = json.loads(heaps("diff", BEFORE, AFTER, "--format", "json").stdout)
    sums = {}
    for site in data["sites"]:
        name = "large_blocks" if any("large_blocks" in (place["symbol"] or "") for place in [site, *site["callers"]]) else "small_blocks"
        sums[name] = sums.get(name, 0) + site["bytes"]
    tap.equal(sums, {"small_blocks": 100000 * ROUNDS, "large_blocks": 300000 * ROUNDS},
              "heaps diff compares two saved profiles")
    run = heaps("top", AFTER, "--exact")
    tap.like(run.stdout, rf"(?m)^ *{300000 * (ROUNDS + 1)} +{300000 * (ROUNDS + 1)} ", "heaps top shows a saved one")
    tap.equal(heaps("top", AFTER, "--rate", "4096").status, 2, "which cannot be asked for another rate")
else:
    tap.skip("the names of functions", "no addr2line")
BLOB = os.path.join(tap.TMP, "profile.pb.gz")
run = heaps("profile", str(child.pid), "--format", "pprof", "-o", BLOB)
tap.equal((run.status, run.stdout), (0, ""), "a file for pprof is written")
profile = list(fields(gzip.open(BLOB).read()))
strings = [value.decode() for field, value in profile if field == 6]
types = [strings[dict(fields(value))[1]] for field, value in profile if field == 1]
tap.equal((strings[0], types), ("", ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]),
          "it has Go's four sample types")
locations = {dict(fields(value))[1] for field, value in profile if field == 4}
samples = [{field: numbers(inner) for field, inner in fields(value)} for field, value in profile if field == 2]
tap.ok(all(set(sample[1]) <= locations and len(sample[2]) == 4 for sample in samples), "every sample has known locations")
tap.ok(sum(sample[2][3] for sample in samples) >= 400000 and sum(sample[2][2] for sample in samples) >= 1003,
       "its sums are those of the live blocks", samples)
mappings = [dict(fields(value)) for field, value in profile if field == 3]
tap.ok(any(strings[mapping[5]].endswith("/leaky") and mapping[2] < mapping[3] for mapping in mappings),
       "its mappings are those of the process")
modes = {name.rsplit(".", 1)[1]: os.stat(os.path.join(FOLDER, name)).st_mode & 0o777 for name in os.listdir(FOLDER)}
tap.equal(modes, {"region": 0o444, "private": 0o600}, "only the same user and root can read the stacks")
stop(child)
tap.equal(os.listdir(FOLDER), [], "the file goes with its process")

# A sample ends with its block.
SHORT = os.path.join(tap.TMP, "short")
open(SHORT + ".c", "w").write("""
#include <stdio.h>
#include <stdlib.h>
static void *blocks[5000];
static __attribute__((noinline)) void make(void) { for (int i = 0; i < 5000; i++) blocks[i] = malloc(1000); }
int main(void)
{
    make();
    for (int i = 0; i < 5000; i++) free(blocks[i]);
    putchar('.'), fflush(stdout);
    return getchar() == 'a';
}
""")
subprocess.run(["cc", "-g", "-O1", "-o", SHORT, SHORT + ".c"], check=True)
child = start(SHORT, HEAPCTRS_PROFILE="4096")
if has_names:
    tap.like(heaps("top", str(child.pid), "--exact").stdout, r"(?m)^ *0 +0 +\d{7} +\d{7}  make\b",
             "freed blocks are no longer in a sampled profile")
else:
    tap.skip("freed blocks are no longer in a sampled profile", "no addr2line")
stop(child)

# Switched on while the program runs: earlier events are not in it.
child = start()
asking = subprocess.Popen([PROGRAM, "heaps", "profile", str(child.pid), "--rate", "1", "--seconds", "1.5", "--format",
                           "folded"], env={**os.environ, **ENV}, stdout=subprocess.PIPE, text=True)
rounds = 0
while asking.poll() is None:
    child.stdin.write(b"a")
    child.stdin.flush()
    child.stdout.read(1)
    rounds += 1
sums = folded(asking.stdout.read())
if has_names:
    tap.ok(asking.returncode == 0 and 0 < sums.get("small_blocks", 0) <= rounds * 100000 and
           sums["small_blocks"] % 100 == 0, "a profile begins while the program runs", asking.returncode, sums, rounds)
else:
    tap.skip("a profile begins while the program runs", "no addr2line")
run = heaps("profile", str(child.pid), "--seconds", "0.1")
tap.ok((run.status, run.stdout) == (3, "") and "idle" in run.stderr, "a program that allocates nothing is called idle",
       run.status, run.stderr)
stop(child)

# A program whose profile is always on is asked at its own rate, also after another one was requested.
child = start(HEAPCTRS_PROFILE="4096")
RATES = []
for words in ([], ["--rate", "65536", "--seconds", "0.5"], []):
    asking = subprocess.Popen([PROGRAM, "heaps", "profile", str(child.pid), "--format", "snapshot", "--no-symbols", *words],
                              env={**os.environ, **ENV}, stdout=subprocess.PIPE, text=True)
    while asking.poll() is None:
        child.stdin.write(b"a")
        child.stdin.flush()
        child.stdout.read(1)
    RATES += re.findall(r"(?m)^rate (\d+)$", asking.stdout.read())
    for _ in range(100):
        child.stdin.write(b"a")
        child.stdin.flush()
        child.stdout.read(1)
tap.equal(RATES, ["4096", "65536", "4096"], "a program's own rate is used unless another one is wanted")
stop(child)

for words, status in ((["profile"], 2), (["profile", "x"], 3), (["top", "1", "--rate", "5"], 2),
                      (["profile", str(os.getpid())], 3)):
    run = heaps(*words)
    tap.ok((run.status, run.stdout) == (status, "") and run.stderr, f"{' '.join(words[:1])}: exit status {status}", run.stderr)
tap.done()
