#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""perfharness doctor: the tests of the specification of counter registries by their numbers; failures that
need several inputs; repairs that get in each other's way; and that install, list, check and doctor report from
one table."""
import json
import os
import re
import sys

sys.path.insert(0, "tests")
import tap
from registry_model import PERFLIB, RANGE, SERVICES, Registry, base, multi, range_of, table

PROGRAM = os.path.join(tap.BUILD, "perfharness")
OFF = "Disable Performance Counters"


def path(name):
    return os.path.join(tap.TMP, name)


def write(name, data):
    if isinstance(data, Registry):
        data = data.reg()
    with open(path(name), "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode("utf-16"))
    return path(name)


def doctor(*arguments):
    run = tap.run([PROGRAM, "doctor", *arguments, "--format", "json"], env={"PERFHARNESS_REGISTRY": ""})
    return run.status, json.loads(run.stdout or '{"findings": [], "repairs": []}'), run.stderr


def diagnose(registry, *arguments):
    return doctor(write("t.reg", registry), *arguments)[:2]


def text_of(registry):
    return tap.run([PROGRAM, "doctor", write("t.reg", registry)]).stdout


def causes(report):
    return [finding["id"] for finding in report["findings"] if finding["caused_by"] is None]


def changes_of(report):
    changes = {}
    for change in report["repairs"]:
        if change["chosen"] and change["before"] != change["after"]:
            service = re.search(r"Services\\(.*)\\Performance$", change["key"])
            changes[service and service[1], change["value"]] = change["after"]
    return changes


def ranged(service, first, last):
    return {(service, name): number for name, number in range_of(first, last).items()}


# ---- the tests of the specification ------------------------------------------------------------------
# Number, what breaks the registry, causes, and the values that the repair writes; None: none.
def no_names(r, *indices):
    for index in indices:
        del r.names["009"][index], r.help["009"][index + 1]


def set_perflib(**values):
    return lambda r: r.perflib.update({name.replace("_", " "): value for name, value in values.items()})


def set_service(name, **values):
    return lambda r: r.services[name].update({key.replace("_", " "): value for key, value in values.items()})


def twins(r):
    r.services["X"] = {**r.services.pop("A"), OFF: 4}
    r.services["X_64"] = {**r.services.pop("B"), OFF: 2}


def stale(r):
    r.services["B"].update(range_of(1850, 1854))


def overlap(r):
    r.services["B"].update(range_of(1852, 1856))
    no_names(r, 1858, 1860, 1862)


def no_range(r):
    for name in RANGE:
        del r.services["A"][name]


def terminal_service(r):
    r.services["T"] = {**r.services["A"], "Object List": "9100", **range_of(9100, 9100)}
    r.names["009"][9100], r.help["009"][9101] = "Terminal Services", "About it"
    r.perflib.update({"Last Counter": 9100, "Last Help": 9101})


def without_language(r):
    r.names, r.help = {}, {}
    r.keys[PERFLIB + "\\009"] = {}


def chinese(r):
    r.names["0804"], r.help["0804"] = {2: "System"}, {3: "System"}


SPECIFICATION = [
    (1, set_perflib(Disable_Performance_Counters=1), ["all-disabled"], {(None, OFF): 0}),
    (2, set_perflib(Disable_Performance_Counters=0), [], {}),
    (3, set_service("A", Disable_Performance_Counters=1), ["service-disabled"], {("A", OFF): None}),
    (4, twins, [], {}),
    (5, set_service("A", Disable_Performance_Counters=4), ["half-disabled"], {("A", OFF): None}),
    (6, set_service("A", Disable_Performance_Counters="0"), ["disable-ignored"], {}),
    (7, set_perflib(Last_Counter=1856, Last_Help=1857), ["last-counter-low"],
     {(None, "Last Counter"): 1862, (None, "Last Help"): 1863}),
    (8, set_perflib(Last_Help=1862), ["last-help-differs"], {(None, "Last Help"): 1863}),
    (9, set_perflib(Last_Counter=0, Last_Help=0), ["last-index-zero"],
     {(None, "Last Counter"): 1862, (None, "Last Help"): 1863}),
    (10, lambda r: r.perflib.pop("Base Index"), ["base-index"], {(None, "Base Index"): 1847}),
    (11, set_perflib(Last_Counter=9000, Last_Help=9001), [], {}),
    (12, stale, ["range-stale"], ranged("B", 1858, 1862)),
    (13, overlap, ["ranges-overlap"], {}),
    (14, set_service("A", First_Help=1848), ["range-malformed"], {("A", "First Help"): 1849}),
    (15, set_service("A", First_Counter=1862, Last_Counter=1848), ["range-malformed"],
     {("A", "First Counter"): 1848, ("A", "Last Counter"): 1856}),
    (16, no_range, ["not-installed"], ranged("A", 1848, 1856)),
    (17, lambda r: no_names(r, 1858, 1860, 1862), ["names-absent"], {}),
    (18, lambda r: no_names(r, 1852), [], {}),
    (19, lambda r: r.services.pop("B"), [], {}),
    (20, lambda r: r.names["009"].update({1850: "Alpha\0one"}), ["names-slipped"], None),
    (22, lambda r: r.names["009"].update({2: "\u0421\u0438\u0441\u0442\u0435\u043c\u0430"}), ["names-foreign"], {}),
    (22, chinese, [], {}),
    (24, terminal_service, [], {}),
    (24, set_service("A", Object_List="1900"), ["object-list"], {("A", "Object List"): None}),
    (25, set_perflib(Updating="WmiApRpl"), ["updating"], {}),
    (27, without_language, [], {}),
    (28, lambda r: r.help["009"].pop(1851), ["name-without-help"], {}),
    (28, lambda r: r.help["009"].pop(3), [], {}),
]
for number, breaks, expected, repaired in SPECIFICATION:
    registry = base()
    breaks(registry)
    status, report = diagnose(registry)
    tap.equal((status, causes(report)), (1 if expected else 0, expected), f"test {number}: {expected or 'healthy'}")
    if repaired is not None:
        tap.equal(changes_of(report), repaired, f"test {number}: what is repaired")


def broken(breaks):
    registry = base()
    breaks(registry)
    return registry


tap.equal([f["affects"] for f in diagnose(broken(SPECIFICATION[0][1]))[1]["findings"]], [["all readers"]],
          "test 1: it hurts all")
tap.equal([f["severity"] for f in diagnose(broken(SPECIFICATION[4][1]))[1]["findings"]
           + diagnose(broken(SPECIFICATION[5][1]))[1]["findings"]], ["warning", "warning"],
          "tests 5 and 6: these are warnings")
tap.like(text_of(broken(SPECIFICATION[6][1])), r"service B has indices up to 1862", "test 7: B is above Last Counter")
tap.like(text_of(broken(SPECIFICATION[8][1])), r"Never run unlodctr before that", "test 9: warns against unlodctr")
tap.like(text_of(broken(stale)), r"Never run unlodctr B\s+first", "test 12: warns against unlodctr")
finding = diagnose(broken(overlap))[1]["findings"][0]
tap.equal({finding["service"], finding["other_service"]}, {"A", "B"}, "test 13: both are named")
status, report = diagnose(broken(lambda r: r.services.pop("B")), "--verbose")
tap.equal([(f["id"], f["severity"]) for f in report["findings"]], [("names-ownerless", "note")],
          "test 19: --verbose reports the names")
slipped = broken(lambda r: r.names["009"].update({1850: "Alpha\0one"}))
at = slipped.counter_bytes().index("one".encode("utf-16-le"))
tap.like(diagnose(slipped)[1]["findings"][0]["message"], f"after index 1850, at byte {at},",
         "test 20: index and byte offset are those of the first string that is no number")
for cut, message in ((1, "end within a character"), (2, "do not end in two zero characters")):
    status, report, _ = doctor(write("perfc009.dat", base().counter_bytes()[:-cut]))
    tap.ok(causes(report) == ["names-cut"] and message in report["findings"][0]["message"],
           f"test 21: perfc009.dat without its last {cut} bytes", report)
raw = broken(lambda r: r.names["009"].update({1850: "two\nlines", 1852: '"a=b"'}))
for name, data in (("UTF-16 without a mark", raw.backup()),
                   ("UTF-8 with a mark", raw.backup().decode("utf-16-le").encode("utf-8-sig"))):
    tap.equal(doctor(write("psb", data))[0], 0, f"test 23: a backup in {name}")
data = base().backup()
cut = data.index("[PerfStrings_009]".encode("utf-16-le")) + 300
tap.equal(causes(doctor(write("psb", data[:cut]))[1]), ["backup-cut"], "test 23: cut inside [PerfStrings_009]")
tap.like(text_of(broken(set_perflib(Updating="WmiApRpl"))), 'service "WmiApRpl" may be', "test 25: may be running")
model = broken(stale)
expected = doctor(write("q.txt", model.query().encode()), write("perfc009.dat", model.counter_bytes()))[1]["findings"]
for name, text in (
        ("in unknown words", re.sub(r"(?m)^    [A-Z][A-Za-z ]*:", "    Wort:", model.query("Aktiv"))),
        ("with tabs", model.query().replace("    ", "\t\t").replace(": ", ":\t")),
        ("in one line", " ".join(model.query().split()))):
    found = doctor(write("q.txt", text.encode()), write("perfc009.dat", model.counter_bytes()))[1]["findings"]
    tap.equal(found, expected, f"test 26: output of lodctr /q {name} is the same")

# ---- failures that other tests do not have --------------------------------------------------------------
LANGUAGE = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Nls\Language"
german = broken(lambda r: r.names["009"].update({4: "Arbeitsspeicher", 238: "Prozessor"}))
tap.equal(causes(diagnose(german)[1]), ["names-foreign"], "13: German names, which have \"System\" too, are foreign")


def display(text, installed=None):
    registry = base()
    registry.names["007"] = {2: "System", 4: "Arbeitsspeicher", 238: "Prozessor"}
    registry.keys[PERFLIB + "\\CurrentLanguage"] = {"Counter": ("7", table(sorted(text.items())))}
    if installed:
        registry.keys[LANGUAGE] = {"InstallLanguage": installed}
    return registry


ENGLISH = {2: "System", 4: "Memory", 238: "Processor"}
GERMAN = {2: "System", 4: "Arbeitsspeicher", 238: "Prozessor"}
FRENCH = {2: "Syst\u00e8me", 4: "M\u00e9moire", 238: "Processeur"}
for name, registry, expected, notes in [
        ("English", display(ENGLISH), [], []),
        ("German", display(GERMAN, "0407"), [], []),
        ("none that is installed", display(FRENCH), ["current-language"], ["current-language"]),
        ("another than was installed", display(GERMAN, "0409"), [], ["language-switched"])]:
    found = [identity for identity in causes(diagnose(registry, "--verbose")[1]) if "current" in identity or "switched" in identity]
    tap.equal((causes(diagnose(registry)[1]), found), (expected, notes), f"14: CurrentLanguage has {name}")


def whole(registry):
    """An export of the key of all services: it begins with that key."""
    registry.keys[SERVICES] = {}
    return registry


deleted = base()
del deleted.services["B"]
for name, data in (("a backup", base().backup()), ("output of lodctr /q", base().query().encode())):
    status, report, _ = doctor(write("t.reg", whole(deleted.copy())), write("other", data))
    tap.equal((status, causes(report), report["findings"][0]["service"]), (1, ["performance-key-missing"], "B"),
              f"23: a Performance key that is gone while its names are there is seen by {name}")
    status, report, _ = doctor(write("t.reg", deleted), write("other", data))
    tap.equal((status, causes(report)), (0, []), "23: an export of some services lacks the others")
uninstalled = whole(deleted.copy())
no_names(uninstalled, 1858, 1860, 1862)
tap.equal(causes(doctor(write("t.reg", uninstalled), write("psb", base().backup()))[1]), ["backup-outdated"],
          "37: a service that was uninstalled since the backup")
later = base()
later.add("C", ["Gamma", "Gamma one"])
tap.equal(causes(doctor(write("t.reg", later), write("psb", base().backup()))[1]), ["backup-outdated"],
          "37: a service that was installed after the backup")
status, report, _ = doctor(write("t.reg", later), write("psb", base().backup()))
tap.like(report["findings"][0]["message"], "C has the indices 1864 to 1866, but is not in", "37: it is named")
offline = later.copy()
offline.names, offline.help = {}, {}
tap.equal(causes(doctor(write("t.reg", offline), write("psb", base().backup()))[1]), ["backup-outdated"],
          "37: names of an older backup say nothing about what was installed later")
wmi = base()
wmi.add("WmiApRpl", ["WMI Objects", "HiPerf Classes", "HiPerf Validity"])
backup = wmi.copy()
backup.services.pop("WmiApRpl")
no_names(backup, 1864, 1866, 1868)
backup.perflib.update({"Last Counter": 1862, "Last Help": 1863})
tap.equal(doctor(write("t.reg", wmi), write("psb", backup.backup()))[0], 0,
          "37: WmiApRpl is in no backup, and registering it again makes none outdated")


def lost_category(r):
    no_range(r)
    r.services["A"].update({"Library": "netfxperf.dll", "CategoryOptions": 3})


tap.equal(causes(diagnose(broken(lost_category))[1]), ["category-lost"], "31: a .NET category without numbers")


def named_ini(r):
    no_range(r)
    r.services["A"]["PerfIniFile"] = "alpha.ini"


tap.like(text_of(broken(named_ini)), r"its .ini is\s+alpha.ini", "16: the .ini of the service is named if the key has it")
for value in ("DisablePerformanceCounters", "Disable_Performance_Counters"):
    misspelt = broken(lambda r: r.perflib.update({value: 1}))
    tap.equal(causes(diagnose(misspelt)[1]), ["disable-ignored"], f"2: {value} of Perflib is ignored")

short = base()
short.add("C", ["Gamma", "Gamma one"])
no_names(short, *range(1858, 1868, 2))
tap.equal([(f["id"], f["service"], f["caused_by"]) for f in diagnose(short)[1]["findings"]],
          [("names-cut", None, None), ("names-absent", "B", "names-cut"), ("names-absent", "C", "names-cut")],
          "12: names that end below several services are the cause, and the services its consequences")
for name, data in (("is empty", b""), ("has zeros only", bytes(1000))):
    tap.equal(causes(doctor(write("perfc009.dat", data))[1]), ["names-cut"], f"12: a name table that {name}")
whole_table = base().counter_bytes()
hole = whole_table.index("1850".encode("utf-16-le"))
hollow = whole_table[:hole] + bytes(40) + whole_table[hole + 40:]
tap.equal(causes(doctor(write("perfc009.dat", hollow))[1]), ["names-slipped"],
          "11: a hole of zeros in a name table")
swapped = causes(doctor(write("perfc009.dat", base().counter_bytes(kind="Help")))[1])
tap.equal(swapped, ["names-parity"], "help texts in the file of the names")
tap.equal(doctor(write("perfc009.dat", b"\xff\xfe" + whole_table))[0], 0, "a mark before a name table is no fault")
shorter = base()
no_names(shorter, 1862)
tap.equal(causes(doctor(write("t.reg", base()), write("perfc009.dat", shorter.counter_bytes()))[1]), ["inputs-disagree"],
          "a name table that has other indices than the registry's is a contradiction")
tap.equal(causes(doctor(write("perfc009.dat", shorter.counter_bytes()),
                        write("perfh009.dat", base().counter_bytes(kind="Help")))[1]), ["help-without-name"],
          "two files of one language are compared")
twice = base()
twice.raw["009", "Counter"] = twice.counter_bytes().replace("1852\0".encode("utf-16-le"), "1850\0".encode("utf-16-le"))
tap.equal(causes(diagnose(twice)[1]), ["names-unordered"],
          "a help text whose name has another's index is a consequence of that")
exchanged = broken(set_perflib(Last_Counter=1863, Last_Help=1862))
tap.equal(changes_of(diagnose(exchanged)[1]), {(None, "Last Counter"): 1862, (None, "Last Help"): 1863},
          "last indices that were exchanged are exchanged back")
german = base()
german.names["007"], german.help["007"] = {2: "System", 1848: "Alpha"}, {3: "System", 1849: "Alpha"}
tap.equal(causes(diagnose(german, "--verbose")[1]), ["language-lacks-names"], "15: --verbose mentions what a language lacks")
listed = base()
listed.services["A"]["Object List"] = "1848"
listed.services["A"].update(range_of(1858, 1862))
status, report = diagnose(listed)
tap.equal((causes(report), changes_of(report)), (["range-stale"], ranged("A", 1848, 1856)),
          "17: the Object List shows where the names are, however many there are")
moved = base()
moved.services["A"]["Object List"], moved.services["B"]["Object List"] = "1858", "1848"
status, report = diagnose(moved)
tap.equal((causes(report), changes_of(report)), (["object-list", "object-list"], {}),
          "30: a list of another service's objects is not deleted: the numbers may be wrong")
together = base()
together.add("C", ["Gamma", "Gamma one"], gap=20)
for service in ("A", "C"):
    together.services[service]["Object List"] = str(together.services[service]["First Counter"])
    for name in RANGE:
        del together.services[service][name]
together.names["009"][1890], together.help["009"][1891] = "Unowned", "About it"
together.perflib.update({"Last Counter": 1890, "Last Help": 1891})
status, report = diagnose(together)
tap.equal(changes_of(report), ranged("A", 1848, 1856), "16: names without a gap belong to the service whose object they begin with")
tap.equal([f["choices"] for f in report["findings"] if f["service"] == "C"], [["range-C-1884-1886", "range-C-1884-1890"]],
          "16: after a gap there may be more of them: the user chooses")
tap.equal(changes_of(diagnose(together, "--prefer", "range-C-1884-1890")[1]),
          {**ranged("A", 1848, 1856), **ranged("C", 1884, 1890)}, "16: as is made")

text = " ".join(text_of(broken(lambda r: r.names["009"].update({1850: "Alpha\0one"}))).split())
tap.ok("lodctr /R replaces the whole" in text and text.index("lodctr /R replaces the whole") < text.index("Then run lodctr /R"),
       "what lodctr /R loses is said before it is recommended", text)

# ---- repairs that get in each other's way ------------------------------------------------------------------
# Both services lost numbers, and their names are one run.
both = base()
del both.services["A"]["Last Counter"], both.services["A"]["Last Help"]
both.services["B"]["First Help"] = 4
status, report = diagnose(both)
tap.equal((causes(report), changes_of(report)),
          (["range-malformed", "range-incomplete"],
           {("B", "First Help"): 1859, ("A", "Last Counter"): 1856, ("A", "Last Help"): 1857}),
          "what follows from a service's own numbers is repaired first, and then the numbers of the other")
both = base()
del both.services["A"]["Last Counter"], both.services["A"]["Last Help"]
del both.services["B"]["First Counter"], both.services["B"]["First Help"]
status, report = diagnose(both)
tap.equal((causes(report), changes_of(report)), (["range-incomplete", "range-incomplete"], {}),
          "where one ends and the other begins cannot be known: no number is written")
tap.equal(doctor(write("t.reg", both), "--repair", path("none.reg"))[0], 1, "which is no error")
tap.ok(not os.path.exists(path("none.reg")), "and no file is written")
# Two services have the same Object List, and lost all numbers.
same = base()
for name in ("C", "D"):
    same.services[name] = {"Library": "x.dll", "Open": "O", "Collect": "C", "Close": "D", "Object List": "1864"}
for index, text in enumerate(("Gamma", "Gamma one")):
    same.names["009"][1864 + 2 * index], same.help["009"][1865 + 2 * index] = text, "About " + text
same.perflib.update({"Last Counter": 1866, "Last Help": 1867})
status, report = diagnose(same)
tap.equal((causes(report), changes_of(report)), (["not-installed", "not-installed"], {}),
          "of two services that claim the same names neither gets them")
tap.equal([f["choices"] for f in report["findings"]], [["range-C-1864"], ["range-D-1864"]], "both are offered")
run = tap.run([PROGRAM, "doctor", write("t.reg", same), "--repair", path("same.reg")])
tap.ok(run.status == 2 and "choose for which" in run.stderr and not os.path.exists(path("same.reg")),
       "nothing is written until one is preferred", run.stderr)
status, report = diagnose(same, "--prefer", "range-D-1864")
tap.equal(changes_of(report), ranged("D", 1864, 1866), "the preferred one gets them, and the other none")
run = tap.run([PROGRAM, "doctor", write("t.reg", same), "--repair", path("same.reg"), "--prefer", "range-D-1864"])
tap.ok(run.status == 1 and os.path.exists(path("same.reg")), "and a file is written", run.stderr)
run = tap.run([PROGRAM, "doctor", write("t.reg", same), "--repair", path("both.reg"), "--prefer", "range-D-1864",
               "--prefer", "range-C-1864"])
tap.ok(run.status == 2 and not os.path.exists(path("both.reg")), "both cannot be preferred", run.stderr)
# An offline hive: without names two numbers of four say nothing about the others.
half = base()
half.names, half.help = {}, {}
del half.services["A"]["Last Counter"], half.services["A"]["Last Help"]
tap.equal(changes_of(diagnose(half)[1]), {}, "without names an end that no number gives is not guessed")

tap.equal(causes(doctor(write("t.reg", base()), write("PerfStringBackup.TMP", base().backup()))[1]), ["backup-pending"],
          "36: a backup that was not finished is known by its name")

# ---- damaged text ------------------------------------------------------------------------------------------------
for position in range(36, 46):
    text = base().reg()
    run = tap.run([PROGRAM, "doctor", write("zero.reg", text[:position] + "\0" + text[position:])])
    tap.ok(run.status == 2 and "a zero character" in run.stderr, f"a zero character at {position} is reported", run.stderr)

# ---- hives of an installation that does not run ---------------------------------------------------------------
hive = broken(set_service("A", First_Help=1848))
hive.names, hive.help = {}, {}
loaded = hive.reg().replace("HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet", "HKEY_LOCAL_MACHINE\\OFFLINE\\ControlSet002").replace(
    "HKEY_LOCAL_MACHINE\\SOFTWARE", "HKEY_USERS\\soft")
loaded += "\r\n[HKEY_LOCAL_MACHINE\\OFFLINE\\Select]\r\n\"Current\"=dword:00000002\r\n"
run = tap.run([PROGRAM, "doctor", write("hive.reg", loaded), "--format", "json", "--repair", path("hive-fix.reg"),
               "--undo", path("hive-undo.reg")])
tap.equal((run.status, causes(json.loads(run.stdout))), (1, ["range-malformed"]),
          "hives that were loaded under other names are read")
for name, number in (("hive-fix.reg", 1849), ("hive-undo.reg", 1848)):
    with open(path(name), "rb") as file:
        text = file.read().decode("utf-16")
    tap.ok("[HKEY_LOCAL_MACHINE\\OFFLINE\\ControlSet002\\Services\\A\\Performance]" in text
           and f"dword:{number:08x}" in text, f"{name} has the keys under these names", text)
low = broken(set_perflib(Last_Help=1))
low.names, low.help = {}, {}
tap.run([PROGRAM, "doctor", write("hive.reg", low.reg().replace("HKEY_LOCAL_MACHINE\\SOFTWARE", "HKEY_USERS\\soft")),
         "--repair", path("hive-fix.reg")])
with open(path("hive-fix.reg"), "rb") as file:
    tap.like(file.read().decode("utf-16"), r"\[HKEY_USERS\\soft\\Microsoft\\Windows NT\\CurrentVersion\\Perflib\]",
             "and so has one for Perflib")
run = tap.run([PROGRAM, "--registry", write("hive.reg", loaded), "doctor", "--apply", "--undo", path("u.reg")])
tap.equal((run.status, doctor(path("hive.reg"))[0]), (0, 0), "--apply changes such a file, too")

# ---- one table for install, list, check and doctor ---------------------------------------------------------
write("s.h", b"#define S0 0\n")
write("s.ini", b"[info]\ndrivername=S\nsymbolfile=s.h\n[languages]\n009=English\n[text]\nS0_009_NAME=Name\n")
SHARED = [
    ("range-malformed", set_service("A", First_Help=1848)),
    ("range-incomplete", lambda r: r.services["A"].pop("Last Help")),
    ("service-disabled", set_service("A", Disable_Performance_Counters=1)),
    ("object-list", set_service("A", Object_List="1900")),
    ("value-malformed", set_service("A", Object_List="")),
    ("value-malformed", set_service("A", Open_Timeout="10000")),
    ("value-malformed", set_service("A", Library_Validation_Code=5)),
    ("value-malformed", lambda r: r.services["A"].update({"Open": ("1", "a\0b\0".encode("utf-16-le"))})),
    ("value-malformed", lambda r: r.keys.update({f"{SERVICES}\\A\\Linkage": {"Export": "x"}})),
    ("library-missing", lambda r: r.services["A"].pop("Library")),
    ("procedure-missing", set_service("A", Collect="")),
    ("setting-malformed", set_perflib(ExtCounterTestLevel=9)),
    ("last-counter-low", set_perflib(Last_Counter=1848, Last_Help=1849)),
    ("names-slipped", lambda r: r.names["009"].update({1850: "Alpha\0one"})),
    ("ranges-overlap", overlap),
]
for identity, breaks in SHARED:
    file = write("t.reg", broken(breaks))
    _, report, _ = doctor(file)
    line = next((f["message"] for f in report["findings"] if f["id"] == identity), "")
    listed = tap.run([PROGRAM, "list", "--registry", file])
    checked = tap.run([PROGRAM, "check", "A", "--registry", file])
    installed = tap.run([PROGRAM, "install", path("s.ini"), "--registry", file, "--create", "--library", "t.dll", "--open",
                         "O", "--collect", "C", "--close", "D"])
    mark = f"[{identity}]"
    tap.ok(line and mark in listed.stdout + listed.stderr, f"{identity}: doctor and list report it",
           listed.stdout, listed.stderr)
    tap.ok(mark in checked.stdout + checked.stderr, f"{identity}: check reports it", checked.stdout, checked.stderr)
    tap.ok(installed.status == 0 or mark in installed.stderr, f"{identity}: install goes on, or reports it",
           installed.stdout, installed.stderr)
tap.equal([name for folder, _, names in os.walk("harness") for name in names if "registration_check" in name], [],
          "there is no second check of a registration")
tap.done()
