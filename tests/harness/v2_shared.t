#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: win64
"""Countersets of a running program, in another process: a consumer that is linked with libperflib.a and
`query --v2 running` read them through the region directory, natively and under Wine. Files of other users in
that directory harm neither."""
import fcntl
import json
import os
import shutil
import struct
import subprocess
import sys
import time

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
MANIFEST = "tests/manifests/good-waves.man"
REGIONS = os.path.join(tap.TMP, "regions")
ENVIRONMENT = dict(os.environ, HEAPCTRS_DIR=REGIONS)
os.mkdir(REGIONS, 0o700)

done = tap.run([PROGRAM, "ctrpp", MANIFEST, "-o", os.path.join(tap.TMP, "waves.h"),
                "-NotificationCallback"])
tap.equal(done.status, 0, "the code of a provider is generated")


def build(compiler, name, *options):
    program = os.path.join(tap.TMP, name)
    done = tap.run([compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", "-Iinclude",
                    "-I" + tap.TMP, "tests/manifests/shared_waves.c", "-o", program, *options])
    tap.ok(done.status == 0, f"{compiler} compiles a program with it", done.stderr)
    return program


class Provider:
    """The program in a process of its own, from its first line of output on."""

    def __init__(self, *command, word="provide"):
        self.process = subprocess.Popen([*command, word], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=ENVIRONMENT)
        self.is_ready = self.process.stdout.readline().strip() == b"ready"

    def report(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().strip()

    def report_until(self, pattern):
        """A consumer's end is noticed within about a second."""
        for _ in range(200):
            report = self.report()
            if tap.re.search(pattern, report):
                break
            time.sleep(0.1)
        return report

    def end(self):
        self.process.stdin.close()
        return self.process.wait(timeout=900)


def consume(*command):
    return tap.run([*command, "consume"], env={"HEAPCTRS_DIR": REGIONS}).stdout


def consume_until(pattern, *command):
    """What a consumer sees. If the machine delays a provider for seconds, the next try sees it."""
    for _ in range(30):
        output = consume(*command)
        if tap.re.search(pattern, output, tap.re.M):
            break
    return output


def published():
    return [name for name in os.listdir(REGIONS) if name.endswith(".counters")]


NOTHING = """sets 0 0
instances 4200 0
geometric: status 4200
trigonometric: status 4200
"""


def expected(trigonometric=12):
    """The second counter grows at each collection."""
    return (r"(?s)\Asets 0 2\ninstances 0 56\ngeometric: status 0\ngeometric #1 10 [1-9]\d* 0 0\n"
            r"geometric #2 20 0 0 0\ngeometric #4294967295 30 [1-9]\d* 0 0\n"
            rf"trigonometric: status 0\ntrigonometric {trigonometric}\n\Z")


def share(what, program, harness, *runner):
    tap.equal(consume(*runner, program), NOTHING, f"{what}: nothing is seen while nothing runs")
    provider = Provider(*runner, program)
    tap.ok(provider.is_ready and len(published()) == 1, f"{what}: a provider publishes its sets")
    tap.equal(provider.report(), "starts 0, as many ends 1, added 0, removed 0, listed 0, wrong 0",
              f"{what}: its callback is not called while no consumer asks")
    tap.like(consume_until(expected(), *runner, program), expected(),
             f"{what}: a consumer in another process reads them, also by reference")
    # Each consumer lists instances, adds two counters and removes them again.
    all_removed = r"starts [1-9]\d*, as many ends 1, added ([1-9]\d*), removed \1, listed [1-9]\d*, wrong 0"
    tap.like(provider.report_until(all_removed), all_removed,
             f"{what}: its callback receives counters, listed instances and collected values")
    holding = subprocess.Popen([*runner, program, "hold"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, env=ENVIRONMENT)
    tap.equal(holding.stdout.readline().strip(), b"geometric: status 0", f"{what}: a consumer adds a counter")
    tap.like(provider.report(), r"added (\d+), removed (?!\1,)", f"{what}: which stays added")
    holding.stdin.close()
    holding.wait()
    tap.like(provider.report_until(all_removed), all_removed,
             f"{what}: it is removed when its consumer ends without closing its query")
    refusing = Provider(*runner, program, word="refuse")
    provider.end()
    REFUSED = r"instances 5 0\ngeometric: status 5\ntrigonometric: status 0\ntrigonometric 12\n\Z"
    tap.like(consume_until(REFUSED, *runner, program), REFUSED,
             f"{what}: an error of the callback reaches the consumer")
    tap.like(refusing.report_until("removed [1-9]"), r"wrong 0",
             f"{what}: only what it has added is removed")
    refusing.end()
    provider = Provider(*runner, program)
    consume_until(expected(), *runner, program)
    done = tap.run([*harness, "query", "--v2", "running", "--manifest", MANIFEST, "--format", "json"],
                   env={"HEAPCTRS_DIR": REGIONS})
    objects = json.loads(done.stdout)["objects"] if done.status == 0 else []
    found = {thing["name"]: thing for thing in objects}
    tap.ok({"Geometric Waves", "Trigonometric Waves"} <= set(found),
           f"{what}: query --v2 running has them as objects", done.stdout, done.stderr)
    if "Geometric Waves" in found:
        values = [(instance["name"], list(instance["values"].values())[0])
                  for instance in found["Geometric Waves"]["instances"]]
        # The manifest asks for the mean of all.
        tap.equal(values, [("one", 10), ("two", 20), ("_Total", 15)], f"{what}: with their values")
    return provider


native = build("gcc", "native", "build/native/libperflib.a", "-lpthread")
provider = share("native", native, [PROGRAM], )

# Two programs have the same set: their instances are side by side.
second = Provider(native)
BOTH = (r"#1 10 .*\ngeometric #2 20 .*\ngeometric #1 10 .*\ngeometric #2 20 .*\n"
        r"geometric #4294967295 60 ")
tap.like(consume_until(BOTH, native), BOTH, "two programs may provide one set")
second.process.kill()
second.process.wait()
tap.like(consume_until(expected(), native), expected(), "one that is killed is gone")
tap.equal(len(published()), 1, "and its file removed")

# ---- files of other users

with open(os.path.join(REGIONS, published()[0]), "rb") as file:
    honest = file.read()
PID = provider.process.pid
hostile = {
    "1-empty.counters": b"",
    "1-short.counters": honest[:40],
    f"{PID}-copy.counters": honest,
    f"{os.getpid()}-other.counters": honest[:12] + struct.pack("<I", os.getpid()) + honest[16:],
    "2-noise.counters": os.urandom(100000),
}
for name, data in hostile.items():
    with open(os.path.join(REGIONS, name), "wb") as file:
        file.write(data)
os.mkfifo(os.path.join(REGIONS, "3-fifo.counters"))
os.symlink(published()[0], os.path.join(REGIONS, "4-link.counters"))
os.link(native, os.path.join(REGIONS, "5-hard.counters"))
os.mkdir(os.path.join(REGIONS, "6-folder.counters"))
begin = time.monotonic()
tap.like(consume_until(expected(), native), expected(), "files that are none change nothing")
tap.ok(time.monotonic() - begin < 60, "and delay no reader")
for i in range(3000):
    with open(os.path.join(REGIONS, f"{PID}-{i:x}.counters"), "wb") as file:
        file.write(honest)
tap.like(consume(native), "^sets 0 ", "three thousand of them are limited by user")
# A consumer of this test's own, with whatever wishes.
GEOMETRIC = struct.pack("<IHH8B", 0x582803c9, 0xacd3, 0x45d5, 0x8b, 0x30, 0x57, 0x11, 0x41, 0xa2, 0x20, 0x92)


def wish(number, code=1, counter=0xffffffff, name="*", guid=GEOMETRIC):
    text = name.encode("utf-16-le")
    text += bytes(-len(text) % 8)
    return struct.pack("<6I", 40 + len(text), number, code, counter, 0xffffffff, len(name)) + guid + text


def publish_wishes(data, size=None):
    """A file as a live consumer has it: with a lock. It is a new one each time."""
    path = os.path.join(REGIONS, f"{os.getpid()}-1.consumer")
    if os.path.exists(path):
        os.remove(path)
    file = open(path, "w+b")
    fcntl.fcntl(file, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 0, 0))
    file.write(struct.pack("<8sIIQQQ4Q", b"PERFV2C", 72, os.getpid(), 5, 1, 1, 0, 0, 4096,
                           len(data) if size is None else size).ljust(4096, b"\0") + data)
    file.flush()
    return file


F_OFD_SETLK = 37
NUMBERS = r"added (\d+), removed (\d+), listed (\d+), wrong (\d+)"


def numbers():
    return [int(number) for number in tap.re.search(NUMBERS, provider.report()).groups()]


BALANCED = r"added (\d+), removed \1,"
tap.like(provider.report_until(BALANCED), BALANCED, "no counter is added now")
before = numbers()
bad = publish_wishes(wish(1, counter=77) + wish(2, guid=bytes(16)) + wish(3, code=2) + wish(4))
tap.like(consume_until(expected(), native), expected(), "wishes of no counter, set or code change nothing")
bad.close()
bad = publish_wishes(wish(1) * 5, size=1 << 40)
tap.like(consume_until(expected(), native), expected(), "nor does a size past the end")
bad.close()
flood = publish_wishes(b"".join(wish(i + 1) for i in range(20000)))
tap.like(consume_until(expected(), native), expected(), "twenty thousand wishes delay no consumer")
after = numbers()
tap.ok(after[0] - before[0] > 0 and after[0] - after[1] <= 4096,
       "they are served a few at a time, and a limited number of them", before, after)
flood.close()
os.remove(flood.name)
tap.like(provider.report_until(BALANCED), BALANCED, "and what was added is removed when their consumer ends")
shutil.rmtree(REGIONS)
os.mkdir(REGIONS, 0o700)
tap.equal(provider.end(), 0, "a provider whose file was removed stops as any other")
tap.equal(consume(native), NOTHING, "and is gone")

provider = Provider(native)
tap.equal((provider.is_ready, provider.end(), published()), (True, 0, []),
          "one that stops takes its file with it")

# ---- Windows

library = "build/win64/libperflib.a"
if not (shutil.which("x86_64-w64-mingw32-gcc") and shutil.which("wine") and os.path.exists(library)):
    tap.skip("the same under Wine", "no mingw-w64, no Wine or no build")
    tap.done()
program = build("x86_64-w64-mingw32-gcc", "windows.exe", "-DPERFLIB_EMULATED", "-static", library)
if "HEAPCTRS_TEST_INSIDE" not in os.environ:
    # In one prefix: processes of two prefixes do not see each other.
    inside = tap.run(["scripts/wine-prefix", "--bare", sys.executable, "-c", f"""
import os, sys
sys.path.insert(0, "tests")
sys.argv = ["inside"]
source = open({os.path.abspath(__file__)!r}).read().split("# ---- Windows")[0]
source = source.split("native = build(")[0]
exec(compile(source, "v2_shared.t", "exec"))
program = {program!r}
shutil.copy({os.path.join(tap.TMP, 'waves.h')!r}, tap.TMP)
provider = share("Wine", program, ["wine", "build/win64/perfharness.exe"], "wine")
tap.equal((provider.end(), published()), (0, []), "Wine: it stops and takes its file with it")
tap.done()
"""], timeout=900)
    for line in inside.stdout.splitlines():
        if " - Wine: " in line:
            name = line.split(" - ", 1)[1]
            tap.ok(line.startswith("ok "), name, inside.stdout if "not ok" in line else "")
    tap.ok(inside.status == 0, "all of it works under Wine", inside.stdout, inside.stderr)
tap.done()
