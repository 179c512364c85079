#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tracker inside a program: it survives what the program does and does it no harm. It publishes again when
readers have lost the region, and reports what it does not publish."""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, "tests")
import tap  # noqa: E402

HARNESS = os.path.join(tap.BUILD, "perfharness")
PRELOAD = os.path.realpath(os.path.join(tap.BUILD, "libheaptracker-preload.so"))
HOST = os.path.realpath(os.path.join(tap.BUILD, "programs/host_program_posix"))
FOLDER = os.path.join(tap.TMP, "regions")
PATIENCE = 300  # seconds for a condition; only ends a run that hangs
os.environ["HEAPCTRS_DIR"] = FOLDER


def run(*arguments, **environment):
    environment = dict(os.environ, LD_PRELOAD=PRELOAD, **environment)
    return subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=900)


def start(*arguments, **environment):
    return subprocess.Popen(arguments, env=dict(os.environ, LD_PRELOAD=PRELOAD, **environment),
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def turn(process):
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def answer():
    result = subprocess.run([HARNESS, "heaps", "--format", "json"], capture_output=True, text=True,
                            timeout=900)
    return json.loads(result.stdout) if result.returncode == 0 else {"heaps": [], "refusals": []}


def figures():
    return [(row["pid"], row["allocation_count"], row["bytes_in_use"]) for row in answer()["heaps"]]


def files():
    return os.listdir(FOLDER) if os.path.isdir(FOLDER) else []


# The program has no descriptor of the tracker.
listed = run("ls", "-l", "/proc/self/fd").stdout
tap.ok(listed and ".region" not in listed, "the region has no descriptor that the program could see",
       listed)

process = start(HOST, "loop")
turn(process)
turn(process)
listed = os.listdir(f"/proc/{process.pid}/fd")
targets = [os.readlink(f"/proc/{process.pid}/fd/{number}") for number in listed]
tap.ok(any(name.endswith(".private") for name in files()), "a program that allocates has a private file", files())
tap.equal([target for target in targets if FOLDER in target], [], "it has no descriptor of that, either")


def profile(process, *options):
    """A profile of what the program allocates while it is taken."""
    asking = subprocess.Popen([HARNESS, "heaps", "profile", str(process.pid), "--rate", "1", "--seconds", "0.5",
                               "--format", "folded", "--no-symbols", *options],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while asking.poll() is None:
        if turn(process) != "done":
            break
    return asking.communicate(), asking.returncode


def running_rate(process):
    """The rate in the answer of its private file: profile_file.h."""
    path, = glob.glob(f"{FOLDER}/{process.pid}-*.private")
    with open(path, "rb") as file:
        return int.from_bytes(file.read(256)[200:208], "little")


(_, messages), status = profile(process)
tap.equal((status, messages), (0, ""), "a profile can be asked for nevertheless")
listed = [os.readlink(f"/proc/{process.pid}/fd/{number}") for number in os.listdir(f"/proc/{process.pid}/fd")]
tap.equal([target for target in listed if FOLDER in target], [], "and leaves no descriptor")
for _ in range(200):
    turn(process)
tap.equal(running_rate(process), 0, "it ends with the one who asked")
private, = glob.glob(FOLDER + "/*.private")
os.truncate(private, 0)
for _ in range(200):
    turn(process)
tap.equal(process.poll(), None, "a private file that is cut short does not end the program")
process.stdin.close()
tap.equal(process.wait(), 0, "which ends as it would")
tap.equal(files(), [], "and leaves nothing")

if os.geteuid() == 0:
    os.chmod(tap.TMP, 0o755)
    process = start(HOST, "drop")
    turn(process)
    turn(process)
    (_, messages), status = profile(process)
    tap.equal((status, messages), (0, ""), "a profile begins in a program that has given up root and its folder")
    for _ in range(200):
        turn(process)
    tap.equal(running_rate(process), 0, "and ends when it is withdrawn")
    process.stdin.close()
    tap.equal(process.wait(), 0, "the program ends as it would")
    for name in files():
        os.unlink(os.path.join(FOLDER, name))
else:
    tap.skip("a profile begins in a program that has given up root and its folder", "it needs root")

# A filter that permits only what the program itself uses.
confined = run(HOST, "seccomp")
if confined.returncode == 77:
    tap.skip("a program that confines itself exits as it would", "this system has no seccomp")
else:
    tap.equal(confined.returncode, 0, "a program that confines itself exits as it would")
tap.equal(figures(), [], "its heap is gone")
run("ls", "/")
tap.equal(files(), [], "and readers and publishers remove what it left")

# Each child finishes an event that its parent had begun, and counts it as its own.
SUMMARY = os.path.join(tap.TMP, "summary")
tap.equal(run(HOST, "interrupt", HEAPCTRS_SUMMARY=SUMMARY).returncode, 0,
          "a program that forks in signal handlers exits as it would")
with open(SUMMARY) as lines:
    sums = [re.search(r": ([0-9]+) allocs, ([0-9]+) frees, .* in ([0-9]+) blocks$", line).groups() for line in lines]
tap.equal((len(sums), {int(allocations) - int(frees) - int(blocks) for allocations, frees, blocks in sums},
           len({blocks for *_, blocks in sums})), (41, {0}, 1), "it and its children have counted every event")
tap.equal(files(), [], "and leave nothing")

# Children without fork handlers.
cloned = run(HOST, "clone", HEAPCTRS_DEBUG="1")
tap.equal(cloned.returncode, 0, "a child of a bare clone() runs")
tap.like(cloned.stderr, r"^heapctrs: host_program_posix\[\d+\]: no heap is published: .*clone",
         "and HEAPCTRS_DEBUG=1 says that it does not publish")
tap.equal(run(HOST, "clone").stderr, "", "without it, it says nothing")
tap.equal(files(), [], "the parent removes its region, the child leaves it alone")

# Faults in the program's own memory.
tap.equal(run(HOST, "fault").returncode, -signal.SIGBUS, "a fault of the program ends it")
tap.equal(run(HOST, "raise").returncode, -signal.SIGBUS, "and so does the signal itself")


def harm_and_see(harm, what):
    """After readers lost a region it is published again, with at least the same figures."""
    process = start(HOST, "loop")
    turn(process)
    (pid, before, _), = figures()
    region, = [name for name in files() if name.endswith(".region")]
    harm(os.path.join(FOLDER, region))
    now, end = [], time.monotonic() + PATIENCE
    while not now and time.monotonic() < end and turn(process) == "done":
        now = figures()
    tap.ok(process.poll() is None, f"{what}: the program runs on", process.poll())
    tap.ok(len(now) == 1 and now[0][0] == pid and now[0][1] >= before + 2000,
           f"{what}: it publishes again, with all that it counted", f"{before} {now}")
    first = now[0][1] if now else 0
    turn(process)
    tap.equal([row[1] for row in figures()], [first + 2000], f"{what}: and counts on")
    tap.ok(region not in files(), f"{what}: in a new file", files())
    process.stdin.close()
    tap.equal(process.wait(), 0, f"{what}: it ends as it would")
    tap.equal(files(), [], f"{what}: and leaves nothing")


def truncate(path):
    os.chmod(path, 0o644)
    os.truncate(path, 0)


harm_and_see(os.unlink, "a region is unlinked")
harm_and_see(truncate, "a region is cut short")



def private_file():
    return next((name for name in files() if name.endswith(".private")), None)


def stacks(process):
    """What a profile of the whole run says, by stack: the sum of the allocated counts, or the message."""
    asked = subprocess.run([HARNESS, "heaps", "profile", str(process.pid), "--format", "json", "--no-symbols"],
                           capture_output=True, text=True, timeout=900)
    return sum(stack["allocated_blocks"] for stack in json.loads(asked.stdout)["sites"]) if asked.returncode == 0 else asked.stderr


def harm_private_and_see(harm, what, is_whole):
    """After its private file was lost a program makes another one, with what the profile knew if that is left."""
    process = start(HOST, "loop", HEAPCTRS_PROFILE="1")
    turn(process)
    before, old = stacks(process), private_file()
    harm(os.path.join(FOLDER, old))
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and turn(process) == "done" and private_file() in (None, old):
        pass
    tap.ok(process.poll() is None, f"{what}: the program runs on", process.poll())
    tap.ok(private_file() not in (None, old), f"{what}: there is another one", files())
    status = os.stat(os.path.join(FOLDER, private_file() or old)) if private_file() else None
    tap.equal(status and status.st_mode & 0o777, 0o600, f"{what}: for its user alone")
    turn(process)
    after = stacks(process)
    if is_whole:
        tap.ok(isinstance(after, int) and after >= before + 2000, f"{what}: the profile has all that it had", before, after)
    else:
        tap.ok(isinstance(after, int) and after >= 2000, f"{what}: a new profile begins", before, after)
    turn(process)
    tap.equal(stacks(process), after + 2000 if isinstance(after, int) else None, f"{what}: and goes on")
    leaks = subprocess.run([HARNESS, "heaps", "leaks", f"host_program_posix:{process.pid}:malloc", "--no-symbols"],
                           capture_output=True, text=True, timeout=900)
    tap.equal(leaks.returncode, 0, f"{what}: live blocks can be listed")
    listed = [os.readlink(f"/proc/{process.pid}/fd/{number}") for number in os.listdir(f"/proc/{process.pid}/fd")]
    tap.equal([target for target in listed if FOLDER in target], [], f"{what}: no descriptor is left")
    process.stdin.close()
    tap.equal(process.wait(), 0, f"{what}: it ends as it would")
    tap.equal(files(), [], f"{what}: and leaves nothing")


harm_private_and_see(os.unlink, "a private file is unlinked", True)
harm_private_and_see(truncate, "a private file is cut short", False)

process = start(HOST, "handler")
turn(process)
truncate(glob.glob(FOLDER + "/*.region")[0])
turn(process)
process.stdin.close()
tap.equal(process.wait(), 7, "a handler of the program is never replaced")
figures()

# What is not published, or not read, is reported by both sides.
os.chmod(FOLDER, 0o777)
refused = run("ls", "/", HEAPCTRS_DEBUG="1") # a program without events publishes nothing
tap.like(refused.stderr, r"^heapctrs: ls\[\d+\]: no heap is published: the folder \S+: "
         r"another user owns it, or others can write to it", "a folder that others can write to is named")
seen = subprocess.run([HARNESS, "heaps"], capture_output=True, text=True, timeout=900)
tap.equal(seen.returncode, 3, "a reader finds nothing there")
tap.like(seen.stderr, FOLDER + ": the folder is not read", "and says that it does not read it")
listing = subprocess.run([HARNESS, "list", "heapctrs"], capture_output=True, text=True, timeout=900)
tap.like(listing.stdout, "warning: " + FOLDER + ": the folder is not read", "list says so, too")
os.chmod(FOLDER, 0o755)

process = start(HOST, "loop")
turn(process)
region, = glob.glob(FOLDER + "/*.region")
bad = region.replace(str(process.pid), str(process.pid + 1))
with open(region, "rb") as file, open(bad, "wb") as copy:
    copy.write(file.read()[:8] + b"\x99\0\0\0" + b"\0" * 1000)
locker = subprocess.Popen([sys.executable, "-c", """
import fcntl, struct, sys
file = open(sys.argv[1], "rb")
fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 0, 0))
print("locked", flush=True)
sys.stdin.read()""", bad], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
locker.stdout.readline()
found = answer()
tap.equal(len(found["heaps"]), 1, "a region of another version hides no other")
tap.equal([(row["reason"], row["count"], row["path"]) for row in found["refusals"]],
          [("region-version", 1, bad)], "and is shown with the reason")
seen = subprocess.run([HARNESS, "heaps"], capture_output=True, text=True, timeout=900)
tap.like(seen.stderr, "the region is of another version", "for people as well")
locker.stdin.close()
locker.wait()
process.stdin.close()
process.wait()


# Why a process shows nothing.
def diagnosis(pid):
    return subprocess.run([HARNESS, "heaps", "--pid", str(pid)], capture_output=True, text=True,
                          timeout=900)


SOURCE = os.path.join(tap.TMP, "waits.c")
MUSL = os.path.join(tap.TMP, "ld-musl-x86_64.so.1")
with open(SOURCE, "w", encoding="ascii") as file:
    file.write("#include <unistd.h>\nint main(void) { char c; return (int)read(0, &c, 1); }\n")
shutil.copy("/lib64/ld-linux-x86-64.so.2", MUSL)
for how, options, expected in (
        ("static", ["-static"], "is statically linked"),
        ("musl", ["-Wl,--dynamic-linker=" + MUSL], "is linked with musl"),
        ("usual", [], "runs without libheaptracker")):
    program = os.path.join(tap.TMP, how)
    subprocess.run(["gcc", "-O1", SOURCE, "-o", program, *options], check=True)
    with subprocess.Popen([program], stdin=subprocess.PIPE) as child:
        seen = diagnosis(child.pid)
        tap.ok(seen.returncode == 3 and expected in seen.stderr,
               f"heaps --pid of a program that is {how} says so", seen.stderr)
        child.stdin.close()
def is_kernel_thread(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return int(file.read().rsplit(")", 1)[1].split()[6]) & 0x200000 != 0  # PF_KTHREAD
    except OSError:
        return False


kernel = next((pid for pid in os.listdir("/proc") if pid.isdigit() and is_kernel_thread(pid)), None)
for words in (["heaps", "--pid"], ["heaps", "explain"]):
    if kernel and os.geteuid() == 0:
        seen = subprocess.run([HARNESS, *words, kernel], capture_output=True, text=True, timeout=900)
        tap.ok(seen.returncode == 3 and "is a thread of the kernel" in seen.stderr,
               f"{' '.join(words)} of a thread of the kernel says so", seen.stderr)
    else:
        tap.skip(f"{' '.join(words)} of a thread of the kernel says so", "none can be seen here")
ended = subprocess.Popen(["true"])
os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
tap.like(diagnosis(ended.pid).stderr, "has ended; only its exit status is left", "heaps --pid of one that has ended says so")
ended.wait()
INSIDE = ["unshare", "--user", "--map-root-user"]
if os.geteuid() != 0 or subprocess.run(tap.as_user(*INSIDE, "true"), capture_output=True).returncode:
    tap.skip("heaps explain does not advise root to be root", "it needs another user with a user namespace")
else:
    public = tap.public_folder(HARNESS)
    with subprocess.Popen(["sleep", "600"]) as child:
        for wrapper, expected in ((tap.as_user(), "is another user's; run as that user or as root"),
                                  (tap.as_user(*INSIDE), "cannot be looked at, by root either")):
            seen = subprocess.run([*wrapper, public + "/perfharness", "heaps", "explain", str(child.pid)],
                                  capture_output=True, text=True, timeout=900)
            tap.ok(seen.returncode == 3 and expected in seen.stderr, f"a program of another user {expected}", seen.stderr)
        child.kill()
process = start(HOST, "loop", HEAPCTRS_DIR=os.path.join(tap.TMP, "elsewhere"))
turn(process)
tap.like(diagnosis(process.pid).stderr, "publishes in " + tap.TMP + "/elsewhere",
         "heaps --pid of a program that publishes elsewhere says where")
process.stdin.close()
process.wait()
tap.like(diagnosis(process.pid).stderr, "there is no process", "and that one is gone")
tap.done()
