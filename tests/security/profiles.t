#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Another user can read neither the call stacks of a program nor any address in it; its own user and root can."""
import os
import stat
import subprocess
import sys

sys.path.insert(0, "tests")
import tap  # noqa: E402
from publisher import Publisher  # noqa: E402

if os.geteuid() != 0:
    tap.skip_all("needs root, to be other users")
OTHER = 65533
BIN = tap.public_folder(*(os.path.join(tap.BUILD, name) for name in ("perfharness", "programs/scripted_publisher")))
FOLDER = os.path.join(BIN, "regions")
os.mkdir(FOLDER, 0o755)
os.chown(FOLDER, tap.NOBODY, tap.NOBODY)
os.environ["HEAPCTRS_DIR"] = FOLDER
PROGRAM = os.path.join(BIN, "perfharness")

# Every block is recorded with its stack. With umask 0 only the mode that the tracker chooses protects the file.
publisher = Publisher("pool", tap.as_user(), os.path.join(BIN, "scripted_publisher"), env={"HEAPCTRS_PROFILE": "1"},
                      cwd="/", preexec_fn=lambda: os.umask(0))
files = {name.rsplit(".", 1)[1]: os.path.join(FOLDER, name) for name in os.listdir(FOLDER)}
tap.equal(sorted(files), ["private", "region"], "there are a region and a private file")
status = os.stat(files["private"])
tap.equal((stat.S_IMODE(status.st_mode), status.st_uid), (0o600, tap.NOBODY), "the private file is for its user alone")


def heaps(uid, *words):
    return tap.run(tap.as_user(PROGRAM, "heaps", *words, uid=uid))


NAME = publisher.name("pool")
for uid, who in ((tap.NOBODY, "its user"), (0, "root")):
    run = heaps(uid, "profile", str(publisher.pid), "--format", "json")
    tap.ok(run.status == 0 and '"bytes": 100' in run.stdout, f"{who} reads the stacks", run.status, run.stderr)
    run = heaps(uid, "leaks", NAME)
    tap.ok(run.status == 0 and "100" in run.stdout, f"{who} reads the live blocks", run.status, run.stderr)
run = heaps(OTHER)
tap.ok(run.status == 0 and NAME in run.stdout, "another user sees the totals", run.stdout, run.stderr)
for words in (["profile", str(publisher.pid)], ["profile", NAME], ["top", NAME], ["leaks", NAME], ["snapshot", NAME, "-o", "/dev/stdout"]):
    run = heaps(OTHER, *words)
    tap.ok((run.status, run.stdout) == (2, "") and run.stderr, f"but heaps {words[0]} shows nothing", run.status, run.stdout, run.stderr)
    tap.unlike(run.stderr, r"0x[0-9a-f]{6,}", "and its message has no address")
READ = "import sys; print(len(open(sys.argv[1], sys.argv[2]).read()))"
for mode in ("rb", "r+b"):
    run = subprocess.run(tap.as_user(sys.executable, "-c", READ, files["private"], mode, uid=OTHER), capture_output=True, text=True, cwd="/")
    tap.like(run.stderr, r"PermissionError", f"the file cannot be opened ({mode})")

# Whatever every user can read has no address of the program.
spans = [[int(end, 16) for end in line.split()[0].split("-")] for line in open(f"/proc/{publisher.pid}/maps", encoding="utf-8")]


def addresses_in(path):
    with open(path, "rb") as file:
        data = file.read()
    words = {int.from_bytes(data[i:i + 8], "little") for i in range(0, len(data) - 7)}
    return [hex(word) for word in words if any(begin <= word < end for begin, end in spans)]


tap.equal(addresses_in(files["region"]), [], "the region, which every user can read, has no address")
tap.ok(addresses_in(files["private"]), "the private file has some")
tap.equal(publisher.end(), 0, "the program ends")
tap.equal(os.listdir(FOLDER), [], "and its files are gone")
tap.done()
