#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# goals: programs
"""Every rule can be broken: rules.def, the code that reports breaches, the providers that prove it, and the
tables of tests/faulty/README.md agree."""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, "tests")
import tap

CLASSES = 58


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def head_rules(path):
    """The rules that a provider's first line names."""
    match = re.match(r"/\* rule: ([^;*]*)", read(path))
    return {rule.strip() for rule in match.group(1).split(",")} if match else set()


# ---- rules and code -------------------------------------------------------------------------------
table = re.findall(r'^RULE\((\w+), "([^"]+)"', read("harness/rules/rules.def"), re.M)
rules = {name for _, name in table}
tap.ok(len(rules) == len(table) and all(name == i.replace("_", "-") for i, name in table),
       "a rule's name is its id with dashes, and no name is there twice")

sources = {path: read(path) for path in glob.glob("harness/*/*.c")}
code = "".join(sources.values())
readers = re.findall(r"^READER\((\w+),", read("harness/rules/readers.def"), re.M)
emitted = {i.replace("_", "-") for i in re.findall(r"\bRULE_([a-z]\w*[a-z0-9])\b", code)}
emitted |= {"reader-" + i.replace("_", "-") for i in readers}
emitted |= {"v2-" + text for text in re.findall(r'"v2-([a-z-]+)"', code)}
tap.equal(sorted(emitted - rules), [], "every rule that the code names is in rules.def")
silent = {rule for rule in rules - emitted
          if not re.search(r"\b\w*" + rule.replace("v2-", "").replace("-", "_"), code, re.I)}
tap.equal(sorted(silent), [], "every rule of rules.def is named by code that reports breaches")

# ---- rules and proofs -----------------------------------------------------------------------------
providers = {os.path.splitext(os.path.basename(path))[0]: head_rules(path)
             for path in glob.glob("tests/faulty/*.c*")}
providers = {name: of for name, of in providers.items() if of}
blobs = {os.path.basename(path): {re.match(r"bad-(.*)-[a-z]+\.bin", os.path.basename(path)).group(1)}
         for path in glob.glob("tests/buffers/bad-*.bin")}
proofs = {**providers, **blobs}
proven = set().union(*proofs.values(), *map(head_rules, glob.glob("tests/faulty_v2/*.c")))

sections = {}
for line in read("tests/faulty/README.md").splitlines():
    if line.startswith("## "):
        rows = sections[line[3:]] = []
    elif line.startswith("| ") and not line.startswith("| ---"):
        rows.append([cell.strip() for cell in line.strip("|").split("|")])


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


for names, where in sections["Rules proven elsewhere"][1:]:
    text = read(quoted(where)[0])
    for rule in quoted(names):
        tap.ok(rule in text or "RULE_" + rule.replace("-", "_") in text,
               f"{rule} is tested by {quoted(where)[0]}")
        proven.add(rule)
tap.equal(sorted(rules - proven), [], "every rule has a provider, an answer or a test that breaks it")
tap.equal(sorted(proven - rules - {"none"}), [], "and what is broken is a rule")

wrong = []
for item, of_item, proof in sections["What readers make of an answer"][1:]:
    wanted, given = set(quoted(of_item)), quoted(proof)
    wrong += [f"{item}: no rule {rule}" for rule in wanted - rules]
    wrong += [f"{item}: {name} does not exist" for name in given if name not in proofs]
    wrong += [f"{item}: {name} breaks none of its rules" for name in given
              if not wanted & proofs.get(name, wanted)]
    wrong += [f"{item}: nothing breaks {rule}" for rule in wanted
              if not any(rule in proofs.get(name, ()) for name in given)]
tap.equal(wrong, [], "what readers make of an answer: each row's rules are broken by its providers")

for folder in ("tests/faulty", "tests/faulty_v2"):
    made = subprocess.run(["scripts/gallery-tables", "--print", folder], stdout=subprocess.PIPE,
                          check=True, text=True).stdout
    tap.ok(made == read(f"{folder}/README.md"), f"{folder}/README.md is what make rules writes")

# ---- classes of faults ------------------------------------------------------------------------------
seen = [int(row[0]) for row in sections["What goes wrong in the field"][1:] if row[0].isdigit()]
text = read("tests/faulty/README.md")
unseen = [int(number) for number in re.findall(r"^\* \*(\d+): ", text, re.M)]
tap.equal(len(seen), len(set(seen)), "no class of faults is there twice")
tap.equal(sorted(set(range(1, CLASSES + 1)) - set(seen) - set(unseen)), [],
          "every class of faults has a provider, or a reason why it cannot be seen")
listed = {name for row in sections["What goes wrong in the field"][1:] for name in quoted(row[2])}
known = set(providers) | {"library-path", "check.t"}
tap.equal(sorted(listed - known), [], "every provider that the tables name is there")
tap.ok(sum("none" not in of for of in providers.values()) >= 60,
       "there are at least sixty faulty providers")
tap.done()
