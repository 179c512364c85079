#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# The gallery: each provider of tests/faulty/ says in its first line which rules must find it. All of
# them are checked; the intended rules must be found, no other rule may be broken by an error, and
# a sound one must have no finding at all but those that it names.
#
#     /* rule: NAME[, NAME]; [check: OPTIONS;] [register: plain|metadata;] [only: native, REASON;]
#        what else */
#
# `rule: none` is a sound provider. `register` writes a registration for it: title indices from
# 3000 on, its first object in Object List, names for 3000 to 3010.
#
# With BUILD of a Windows build the program runs under Wine ($WINE_RUN, or wine).
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get("BUILD", "build/native")
IS_WINDOWS = os.path.exists(f"{BUILD}/perfharness.exe")
PROGRAM = f"{BUILD}/perfharness{'.exe' if IS_WINDOWS else ''}"
SUFFIX = ".dll" if IS_WINDOWS else ".so"
RUNNER = os.environ.get("WINE_RUN", "wine").split() if IS_WINDOWS else []
FIRST, LAST = 3000, 3010


def read_head(path):
    with open(path, encoding="utf-8") as source:
        line = source.readline()
    match = re.match(r"/\* rule: ([^;*]*)(.*)\*/", line)
    if not match:
        return None
    rest = match.group(2)
    rules = {rule.strip() for rule in match.group(1).split(",")}
    check = re.search(r"check: ([^;]*)", rest)
    register = re.search(r"register: (\w+)", rest)
    only = re.search(r"only: native, ([^;*]*)", rest)
    return (rules, check.group(1).split() if check else [], register.group(1) if register else None,
            only.group(1).strip() if only else None)


def multi_sz(pairs):
    text = "".join(f"{index}\0{name}\0" for index, name in pairs) + "\0"
    return "hex(7):" + ",".join(f"{byte:02x}" for byte in text.encode("utf-16-le"))


def write_registration(folder, name, kind):
    key = rf"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\{name}\Performance"
    perflib = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Perflib"
    names = [(i, f"Name {i}") for i in range(FIRST, LAST + 1, 2)]
    help_texts = [(i, f"Help {i}.") for i in range(FIRST + 1, LAST + 2, 2)]
    lines = [
        "Windows Registry Editor Version 5.00", "", f"[{key}]", f'"Library"="{name}.dll"',
        '"Open"="OpenFaultyData"', '"Collect"="CollectFaultyData"', '"Close"="CloseFaultyData"',
        f'"First Counter"=dword:{FIRST:08x}', f'"Last Counter"=dword:{FIRST + 20:08x}',
        f'"First Help"=dword:{FIRST + 1:08x}', f'"Last Help"=dword:{FIRST + 21:08x}',
        f'"Object List"="{FIRST}"',
    ]
    if kind == "metadata":
        lines.append('"Collect Supports Metadata"=dword:00000001')
    lines += ["", f"[{perflib}\\009]", f'"Counter"={multi_sz(names)}',
              f'"Help"={multi_sz(help_texts)}', ""]
    path = os.path.join(folder, f"{name}.reg")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\r\n".join(lines))
    return path


def run(name, head, folder):
    rules, options, register, only_native = head
    if only_native and IS_WINDOWS:
        return []
    library = f"{BUILD}/faulty/{name}{SUFFIX}"
    command = RUNNER + [PROGRAM, "check", "--format", "json"]
    if register:
        command += ["--registry", write_registration(folder, name, register), "--service", name]
    command += options + [library]
    # Into files: a pipe would be held open by the services that the first Wine program starts.
    output, errors = (os.path.join(folder, name + suffix) for suffix in (".out", ".err"))
    try:
        with open(output, "wb") as out, open(errors, "wb") as err:
            result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                    timeout=120)
    except subprocess.TimeoutExpired:
        return ["no end within two minutes"]
    try:
        with open(output, encoding="utf-8") as file:
            findings = json.load(file)["findings"]
    except (ValueError, KeyError):
        with open(errors, encoding="utf-8", errors="replace") as file:
            return [f"no report, exit status {result.returncode}: {file.read().strip()}"]

    found = {finding["rule"] for finding in findings}
    problems = [f"{rule} was not found" for rule in sorted(rules - {"none"} - found)]
    for finding in findings:
        is_error = finding["severity"] == "error"
        if finding["rule"] not in rules and (is_error or "none" in rules):
            if finding["rule"] == "library-path":
                continue # the registration here names a file beside the program
            problems.append(f"{finding['severity']} {finding['rule']}: {finding['query']}, "
                            f"{finding['buffer_size']} bytes: {finding['message']}")
    is_broken = any(finding["severity"] == "error" for finding in findings)
    if result.returncode != (1 if is_broken else 0):
        problems.append(f"exit status {result.returncode}")
    return problems


def main():
    only = set(sys.argv[1:])
    if IS_WINDOWS and not shutil.which(RUNNER[0]):
        print(f"1..0 # SKIP {RUNNER[0]} is not installed")
        return 0
    cases = []
    for entry in sorted(os.listdir("tests/faulty")):
        name, suffix = os.path.splitext(entry)
        head = read_head(f"tests/faulty/{entry}") if suffix == ".c" else None
        if head and (not only or name in only):
            cases.append((name, head))

    failed = 0
    print(f"1..{len(cases)}")
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        results = pool.map(lambda case: run(case[0], case[1], folder), cases)
        for number, ((name, head), problems) in enumerate(zip(cases, results), 1):
            rules = ", ".join(sorted(head[0]))
            title = f"{name} is sound" if "none" in head[0] else f"{name} is found by {rules}"
            if head[3] and IS_WINDOWS:
                title += f" # SKIP {head[3]}"
            print(f"{'not ok' if problems else 'ok'} {number} - {title}", flush=True)
            for problem in problems:
                print(f"# {problem}")
            failed += bool(problems)
    return 1 if failed else 0


sys.exit(main())
