#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Build for the tests, and run them: the two steps of scripts/test.

What is a test:
  tests/unit/test_*.c   natively and in the variants as build/TARGET/tests/NAME, the Windows
                        builds under Wine; in the tsan build when it has to do with threads
  tests/AREA/NAME.t     a script, run from the root of the tree with BUILD=build/native

All print TAP. A script may say in its first lines:
  # variants: native asan     run it once for each, with BUILD set (default: native)
  # timeout: 300              seconds (default: 120)
  # alone                     not beside others: it measures time

Each test gets a TMPDIR and a HEAPCTRS_DIR of its own, which are removed afterwards. What a test
says on stderr is shown when it fails. A test that crashes, is killed, runs out of time, or prints
fewer results than planned has failed; so has a run without any test.
"""
import argparse
import concurrent.futures
import contextlib
import fnmatch
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

WORKERS = os.cpu_count() or 2
TIMEOUT = 120
TIMES = "build/test-times.json"
CANNOT = 77  # what scripts/wine32 --check exits with where 32-bit Wine cannot run


class Result:
    """What one test file gave: counts, why it failed, what it skipped."""

    def __init__(self, label):
        self.label = label
        self.passed = self.failed = self.skipped = 0
        self.problems = []  # lines for people
        self.skips = []
        self.seconds = 0.0


# ---- which tests there are -----------------------------------------------------------------------


def source_files(patterns):
    """The test sources that match any of the patterns; all without one."""
    files = sorted(glob.glob("tests/unit/test_*.c") + glob.glob("tests/*/*.t"))
    if patterns:
        files = [f for f in files if any(fnmatch.fnmatch(f, p) for p in patterns)]
    return files


def unit_targets(source):
    """The builds that a unit test is part of: one for Windows or for Linux says so in its name."""
    targets = ["native", "asan", "win64", "win32"] + (["tsan"] if uses_threads(source) else [])
    if source.endswith("_posix.c"):
        targets = [t for t in targets if not t.startswith("win")]
    if source.endswith("_win.c"):
        targets = [t for t in targets if t.startswith("win")]
    return targets


def uses_threads(source):
    if "thread" in os.path.basename(source):
        return True
    with open(source, encoding="utf-8") as file:
        return re.search(r"#include <(pthread|threads)\.h>", file.read()) is not None


def declared(script):
    """What a script's first lines say of how it is to be run."""
    with open(script, encoding="utf-8") as file:
        head = "".join(file.readline() for _ in range(30))
    variants = re.search(r"^# variants: (.+)$", head, re.M)
    timeout = re.search(r"^# timeout: (\d+)$", head, re.M)
    return (
        variants.group(1).split() if variants else ["native"],
        int(timeout.group(1)) if timeout else TIMEOUT,
        re.search(r"^# alone$", head, re.M) is not None,
    )


class Job:
    """One run of one test file."""

    def __init__(self, source, variant, command, timeout=TIMEOUT, alone=False):
        self.source, self.variant, self.command = source, variant, command
        self.timeout, self.alone = timeout, alone
        self.label = f"{source} [{variant}]"


def jobs_of(files, skips):
    """Every run of every test. What cannot run here is a line in `skips`."""
    jobs = []
    wine32 = None
    for source in files:
        if source.endswith(".t"):
            variants, timeout, alone = declared(source)
            for variant in variants:
                jobs.append(Job(source, variant, [f"./{source}"], timeout, alone))
            continue
        name = os.path.basename(source)[: -len(".c")]
        for variant in unit_targets(source):
            program = f"build/{variant}/tests/{name}"
            if variant == "win64":
                command = ["wine", program + ".exe"]
            elif variant == "win32":
                if wine32 is None:
                    wine32 = check_wine32()
                if wine32:
                    skips.append(f"{source} [win32]: {wine32}")
                    continue
                command = ["scripts/wine32", program + ".exe"]
            else:
                command = [program]
            jobs.append(Job(source, variant, command))
    return jobs


def check_wine32():
    """Why 32-bit Windows programs cannot run here; "" when they can."""
    if not os.path.exists("scripts/wine32"):
        return "no scripts/wine32"
    check = subprocess.run(["scripts/wine32", "--check"], capture_output=True, text=True)
    if check.returncode == 0:
        return ""
    words = check.stderr.strip().splitlines() or ["scripts/wine32 --check failed"]
    if check.returncode != CANNOT:
        return "BROKEN: " + " ".join(words)
    return words[-1]


# ---- running one test -----------------------------------------------------------------------------


def environment(job, folder):
    env = dict(os.environ, BUILD=f"build/{job.variant}", LC_ALL="C.UTF-8")
    regions = os.path.join(folder, "regions")
    os.mkdir(regions, 0o700)
    if job.variant.startswith("win"):
        env["HEAPCTRS_DIR"] = "Z:" + regions.replace("/", "\\")
    else:
        env["HEAPCTRS_DIR"] = regions
        env["TMPDIR"] = os.path.join(folder, "tmp")
        os.mkdir(env["TMPDIR"])
    if job.variant == "tsan":
        # Else each process, the children of fork included, sleeps a second before it ends.
        env["TSAN_OPTIONS"] = "atexit_sleep_ms=10 " + env.get("TSAN_OPTIONS", "")
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "TESTS", "TARGET"):
        env.pop(name, None)
    return env


