#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""perfharness heaps: live heaps directly from the regions of a publisher that follows the test's commands."""
import csv
import fcntl
import io
import json
import os
import pty
import re
import struct
import sys
import termios

sys.path.insert(0, "tests")
import tap
from publisher import Publisher

PROGRAM = os.path.join(tap.BUILD, "perfharness")
FOLDER = os.path.join(tap.TMP, "regions")
ENV = {"HEAPCTRS_DIR": FOLDER}


def heaps(*arguments):
    return tap.run([PROGRAM, "heaps", *arguments], env=ENV)


run = heaps()
tap.equal((run.status, run.stdout), (3, ""), "without publishers there is nothing to query")
tap.ok(FOLDER in run.stderr and "HEAPCTRS_DIR" in run.stderr,
       "the message names the directory and the variable that chose it", run.stderr)

publisher = Publisher(env=ENV)
publisher(b'open bad\x1b[31m"name, \xe2\x82\xac')
for block in range(10):
    publisher(b"allocate 0 %d 100" % (4096 + 128 * block))
for block in range(3):
    publisher(b"free 0 %d" % (4096 + 128 * block))
publisher(b"open other")
publisher(b"allocate 1 65536 4096")
publisher(b"allocate 1 131072 4096")
publisher(b"reallocate 1 196608 8192 131072")
PID = publisher.pid

run = heaps("--format", "json")
data = json.loads(run.stdout)
tap.equal(run.status, 0, "with a publisher it succeeds")
first, second = data["heaps"]
tap.equal([first[key] for key in ("allocation_count", "free_count", "bytes_in_use",
                                  "blocks_in_use", "peak_bytes", "peak_blocks", "largest_bytes")],
          [10, 3, 700, 7, 1000, 10, 100], "every statistic of a heap is what the publisher did")
tap.equal([second[key] for key in ("reallocation_count", "reallocated_bytes", "requested_bytes",
                                   "allocated_bytes")],
          [1, 8192, 8192, 12288], "what the provider does not publish is there too")
tap.equal((first["pid"], second["name"]), (PID, f"scripted_publisher:{PID}:other"),
          "process id and name are the publisher's")
tap.equal(data["total"]["bytes_in_use"], 700 + 12288, "the total is the sum")
tap.unlike(run.stdout, r"\x1b", "no escape character of a name reaches a terminal through JSON")

run = heaps()
tap.unlike(run.stdout, r"\x1b", "no escape character of a name reaches a terminal in the table")
tap.like(run.stdout, r"^ *total +12\.7 KiB ", "the table ends with a line of totals")

tap.like(heaps("--exact").stdout, r"^ *total +12,988 ", "--exact shows bytes, their digits in groups")
order = [line.split()[0].split(":")[-1] for line in heaps("--sort", "bytes").stdout.splitlines()[1:-1]]
tap.equal(order[0], "other", "--sort bytes: the largest first")
order = [line.split()[0].split(":")[-1] for line in heaps("--sort", "allocations").stdout.splitlines()[1:-1]]
tap.equal(order[-1], "other", "--sort allocations: by another column")
run = heaps("--top", "1")
tap.ok(len(run.stdout.splitlines()) == 3 and "other" in run.stdout and "total of 2" in run.stdout,
       "--top 1: the largest heap, and the total of all", run.stdout)
tap.equal([h["name"] for h in json.loads(heaps("--top", "1", "--format", "json").stdout)["heaps"]], [second["name"]],
          "--top counts for JSON, too")
run = heaps("--watch", "-i", "0.05", "-n", "3")
tap.ok(run.status == 0 and run.stdout.count("total") == 3, "--watch into a pipe: one table below the other", run.stdout)
tap.equal(heaps("--watch", "--format", "json").status, 2, "--watch shows a table only")


def screens(*arguments, keys, size=(12, 100)):
    """What a terminal of so many rows and columns shows. Each key is typed when its text has appeared."""
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        os.environ.update(ENV, TERM="xterm")
        os.execv(PROGRAM, [PROGRAM, "heaps", *arguments])
    text, seen = b"", 0
    for until, key in keys:
        while until not in text[seen:]:
            text += os.read(terminal, 65536)
        seen = text.index(until, seen) + len(until)
        if callable(key):
            key()
        else:
            os.write(terminal, key)
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:
            break
        if not more:
            break
        text += more
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text


status, text = screens("--watch", "-i", "0.05", keys=[
    (b"bytes in usev", lambda: publisher(b"allocate 1 262144 1048576")), (b"+1.0 MiB", b">"), (b"growthv", b"r"),
    (b"growth^", b"\x1b[B\x1b[6~"), (b"growth^", b"q")])
plain = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", text.replace(b"\x1b[H", b"\n")).decode()
tap.ok(status == 0 and text.endswith(b"\x1b[?25h\r\n"), "--watch on a terminal: q ends it, the cursor is back", status)
tap.ok(max(len(line.rstrip("\r")) for line in plain.split("\n")) <= 100, "--watch: no line is wider than the terminal")
publisher(b"free 1 262144")
status, text = screens("--watch", "-i", "0.05", keys=[(b"bytes in usev", b"q")], size=(0, 0))
plain = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", text.replace(b"\x1b[H", b"\n")).decode()
tap.ok(status == 0 and text.endswith(b"\x1b[?25h\r\n"), "--watch on a terminal without a size refreshes in place, too", status)
tap.ok(max(len(line.rstrip("\r")) for line in plain.split("\n")) <= 80, "and takes it for one of 80 columns")

rows = list(csv.DictReader(io.StringIO(heaps("--format", "csv").out.decode(), newline="")))
tap.equal([row["heap"] for row in rows], [first["heap"], "other"],
          "CSV quotes names with commas and quotation marks")
tap.equal(rows[1]["reallocated_bytes"], "8192", "CSV has every statistic")

CASES = [
    (["--pid", str(PID)], 2), (["--pid", "1"], None), (["--process", "scripted_publisher"], 2),
    (["--process", "SCRIPTED*"], 2), (["--process", "sh"], None), (["--heap", "other"], 1),
    (["--heap", "o?h*"], 1), (["--heap", "*"], 2), (["--heap", "oth"], None),
    (["--heap", "*r"], 1), (["--heap", "other", "--pid", "1"], None),
]
for arguments, count in CASES:
    run = heaps("--format", "json", *arguments)
    got = len(json.loads(run.stdout)["heaps"]) if run.status == 0 else None
    tap.equal((got, run.status), (count, 0 if count else 3),
              f"{' '.join(arguments).replace(str(PID), 'PID')} shows {count or 'no'} heaps")

publisher.kill()
run = heaps()
tap.equal(run.status, 3, "heaps of a killed publisher are gone")
tap.equal(heaps("pool").status, 2, "a word that is no option is bad usage")
tap.done()
