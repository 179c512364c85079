#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
# variants: native asan tsan
"""Collect, Open and Close from many threads and processes at once, while publishers live and die."""
import os
import random
import subprocess
import sys
import time

sys.path[:0] = ["tests", "tests/provider"]
import tap  # noqa: E402
from perfdata import own_folder  # noqa: E402
from publisher import Publisher  # noqa: E402
from tap import BUILD  # noqa: E402

folder = own_folder()
LIBRARY = f"{BUILD}/heapctrs.so"


def stress(threads, milliseconds):
    return subprocess.Popen([f"{BUILD}/programs/collect_stress_posix", LIBRARY, str(threads),
                             str(milliseconds)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


def finish(process):
    out, err = process.communicate(timeout=900)
    assert process.returncode == 0, f"status {process.returncode}: {out}\n{err[:4000]}"
    assert int(out.split()[0]) > 10, out


def threads():
    """eight threads collect while others open and close, and publishers work"""
    publishers = [Publisher() for _ in range(2)]
    process = stress(8, 1500)
    for i, publisher in enumerate(publishers):
        publisher("open pool")
    while process.poll() is None:
        for publisher in publishers:
            assert publisher("churn 0 2000") == 0
        publishers[0]("open more")
    finish(process)
    for publisher in publishers:
        publisher.end()


def killed():
    """publishers that are killed in the middle of their work do no harm"""
    process, choice = stress(4, 2000), random.Random(3)
    while process.poll() is None:
        publisher = Publisher()
        publisher("many 20 pool")
        publisher.send("churn 3 100000000")
        time.sleep(choice.random() / 20)
        publisher.kill()
    finish(process)


def hostile():
    """a region that is rewritten, shortened and extended at random while it is read does no harm"""
    process, choice = stress(4, 2000), random.Random(4)
    publisher = Publisher()
    publisher("many 50 pool")
    paths = [os.path.join(folder, name) for name in os.listdir(folder)]
    while process.poll() is None:
        for path in paths:
            try:
                os.chmod(path, 0o600)
                with open(path, "r+b") as file:
                    size = max(4096, os.path.getsize(path))
                    for _ in range(50):
                        file.seek(choice.randrange(size))
                        file.write(choice.randbytes(8))
                    if choice.random() < 0.3:
                        file.truncate(choice.randrange(2 * size))
            except FileNotFoundError:
                pass
        if not any(os.path.exists(path) for path in paths) or choice.random() < 0.05:
            publisher.kill()
            publisher = Publisher()
            publisher("many 50 pool")
            paths = [os.path.join(folder, name) for name in os.listdir(folder)]
    finish(process)
    publisher.kill()


for test in (threads, killed, hostile):
    tap.prove(test)
tap.done()
