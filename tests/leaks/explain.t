#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
# variants: native
# timeout: 1200
"""perfharness heaps explain: the verdict about programs with one fault each, and about healthy programs of the
same shape, on four allocators; and where it says that their memory is, against what they know themselves.

EXPLAIN=all runs every case (`make storm` does); otherwise all with glibc, and the faults of the others."""
import concurrent.futures
import glob
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
FAULTS = os.path.abspath(os.path.join(tap.BUILD, "programs/memory_faults_posix"))
FOLDER = os.path.join(tap.TMP, "regions")
ENV = {**os.environ, "HEAPCTRS_DIR": FOLDER}
ENV.pop("MALLOC_ARENA_MAX", None)
LIBRARIES = {"glibc": None, "jemalloc": "libjemalloc.so*", "mimalloc": "libmimalloc.so*",
             "tcmalloc": "libtcmalloc_minimal.so*"}
ALL = os.environ.get("EXPLAIN") == "all"
SECONDS = "2" if ALL else "1"

# Which allocators can have a fault, and why the others cannot.
CASES = {
    "leak": ("glibc", "jemalloc", "mimalloc", "tcmalloc"),
    "fragmentation": ("glibc", "jemalloc", "mimalloc", "tcmalloc"),
    "thread-caches": ("glibc", "jemalloc", "tcmalloc"),  # mimalloc's free blocks stay on the pages of their heap
    "arenas": ("glibc", "jemalloc"),  # mimalloc and tcmalloc have one heap for all threads
    "mmap": ("glibc", "jemalloc", "mimalloc", "tcmalloc"),
}
# What makes the fault possible: more arenas than a small machine has, memory that is not given back by itself.
SETTINGS = {("arenas", "jemalloc"): {"MALLOC_CONF": "narenas:16,dirty_decay_ms:-1"}}


def library(allocator):
    """Its path; None: it is not installed."""
    found = sorted(glob.glob(os.path.join("/usr/lib/*-linux-gnu", LIBRARIES[allocator])))
    return found[0] if found else None


def start(command, allocator, **more):
    preload = PRELOAD if allocator == "glibc" else f"{PRELOAD} {library(allocator)}"
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                            env={**ENV, **more, "LD_PRELOAD": preload})


def explain(process, *words):
    return subprocess.run([PROGRAM, "heaps", "explain", str(process.pid), "--seconds", SECONDS, *words],
                          capture_output=True, text=True, env=ENV)


def own_figures(process):
    found = re.match(r"live (\d+) outside (\d+)", process.stdout.readline())
    return int(found.group(1)), int(found.group(2))


