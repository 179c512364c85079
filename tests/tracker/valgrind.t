#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
"""The preload library counts the allocations of real programs as valgrind does, exactly, if the programs have the same
environment. perl copies its environment into blocks, so each variable that valgrind or this test sets changes its
number. redis-server asks how large its blocks are (malloc_usable_size) and uses the rest of them, so its number
differs between allocators. valgrind replaces the allocator and answers with the requested size; with the same answer
the preload library counts the same. Only frees by libraries that end after the preload library are missing."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, "tests")
import tap  # noqa: E402

PRELOAD = os.path.realpath(os.path.join(tap.BUILD, "libheaptracker-preload.so"))
SUMMARY = os.path.join(tap.TMP, "summary")
LOG = os.path.join(tap.TMP, "log")
# A fixed seed: the order of keys, and with it the number of allocations, is chosen at random otherwise.
BASE = {"PATH": "/usr/bin:/bin", "HEAPCTRS_SUMMARY": SUMMARY, "PERL_HASH_SEED": "0",
        "HEAPCTRS_DIR": os.path.join(tap.TMP, "regions")}
TOTAL = re.compile(r"total heap usage: ([\d,]+) allocs, ([\d,]+) frees, ([\d,]+) bytes")
SCRIPT = 'my %h; $h{"key$_"} = [1 .. 5, "value$_"] for 1 .. 2000; print scalar(keys %h), "\\n"'
PROGRAMS = (["perl", "-e", SCRIPT],
            ["jq", "-n", "[range(1000)] | map(tostring) | length"],
            ["sqlite3", ":memory:", "create table t(x); insert into t values (1); select * from t"])


# malloc_usable_size as under valgrind: what was asked for. It is loaded before the preload library.
USABLE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#define SLOTS ((size_t)1 << 20)
static struct { void *block; size_t size; } known[SLOTS];

static size_t slot_of(void *block)
{
    size_t i = (size_t)((uintptr_t)block * 0x9E3779B97F4A7C15u >> 44) % SLOTS;

    while (known[i].block && known[i].block != block)
        i = (i + 1) % SLOTS;
    return i;
}

static void *note(void *block, size_t size)
{
    if (block) {
        size_t i = slot_of(block);
        known[i].block = block;
        known[i].size = size;
    }
    return block;
}

#define NEXT(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))
void *malloc(size_t size) { return note(NEXT(malloc)(size), size); }
void *calloc(size_t count, size_t size) { return note(NEXT(calloc)(count, size), count * size); }
void *realloc(void *block, size_t size) { return note(NEXT(realloc)(block, size), size); }
size_t malloc_usable_size(void *block) { return block ? known[slot_of(block)].size : 0; }
"""


def total(text):
    return [int(number.replace(",", "")) for number in TOTAL.search(text).groups()]


def by_valgrind(command, **options):
    subprocess.run(["valgrind", "--log-file=" + LOG, *command], env=BASE, capture_output=True, check=True, **options)
    with open(LOG, encoding="utf-8") as file:
        return total(file.read())


def by_preload(command, environment, more="", **options):
    if os.path.exists(SUMMARY):
        os.unlink(SUMMARY)
    subprocess.run(command, env={**environment, "LD_PRELOAD": environment["LD_PRELOAD"] + more}, capture_output=True,
                   check=True, **options)
    with open(SUMMARY, encoding="utf-8") as file:
        return total(file.readline())


if not shutil.which("valgrind"):
    print("1..0 # SKIP valgrind is not installed")
    sys.exit(0)


def environment_under_valgrind(**options):
    """What valgrind adds: its own LD_PRELOAD, and as a shell script the present folder."""
    seen = subprocess.run(["valgrind", "-q", "--log-file=/dev/null", "env", "-0"], env=BASE, capture_output=True,
                          check=True, **options).stdout
    return dict(entry.split("=", 1) for entry in seen.decode().split("\0") if entry)


# The same with our library in place of valgrind's: its path is as long.
SAME = environment_under_valgrind()
SAME["LD_PRELOAD"] = PRELOAD.rjust(len(SAME["LD_PRELOAD"]), "/")

for program in PROGRAMS:
    if not shutil.which(program[0]):
        tap.skip(f"{program[0]}: as many allocations as valgrind counts", "it is not installed")
        continue
    ours, theirs = by_preload(program, SAME), by_valgrind(program)
    tap.equal((ours[0], ours[2]), (theirs[0], theirs[2]), f"{program[0]}: as many allocations and bytes as valgrind counts")
    tap.ok(theirs[1] - 50 <= ours[1] <= theirs[1], f"{program[0]}: and as many frees, but for those of the last destructors",
           f"{ours} {theirs}")

counts = [by_preload(["perl", "-e", "1"], {**SAME, **{f"MORE{i}": "x" for i in range(number)}})[0] for number in (0, 1, 2)]
tap.ok(counts[2] - counts[1] == counts[1] - counts[0] > 0, "perl allocates for each variable of its environment", counts)

GLIBC = "/lib/x86_64-linux-gnu/libc.so.6"
if shutil.which("redis-server") and os.path.exists(GLIBC):
    version = ["redis-server", "--version"]
    tap.ok(by_preload(version, SAME)[0] != by_preload(version, SAME, ":" + GLIBC)[0],
           "the number of redis-server is another over each allocator")
    with open(os.path.join(tap.TMP, "usable.c"), "w", encoding="ascii") as file:
        file.write(USABLE)
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", "u.so", "usable.c", "-ldl"], cwd=tap.TMP, check=True)
    os.symlink(PRELOAD, os.path.join(tap.TMP, "p.so"))
    os.symlink(GLIBC, os.path.join(tap.TMP, "c.so"))
    theirs, same = by_valgrind(version, cwd=tap.TMP), environment_under_valgrind(cwd=tap.TMP)
    for name, libraries in (("its own allocator", "./u.so:./p.so"), ("glibc's", "./u.so:./p.so:./c.so")):
        # Its environment is copied into blocks: empty entries make it as long.
        ours = by_preload(version, {**same, "LD_PRELOAD": libraries.rjust(len(same["LD_PRELOAD"]), ":")}, cwd=tap.TMP)
        tap.equal((ours[0], ours[2]), (theirs[0], theirs[2]),
                  f"redis-server over {name}, with valgrind's answer: as many allocations and bytes as valgrind counts")
else:
    tap.skip("the number of redis-server is another over each allocator", "it is not installed")
tap.done()
