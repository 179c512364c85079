#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
# goals: programs
# variants: native win64 win32
"""The gallery: each provider of tests/faulty/ says in its first line which rules must find it. All
of them are checked; the intended rules must be found, no other rule may be broken by an error, and
a sound one must have no finding at all but those that it names.

    /* rule: NAME[, NAME]; [check: OPTIONS;] [register: plain|metadata;] [only: SYSTEM, REASON;]
       [may: NAME[, NAME];] [says: TEXT;] [never: TEXT;] what else */

`rule: none` is a sound provider. `register` writes a registration for it: title indices from 3000
on, its first object in Object List, names for 3000 to 3010. `only: native` and `only: windows` are
faults that one system alone lets a provider have. `may` are rules that chance decides
about. `says` is a part of a message that must be there, `never` one that must not.

Arguments: the names of providers, instead of all. In Windows builds the program runs under Wine; in
the 32-bit build, one provider for each section of rules.def and the sound one.
gallery_v2.t is the same for tests/faulty_v2/."""
import concurrent.futures
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, "tests")
import tap

IS_WINDOWS = os.path.exists(f"{tap.BUILD}/perfharness.exe")
IS_WIN32 = IS_WINDOWS and tap.BUILD.endswith("win32")
PROGRAM = f"{tap.BUILD}/perfharness{'.exe' if IS_WINDOWS else ''}"
SUFFIX = ".dll" if IS_WINDOWS else ".so"
RUNNER = ["scripts/wine32"] if IS_WIN32 else ["wine"] if IS_WINDOWS else []
SYSTEM = "windows" if IS_WINDOWS else "native"
FIRST, LAST = 3000, 3010
AT_ONCE = 2 * (os.cpu_count() or 1)  # because some providers only wait
BATCH = 8  # most providers for one program


class Case:
    """The settings in a provider's first line."""

    def __init__(self, name, head):
        self.name = name
        match = re.match(r"/\* rule: ([^;*]*)(.*)\*/", head)
        self.is_provider = match is not None
        if not match:
            return
        rest = match.group(2)
        self.rules = {rule.strip() for rule in match.group(1).split(",")}
        options = re.search(r"check: ([^;]*)", rest)
        self.options = options.group(1).split() if options else []
        register = re.search(r"register: (\w+)", rest)
        self.register = register.group(1) if register else None
        may = re.search(r"may: ([^;]*)", rest)
        self.may = {rule.strip() for rule in may.group(1).split(",")} if may else set()
        says = re.search(r"says: ([^;]*)", rest)
        self.says = says.group(1).strip() if says else None
        never = re.search(r"never: ([^;]*)", rest)
        self.never = never.group(1).strip() if never else None
        only = re.search(r"only: (\w+), ([^;*]*)", rest)
        self.skip = only.group(2).strip() if only and only.group(1) != SYSTEM else None
        self.title = f"{name} is " + ("sound" if "none" in self.rules else
                                      "found by " + ", ".join(sorted(self.rules)))

    def judge(self, findings):
        """The errors of the findings; "" if they are as expected."""
        found = {finding["rule"] for finding in findings}
        problems = [f"{rule} was not found" for rule in sorted(self.rules - {"none"} - found)]
        for finding in findings:
            is_error = finding["severity"] == "error"
            if finding["rule"] in self.rules | self.may or not (is_error or "none" in self.rules):
                continue
            if finding["rule"] != "library-path":  # this registration names a file beside the program
                problems.append(f"{finding['severity']} {finding['rule']}: {finding['query']}, "
                                f"{finding['buffer_size']} bytes: {finding['message']}")
        messages = [finding["message"] for finding in findings]
        if self.says and not any(self.says in message for message in messages):
            problems.append(f"no message says: {self.says}")
        if self.never and any(self.never in message for message in messages):
            problems.append(f"a message says: {self.never}")
        return problems


def read_cases(gallery, wanted):
    cases = []
    for entry in sorted(os.listdir(f"tests/{gallery}")):
        name, suffix = os.path.splitext(entry)
        if suffix not in (".c", ".cpp") or (wanted and name not in wanted):
            continue
        with open(f"tests/{gallery}/{entry}", encoding="utf-8") as source:
            case = Case(name, source.readline())
        if case.is_provider:
            cases.append(case)
    return cases


def one_of_each_group(cases):
    """The first provider of each section of rules.def, and the sound one."""
    with open("harness/rules/rules.def", encoding="utf-8") as file:
        sections = re.split(r"^/\* ---- ", file.read(), flags=re.M)[1:]
    group_of = {rule: number for number, section in enumerate(sections)
                for rule in re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)*)"', section)}
    chosen = {}
    for case in cases:
        if not case.skip:
            chosen.setdefault(min(group_of.get(rule, -1) for rule in case.rules), case)
    assert len(chosen) > 5, "rules.def has no sections any more"
    return [case for case in cases if case in chosen.values() or case.name == "sound"]


