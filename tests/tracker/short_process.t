#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A short process makes no private file while no reader asks for a profile. After its end its files are gone, also if it
ends by _exit."""
import os
import subprocess
import sys

sys.path.insert(0, "tests")
import tap  # noqa: E402

FOLDER = os.path.join(tap.TMP, "regions")
os.mkdir(FOLDER)
environment = dict(os.environ, HEAPCTRS_DIR=FOLDER,
                   LD_PRELOAD=os.path.abspath("build/native/libheaptracker-preload.so"))


def run(*command):
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)


ended = run("build/native/programs/short_process_posix")
tap.equal((ended.returncode, ended.stderr), (0, ""), "a program that forks runs under the library")
tap.equal(ended.stdout, """with the child: 0 private, 2 regions
after the child: 0 private, 1 regions
after a child without events: 1 regions
after a child of vfork: 1 regions
""", "it and its child publish regions, but no private files; a child that ends by _exit removes its own region only")
tap.equal(os.listdir(FOLDER), [], "it leaves nothing, although it ends by _Exit")
run("sh", "-c", ":")
tap.equal(os.listdir(FOLDER), [], "nor does a shell")

ended = run("unshare", "--pid", "--fork", "build/native/programs/short_process_posix", "namespace")
NAME = "a child with its parent's process id, in another namespace, removes nothing"
if ended.returncode in (1, 77):
    tap.skip(NAME, "only root may make namespaces, and not everywhere")
else:
    tap.equal((ended.returncode, ended.stdout), (0, "0 regions less\n"), NAME)
tap.done()
