#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""perfharness watch, replay and recordings: series of samples, piped and on a terminal."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

sys.path[:0] = ["tests", "tests/buffers"]
import blob
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
REG = ["--registry", "tests/buffers/many-types.reg"]
ENV = {"TZ": "UTC"}


def program(*arguments):
    return tap.run([PROGRAM, *REG, *arguments], env=ENV)


def save(name, data):
    path = os.path.join(tap.TMP, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def sample(step, names):
    heap = [blob.Counter(2002, blob.LARGE_RAWCOUNT), blob.Counter(2004, blob.BULK_COUNT)]
    return save("sample-%d.bin" % step, blob.Blob(
        [blob.Object(2000, heap, [blob.Instance(n, [100 * step, 1000 * step]) for n in names])],
        perf_time=10**9 + step * 10**7, date=(2024, 1, 15, 9, 30, step, 0)).bytes())


steps = [sample(0, ["a", "b"]), sample(1, ["a"]), sample(2, ["c", "a", "b"]), sample(3, ["a", "b"])]
replay = [word for path in steps for word in ("--replay", path)]

run = program("watch", *replay, "-i", "0.01")
tap.equal(run.status, 0, "watch ends with the samples")
tap.equal([line.split() for line in run.stdout.split("\n") if "(a)" in line and "sec" in line],
          [["09:30:0%d.000" % i, "1,000", "/s", "\\Test", "Heap(a)\\Allocated", "Bytes/sec"]
           for i in (1, 2, 3)], "piped: a line for each cooked value of each sample")
tap.equal([line.split()[1] for line in run.stdout.split("\n") if "(b)\\Alloc" in line],
          ["-", "1,000"], "an instance that comes back has no rate at first")

recording = os.path.join(tap.TMP, "kept.rec")
run = program("watch", *replay, "-i", "0.01", "--format", "csv", "--record", recording)
rows = [line.split(",") for line in run.stdout.strip().split("\n")]
tap.equal(rows[0][1:], ['"\\\\HOST\\Test Heap(a)\\Bytes in Use"',
                        '"\\\\HOST\\Test Heap(a)\\Allocated Bytes/sec"'],
          "csv: the columns of the first line that is shown")
tap.equal([row[1:] for row in rows[1:]], [['"%d.000000"' % (100 * i), '"1000.000000"']
                                          for i in (1, 2, 3)], "csv: a line for each sample")

run = program("watch", *replay, "-i", "0.01", "-n", "2", "--format", "csv")
tap.equal(len(run.stdout.strip().split("\n")), 3, "--samples counts the lines of values")
run = program("watch", *replay, "-i", "0.01", "--format", "openmetrics")
tap.equal(run.stdout.count("# EOF\n"), 4, "openmetrics: each sample is whole")

# ---- recordings ------------------------------------------------------------------------------
with open(recording, "rb") as file:
    data = file.read()
blobs = [open(path, "rb").read() for path in steps]
offset, found = 16, []
while offset < len(data):
    mark, size, _when, _sum = struct.unpack_from("<4sIQQ", data, offset)
    found.append(data[offset + 24:offset + 24 + size])
    offset += 24 + size + -size % 8
tap.ok(data[:16] == b"PERFREC\n" + struct.pack("<II", 1, 0) and found == blobs,
       "a recording holds the samples byte for byte, as its documentation says")
run = program("replay", recording, "--format", "raw")
tap.equal(run.out, b"".join(blobs), "replay gives them back")
run = program("replay", recording, "--cooked", "--format", "csv", "-c", r"\Test Heap(a)\Alloc*")
tap.equal([row.split(",")[1] for row in run.stdout.strip().split("\n")[1:]],
          ['" "', '"1000.000000"', '"1000.000000"', '"1000.000000"'],
          "replay cooks each sample with the one before it")
run = program("replay", save("two.bin", blob.many_types().bytes()), "--query", "2200 2100",
              "--format", "json")
tap.equal([o["index"] for o in json.loads(run.stdout)["objects"]], [2100, 2200],
          "replay answers a query with the objects that it names")
run = program("replay", save("two.bin", blob.many_types().bytes()), "--query", "21 220 00",
              "--format", "json")
tap.equal(json.loads(run.stdout)["objects"], [], "title indices are matched as whole numbers")
for where, what in ((len(data) - 3, "cut"), (16 + 30, "changed")):
    bad = bytearray(data)
    if what == "cut":
        del bad[where:]
    else:
        bad[where] ^= 1
    run = program("replay", save("bad.rec", bytes(bad)), "--format", "table")
    tap.ok(run.status == 1 and re.search(r"bad\.rec, offset \d+: ", run.stderr) is not None,
           "a recording that was %s is reported, with the offset" % what, run.status, run.stderr)
run = program("replay", os.path.join(tap.TMP, "none"))
tap.equal((run.status, run.stdout), (3, ""), "a missing file: exit status 3")
broken = save("broken.bin", blobs[0][:-8])
run = program("watch", "--replay", steps[0], "--replay", broken, "--replay", steps[1], "-i", "0.01")
tap.ok(run.status == 1 and "rule data-total-length" in run.stderr and "(a)" in run.stdout,
       "a malformed sample is reported and does not end the watch", run.status, run.stderr)

# ---- until stopped -----------------------------------------------------------------------------
regions = os.path.join(tap.TMP, "regions")
os.mkdir(regions)
live = [PROGRAM, "--registry", "registry/heapctrs.reg", "watch", "-i", "0.2"]
env = {**os.environ, **ENV, "HEAPCTRS_DIR": regions, "TERM": "xterm"}
child = subprocess.Popen(live, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
first = child.stdout.readline()
child.send_signal(signal.SIGINT)
out, err = child.communicate(timeout=900)
tap.ok(child.returncode == 0 and b"Custom Heap" in first and not err,
       "Ctrl-C ends a watch cleanly", child.returncode, first, err)

child = subprocess.Popen(live, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
child.stdout.readline()
child.stdout.close()
tap.ok(child.wait(30) is not None and b"ault" not in child.stderr.read(),
       "a reader that goes away ends it, too")
child.stderr.close()


def on_terminal(columns, rows, until, resize=None, keys=()):
    """Run the live watch on a terminal of that size until the text is there."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(live, stdin=slave, stdout=slave, stderr=slave, env=env,
                               start_new_session=True,
                               preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(slave)
    text, end, resized_at = b"", time.monotonic() + 900, None
    while time.monotonic() < end:
        if select.select([master], [], [], 0.2)[0]:
            try:
                text += os.read(master, 65536)
            except OSError:
                break
        if not resize and until in text:
            break
        if resize and resized_at is None and until in text:
            resized_at = len(text)
            fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", *resize, 0, 0))
        anew = text.find(b"\x1b[2J", resized_at) if resized_at else -1
        if anew >= 0 and until in text[anew:]:
            resized_at = anew
            break
    for wanted, key in keys:  # each key is typed, then the test waits for its text
        at = len(text)
        os.write(master, key)
        while wanted and wanted not in text[at:]:
            text += os.read(master, 65536)
    if not keys:
        os.write(master, b"\x03")
    status = None
    while status is None and time.monotonic() < end:
        if select.select([master], [], [], 0.1)[0]:
            try:
                text += os.read(master, 65536)
            except OSError:
                pass
        status = process.poll()
    os.close(master)
    return status, text, resized_at


def widths(text):
    plain = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", text.replace(b"\x1b[H", b"\n")).decode("utf-8", "replace")
    return [len(line.rstrip("\r")) for line in plain.split("\n")]


status, text, _ = on_terminal(150, 40, b"sample 3")
tap.equal(status, 0, "on a terminal: Ctrl-C typed there ends it cleanly")
tap.ok(text.count(b"\x1b[H") >= 3 and text.endswith(b"\x1b[?25h\r\n"),
       "on a terminal: refreshed in place, the cursor given back")
tap.ok(any(block in text.decode("utf-8", "replace") for block in "▁▂▃▄▅▆▇█"),
       "on a terminal: trend lines")
tap.like(text.decode("utf-8", "replace"), r"instance +trend +Bytes in Use ", "on a terminal: counters are columns")
tap.ok(max(widths(text)) <= 150, "no line is wider than the terminal", max(widths(text)))
status, text, at = on_terminal(150, 14, b"q quit", resize=(12, 60))
tap.ok(status == 0 and at is not None and max(widths(text[at:])) <= 60,
       "a terminal that shrinks gets a smaller chart", max(widths(text[at:])))
status, text, _ = on_terminal(150, 14, b"1 of 2 objects", keys=[(b"2 of 2 objects", b"\t"), (None, b"q")])
tap.ok(status == 0 and b"\x03" not in text, "Tab shows the next object, q ends it", status)

run = program("watch", *replay, "-i", "0.01", "--format", "json")
lines = [json.loads(line) for line in run.stdout.splitlines()]
tap.ok(run.status == 0 and len(lines) == len(steps) - 1 and lines[0]["schema"] == 1 and
       {(v["object"], v["instance"], v["counter"]) for v in lines[0]["values"]} >=
       {("Test Heap", "a", "Bytes in Use")} and lines[0]["values"][0]["value"] == 100,
       "json: a line for each sample", len(lines), run.stdout[:300])
tap.done()
