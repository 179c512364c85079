#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# variants: native asan tsan
"""perfharness heaps leaks, snapshot and diff: a program with known leaks, compared with valgrind's report."""
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
LEAKY = os.path.abspath(os.path.join(tap.BUILD, "programs/known_leaks"))
PRELOAD = os.path.abspath(os.path.join(tap.BUILD, "libheaptracker-preload.so"))
FOLDER = os.path.join(tap.TMP, "regions")
ENV = {"HEAPCTRS_DIR": FOLDER, "HEAPCTRS_PROFILE": "1"}
SNAPSHOT = os.path.join(tap.TMP, "exit.snapshot")
SANITIZED = not os.path.exists(PRELOAD) or tap.BUILD.rstrip("/").endswith(("asan", "tsan"))


def heaps(*words):
    return tap.run([PROGRAM, "heaps", *words], env=ENV)


def functions(sites):
    sums = {}
    for site in sites:
        name = (site["symbol"] or "?").split(" ")[0]
        blocks, size = sums.get(name, (0, 0))
        sums[name] = blocks + site["blocks"], size + site["bytes"]
    return sums


EXPECTED = {"small": (5, 500), "large": (3, 210000), "resized": (2, 6000), "huge": (1, 256 << 20)}
BYTES, BLOCKS = sum(b for _, b in EXPECTED.values()), sum(n for n, _ in EXPECTED.values())

if SANITIZED:
    tap.skip("the snapshot at exit", "a sanitizer has its own malloc: no preload library")
else:
    tap.run([LEAKY], env={**ENV, "LD_PRELOAD": PRELOAD, "HEAPCTRS_SNAPSHOT": SNAPSHOT})
    run = heaps("leaks", SNAPSHOT, "--format", "json")
    tap.equal(run.status, 0, "a snapshot written at exit can be read")
    data = json.loads(run.stdout)
    tap.equal((data["blocks"], data["bytes"]), (BLOCKS, BYTES), "all blocks in use at exit are in it, and no other")
    if shutil.which("addr2line"):
        tap.equal(functions(data["sites"]), EXPECTED, "each call site has its blocks and bytes")
    else:
        tap.skip("each call site has its blocks and bytes", "no addr2line")
    run = tap.run([LEAKY], env={"HEAPCTRS_DIR": FOLDER, "LD_PRELOAD": PRELOAD, "HEAPCTRS_CALL_SITES": "2"})
    tap.like(run.stderr, r"^heapctrs: known_leaks\[\d+\]: HEAPCTRS_CALL_SITES .*HEAPCTRS_PROFILE=1.*\n\Z",
             "HEAPCTRS_CALL_SITES prints one line, which names HEAPCTRS_PROFILE")
    for value, lines in (("0", 0), ("1", 0), ("4096", 0), ("", 0), ("2", 1), ("-1", 1), ("9" * 5000, 1)):
        run = tap.run([LEAKY], env={"HEAPCTRS_DIR": FOLDER, "LD_PRELOAD": PRELOAD, "HEAPCTRS_PROFILE": value,
                                    "HEAPCTRS_DEBUG": "1"})
        tap.equal(run.stderr.count("HEAPCTRS_PROFILE is ignored"), lines,
                  f"HEAPCTRS_PROFILE={value[:10]} is {'refused' if lines else 'accepted'}")
    if shutil.which("valgrind"):
        report = tap.run(["valgrind", "--leak-check=full", "--show-leak-kinds=all",
                          "--run-libc-freeres=no", "--num-callers=2", LEAKY]).stderr
        kinds = re.findall(r"(definitely lost|indirectly lost|possibly lost|still reachable): "
                           r"([\d,]+) bytes in ([\d,]+) blocks", report)
        sums = [sum(int(kind[i].replace(",", "")) for kind in kinds) for i in (2, 1)]
        tap.equal((len(kinds), sums), (4, [data["blocks"], data["bytes"]]),
                  "valgrind's leak report of the same program has the same sums")
        sites = sorted((int(b.replace(",", "")), int(n.replace(",", "")))
                       for b, n in re.findall(r"([\d,]+) (?:\([^)]*\) )?bytes in ([\d,]+) blocks are ", report))
        tap.equal(sites, sorted((size, blocks) for blocks, size in functions(data["sites"]).values()),
                  "and the same bytes and blocks for each call site")
    else:
        tap.skip("valgrind's leak report of the same program has the same sums", "no valgrind")