def kill_group(process, sent):
    try:
        os.killpg(process.pid, sent)
        return True
    except ProcessLookupError:
        return False


def run(job):
    result = Result(job.label)
    folder = tempfile.mkdtemp(prefix="heapctrs-test-")
    began = time.monotonic()
    try:
        with open(os.path.join(folder, "out"), "w+b") as out, open(
            os.path.join(folder, "err"), "w+b"
        ) as err:
            try:
                process = subprocess.Popen(
                    job.command,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    env=environment(job, folder),
                    start_new_session=True,
                )
            except OSError as error:
                result.failed = 1
                result.problems.append(f"cannot be run: {error}")
                return result
            timed_out = False
            try:
                process.wait(job.timeout)
            except subprocess.TimeoutExpired:
                timed_out = True
                kill_group(process, signal.SIGTERM)
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    pass
            kill_group(process, signal.SIGKILL)  # whatever it left behind
            process.wait()
            result.seconds = time.monotonic() - began
            out.seek(0)
            err.seek(0)
            words = out.read().decode("utf-8", "replace")
            complaints = err.read().decode("utf-8", "replace")
        judge(result, words, process.returncode, job.timeout if timed_out else None)
        if result.failed and complaints.strip():
            lines = complaints.rstrip().splitlines()
            if len(lines) > 80:
                lines = [f"({len(lines) - 80} lines left out)"] + lines[-80:]
            result.problems += ["on stderr:"] + ["  " + line for line in lines]
        return result
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def judge(result, words, status, timed_out_after):
    """Count the results in TAP output; whatever is wrong beside them is a failure too."""
    planned, seen, bailed, skip_all = None, 0, False, None
    before = ""  # the line in front: cmocka says there why it skips
    showing = False  # the comments behind a failed test belong to it
    comments = []  # ... or in front of it, as the Windows unit.h prints them
    for line in words.splitlines():
        line = line.rstrip()
        plan = re.match(r"1\.\.(\d+)(?:\s*#\s*skip\S*\s*(.*))?$", line, re.I)
        test = re.match(r"(not )?ok\b\s*(\d*)\s*-?\s*(.*)$", line)
        if plan:
            if planned is not None:
                result.problems.append("two plans")
                result.failed += 1
            planned = int(plan.group(1))
            if planned == 0:
                skip_all = plan.group(2)
        elif test:
            seen += 1
            showing = False
            directive = re.search(r"(?:^|\s)#\s*(skip|todo)\S*\s*(.*)$", test.group(3), re.I)
            if directive and directive.group(1).lower() == "skip":
                result.skipped += 1
                name = test.group(3)[: directive.start()].strip()
                reason = directive.group(2) or before
                if not name:  # cmocka: "not ok 3 # SKIP name"
                    name, reason = directive.group(2), before.lstrip("# ")
                result.skips.append(f"{result.label}: {name}: {reason}")
            elif test.group(1) and not directive:
                result.failed += 1
                result.problems += comments + [line]
                showing = True
            else:
                result.passed += 1
            comments = []
        elif re.match(r"bail out!", line, re.I):
            bailed = True
            result.problems += comments + [line]
            comments = []
        elif showing:
            result.problems.append("  " + line)
        else:
            comments = comments[-40:] + ["  " + line]
        before = line

    def fail(why, count=1):
        result.failed += count
        result.problems.append(why)

    if timed_out_after:
        fail(f"killed: ran for more than {timed_out_after} seconds")
    elif status < 0:
        fail(f"killed by signal {-status} ({signal.Signals(-status).name})")
    elif status != 0 and result.failed == 0:
        fail(f"exit status {status}")
    if bailed:
        fail("it gave up")
    if skip_all is not None and seen == 0 and result.failed == 0:
        result.skipped += 1
        result.skips.append(f"{result.label}: {skip_all}")
    elif planned is None:
        fail("no plan (1..N) in its output")
    elif seen < planned:
        fail(f"planned {planned} tests, ran {seen}", planned - seen)
    elif seen > planned:
        fail(f"planned {planned} tests, ran {seen}")
    elif seen == 0:
        fail("no tests in it")
    if result.failed and not result.problems[:-1]:
        result.problems += ["its output:"] + comments


# ---- builds ------------------------------------------------------------------------------------------


def build(target, goals):
    result = Result("make " + target)
    began = time.monotonic()
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    check = next((t for t in ("win64", "win32", "clang") if t == target), "native")
    steps = [
        ["scripts/setup", "--check", check],
        ["make", "-s", "-k", "--no-print-directory", f"-j{WORKERS}", f"TARGET={target}"] + goals,
    ]
    for step in steps:
        made = subprocess.run(
            step,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env,
            text=True,
            errors="replace",
        )
        if made.returncode or re.search(r"\bwarning:", made.stdout):
            result.failed = 1
            result.problems += made.stdout.splitlines()[-60:]
    result.passed = 1 - result.failed
    result.seconds = time.monotonic() - began
    return result