def rss(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        return int(re.search(r"^Rss:\s+(\d+)", file.read(), re.M).group(1)) * 1024


def stop(process):
    process.stdin.close()
    process.wait()


def close_to(got, expected, total):
    """Within 3 % of what is resident."""
    return got is not None and abs(got - expected) <= 0.03 * total + 65536


def one(case):
    fault, allocator, is_healthy = case
    process = start([FAULTS, fault, *(["healthy"] if is_healthy else [])], allocator,
                    **SETTINGS.get((fault, allocator), {}))
    try:
        own_figures(process)
        run = explain(process, "--format", "json")
        resident = rss(process.pid)
        process.stdin.write("\n")
        process.stdin.flush()
        return case, run, own_figures(process), resident
    finally:
        stop(process)


cases = [(fault, allocator, is_healthy) for fault, allocators in CASES.items() for allocator in allocators
         for is_healthy in (False, True) if ALL or allocator == "glibc" or not is_healthy]
missing = {allocator for allocator, name in LIBRARIES.items() if name and not library(allocator)}
with concurrent.futures.ThreadPoolExecutor(3) as pool:
    results = list(pool.map(one, [case for case in cases if case[1] not in missing]))
for (fault, allocator, is_healthy), run, (live, outside), resident in results:
    name = f"{'healthy, as ' if is_healthy else ''}{fault}, {allocator}"
    if run.returncode != 0:
        tap.ok(False, name, run.stderr)
        continue
    answer = json.loads(run.stdout)
    parts, total = answer["parts"], answer["resident_bytes"]
    tap.equal(answer["verdict"], "healthy" if is_healthy else fault, f"verdict: {name}") or tap.diag(run.stdout)
    # A program that grows is somewhat larger when it is asked for its own figures.
    grown = max(0, resident - total) if fault in ("leak", "mmap") and not is_healthy else 0
    tap.ok(answer["allocator"]["name"] == allocator and close_to(sum(parts.values()), total, total) and
           close_to(sum(answer["resident"].values()), total, total) and
           close_to(total, resident - grown, total), f"resident memory is explained: {name}", run.stdout, resident)
    tap.ok(close_to(parts["live"], live, total + 33 * grown) and
           close_to(parts["outside_malloc"], outside, total + 33 * grown),
           f"as the program knows it: {name}", run.stdout, f"live {live} outside {outside}")
for allocator in sorted(missing):
    tap.skip(f"verdicts with {allocator}", "it is not installed")


# ---- real programs, and their own figures ----------------------------------------------------------
def explained(process, name, verdicts):
    """The answer; all of the resident memory has a place in it, and the verdict is one of these."""
    run = explain(process, "--format", "json")
    resident = rss(process.pid)
    if not tap.equal(run.returncode, 0, f"{name}: explained"):
        tap.diag(run.stderr)
        return None
    answer = json.loads(run.stdout)
    total = answer["resident_bytes"]
    tap.ok(close_to(total, resident, resident) and close_to(sum(filter(None, answer["parts"].values())), total, total) and
           close_to(sum(answer["resident"].values()), total, total), f"{name}: all of its resident memory",
           run.stdout, resident)
    tap.ok(answer["verdict"] in verdicts, f"{name}: the verdict is {' or '.join(verdicts)}", run.stdout)
    return answer


def compare(answer, part, own, name):
    got = answer["parts"][part]
    tap.ok(close_to(got, own, answer["resident_bytes"]), name, f"{got} and {own}", json.dumps(answer))


def run_python():
    code = ("import sys\nrows = [str(i) * 10 for i in range(600000)]\nprint('ready', flush=True)\ninput()\n"
            "del rows\nsys._debugmallocstats()\nprint('ready', flush=True)\ninput()\n")
    process = subprocess.Popen(["/usr/bin/python3", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, bufsize=1, env={**ENV, "LD_PRELOAD": PRELOAD})
    try:
        process.stdout.readline()
        explained(process, "python3 with a large list", ["mmap"])  # its own arenas
        process.stdin.write("\n")
        process.stdin.flush()
        process.stdout.readline()
        answer = explained(process, "python3 after a large list", ["healthy"])
    finally:
        process.stdin.close()
        errors = process.stderr.read()
        process.wait()
    found = re.search(r"^\d+ arenas \* \d+ bytes/arena += +([\d,]+)", errors, re.M)
    if answer and found:  # its small objects are in arenas that it maps itself
        own = int(found.group(1).replace(",", ""))
        tap.ok(answer["parts"]["outside_malloc"] <= own + 0.03 * answer["resident_bytes"] + 2 ** 20,
               "python3: what is outside malloc are its arenas", errors, json.dumps(answer))


def run_sqlite():
    process = start(["sqlite3"], "glibc")
    try:
        process.stdin.write("pragma cache_size=-200000;\ncreate table t(a, b);\nwith recursive c(i) as (select 1 union "
                            "all select i + 1 from c where i < 60000) insert into t select i, hex(randomblob(200)) "
                            "from c;\n.print ready\n")
        process.stdin.flush()
        process.stdout.readline()
        answer = explained(process, "sqlite3 with a large cache", ["healthy"])
        process.stdin.write(".stats on\nselect 1;\n.print ready\n")
        process.stdin.flush()
        own = None
        for line in process.stdout:
            found = re.match(r"Memory Used: +(\d+)", line)
            own = int(found.group(1)) if found else own
            if line == "ready\n":
                break
    finally:
        stop(process)
    if answer and own:
        compare(answer, "live", own, "sqlite3: its own count of its memory")


def run_node():
    code = ("let rows = []; for (let i = 0; i < 1500000; i++) rows.push({ x: i, s: 'k' + i }); console.log('ready');"
            "process.stdin.on('data', () => console.log(JSON.stringify(process.memoryUsage())))")
    process = start(["node", "-e", code], "glibc")
    try:
        process.stdout.readline()
        answer = explained(process, "node with many objects", ["mmap"])
        process.stdin.write("\n")
        process.stdin.flush()
        own = json.loads(process.stdout.readline())
    finally:
        stop(process)
    if answer:
        total = answer["resident_bytes"]
        tap.ok(own["heapUsed"] <= answer["parts"]["outside_malloc"] + 0.03 * total + 2 ** 20,
               "node: the heap of V8 is outside malloc", own, json.dumps(answer))


def run_redis():
    path = os.path.join(tap.TMP, "redis")

    def command(*words):
        return subprocess.run(["redis-cli", "-s", path, *words], capture_output=True, text=True).stdout

    def own():
        return {key: int(value) for key, value in re.findall(r"^(\w+):(\d+)\r?$", command("info", "memory"), re.M)}

    process = start(["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--enable-debug-command",
                     "yes", "--dir", tap.TMP], "glibc")
    try:
        while process.poll() is None and "PONG" not in command("ping"):
            pass
        command("debug", "populate", "300000", "key", "200")
        for state, verdicts in (("full", ["healthy"]), ("after FLUSHALL", ["slack", "fragmentation"])):
            answer = explained(process, f"redis, {state}", verdicts)
            figures = own()
            if answer and "allocator_allocated" in figures:
                compare(answer, "live", figures["allocator_allocated"], f"redis, {state}: its own count of live bytes")
                tap.ok(close_to(answer["allocator"]["held"], figures["allocator_resident"],
                                max(answer["resident_bytes"], 2 ** 25)) or answer["allocator"]["age_seconds"] > 1,
                       f"redis, {state}: what its allocator holds", figures, json.dumps(answer))
            command("flushall", "sync")
    finally:
        process.stdin.close()
        process.terminate()
        process.stdout.read()
        process.wait()


for program, path, run in (("python3", "/usr/bin/python3", run_python), ("sqlite3", "sqlite3", run_sqlite),
                           ("node", "node", run_node), ("redis", "redis-server", run_redis)):
    if shutil.which(path):
        run()
    else:
        tap.skip(f"{program} is explained", "it is not installed")

# ---- a control group with a limit ------------------------------------------------------------------
def group_with_limit(limit):
    """The folder of a new group; None: this system or this user cannot have one."""
    for root, name in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        group = os.path.join(root, f"heapctrs-test-{os.getpid()}")
        try:
            os.mkdir(group)
        except OSError:
            continue
        try:
            with open(os.path.join(group, name), "w", encoding="ascii") as file:
                file.write(str(limit))
            return group
        except OSError:
            os.rmdir(group)
    return None


LIMIT = 512 << 20
group = group_with_limit(LIMIT)
if group:
    # The shell enters the group before it becomes the program.
    process = subprocess.Popen(["sh", "-c", 'echo $$ >"$1/cgroup.procs" && LD_PRELOAD=$2 exec "$3" leak healthy', "sh", group, PRELOAD,
                                FAULTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=ENV)
    try:
        own_figures(process)
        answer = json.loads(explain(process, "--format", "json").stdout)
        tap.ok(answer["system"]["group_limit"] == LIMIT and answer["system"]["group_usage"] >= 0.9 * answer["system"]["private"],
               "a control group's limit, and a usage that includes the program's own memory", json.dumps(answer))
        run = tap.run([PROGRAM, "--registry", "registry/heapctrs.reg", "query", "Costly", "--format", "prometheus"], env=ENV)
        tap.equal(re.findall(rf'^custom_heap_process_group_limit_bytes{{[^}}]*pid="{process.pid}"[^}}]*}} (\S+)$', run.stdout, re.M),
                  [str(LIMIT)], "and it is a metric")
    finally:
        stop(process)
        os.rmdir(group)
else:
    tap.skip("a control group's limit is shown", "no control group with memory can be made here")

# ---- what is not there ---------------------------------------------------------------------------------
other = subprocess.Popen(["sleep", "600"], env=ENV)
run = subprocess.run([PROGRAM, "heaps", "explain", str(other.pid)], capture_output=True, text=True, env=ENV)
tap.ok(run.returncode == 3 and str(other.pid) in run.stderr, "a process that publishes nothing: exit status 3", run)
other.kill()
other.wait()
for words, status, name in ((["nobody/malloc"], 3, "a heap that is not there"), (["0"], 2, "no process id"),
                            ([], 2, "no process"), (["1", "2"], 2, "two processes")):
    run = subprocess.run([PROGRAM, "heaps", "explain", *words], capture_output=True, text=True, env=ENV)
    tap.ok(run.returncode == status and run.stderr.startswith("perfharness: ") and not run.stdout, name, run)
# An idle program does not answer. Its last figures are shown with their age. A program that never allocated much has
# reported nothing.
process = subprocess.Popen(["/usr/bin/python3", "-c", "rows = [str(i) * 9 for i in range(200000)]\nprint('ready', flush=True)\n"
                            "input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**ENV, "LD_PRELOAD": PRELOAD})
process.stdout.readline()
run = subprocess.run([PROGRAM, "heaps", "explain", str(process.pid), "--seconds", "0.2", "--format", "json"],
                     capture_output=True, text=True, env=ENV)
answer = json.loads(run.stdout) if run.returncode == 0 else {"reasons": [], "allocator": {}}
said = [float(age) for reason in answer["reasons"] for age in re.findall(r"did not answer.* figures are ([\d.]+) s old", reason)]
tap.ok(len(said) == 1 and said[0] <= answer["allocator"]["age_seconds"] + 0.1 and answer.get("schema") == 1,
       "an idle program does not answer, and that is said with the age of its figures", run.stdout, run.stderr)
stop(process)
process = subprocess.Popen(["sleep", "600"], env={**ENV, "LD_PRELOAD": PRELOAD})
while str(process.pid) not in subprocess.run([PROGRAM, "heaps", "--format", "csv"], capture_output=True, text=True, env=ENV).stdout:
    pass
run = subprocess.run([PROGRAM, "heaps", "explain", str(process.pid), "--seconds", "0.2"], capture_output=True, text=True, env=ENV)
# Its allocator may have been asked once, at its start, if that took long enough.
tap.ok(run.returncode == 0 and "Let the program allocate, and ask again." in run.stdout and
       (": unknown, low confidence\n" in run.stdout and "has reported nothing yet" in run.stdout or
        re.search(r"did not answer: its allocator's figures are [\d.]+ s old", run.stdout) is not None),
       "one that allocates next to nothing: what is not known is said, and what to do", run)
process.kill()
process.wait()
process = start([FAULTS, "leak"], "glibc")
own_figures(process)
for wanted in (f"memory_faults_posix:{process.pid}:malloc", "memory_faults_posix/malloc", f"{process.pid}/malloc"):
    run = subprocess.run([PROGRAM, "heaps", "explain", wanted, "--seconds", "0.2"], capture_output=True, text=True, env=ENV)
    tap.ok(run.returncode == 0 and re.match(rf"memory_faults_posix \({process.pid}\): \S+, (high|low) confidence\n", run.stdout) and
           "\nGrowth in " in run.stdout and "\n  [L" in run.stdout, f"a page about {wanted.split(':')[0]}", run)
stop(process)
tap.done()
