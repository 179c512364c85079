#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""perfharness truth: the list of claims, one claim, JSON; and that everything that can be observed has a
claim: rules, events, test levels, words and results of a query, installed values, options of ctrpp, functions
of PERFLIB V2 and of process snapshots."""
import collections
import json
import os
import re
import shutil
import sys

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
KEYS = ["id", "text", "grade", "source", "probe", "no_probe", "state"]


def truth(*arguments):
    return tap.run([PROGRAM, "truth", *arguments])


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


# ---- the command ------------------------------------------------------------------------------------
run = truth("--format", "json")
report = json.loads(run.stdout)
claims = {claim["id"]: claim for claim in report["claims"]}
tap.equal((run.status, run.stderr, report["schema"]), (0, "", 1), "the list is JSON of schema 1")
tap.ok(len(claims) == len(report["claims"]), "no claim is there twice")
tap.equal([claim["id"] for claim in report["claims"] if list(claim) != KEYS], [],
          "each claim has the same members")
tap.equal([claim["id"] for claim in report["claims"]
           if (claim["probe"] is None) == (claim["no_probe"] is None)
           or claim["state"] not in ("confirmed", "refuted", "not-probed")], [],
          "each has either a probe or a reason, and a state")

grades = collections.Counter(claim["grade"] for claim in report["claims"])
states = collections.Counter(claim["state"] for claim in report["claims"])
totals = f"{len(claims)} claims: " + ", ".join(f"{grades[grade]} {grade}" for grade in "ABCD")
text = truth()
tap.equal((text.status, text.stderr), (0, ""), "the list is text without an option")
tap.equal(truth("--list").stdout, text.stdout, "--list is the same")
tap.ok(f"{totals}; {states['confirmed']} confirmed, {states['refuted']} refuted, "
       f"{states['not-probed']} not probed\n" in text.stdout, "it ends with the totals", text.stdout[-600:])
tap.equal([name for name in claims if f"{claims[name]['grade']}  {name}\n" not in text.stdout], [],
          "it has every claim, with its grade")
tap.ok((grades["A"] + grades["B"]) / len(claims) >= 0.7,
       "at least 70 % of the claims are of grade A or B", totals)
tap.ok(totals in re.sub(r"\s+", " ", read("README.md")), "README.md has the same totals", totals)

one = truth("--explain", "query-short-keeps-size")
tap.equal((one.status, one.stderr), (0, ""), "--explain shows one claim")
for word in ("query-short-keeps-size\n", "A: observed on Windows and published", "registry.c",
             "query_buffer", "not-probed"):
    tap.ok(word in one.stdout, f"it shows {word.strip()}", one.stdout)
tap.like(truth("--explain", "level-guards").stdout, r"used by +rule:guard-overrun",
         "it shows what rests on the claim")
tap.like(truth("--explain", "ctrpp-header").stdout, r"no probe +CTRPP comes with",
         "or why there is no probe")
alone = json.loads(truth("--explain", "level-guards", "--format", "json").stdout)
tap.equal(alone, {"schema": 1, "claims": [claims["level-guards"]]}, "one claim as JSON is a list of one")

for arguments, message in (
        (["--explain", "level-gards"], 'no claim "level-gards"; did you mean "level-guards"?'),
        (["--explain", "short-keeps"], 'did you mean "query-short-keeps-size"?'),
        (["--explain", "zzzzzzzz"], 'no claim "zzzzzzzz"; `perfharness truth` lists them'),
        (["--explain", ""], 'no claim ""'),
        (["--explain", "level-guards", "--list"], "exclude each other"),
        (["level-guards"], '"level-guards" is too much'),
        (["--format", "xml"], "not one of text|json")):
    bad = truth(*arguments)
    tap.ok(bad.status == 2 and bad.stdout == "" and message in bad.stderr,
           f"bad usage: truth {' '.join(arguments)}", bad.status, bad.stderr)

# ---- what depends on claims -------------------------------------------------------------------------
covers = collections.defaultdict(list)
for name, words in re.findall(r'^CLAIM\("([^"]+)", \'.\',\s*((?:"[^"]*"\s*)+),',
                              read("harness/claims/claims.def"), re.M):
    for word in filter(None, "".join(re.findall(r'"([^"]*)"', words)).split(", ")):
        kind, _, what = word.partition(":")
        covers[kind].append((what, name))


def found(path, pattern):
    names = set(re.findall(pattern, read(path), re.M))
    assert names, f"{path}: nothing matches {pattern}"
    return names


def part(path, begin, end):
    text = read(path)
    start = text.index(begin)
    return text[start:text.index(end, start)]


installed = read("harness/registration/install_plan.c")
observable = {
    "rule": found("harness/rules/rules.def", r'^RULE\(\w+, "([^"]+)"'),
    "event": found("harness/host/event_table.def", r"^EVENT\((\d+),"),
    "level": found("harness/host/test_level.c", r"^    \[(\d)\] = \{"),
    "query": found("harness/perfdata/query_string.c", r'^    \{ TEXT16\("(\w+)"\), '),
    "result": set(re.findall(r"\bERROR_\w+", part("harness/host/host.h", "Make one query, as",
                                                  "DWORD host_query_value"))),
    "header": found("harness/host/data_block.c", r"\bheader\.(\w+)"),
    "install": set(re.findall(r'"((?:First|Last) (?:Counter|Help)|Base Index|Object List|Counter|Help|'
                              r'Created By Perfharness)"', installed)),
    "ctrpp": set(re.findall(r'^    \{ "(\w+)", offsetof', read("harness/cli/command_ctrpp.c"), re.M)),
    "v2": found("harness/perflib/perflib_functions.def", r"^PERFLIB_FUNCTION\((\w+)\)"),
    "pss": found("include/processsnapshot.h", r"^DWORD WINAPI (Pss\w+)\("),
}
for kind, names in observable.items():
    claimed = {what for what, _ in covers[kind]}
    tap.equal(sorted(names - claimed), [], f"every {kind} has a claim")
    tap.equal(sorted(claimed - names), [], f"and every {kind} that a claim names exists")
tap.equal(sorted(set(covers) - set(observable)), [], "claims name nothing else")
twice = [what for what, count in collections.Counter(what for what, _ in covers["rule"]).items()
         if count > 1]
tap.equal(twice, [], "a rule rests on one claim")

# ---- windows-truth.exe: its table of trials -----------------------------------------------------------
trials = re.findall(r'^TRIAL\("([^"]+)", (\w+), (\w+)\)$', read("harness/claims/probe/trials.def"), re.M)
tried = {trial[0] for trial in trials}
tap.equal([name for name in claims if (claims[name]["probe"] is not None) != (name in tried)], [],
          "windows-truth.exe tries each claim that names a probe, and no other")
tap.ok(len(trials) > 200, "there are many trials", len(trials))
tap.equal([trial for trial in trials if claims.get(trial[0], {}).get("probe") != trial[1]], [],
          "each trial is of a claim that names its probe")
tap.equal([name for name, count in collections.Counter(trial[0] for trial in trials).items() if count > 1], [],
          "a claim has one trial")

# ---- marking claims with results ---------------------------------------------------------------------
def result_file(name, system, results):
    path = os.path.join(tap.TMP, name)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"schema": 1, "program": "windows-truth",
                   "system": {"name": system, "version": "10.0.1", "bits": 64, "administrator": True},
                   "results": [{"claim": claim, "probe": "x", "result": result, "observed": "seen"}
                               for claim, result in results.items()]}, file)
    return path


tree = os.path.join(tap.TMP, "tree")
for path in ("scripts/truth", "harness/claims/claims.def", "harness/claims/results.def"):
    os.makedirs(os.path.join(tree, os.path.dirname(path)), exist_ok=True)
    shutil.copy(path, os.path.join(tree, path))


def mark(*files):
    return tap.run([os.path.join(tree, "scripts/truth"), *files])


def marks():
    return re.findall(r'^CLAIM_RESULT\((.*)\)$', read(os.path.join(tree, "harness/claims/results.def")), re.M)


good = result_file("good.json", "Windows", {"level-guards": "confirmed", "word-case": "confirmed",
                                            "csv-rows": "not-possible"})
bad = result_file("bad.json", "Windows", {"level-guards": "refuted"})
wine = result_file("wine.json", "Wine 8.0", {"level-guards": "refuted"})
run = mark(wine)
tap.ok(run.status == 1 and marks() == [] and "marks nothing" in run.stderr,
       "results of Wine mark no claim", run.status, run.stderr)
run = mark(good)
tap.equal((run.status, marks()), (0, ['"level-guards", CLAIM_CONFIRMED, "Windows 10.0.1, 64 bits"',
                                      '"word-case", CLAIM_CONFIRMED, "Windows 10.0.1, 64 bits"']),
          "results of Windows become rows of results.def; what was not possible there does not")
run = mark(good, bad)
tap.ok(run.status == 1 and '"level-guards", CLAIM_REFUTED' in " ".join(marks()),
       "a refutation outweighs a confirmation", run.status, marks())
tap.like(run.stdout, r"level-guards\n  claim .*\n.*: seen\n  change +rule:guard-overrun", "it lists what must change")
for name, text in (("not json", "{"), ("another program", '{"schema": 1, "program": "x"}'),
                   ("an unknown claim", read(good).replace("word-case", "word-cake"))):
    path = os.path.join(tap.TMP, "odd.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    run = mark(path)
    tap.ok(run.status == 2 and "odd.json" in run.stderr, f"{name} is refused", run.status, run.stderr)

# ---- findings ---------------------------------------------------------------------------------------
rests_on = dict(covers["rule"])
graded = []
for blob in sorted(name for name in os.listdir("tests/buffers") if name.startswith("bad-"))[:40]:
    checked = tap.run([PROGRAM, "check", "--format", "json", os.path.join("tests/buffers", blob)])
    graded += re.findall(r'"rule": "([^"]+)",\s*"severity": "\w+",\s*"grade": (?:"(.)"|null)',
                         checked.stdout)
tap.ok(len(graded) >= 20, "findings of check have a grade", len(graded))
tap.equal([(rule, grade) for rule, grade in graded if grade != claims[rests_on[rule]]["grade"]], [],
          "and it is that of the claim on which the rule rests")
tap.done()
