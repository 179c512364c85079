#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
# variants: native
"""perfharness heaps leaks with HEAPCTRS_PROFILE=1 names what valgrind's leak check names, with whole stacks."""
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
PRELOAD = os.path.abspath(os.path.join(tap.BUILD, "libheaptracker-preload.so"))
FOLDER = os.path.join(tap.TMP, "regions")
ENV = {"HEAPCTRS_DIR": FOLDER, "HEAPCTRS_PROFILE": "1"}
SOURCES = "tests/leaks/programs"

if not shutil.which("valgrind") or not shutil.which("addr2line"):
    tap.skip_all("valgrind or addr2line is not installed")


def build(source, *options):
    name = os.path.join(tap.TMP, source.split(".")[0])
    compiler = "g++" if source.endswith("pp") else "gcc"
    subprocess.run([compiler, "-g", "-O1", "-pthread", *options, "-o", name, os.path.join(SOURCES, source)], check=True)
    return name


def function_of(symbol):
    """The name without its line."""
    name, _, rest = (symbol or "?").rpartition(" (")
    name = name if ":" in rest else symbol
    # llvm-symbolizer and valgrind have names of their own for lambdas.
    return re.sub(r"'lambda\d*'\(([^)]*)\)", r"{lambda(\1)#1}", name)


def cut(functions):
    """Up to main; long names of templates are cut by perfharness."""
    functions = [function[:500] for function in functions]
    return tuple(functions[:functions.index("main") + 1] if "main" in functions else functions)


def is_of_loader(innermost):
    """What the loader allocates for itself: that depends on the libraries that are loaded."""
    return "/ld-linux" in innermost


def of_valgrind(command, files):
    report = os.path.join(tap.TMP, "valgrind.xml")
    tap.run(["valgrind", "--leak-check=full", "--show-leak-kinds=all", "--leak-resolution=high", "--num-callers=60",
             "--run-libc-freeres=no", "--run-cxx-freeres=no", "--read-inline-info=no", "--xml=yes", "--xml-file=" + report, *command])
    sums = collections.Counter()
    for error in xml.etree.ElementTree.parse(report).getroot().iter("error"):
        if not (error.findtext("kind") or "").startswith("Leak_"):
            continue
        stack = [(os.path.realpath(frame.findtext("obj") or ""), frame.findtext("fn") or "?") for frame in error.find("stack")]
        functions = cut([function for file, function in stack if file in files])
        callers = [file for file, function in stack if "/vgpreload" not in file]
        if functions and not is_of_loader(callers[0]):
            # "288 (48 direct, 240 indirect) bytes": the indirect ones have records of their own.
            direct = re.search(r"\(([\d,]+) direct", error.findtext("xwhat/text"))
            sums[functions, "blocks"] += int(error.findtext("xwhat/leakedblocks"))
            sums[functions, "bytes"] += int(direct[1].replace(",", "") if direct else error.findtext("xwhat/leakedbytes"))
    return dict(sums)


def of_leaks(data, files):
    sums = collections.Counter()
    for site in data["sites"]:
        # The last name at one address is the function that was called; the others are inlined there.
        frames = []
        for frame in [site, *site["callers"]]:
            if frame.get("is_inlined"):
                frames[-1] = frame
            else:
                frames.append(frame)
        functions = cut([function_of(frame["symbol"]) for frame in frames if frame["module"] in files])
        if functions and site["blocks"] and not is_of_loader(frames[0]["module"] or ""):
            sums[functions, "blocks"] += site["blocks"]
            sums[functions, "bytes"] += site["bytes"]
    return dict(sums)


plugin = build("plugin.c", "-shared", "-fPIC")
os.rename(plugin, plugin + ".so")
plugin += ".so"
cases = [("a C program", [build("in_c.c")]), ("a C++ program", [build("in_cpp.cpp")]),
         ("threads", [build("in_threads.c")]), ("a plug-in", [build("with_plugin.c", "-ldl"), plugin])]
for title, command in cases:
    files = {os.path.realpath(word) for word in command}
    expected = of_valgrind(command, files)
    tap.ok(len(expected) >= 4, title + ": valgrind reports its leaks", expected)
    snapshot = os.path.join(tap.TMP, "exit.snapshot")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env={**os.environ, **ENV, "LD_PRELOAD": PRELOAD, "HEAPCTRS_SNAPSHOT": snapshot}) as child:
        child.stdout.read(1)
        run = tap.run([PROGRAM, "heaps", "leaks", f"{child.pid}/malloc", "--format", "json"], env=ENV)
    tap.equal((run.status, of_leaks(json.loads(run.stdout or '{"sites": []}'), files)), (0, expected),
              title + ": heaps leaks has the same stacks, blocks and bytes")
    run = tap.run([PROGRAM, "heaps", "leaks", snapshot, "--format", "json"], env=ENV)
    tap.equal((run.status, of_leaks(json.loads(run.stdout or '{"sites": []}'), files)), (0, expected),
              title + ": so has the snapshot that is written at its end")
    run = tap.run([PROGRAM, "heaps", "leaks", snapshot], env=ENV)
    tap.unlike(run.stdout, r"(?m)^  (by )?(operator new|\w*_libc_start_|std::allocator|std::__new_allocator|libheaptracker)", title + ": the table leaves allocators out")
    run = tap.run([PROGRAM, "heaps", "leaks", snapshot, "--all-frames"], env=ENV)
    tap.like(run.stdout, r"_libc_start_", title + ": --all-frames shows everything")
tap.done()
