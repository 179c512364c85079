#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: win64
# timeout: 900
"""Every command that README.md shows in a block of shell runs as it is there, unless SKIPPED says why not. The
list of events is that of the two tables."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, "tests")
import tap

ROOT = os.getcwd()

# What cannot run here, and why.
SKIPPED = [
    (r"(mine|their)\.(so|dll)|waves\.so", "it stands for the reader's own provider"),
    (r"^perfharness serve", "it runs until it is stopped; tests/harness/metrics.t scrapes it"),
    (r"pkg-config", "it is for an installed library; tests/scripts/libraries.t runs it"),
    (r"^perfharness doctor$", "it examines the registry of a Windows machine"),
    (r"PerfStringBackup\.INI", "it needs a file of a Windows machine"),
]
# Commands that may find something.
MAY_FIND = r"^perfharness doctor"


def commands(text):
    """The lines of ```sh blocks, without the comment at their end."""
    for block in re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            line = re.sub(r"\s+#\s.*$", "", line).strip()
            if line:
                yield line


def prepare(folder, text):
    for name in ("include", "build"):
        os.symlink(os.path.join(ROOT, name), os.path.join(folder, name))
    os.mkdir(os.path.join(folder, "bin"))
    os.symlink(os.path.join(ROOT, "build/native/perfharness"), os.path.join(folder, "bin/perfharness"))
    shutil.copy("registry/heapctrs.reg", os.path.join(folder, "export.reg"))
    with open(os.path.join(folder, "pool.c"), "w", encoding="utf-8") as file:
        file.write(re.search(r"^```c\n(.*?)^```$", text, re.M | re.S).group(1))
    env = dict(os.environ)
    env["PATH"] = os.path.join(folder, "bin") + ":" + env["PATH"]
    env["LD_LIBRARY_PATH"] = os.path.join(ROOT, "build/native")
    env.setdefault("HEAPCTRS_DIR", folder)
    subprocess.run(["perfharness", "query", "--format", "raw", "-o", "answer.bin"], cwd=folder, env=env, check=True)
    return env


def main():
    with open("README.md", encoding="utf-8") as file:
        text = file.read()
    found = list(commands(text))
    tap.ok(len(found) > 15, "README.md shows commands")
    with tempfile.TemporaryDirectory() as folder:
        env = prepare(folder, text)
        # The program whose heaps the commands show.
        watched = subprocess.Popen(
            ["sqlite3", ":memory:"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=folder,
            env=dict(env, LD_PRELOAD="libheaptracker-preload.so", HEAPCTRS_CALL_SITES="1", HEAPCTRS_PROFILE="1"),
        )
        try:
            watched.stdin.write(b"create table t(a);\n")
            watched.stdin.flush()
            while b"sqlite3" not in subprocess.run(
                ["perfharness", "heaps"], env=env, capture_output=True, check=False
            ).stdout:
                if watched.poll() is not None:
                    break
            for command in found:
                reason = next((why for pattern, why in SKIPPED if re.search(pattern, command)), None)
                if reason:
                    tap.skip(command, reason)
                    continue
                made = subprocess.run(
                    ["bash", "-c", command], cwd=folder, env=env, capture_output=True, stdin=subprocess.DEVNULL,
                    timeout=300, check=False,
                )
                allowed = (0, 1) if re.search(MAY_FIND, command) else (0,)
                tap.ok(made.returncode in allowed, command, made.stderr.decode("utf-8", "replace"))
                if "-o before.snapshot" in command:
                    shutil.copy(os.path.join(folder, "before.snapshot"), os.path.join(folder, "after.snapshot"))
        finally:
            watched.stdin.close()
            watched.wait()

    shown = set(re.findall(r"^\| (\d+) \| (\w+) \|", text, re.M))
    with open("provider/events.def", encoding="utf-8") as file:
        known = {(n, "heapctrs") for n in re.findall(r"^EVENT\(\w+, (\d+),", file.read(), re.M)}
    with open("harness/host/event_table.def", encoding="utf-8") as file:
        known |= {(n, "perfharness") for n in re.findall(r"^EVENT\((\d+),", file.read(), re.M)}
    tap.equal(sorted(shown), sorted(known), "every event is listed, and no other")
    for target in re.findall(r"\]\(([^)#:]+)\)|srcset=\"([^\"]+)\"|src=\"([^\"]+)\"", text):
        path = "".join(target)
        tap.ok(os.path.exists(path), f"{path} is there")
    tap.done()


main()
