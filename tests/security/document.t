#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The files, folders and functions that SECURITY.md names exist."""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, "tests")
import tap  # noqa: E402

with open("SECURITY.md", encoding="utf-8") as file:
    words = re.findall(r"`([^`]+)`", file.read())
sources = "".join(open(path, encoding="utf-8", errors="replace").read()
                  for path in glob.glob("provider/**/*.[ch]", recursive=True))
paths = [w for w in words if re.fullmatch(r"[\w./-]+(/|\.(c|h|t))", w)]
functions = [w for w in words if re.fullmatch(r"os_\w+|remove_dead|own_directory", w)]
names = {os.path.basename(p) for p in subprocess.run(
    ["find", "provider", "harness", "tests", "-type", "f"], capture_output=True, text=True).stdout.split()}
tap.ok(len(paths) > 20 and len(functions) > 5, "it names files and functions")
tap.equal([p for p in paths if not os.path.exists(p) and p not in names], [], "the files are there")
tap.equal([f for f in functions if f + "(" not in sources], [], "and the functions")
targets = [w for w in words if re.fullmatch(r"make [\w-]+", w)]
with open("Makefile", encoding="utf-8") as file:
    makefile = file.read()
tap.equal([t for t in targets if not re.search(rf"^{t.split()[1]}:", makefile, re.M)], [],
          "and the targets of make that it names")
tap.done()