def goals_of(files, selected):
    """What is to be made of each target: only what the selected tests need, so that is quick."""
    goals = {target: [] for target in ("native", "win64", "asan", "win32", "tsan", "clang")}
    for source in files:
        if source.endswith(".t"):
            wanted = declared(source)[0] + (["native", "win64"] if "/wine/" in source else [])
            wanted += ["win32"] if "win32" in source else []
            for target in wanted:
                goals[target].append("programs")
            continue
        for target in unit_targets(source):
            program, library = (".exe", ".dll") if target.startswith("win") else ("", ".so")
            name = os.path.basename(source)[: -len(".c")]
            goals[target] += [
                f"build/{target}/tests/{name}{program}",
                f"build/{target}/faulty/plain_puppet{library}",  # what host tests load
            ]
    if not selected:
        for target in ("native", "win64", "asan", "win32", "clang"):  # clang: for its warnings
            goals[target] = ["tests"]
    return {target: sorted(set(of)) for target, of in goals.items() if of}


def run_builds(files, selected):
    results = []
    for target, goals in goals_of(files, selected).items():
        result = build(target, goals)
        show(result)
        results.append(result)
    return results


# ---- telling -----------------------------------------------------------------------------------------


def show(result):
    verdict = "FAILED" if result.failed else "ok"
    counts = f"{result.passed} passed"
    if result.failed:
        counts += f", {result.failed} failed"
    if result.skipped:
        counts += f", {result.skipped} skipped"
    print(f"{verdict:6} {result.seconds:6.1f} s  {result.label}: {counts}")
    for line in result.problems if result.failed else []:
        print("       | " + line)
    sys.stdout.flush()


def conclude(passed, failed, skipped, skips):
    if skips:
        print("\nSkipped:")
        reasons = {}
        for line in skips:
            label, _, reason = line.partition("]: ")
            reasons.setdefault((label.partition("[")[2], reason), []).append(line)
        for (variant, reason), lines in reasons.items():
            more = f"{len(lines)} tests [{variant}]: {reason}" if len(lines) > 1 else lines[0]
            print("  " + more)
    if passed + failed + skipped == 0:
        print("There is no test of that name.")
        failed = 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or passed == 0 else 0


def known_times():
    try:
        with open(TIMES, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


@contextlib.contextmanager
def shared_wine32_prefix(jobs):
    """One 32-bit prefix for all, as scripts/test gives us one 64-bit prefix."""
    if not any(job.variant == "win32" for job in jobs):
        yield
        return
    prefix = f"build/wine32/prefix.tests-{os.getpid()}"
    try:
        made = subprocess.run(["scripts/wine32", "--fresh", "--keep", prefix, "true"])
        if made.returncode == 0:
            os.environ["HEAPCTRS_WINE32_PREFIX"] = os.path.abspath(prefix)
            os.environ["HEAPCTRS_WINE32_READY"] = "yes"
        yield
    finally:
        shutil.rmtree(prefix, ignore_errors=True)


def run_all(files):
    lost = []
    jobs = jobs_of(files, lost)
    with shared_wine32_prefix(jobs):
        return run_jobs(jobs), lost


def run_jobs(jobs):
    """Everything, the longest first; what measures time afterwards, one by one."""
    times = known_times()
    jobs.sort(key=lambda job: -times.get(job.label, 5))
    results = []
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        running = [pool.submit(run, job) for job in jobs if not job.alone]
        for done in concurrent.futures.as_completed(running):
            show(done.result())
            results.append(done.result())
    for job in jobs:
        if job.alone:
            results.append(run(job))
            show(results[-1])
    times.update({r.label: round(r.seconds, 2) for r in results})
    os.makedirs("build", exist_ok=True)
    with open(TIMES, "w", encoding="utf-8") as file:
        json.dump(times, file, indent=0, sort_keys=True)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    step = parser.add_mutually_exclusive_group(required=True)
    step.add_argument("--build", metavar="FILE", help="build; note in FILE how many succeeded")
    step.add_argument("--after", metavar="FILE", help="run the tests; add what FILE says")
    parser.add_argument("patterns", nargs="*", help="only tests whose file matches")
    options = parser.parse_args()
    files = source_files(options.patterns)
    if options.build:
        results = run_builds(files, bool(options.patterns))
        failed = sum(r.failed for r in results)
        os.makedirs("build", exist_ok=True)
        with open(options.build, "w", encoding="utf-8") as file:
            file.write(f"{sum(r.passed for r in results)} {failed}\n")
        return 0 if files else conclude(0, 0, 0, [])

    with open(options.after, encoding="utf-8") as file:
        built, not_built = map(int, file.read().split())
    results, lost = run_all(files)
    skips = [line for r in results for line in r.skips] + lost
    broken = sum("BROKEN" in line for line in lost)
    return conclude(
        built * bool(results) + sum(r.passed for r in results),
        not_built + broken + sum(r.failed for r in results),
        len(lost) - broken + sum(r.skipped for r in results),
        skips,
    )


if __name__ == "__main__":
    sys.exit(main())
