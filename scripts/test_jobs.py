#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which tests there are, in which builds each of them runs, and what must be built for it.

    scripts/test_jobs.py jobs [--native|--quick] [NAME…]     one job a line, the longest first
    scripts/test_jobs.py goals [--native|--quick] [NAME…]    TARGET GOAL…, one target a line
    scripts/test_jobs.py alone [--native|--quick] [NAME…]    the jobs that run beside no other

A job is BUILD/SOURCE, such as asan/tests/unit/test_text.c. NAME is a path, a pattern, or a file's name
with or without its suffix. tests/README.md says what the first lines of a script can declare."""
import argparse
import fnmatch
import functools
import glob
import os
import re
import sys

TIMES = "build/test-times"  # seconds and job, written by scripts/TestResults.pm
WINDOWS = ("win64", "win32")
ORDER = ("native", "win64", "asan", "win32", "tsan", "clang")  # of builds
# Where the names of a test are files to build: folder of sources, folder of results, suffix of results
NAMED = [("tests/programs", "programs", "", ".exe"), ("tests/faulty", "faulty", ".so", ".dll"),
         ("tests/faulty_v2", "faulty_v2", ".so", ".dll"), ("tests/fuzz", "fuzz", "", ".exe")]


@functools.lru_cache(None)
def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def sources(names):
    """The files of the tests that are named, or all."""
    files = sorted(glob.glob("tests/unit/test_*.c") + glob.glob("tests/*/*.t"))

    def is_named(path):
        base = os.path.basename(path)
        return any(fnmatch.fnmatch(path, name) or name in (base, os.path.splitext(base)[0])
                   for name in names)

    return [path for path in files if not names or is_named(path)]


def declared(script, word):
    """What a script's first lines declare: the words after "# WORD:", or None."""
    head = "\n".join(read(script).splitlines()[:30])
    match = re.search(rf"^# {word}(?:: *(.*))?$", head, re.M)
    return match and (match.group(1) or "").split()


def builds_of(source):
    """The builds in which a test runs. A unit test of one system says so in its name."""
    if source.endswith(".t"):
        return declared(source, "variants") or ["native"]
    builds = ["native", "asan"] if not source.endswith("_win.c") else []
    if "thread" in source or re.search(r"#include <(pthread|threads)\.h>", read(source)):
        builds += ["tsan"]
    return builds + ([] if source.endswith("_posix.c") else list(WINDOWS))


def jobs(options):
    """Pairs of build and source."""
    found = [(build, source) for source in sources(options.names) for build in builds_of(source)]
    if options.native or options.quick:
        found = [(build, source) for build, source in found
                 if build == "native"]
    if options.quick:
        found = [(build, source) for build, source in found
                 if source.endswith(".c") or all(declared(source, word) is None for word in ("needs", "slow"))]
    return found


def by_time(found):
    """The longest first, so that no core waits at the end. If no times are known, as in a fresh clone, scripts
    that declare that they are slow come first, and among them those that use Wine."""
    times = {}
    if os.path.exists(TIMES):
        times = {job: float(seconds) for seconds, job in map(str.split, read(TIMES).splitlines())}

    def guess(build, source):
        if not source.endswith(".t") or declared(source, "slow") is None:
            return 5
        return 100 if build in WINDOWS else 50

    labels = {"/".join(job): guess(*job) for job in found}
    return sorted(labels, key=lambda label: (-times.get(label, labels[label]), label))


def named_in(script, build):
    """The files of a build whose names are in a script or in the Python modules that it imports."""
    folder = os.path.dirname(script)
    modules = [path for path in glob.glob(f"{folder}/*.py") + glob.glob("tests/*.py")
               if re.search(rf"\b{os.path.basename(path)[:-3]}\b", read(script))]
    words = set(re.findall(r"\w+", "".join(map(read, [script, *modules]))))
    return [f"build/{build}/{to}/{stem}{windows if build in WINDOWS else native}"
            for folder, to, native, windows in NAMED
            for stem in {os.path.splitext(os.path.basename(path))[0] for path in glob.glob(f"{folder}/*.c*")}
            if stem in words and (build in WINDOWS or not stem.endswith("_win"))
            and (build not in WINDOWS or not stem.endswith("_posix"))]


def goals(found, is_all):
    """What make must build, by target: everything for all tests, otherwise only what the tests use. What a test names
    in its line `goals` is built in both cases."""
    wanted, named = {}, {}
    for build, source in found:
        if source.endswith(".t"):
            own = declared(source, "goals") or []
            named.setdefault(build, set()).update(own)
            wanted.setdefault(build, set()).update(own or ["build", *named_in(source, build)])
            for other in declared(source, "needs") or []:
                wanted.setdefault(other, set()).add("programs")
            continue
        stem, windows = os.path.basename(source)[:-len(".c")], build in WINDOWS
        wanted.setdefault(build, set()).update([
            "build", f"build/{build}/tests/{stem}{'.exe' if windows else ''}",
            f"build/{build}/faulty/plain_fake{'.dll' if windows else '.so'}"])  # which many load
    if is_all:  # clang for its warnings
        wanted.update({build: {"tests", *named.get(build, ())} for build in ORDER if build != "tsan"})
    return [f"{build} {' '.join(sorted(wanted[build]))}" for build in ORDER if build in wanted]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["jobs", "goals", "alone"])
    parser.add_argument("--native", action="store_true", help="only native builds, without Wine")
    parser.add_argument("--quick", action="store_true", help="the same, without what is slow")
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    found = jobs(options)
    if options.what == "alone":
        found = [job for job in found if job[1].endswith(".t") and declared(job[1], "alone") is not None]
    if options.what == "goals":
        print("\n".join(goals(found, not (options.names or options.native or options.quick))))
    else:
        print("\n".join(by_time(found)))
    return 0 if found or options.what == "alone" else 1


if __name__ == "__main__":
    sys.exit(main())
