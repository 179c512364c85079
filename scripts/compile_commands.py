#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""compile_commands.json from what `make -nB` would run (stdin to stdout): for editors and clang's tools."""
import json
import os
import re
import shlex
import sys

entries = []
for line in sys.stdin.read().replace("\\\n", " ").splitlines():
    source = re.search(r"\s-c -o \S+ (\S+\.(?:c|cpp))$", line)
    if source:
        entries.append({"directory": os.getcwd(), "file": source.group(1), "arguments": shlex.split(line)})
json.dump(entries, sys.stdout, indent=1)
print()