def multi_sz(pairs):
    text = "".join(f"{index}\0{name}\0" for index, name in pairs) + "\0"
    return "hex(7):" + ",".join(f"{byte:02x}" for byte in text.encode("utf-16-le"))


def write_registration(cases):
    """A .reg file of all services that want to be registered."""
    services = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services"
    perflib = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Perflib"
    names = [(i, f"Name {i}") for i in range(FIRST, LAST + 1, 2)]
    help_texts = [(i, f"Help {i}.") for i in range(FIRST + 1, LAST + 2, 2)]
    lines = ["Windows Registry Editor Version 5.00", "", f"[{perflib}\\009]",
             f'"Counter"={multi_sz(names)}', f'"Help"={multi_sz(help_texts)}']
    for case in cases:
        if not case.register:
            continue
        lines += [
            "", f"[{services}\\{case.name}\\Performance]", f'"Library"="{case.name}.dll"',
            '"Open"="OpenFaultyData"', '"Collect"="CollectFaultyData"', '"Close"="CloseFaultyData"',
            f'"First Counter"=dword:{FIRST:08x}', f'"Last Counter"=dword:{FIRST + 20:08x}',
            f'"First Help"=dword:{FIRST + 1:08x}', f'"Last Help"=dword:{FIRST + 21:08x}',
            f'"Object List"="{FIRST}"',
        ]
        if case.register == "metadata":
            lines.append('"Collect Supports Metadata"=dword:00000001')
    path = os.path.join(tap.TMP, "gallery.reg")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\r\n".join(lines) + "\r\n")
    return path


def batches(gallery, more, cases, registry):
    """Cases that are checked in the same way, in batches, and how."""
    alike = {}
    for case in cases:
        if not case.skip:
            alike.setdefault((" ".join(case.options), bool(case.register)), []).append(case)
    for (options, is_registered), group in alike.items():
        command = RUNNER + [PROGRAM, "check", "--format", "json", *more] + options.split()
        if is_registered:
            command += ["--registry", registry, "--library-path", f"{tap.BUILD}/faulty"]
        for start in range(0, len(group), BATCH):
            part = group[start:start + BATCH]
            yield part, command + [case.name if is_registered else
                                   f"{tap.BUILD}/{gallery}/{case.name}{SUFFIX}" for case in part]


def run(number, batch):
    """The errors, by case."""
    cases, command = batch
    # Output goes to files: the services that the first Wine program starts would keep a pipe open.
    output, errors = (os.path.join(tap.TMP, f"{number}.{suffix}") for suffix in ("out", "err"))
    try:
        with open(output, "wb") as out, open(errors, "wb") as err:
            status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                    timeout=900).returncode
    except subprocess.TimeoutExpired:
        return {case: ["no end within five minutes"] for case in cases}
    try:
        with open(output, encoding="utf-8") as file:
            reports = json.load(file)["targets"]
        states = [report["status"] for report in reports]
        findings = [report["findings"] for report in reports]
    except (ValueError, KeyError):
        findings, states = [], []
    if len(findings) != len(cases):
        with open(errors, encoding="utf-8", errors="replace") as file:
            return {case: [f"no report, exit status {status}: {file.read().strip()}"]
                    for case in cases}
    problems = {case: case.judge(of_case) for case, of_case in zip(cases, findings)}
    for case, of_case, state in zip(cases, findings, states):
        is_broken = any(finding["severity"] == "error" for finding in of_case)
        if is_broken != (state == "broken") or state == "unreadable":
            problems[case].append(f"status {state}")
    # The gravest state decides.
    if status != (1 if "broken" in states else 3 if "not-tested" in states else 0):
        problems[cases[0]].append(f"exit status {status}, with {states}")
    return problems


def main(gallery="faulty", more=(), wanted=()):
    """Check a gallery, a folder below tests/, with more options; only the providers in `wanted`."""
    if IS_WIN32:
        check = tap.run(["scripts/wine32", "--check"], timeout=900)
        if check.status:
            tap.skip_all(check.stderr.strip().splitlines()[-1])
    cases = read_cases(gallery, set(sys.argv[1:] or wanted))
    if IS_WIN32 and not sys.argv[1:]:
        cases = one_of_each_group(cases)
    if IS_WIN32:
        files = [f"{tap.BUILD}/{gallery}/{case.name}{SUFFIX}" for case in cases if not case.skip]
        made = tap.run(["make", "-s", "TARGET=win32", *files], timeout=900)
        assert made.status == 0, made.stderr
    problems = {}
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        all_batches = list(batches(gallery, more, cases, write_registration(cases)))
        for result in pool.map(run, range(len(all_batches)), all_batches):
            problems.update(result)
    for case in cases:
        if case.skip:
            tap.skip(case.title, case.skip)
        else:
            tap.ok(not problems[case], case.title, *problems[case])
    tap.done()


if __name__ == "__main__":
    main()
