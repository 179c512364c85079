#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# variants: native asan
"""The query path through the built program: which providers are asked, with what query, and the result."""
import json
import os
import shutil
import sys

sys.path[:0] = ["tests", "tests/harness"]
import tap
import fake
from fake import service

reg = fake.registry(service("first", 3000), service("second", 3100))
QUERIES = [
    ("Global", [3000, 3100]), ("gLOBAL", [3000, 3100]), ("OLD_Global", [3000, 3100]),
    ("3000", [3000]), ("3100", [3100]), ("3100 3000", [3000, 3100]), ("3000 3000", [3000]),
    (" \t3000 ", [3000]), ("3000 99999999999", [3000]), ("03000", [3000]),
    ("MetadataGlobal", [3000, 3100]), ("Global 3000", [3000, 3100]),
    ("4", []), ("13000", []), ("300", []), ("Foreign", []), ("Costly", []), ("+3000", []),
    ("invalid counter name", []), ("", []), ("7 " * 20000, []),
]
for text, expected in QUERIES:
    run = fake.query(reg, text, "--format", "json")
    tap.equal((fake.objects(run) if run.stdout else [], run.status),
              (expected, 0 if expected else 3), f"\"{text[:24]}\" selects {expected or 'nothing'}")

run = fake.query(reg, "Counter 009", "--format", "raw")
names = run.out
tap.equal(names.decode("utf-16-le").split("\0")[:8],
          ["1", "1847", "1846", "End Marker", "3000", "Object 3000", "3002", "Value"],
          "Counter 009 gives the name table")
for text in ("cOuNtErwine", "COUNTER", "Counter 9", "counters 009"):
    tap.equal(fake.query(reg, text, "--format", "raw").out, names,
              f"so does \"{text}\": what begins with Counter, in any case, is a name table")
run = fake.query(reg, "Explain 009", "--format", "raw")
help_texts = run.out
tap.equal(help_texts.decode("utf-16-le").split("\0")[:4], ["1847", "End Marker", "3001", "About it."],
          "Explain 009 gives the help")
for text in ("hElPwine", "Help 407", "help"):
    tap.equal(fake.query(reg, text, "--format", "raw").out, help_texts,
              f"so does \"{text}\", in English as on Windows 10")

reg = fake.registry(service("first", 3000, Object_List='"3000"'),
                      service("second", 3100, Object_List='"9998"'))
run = fake.query(reg, "3000 3100", "--format", "json")
tap.equal(fake.objects(run), [3000], "who does not list an index is not asked for it")
tap.equal(fake.objects(fake.query(reg, "--format", "json")), [3000, 3100],
          "Global goes to everybody")

reg = fake.registry(service("first", 3000, Disable_Performance_Counters="dword:00000001"),
                      service("second", 3100), service("third", 3200, Collect=None))
run = fake.query(reg, "--format", "json")
tap.equal((fake.objects(run), fake.event_ids()), ([3100], [3003]),
          "a disabled and an incomplete service are passed over, the incomplete one with an event")

reg = fake.registry(service("first", 3000), Disable_Performance_Counters="dword:00000001")
tap.equal(fake.query(reg, "--format", "json").status, 3, "Perflib's own switch turns all off")

reg = fake.registry(service("first", 3000, linkage=["return 5", "second string"]),
                      service("second", 3100))
run = fake.query(reg, "--format", "json")
tap.equal((fake.objects(run), fake.event_ids()[:1]), ([3100], [1008]),
          "Open gets Linkage\\Export; its failure costs only its own data")

nested = service("nested", 3000, Library='"sound_nested.dll"', Open='"OpenFaultyData"',
                 Collect='"CollectFaultyData"', Close='"CloseFaultyData"',
                 Object_List='"3000 3004 3008"')
reg = fake.registry(nested, service("second", 3100))
run = fake.query(reg, "3008", "--format", "json")
tap.equal(fake.objects(run), [3000, 3004, 3008],
          "the parents that a provider brings along are part of the answer")
parents = [[instance["parent_instance"] for instance in one["instances"]]
           for one in json.loads(run.stdout)["objects"]]
tap.equal(parents, [[0], [0, 0], [0, 0, 1, 1]], "and each child names one of them")

folder = os.path.join(tap.TMP, "elsewhere")
os.mkdir(folder)
shutil.copy(os.path.join(fake.FAULTY, "plain_fake.so"), folder)
os.environ["FAKE_HOME"] = folder
reg = fake.registry(service("first", 3000,
                              Library=fake.expandable("%FAKE_HOME%/plain_fake.dll")))
run = tap.run([fake.PROGRAM, "--registry", reg, "query", "--format", "json"])
tap.equal(fake.objects(run), [3000], "environment variables in Library are expanded")

reg = fake.registry(service("first", 3000))
run = tap.run([fake.PROGRAM, "--registry", reg, "--library-path", fake.FAULTY, "query",
               "--cooked", "0.05", "--format", "json"])
tap.equal(fake.value(run), 2, "Windows' life cycle keeps a provider between queries")
run = tap.run([fake.PROGRAM, "--registry", reg, "--library-path", fake.FAULTY, "query",
               "--cooked", "0.05", "--format", "json", "--lifecycle", "wine"])
tap.equal(fake.value(run), 1, "Wine's opens it again at each")
run = fake.query(reg, "Foreign answer 2000", "--format", "json")
tap.equal(len(fake.objects(run)), 2000, "an answer larger than the first buffer comes whole")
tap.done()
