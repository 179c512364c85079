#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run one test for prove: scripts/run_test.py BUILD/SOURCE, such as asan/tests/unit/test_text.c.

A Windows program that ends before its last test, without a word, is run once more: under a load, Wine 8.0 ends one of
some thousands so. The log says it.

The test runs from the root of the tree with BUILD, HEAPCTRS_DIR and TMPDIR of its own, in a session of its
own. Processes that it leaves running are killed. Its output goes to prove, which judges it; three kinds of
lines that prove would misread are rewritten. If the test fails, its stderr is shown."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

# Seconds, unless a script declares another number: for a test that hangs, not for one on a slow machine.
TIMEOUT = 1200
NOT_HERE = "HEAPCTRS_NO_WINE32"  # why 32-bit Windows programs cannot run


def command_of(build, source):
    """How a test is started, and its limit in seconds."""
    if source.endswith(".t"):
        with open(source, encoding="utf-8") as file:
            limit = re.search(r"^# timeout: (\d+)$", "".join(file.readline() for _ in range(30)), re.M)
        return ["./" + source], int(limit.group(1)) if limit else TIMEOUT
    program = f"build/{build}/tests/{os.path.basename(source)[:-len('.c')]}"
    runner = {"win64": ["wine"], "win32": ["scripts/wine32"]}.get(build, [])
    return [*runner, program + (".exe" if runner else "")], TIMEOUT


def environment(build, folder):
    env = dict(os.environ, BUILD=f"build/{build}", LC_ALL="C.UTF-8")
    regions = os.path.join(folder, "regions")
    os.mkdir(regions, 0o700)
    env["HEAPCTRS_DIR"] = regions
    if build.startswith("win"):
        env["HEAPCTRS_DIR"] = "Z:" + regions.replace("/", "\\")
    else:
        env["TMPDIR"] = os.path.join(folder, "tmp")
        os.mkdir(env["TMPDIR"])
    if build == "tsan":  # else every process sleeps for a second before it ends
        env["TSAN_OPTIONS"] = "atexit_sleep_ms=10 " + env.get("TSAN_OPTIONS", "")
    for name in list(env):
        if name.startswith(("MAKE", "MFLAGS", "HARNESS_", "TAP_")) or name in ("TESTS", "TARGET", NOT_HERE):
            del env[name]
    return env


def kill_session(process, sent):
    try:
        os.killpg(process.pid, sent)
    except ProcessLookupError:
        pass


def run(command, limit, env, out, err):
    """The exit status, negative if a signal ended it; None if the limit did."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env,
                               start_new_session=True)
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        kill_session(process, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        return None
    finally:
        kill_session(process, signal.SIGKILL)
        process.wait()


def rewritten(lines):
    """The lines of TAP in a form that prove reads correctly."""
    before = ""
    for line in lines:
        skipped = re.match(r"not ok (\d+) # SKIP (.*)", line)
        if skipped:  # cmocka: the reason is in the line before
            line = f"ok {skipped.group(1)} - {skipped.group(2)} # SKIP {before.lstrip('# ')}"
        elif re.match(r"1\.\.0\s*$", line):
            line = "not ok 1 - there are tests\n1..1"
        elif re.match(r"bail out!", line, re.I):  # one test gives up, not the run
            line = f"not ok - {line}"
        before = line
        yield line


def is_cut_off(lines, status):
    """Whether a program ended by itself before its last test, without a failure and without a word."""
    plan = [re.match(r"1\.\.(\d+)", line) for line in lines]
    planned = next((int(found.group(1)) for found in plan if found), None)
    done = sum(bool(re.match(r"ok ", line)) for line in lines)
    is_failed = any(re.match(r"not ok|bail out!", line, re.I) for line in lines)
    return status is not None and status >= 0 and done != planned and not is_failed


def problems(lines):
    """The failed tests, each with the comments around it."""
    shown = [i for i, line in enumerate(lines) if re.match(r"not ok(?!.*# TODO)", line)]
    near = {j for i in shown for j in range(max(0, i - 12), i + 40)
            if j == i or j < len(lines) and lines[j].startswith("#")}
    return [lines[i] for i in sorted(near)]


def run_in_folder(command, limit, build):
    """What it prints, its last lines on stderr, and its status. Its folder exists only meanwhile."""
    folder = tempfile.mkdtemp(prefix="heapctrs-test-")
    try:
        with open(folder + "/out", "w+b") as out, open(folder + "/err", "w+b") as err:
            try:
                status = run(command, limit, environment(build, folder), out, err)
            except OSError as error:
                return [f"not ok 1 - it can be run ({error})", "1..1"], [], 1
            out.seek(0)
            err.seek(0)
            lines = list(rewritten(out.read().decode("utf-8", "replace").splitlines()))
            return lines, err.read().decode("utf-8", "replace").splitlines()[-80:], status
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    build, _, source = sys.argv[1].partition("/")
    if build == "win32" and source.endswith(".c") and NOT_HERE in os.environ:
        print("1..0 # SKIP " + os.environ[NOT_HERE])
        return 0
    command, limit = command_of(build, source)
    lines, complaints, status = run_in_folder(command, limit, build)
    if build.startswith("win") and source.endswith(".c") and not complaints and is_cut_off(lines, status):
        sys.stderr.write(f"---- {sys.argv[1]}: it ended with status {status} after {len(lines)} lines; once more\n")
        lines, complaints, status = run_in_folder(command, limit, build)
    print("\n".join(lines), flush=True)
    bad = problems(lines)
    if status is None:
        bad.append(f"killed: it ran for more than {limit} seconds")
    elif status < 0:
        bad.append(f"killed by signal {-status} ({signal.Signals(-status).name})")
    if bad or status:
        text = [f"---- {sys.argv[1]}", *(bad or lines[-40:]), *(["on stderr:", *complaints] if complaints else [])]
        sys.stderr.write("\n     | ".join(text) + "\n")
    return 124 if status is None else 128 - status if status < 0 else status


if __name__ == "__main__":
    sys.exit(main())
