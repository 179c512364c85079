#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The figures of the heap malloc equal, event for event, those of a program that counts its calls and shares no
code with the tracker (tests/programs/accountant_posix.c): in threads, after fork and exec, with children of all
kinds, dlopen, seccomp, signals, failures, chroot, and when readers lost the region meanwhile; with and without
a table of blocks, and with other allocators. In one case all blocks have one size, so that a figure that is torn shows:
in every read the bytes are those of the count. `make storm` causes STORM_EVENTS (5e8) in the first case, and as
many in the others."""
import glob
import json
import os
import select
import subprocess
import sys

sys.path.insert(0, "tests")
import tap  # noqa: E402

HARNESS = os.path.join(tap.BUILD, "perfharness")
PRELOAD = os.path.realpath(os.path.join(tap.BUILD, "libheaptracker-preload.so"))
PROGRAM = os.path.realpath(os.path.join(tap.BUILD, "programs/accountant_posix"))
FOLDER = os.path.join(tap.TMP, "regions")
os.environ["HEAPCTRS_DIR"] = FOLDER
EVENTS = int(os.environ.get("STORM_EVENTS", 400000))
KEYS = ["allocation_count", "free_count", "reallocation_count", "requested_bytes",
        "reallocated_bytes", "failure_count"]
ALLOCATORS = {"jemalloc": "libjemalloc.so*", "mimalloc": "libmimalloc.so*",
              "tcmalloc": "libtcmalloc_minimal.so*"}


def read(pid):
    """The heap's figures; None if it does not exist."""
    run = subprocess.run([HARNESS, "heaps", "--format", "json"], capture_output=True, text=True,
                         timeout=900)
    if run.returncode != 0:
        return None
    rows = [row for row in json.loads(run.stdout)["heaps"] if row["pid"] == pid]
    return rows[0] if rows else None


SIZE, THREADS = 96, 4  # of the phase "alike"


def is_torn(now, before, has_table):
    """Whether bytes and counts since `before` disagree. The bytes of the newest event of each thread may be
    seen without its count: see heap_totals_read_shard. With a table, freed bytes are those that were requested, too."""
    pairs = [("requested_bytes", "allocation_count"), ("reallocated_bytes", "reallocation_count")]
    if has_table:
        pairs += [("allocated_bytes", "allocation_count"), ("freed_bytes", "free_count")]
    grown = [(now[number] - before[number], now[count] - before[count]) for number, count in pairs]
    return any(grown % SIZE or not count * SIZE <= grown <= (count + THREADS) * SIZE for grown, count in grown)


class Accountant:
    def __init__(self, phase, events, preload=PRELOAD, **environment):
        self.is_alike, self.has_table = phase == "alike", environment.get("HEAPCTRS_BLOCKS") == "1"
        self.process = subprocess.Popen([PROGRAM, phase, str(events)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, bufsize=0,
                                        env=dict(os.environ, LD_PRELOAD=preload, **environment))
        self.pid = int(self.process.stdout.readline().split()[1])
        self.before = read(self.pid)
        self.wrong = []  # what readers saw meanwhile

    def turn(self):
        """Its own counts after one more turn, while readers read."""
        self.process.stdin.write(b"\n")
        last = self.before
        while not select.select([self.process.stdout], [], [], 0)[0]:
            now = read(self.pid)
            if now and last and any(now[key] < last[key] for key in KEYS):
                self.wrong.append(f"fell: {last} {now}")
            if now and self.is_alike and is_torn(now, self.before, self.has_table):
                self.wrong.append(f"torn: {self.before} {now}")
            if now and not 0 <= now["bytes_in_use"] < 1 << 40:
                self.wrong.append(f"in use: {now}")
            last = now or last
        return [int(word) for word in self.process.stdout.readline().split()]

    def seen(self):
        now = read(self.pid)
        if not now:
            return None
        counts = [now[key] - self.before[key] for key in KEYS]
        return counts + ([f"lost {now['lost_count']}"] if now["lost_count"] else [])

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def live(counts):
    """Blocks that are allocated and not freed."""
    return counts[0] - counts[1] if counts else None


def audit(name, phase, events, harm=None, only_live=False, **environment):
    accountant = Accountant(phase, events, **environment)
    if harm:
        harm(glob.glob(f"{FOLDER}/{accountant.pid}-*")[0])
    own = accountant.turn()
    seen = accountant.seen()
    for _ in range(100 if harm else 0):  # it publishes again at most once a second
        if seen:
            break
        own = accountant.turn()
        seen = accountant.seen()
    if harm and seen:
        seen = seen[:6]  # a region that was shortened counts one event as lost
    if only_live:
        tap.equal(live(seen), live(own), f"{name}: {sum(own[:3])} events, and all that is live")
    else:
        tap.equal(seen, own, f"{name}: {sum(own[:3])} events, each counted once" if own else name)
    tap.equal(accountant.wrong, [], f"{name}: no figure fell or was negative meanwhile")
    accountant.end()
    read(accountant.pid)
    tap.equal(read(accountant.pid), None, f"{name}: nothing of it is left after its end")


def truncate(path):
    os.chmod(path, 0o644)
    os.truncate(path, 0)


audit("four threads", "threads", EVENTS)
audit("four threads with a table of blocks", "threads", EVENTS // 4, HEAPCTRS_BLOCKS="1")
for blocks in ("0", "1"):
    audit(f"four threads with blocks of one size, HEAPCTRS_BLOCKS={blocks}", "alike", EVENTS // 4, HEAPCTRS_BLOCKS=blocks)
audit("a forked child", "forked", EVENTS // 8)
audit("fork, clone and vfork", "children", EVENTS // 8)
audit("exec", "exec", EVENTS // 8)
audit("dlopen and dlclose", "dlopen", EVENTS // 8, only_live=True)
if subprocess.run([os.path.join(tap.BUILD, "programs/host_program_posix"), "seccomp"]).returncode == 77:
    tap.skip("seccomp", "this system has no seccomp")
else:
    audit("seccomp", "seccomp", EVENTS // 8)
audit("signal handlers and siglongjmp", "signals", EVENTS // 8)
audit("failing requests", "limit", EVENTS // 8)
if os.geteuid() == 0:
    audit("chroot", "chroot", EVENTS // 8)
else:
    tap.skip("chroot", "needs root")
audit("an unlinked region", "threads", EVENTS // 8, os.unlink)
audit("a region that is cut short", "threads", EVENTS // 8, truncate)
for allocator, pattern in ALLOCATORS.items():
    found = sorted(glob.glob("/usr/lib/x86_64-linux-gnu/" + pattern))
    if found:
        audit("over " + allocator, "threads", EVENTS // 8, preload=f"{PRELOAD}:{found[0]}")
    else:
        tap.skip("over " + allocator, "it is not installed")

killed = Accountant("single", 1000)
killed.process.kill()
killed.process.wait()
read(killed.pid)
tap.equal(read(killed.pid), None, "a killed process is gone in the second answer")
tap.equal(os.listdir(FOLDER), [], "no file is left")
tap.done()
