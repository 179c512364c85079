#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
# goals: programs
"""perfharness check: its formats and its policy. JSON of schema 2, SARIF, annotations of GitHub, rules by
pattern, baselines, what fails a run, explanations, colours. The texts of ten faults are compared with the
files in tests/check_text/ (`tests/harness/check_formats.t --write` writes them)."""
import datetime
import json
import os
import re
import shutil
import struct
import sys

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
FAULTY = f"{tap.BUILD}/faulty"
OVERRUN = f"{FAULTY}/overrun_by_one.so"
GAP = f"{FAULTY}/gap_after_block.so"
BAD = "tests/buffers/bad-header-length-short.bin"
# Offsets in PERF_DATA_BLOCK, PERF_OBJECT_TYPE and PERF_COUNTER_DEFINITION.
HEADER_LENGTH, OBJECT_HEADER_LENGTH, NUM_COUNTERS, COUNTER_SIZE = 24, 8, 32, 32
GOOD = "tests/buffers/good-two-objects.bin"


def check(*arguments, **more):
    return tap.run([PROGRAM, "check", *arguments], **more)


def targets(*arguments):
    return json.loads(check("--format", "json", *arguments).stdout)["targets"]


def write(name, text):
    path = os.path.join(tap.TMP, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def baseline(name, *entries):
    return write(name, json.dumps({"schema": 1, "entries": list(entries)}))


# ---- the text of ten faults ---------------------------------------------------------------------------
def sizes_of_zero():
    """A saved answer whose first object claims that the value of each counter has no bytes."""
    with open("tests/buffers/good-many-types.bin", "rb") as file:
        data = bytearray(file.read())
    first, = struct.unpack_from("<I", data, HEADER_LENGTH)
    definitions, = struct.unpack_from("<I", data, first + OBJECT_HEADER_LENGTH)
    counters, = struct.unpack_from("<I", data, first + NUM_COUNTERS)
    for number in range(counters):
        struct.pack_into("<I", data, first + definitions + 40 * number + COUNTER_SIZE, 0)
    path = os.path.join(tap.TMP, "sizes-of-zero.bin")
    with open(path, "wb") as file:
        file.write(data)
    return path


TEXTS = {
    "counter-size": [sizes_of_zero()],
    "crash": [f"{FAULTY}/crash_in_collect.so"],
    "exit": [f"{FAULTY}/exits.so"],
    "guard-overrun": [OVERRUN],
    "hang": ["--timeout", "0.3", f"{FAULTY}/hang_in_collect.so"],
    "header-length": ["tests/buffers/bad-header-length-short.bin"],
    "missing": ["there-is-no-such-file.dll"],
    "name-length": ["tests/buffers/bad-name-length-uncounted.bin"],
    "open-refused": [f"{FAULTY}/open_fails.so"],
    "several": ["tests/buffers/bad-parent-object-absent.bin", "tests/buffers/good-two-objects.bin"],
}


def stable(text):
    """The text without what differs between builds and machines."""
    for folder in (tap.BUILD, tap.TMP, os.getcwd()):
        text = text.replace(folder + "/", "")
    text = re.sub(r"\+0x[0-9a-f]+", "+0x…", text)
    text = re.sub(r"seen\s+\d+\s+times", "seen N times", text)
    text = re.sub(r"at \w+\+0x… in\s+libc\S+,", "at … in libc.so.6,", text)
    text = re.sub(r"after \d+ ms", "after N ms", text)
    text = re.sub(r"\d+ rules kept", "N rules kept", text)
    text = re.sub(r"(\.h|\.c):\d+ ", r"\1:N ", text)
    text = re.sub(r"\d+ not tried", "N not tried", text)
    text = re.sub(r"CollectFaultyData \d+ after", "CollectFaultyData N after", text)
    return re.sub(r"\d+ calls, \d+ answers examined, [0-9.]+ s", "N calls, N answers examined", text)


for name, arguments in TEXTS.items():
    text = stable(check(*arguments).stdout)
    path = f"tests/check_text/{name}.txt"
    if "--write" in sys.argv:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    with open(path, encoding="utf-8") as file:
        kept = file.read()
    # Different numbers may change where lines break; the words are the same.
    tap.ok(text.split() == kept.split(), f"the text of {name} is that of {path}", text, kept)

# ---- JSON of schema 2 ---------------------------------------------------------------------------------
run = check("--format", "json", BAD, GOOD, "there-is-no-such-file.dll")
report = json.loads(run.stdout)
tap.equal((run.status, report["schema"], sorted(report)), (2, 2, ["schema", "targets"]),
          "JSON has one shape for several targets")
tap.equal([target["status"] for target in report["targets"]], ["broken", "ok", "unreadable"],
          "each has its status")
tap.equal({tuple(target) for target in report["targets"]},
          {("target", "test_level", "status", "findings", "rules")}, "and the members of the schema")
finding = report["targets"][0]["findings"][0]
tap.equal(sorted(finding), sorted(["rule", "severity", "grade", "subject", "query", "count", "buffer_size",
                                   "offset", "message", "remedy", "location", "caused_by", "baseline"]),
          "a finding has those of the schema")
tap.ok(finding["grade"] in "ABCD" and finding["remedy"] not in finding["message"] and
       finding["subject"].startswith("object ") and finding["baseline"] is None,
       "with a grade, a subject, and the remedy beside the message", finding)
rules = report["targets"][0]["rules"]
tap.ok(all((rule["result"] == "not-tried") == (rule["reason"] is not None) for rule in rules) and
       {rule["result"] for rule in rules} == {"kept", "broken", "not-tried"},
       "each rule has a result, and a reason if it was not tried")
one = targets(GOOD)
tap.equal([target["target"] for target in one], [GOOD], "one target has the same shape")
old = json.loads(check("--format", "old-json", BAD).stdout)
tap.ok(old["failed"] == 1 and old["provider"] == BAD and
       old["findings"][0]["message"].endswith(finding["remedy"]), "the JSON of version 0.2.0 is old-json")

crash, hang = (target["findings"][0]["location"] for target in
               targets("--timeout", "0.3", f"{FAULTY}/crash_in_collect.so", f"{FAULTY}/hang_in_collect.so"))
tap.ok(crash["function"] == "crash_now" and crash["file"].endswith("tests/faulty/frame/faulty.h") and
       crash["line"] > 1, "a crash has its place in the source", crash)
tap.ok(hang["function"] == "sleep_ms" and hang["file"].endswith("platform.h") and hang["line"] > 1,
       "what hangs in a system library has the provider's own frame", hang)

# ---- which rules --------------------------------------------------------------------------------------
few, = targets("--rule", "header-*,name-length", BAD)
tap.equal([rule["rule"] for rule in few["rules"] if rule["reason"] != "left out by --rule or --skip"],
          ["header-length", "name-length"], "--rule leaves all others out")
run = check("--skip", "header-length", BAD)
tap.ok(run.status == 0 and "error " not in run.stdout, "--skip leaves rules out", run.stdout)
for arguments, message in ((["--rule", "no-such-*"], "no rule matches"),
                           (["--skip", "header-lenght"], 'did you mean "header-length"?'),
                           (["--explain", "gard-overrun"], 'did you mean "guard-overrun"?'),
                           (["--quiet", "--verbose"], "exclude each other"),
                           (["--format", "markdown"], "--list-rules only")):
    run = check(*arguments, *([] if "--explain" in arguments else [GOOD]))
    tap.ok(run.status == 2 and run.stdout == "" and message in run.stderr,
           f"bad usage: {' '.join(arguments)}", run.status, run.stdout, run.stderr)
listed = check("--list-rules", "--rule", "leak-*").stdout
tap.equal(re.findall(r"^(\S+)  \(", listed, re.M), ["leak-handles", "leak-threads", "leak-memory"],
          "--list-rules lists those of a pattern")

# ---- what fails a run ---------------------------------------------------------------------------------
tap.equal([check(*fail_on, path).status for fail_on in
           ([], ["--fail-on", "error"], ["--fail-on", "warning"], ["--fail-on", "never"])
           for path in (BAD, GAP, GOOD)],
          [1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0], "--fail-on says which findings count")
tap.equal(check("--fail-on", "never", BAD, "there-is-no-such-file.dll").status, 2,
          "but a missing target does in any case")
tap.equal(targets("--fail-on", "never", BAD)[0]["status"], "broken", "and the status stays broken")

# ---- baselines ----------------------------------------------------------------------------------------
known = os.path.join(tap.TMP, "known.json")
run = check("--write-baseline", known, BAD)
with open(known, encoding="utf-8") as file:
    written = json.load(file)
tap.equal((run.status, written["schema"], [sorted(entry) for entry in written["entries"]]),
          (0, 1, [["expires", "reason", "rule", "subject", "target"]]), "--write-baseline writes an entry")
entry = written["entries"][0]
tap.equal((entry["rule"], entry["target"], entry["subject"], entry["expires"]),
          ("header-length", os.path.basename(BAD), finding["subject"], None), "for what was found")
run = check("--baseline", known, BAD)
tap.ok(run.status == 0 and "header-length" in run.stdout and "known: " + entry["reason"] in
       " ".join(run.stdout.split()), "what is known is shown, marked, and does not count", run.stdout)
tap.equal((targets("--baseline", known, BAD)[0]["status"],
           targets("--baseline", known, BAD)[0]["findings"][0]["baseline"]), ("broken", "unchanged"),
          "JSON marks it as unchanged")
copy = os.path.join(tap.TMP, os.path.basename(BAD))
shutil.copy(BAD, copy)
tap.equal(check("--baseline", known, copy).status, 0, "a target is known by its base name")
other = os.path.join(tap.TMP, "other.bin")
shutil.copy(BAD, other)
tap.equal((check("--baseline", known, other).status,
           targets("--baseline", known, other)[0]["findings"][0]["baseline"]), (1, "new"),
          "one of another name is new")
tap.equal(check("--baseline", baseline("subject.json", dict(entry, subject="object 1")), BAD).status, 1,
          "so is another subject")

today = datetime.datetime.now(datetime.timezone.utc).date()
for days, status in ((-2, 1), (2, 0)):
    until = str(today + datetime.timedelta(days))
    run = check("--baseline", baseline("expiring.json", dict(entry, expires=until)), BAD)
    tap.ok(run.status == status and (f"ended on {until}" in run.stderr) == bool(status),
           f"an entry that ends in {days} days", run.status, run.stderr)
absent, = targets("--baseline", baseline("absent.json", entry, dict(entry, rule="name-length")), BAD)
gone = [finding for finding in absent["findings"] if finding["baseline"] == "absent"]
tap.ok(len(gone) == 1 and gone[0]["rule"] == "name-length" and gone[0]["message"] is None and
       gone[0]["count"] is None and gone[0]["severity"] == "error", "what no longer occurs is listed as absent",
       gone)
reason = dict(entry, reason="Ticket 4711.", expires=str(today + datetime.timedelta(9)))
again = baseline("again.json", reason, dict(entry, rule="name-length"), dict(entry, target="elsewhere.dll"))
check("--baseline", again, "--write-baseline", again, BAD)
with open(again, encoding="utf-8") as file:
    tap.equal(json.load(file)["entries"], [reason, dict(entry, target="elsewhere.dll")],
              "written again, it keeps reasons and other targets, and leaves out what is gone")
for name, text, message in (
        ("no reason", json.dumps({"schema": 1, "entries": [dict(entry, reason=" ")]}), "has no reason"),
        ("no rule", json.dumps({"schema": 1, "entries": [dict(entry, rule="x")]}), 'no rule "x"'),
        ("a date", json.dumps({"schema": 1, "entries": [dict(entry, expires="2027-02-30")]}), "not a date"),
        ("no schema", '{"entries": []}', "schema"), ("no entries", '{"schema": 1}', "entries"),
        ("no JSON", '{\n"schema": 1,\n"entries": [x]}', "line 3"), ("depth", "[" * 100000, "line 1"),
        ("cut", '{"schema": 1, "entries": [{"rule": "cra', "line 1"), ("nothing", "", "line 1")):
    run = check("--baseline", write("bad.json", text), BAD)
    tap.ok(run.status == 2 and run.stdout == "" and message in run.stderr, f"a bad baseline: {name}",
           run.status, run.stderr)
run = check("--baseline", os.path.join(tap.TMP, "none.json"), BAD)
tap.ok(run.status == 2 and "none.json" in run.stderr, "one that is not there")

# ---- SARIF --------------------------------------------------------------------------------------------
path = os.path.join(tap.TMP, "check.sarif")
both = baseline("both.json", entry, dict(entry, rule="name-length"))
run = check("--format", "sarif", "--baseline", both, "-o", path, BAD, GAP, "there is no such.dll")
tap.equal((run.status, run.stdout), (2, ""), "SARIF goes to a file")
with open(path, encoding="utf-8") as file:
    sarif = json.load(file)
only, = sarif["runs"]
driver, results = only["tool"]["driver"], only["results"]
tap.equal((sarif["version"], driver["name"], sorted(only)),
          ("2.1.0", "perfharness", ["invocations", "results", "tool"]), "SARIF has a run")
tap.equal([rule["id"] for rule in driver["rules"]],
          [rule["rule"] for rule in json.loads(check("--list-rules", "--format", "json").stdout)],
          "its rules are the table")
tap.ok(all(rule["shortDescription"]["text"] and rule["fullDescription"]["text"] and rule["help"]["text"]
           and rule["defaultConfiguration"]["level"] in ("error", "warning") for rule in driver["rules"]),
       "each with texts and a level")
tap.equal([(result["ruleId"], result["level"], result["baselineState"], len(result["suppressions"]))
           for result in results],
          [("header-length", "error", "unchanged", 1), ("name-length", "error", "absent", 1),
           ("object-gap", "warning", "new", 0)], "its results have a state")
tap.ok(all(driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"] and result["message"]["text"] and
           re.fullmatch(r"[0-9a-f]{16}", result["partialFingerprints"]["perfharnessFinding/v1"])
           for result in results), "and a rule, a message and a fingerprint")
place = results[0]["locations"][0]["physicalLocation"]
tap.equal((place["artifactLocation"]["uri"], place["region"]["byteOffset"]), (BAD, finding["offset"]),
          "a finding in a saved answer has its offset")
notice, = only["invocations"][0]["toolExecutionNotifications"]
tap.ok(only["invocations"][0]["executionSuccessful"] is False and "no such file" in notice["message"]["text"]
       and notice["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "there%20is%20no%20such.dll",
       "what is unreadable is a notification", notice)


def without(value):
    """The fingerprints of a run."""
    return [result["partialFingerprints"] for result in value["runs"][0]["results"]]


moved = json.loads(check("--format", "sarif", copy).stdout)
tap.equal(without(moved), without(json.loads(check("--format", "sarif", BAD).stdout)),
          "a fingerprint does not depend on the folder")



def find_multitool():
    """The SARIF Multitool, from npm if it is not installed; or None and the reason."""
    folder, pattern = "build/sarif-multitool", "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
    program = os.path.join(folder, pattern)
    if not os.path.exists(program):
        if not shutil.which("npm"):
            return None, "npm is not installed"
        os.makedirs(folder, exist_ok=True)
        done = tap.run(["timeout", "120", "npm", "install", "--prefix", folder, "--no-audit", "--no-fund",
                        "@microsoft/sarif-multitool"])
        if done.status or not os.path.exists(program):
            return None, "npm cannot provide @microsoft/sarif-multitool"
    os.chmod(program, 0o755)
    return program, None


multitool, missing = find_multitool()
if multitool:
    run = tap.run([multitool, "validate", path],
                  env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"})
    tap.ok(run.status == 0 and not re.search(r": error [A-Z]+\d+", run.stdout),
           "the SARIF Multitool accepts it", run.status, run.stdout)
else:
    tap.skip("the SARIF Multitool accepts it", missing)

# ---- annotations of GitHub ------------------------------------------------------------------------------
run = check("--format", "github", BAD, GAP)
lines = run.stdout.splitlines()
tap.equal([line[:line.index(" ")] for line in lines], ["::error", "::warning"],
          "an annotation for each finding, and nothing else")
tap.ok(re.match(rf"::error file={re.escape(BAD)},title=header-length::\S+: PERF_OBJECT_TYPE: ", lines[0]),
       "it names file and rule", lines[0])
tap.like(check("--format", "github", "--baseline", known, BAD).stdout, "^::notice .*known: ",
         "what is known is a notice")
hostile = os.path.join(tap.TMP, "a,b:%0A::error.bin")
shutil.copy(BAD, hostile)
run = check("--format", "github", hostile)
tap.ok(len(run.stdout.splitlines()) == 1 and "a%2Cb%3A%250A%3A%3Aerror.bin,title=" in run.stdout,
       "a file name cannot end a command", run.stdout)

# ---- text ---------------------------------------------------------------------------------------------
run = check("--quiet", GOOD, GAP)
tap.equal((run.status, run.stdout), (0, ""), "--quiet prints nothing without an error")
run = check("-q", BAD, GAP)
tap.ok(run.stdout.count("error  ") == 1 and "object-gap" not in run.stdout, "and errors only", run.stdout)
run = check("-v", BAD)
tap.like(run.stdout, "^kept      name-length$", "--verbose lists each rule")
tap.like(run.stdout, r"^not tried crash: a saved answer does not show", "and why it was not tried")
tap.like(run.stdout, r"Source \(grade [A-D]\): ", "and the source of a broken one")
tap.ok("\033" not in check(BAD).stdout, "no colours without a terminal")
tap.ok("\033[1;31merror" in check("--color", "always", BAD).stdout, "--color always has them")
tap.ok("\033" in check("--color=always", BAD, env={**os.environ, "NO_COLOR": "1"}).stdout,
       "also with NO_COLOR, which is for auto")


def on_terminal(columns, *arguments, **more):
    """The output on a terminal of that width."""
    command = " ".join([f"stty cols {columns} rows 40; exec", PROGRAM, "check", *arguments])
    return tap.run(["script", "-qec", command, "/dev/null"],
                   env={**os.environ, "TERM": "xterm", **more}).stdout.replace("\r", "")


if shutil.which("script"):
    tap.ok("\033[1;31merror" in on_terminal(80, BAD), "a terminal has colours")
    plain = on_terminal(50, BAD, NO_COLOR="1")
    tap.ok("\033" not in plain, "unless NO_COLOR is set", plain)
    lines = [line for line in plain.splitlines() if line.startswith(" " * 9)]
    tap.ok(len(lines) > 3 and max(map(len, lines)) <= 50, "its width is respected", plain)
else:
    tap.skip("a terminal has colours, and its width is respected", "script is not installed")

# ---- explanations ---------------------------------------------------------------------------------------
names = [rule["id"] for rule in driver["rules"]]
KEYS = ["schema", "rule", "severity", "grade", "what", "why", "wrong", "right", "remedy", "windows_logs",
        "readers", "source"]
poor = []
for name in names:
    run = check("--explain", name, "--format", "json")
    texts = json.loads(run.stdout) if run.status == 0 else {}
    if list(texts) != KEYS or not all(texts[key] for key in KEYS) or texts["wrong"] == texts["right"]:
        poor.append(name)
tap.equal(poor, [], "each rule has an explanation with all of its parts")
run = check("--explain", "guard-overrun")
for title in ("What holds", "Why", "Wrong", "Right", "What Windows logs", "Which readers misread it"):
    tap.like(run.stdout, f"^{title}$", f"--explain prints: {title}")
tap.like(run.stdout, "Event 1001 or 1002", "with the event's number")
tap.done()