child = subprocess.Popen([LEAKY, "pool"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         env={**os.environ, **ENV})
child.stdout.readline()
NAME = f"known_leaks:{child.pid}:pool"


def addresses_in(path):
    """The words of a file that are addresses in the child.

    Mappings of 1 GiB and more are AddressSanitizer's: they hold so many numbers that a count or a time is one.
    """
    maps = open(f"/proc/{child.pid}/maps").read().splitlines()
    spans = [[int(end, 16) for end in line.split()[0].split("-")] for line in maps]
    spans = [(begin, end) for begin, end in spans if end - begin < 1 << 30]
    data = open(path, "rb").read()
    words = {int.from_bytes(data[i:i + 8], "little") for i in range(0, len(data) - 7, 8)}
    return [hex(word) for word in words if any(begin <= word < end for begin, end in spans)]


FILES = {kind: [os.path.join(FOLDER, name) for name in os.listdir(FOLDER)
                if name.startswith(f"{child.pid}-") and name.endswith(kind)] for kind in (".region", ".private")}
tap.equal([addresses_in(path) for path in FILES[".region"]], [[]], "a region, which all users can read, has no address")
tap.ok(all(map(addresses_in, FILES[".private"])) and FILES[".private"], "the private file has some")
FIRST, SECOND = (os.path.join(tap.TMP, name) for name in ("first", "second"))
run = heaps("snapshot", NAME, "-o", FIRST)
if run.status == 2 and "permission" in run.stderr:
    tap.skip("leaks of a running process", run.stderr.strip())
else:
    tap.equal((run.status, run.stdout), (0, ""), "a snapshot of a running process is written")
    data = json.loads(heaps("leaks", NAME, "--format", "json").stdout)
    tap.equal((data["heap"], data["blocks"], data["bytes"]), (NAME, 18, 18000), "its live blocks are read from outside")
    for name in ("known_leaks/pool", f"{child.pid}/pool"):
        run = heaps("leaks", name, "--format", "json")
        tap.equal((run.status, json.loads(run.stdout or "{}").get("heap")), (0, NAME), f"{name.replace(str(child.pid), 'PID')} means the same heap")
    for name in ("known_leaks/poo", "leaks/pool", "/pool", "known_leaks/", f"{child.pid}1/pool"):
        tap.equal(heaps("leaks", name).status, 3, f"{name.replace(str(child.pid), 'PID')} means none")
    twin = subprocess.Popen([LEAKY, "pool"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **ENV})
    twin.stdout.readline()
    run = heaps("leaks", "known_leaks/pool")
    tap.ok((run.status, run.stdout) == (2, "") and "2 live heaps" in run.stderr, "a name of two is refused", run.stderr)
    tap.equal(heaps("leaks", f"{twin.pid}/pool").status, 0, "but not with the id of one")
    twin.stdin.close()
    twin.wait()
    tap.equal(data["unmatched_count"], 5, "the total of the unmatched is the provider's")
    faults = {fault["kind"]: fault for fault in data["faults"]}
    tap.equal({kind: (fault["count"], fault["address"]) for kind, fault in faults.items()},
              {"second-free": (2, "0x1000"), "unknown-free": (1, hex(77777)),
               "wrong-size": (1, "0x2000"), "missed-free": (1, "0x3000")}, "each fault is listed")
    if shutil.which("addr2line"):
        places = {kind: ((fault["symbol"] or "?").split(" ")[0], (fault["first"]["symbol"] or "?").split(" ")[0])
                  for kind, fault in faults.items()}
        tap.equal(places, {"second-free": ("pool_give_again", "pool_give"), "unknown-free": ("pool_give", "?"),
                           "wrong-size": ("pool_give_wrong", "pool_take"), "missed-free": ("pool_take", "pool_take")},
                  "with its call site, and that of the first free or the allocation")
    child.stdin.write(b"ab")
    child.stdin.flush()
    for _ in range(100):
        heaps("snapshot", NAME, "-o", SECOND)
        if "blocks 38 38000" in open(SECOND).read():
            break
        time.sleep(0.05)
    run = heaps("diff", FIRST, SECOND, "--format", "json")
    data = json.loads(run.stdout)
    tap.equal((data["blocks"], data["bytes"], [site["bytes"] for site in data["sites"]]), (20, 20000, [20000]),
              "the difference of two snapshots is the growth of the site that grew")
    tap.like(heaps("diff", SECOND, FIRST).stdout, r"^ *total +-20000 +-20 +18000 +18$", "and backwards it shrinks")
    tap.equal(json.loads(heaps("diff", FIRST, FIRST, "--format", "json").stdout)["sites"], [],
              "a snapshot does not differ from itself")
    text = open(FIRST).read()
    for name, broken in [("an empty file", ""), ("another version", text.replace("snapshot 1", "snapshot 2")),
                         ("a cut one", text[:len(text) // 2]), ("a line of nonsense", text.replace("\nend", "\nfoo\nend")),
                         ("a module that does not exist", re.sub(r"site (\d+) (\d+) 0", r"site \1 \2 7", text)),
                         ("a number too large", re.sub(r"site \d+", "site 99999999999999999999999", text)),
                         ("a control character", text.replace("heap ", "heap \x1b")),
                         ("a missing head", text.replace("lost 0\n", ""))]:
        path = os.path.join(tap.TMP, "broken")
        open(path, "w").write(broken)
        run = heaps("leaks", path)
        tap.ok((run.status, run.stdout) == (2, "") and path + ":" in run.stderr,
               f"{name} is refused with file and line", run.status, run.stdout, run.stderr)

child.stdin.close()
child.wait()
tap.equal(heaps("leaks", NAME).status, 3, "there is nothing to ask of a process that ended")
tap.equal(heaps("diff", FIRST).status, 2, "diff takes two snapshots")
tap.done()
