#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""perfharness doctor: every fault alone and in pairs, valid registrations that look unusual, repairs and
their undoing, every form of input and of output."""
import json
import os
import random
import re
import sys

sys.path.insert(0, "tests")
import tap
from registry_model import PERFLIB, RANGE, Registry, base, multi, range_of, read_reg, table

PROGRAM = os.path.join(tap.BUILD, "perfharness")
OFF = "Disable Performance Counters"
SEED = 19  # of the random pairs: any number, but always the same one


def path(name):
    return os.path.join(tap.TMP, name)


def write(name, data):
    with open(path(name), "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode("utf-16"))
    return path(name)


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


def doctor(*arguments, env=None):
    return tap.run([PROGRAM, "doctor", *arguments], env={"PERFHARNESS_REGISTRY": "", **(env or {})})


def diagnose(registry, *arguments):
    """Exit status and report for a registry in a .reg file."""
    run = doctor(write("t.reg", registry.reg()), "--format", "json", *arguments)
    return run.status, json.loads(run.stdout) if run.stdout else {"findings": [], "repairs": []}


def causes(report):
    return [finding["id"] for finding in report["findings"] if finding["caused_by"] is None]


# ---- faults, one at a time --------------------------------------------------------------------
# Each has a name, the expected first cause, a service or None, what breaks the registry, and the values that
# the repair must write, {(service or None, value): number, or None for removal}; None: no repair by numbers.
FAULTS = []


def fault(identity, service=None, repaired=None):
    def add(function):
        FAULTS.append((function.__name__.replace("_", " "), identity, service, function, repaired))
        return function
    return add


@fault("all-disabled", repaired={(None, OFF): 0})
def everything_switched_off(r):
    r.perflib[OFF] = 1


@fault("service-disabled", "A", {("A", OFF): None})
def a_service_switched_off(r):
    r.services["A"][OFF] = 1


@fault("half-disabled", "A", {("A", OFF): None})
def off_for_64_bits_without_a_twin(r):
    r.services["A"][OFF] = 4


@fault("half-disabled", "B", {("B", OFF): None})
def off_for_32_bits_without_a_twin(r):
    r.services["B"][OFF] = 2


@fault("disable-ignored", "A")
def a_switch_that_is_text(r):
    r.services["A"][OFF] = "0"


@fault("disable-ignored", "B")
def a_switch_without_blanks(r):
    r.services["B"]["DisablePerformanceCounters"] = 1


@fault("last-index-missing", repaired={(None, "Last Counter"): 1862})
def last_counter_missing(r):
    del r.perflib["Last Counter"]


@fault("last-index-missing", repaired={(None, "Last Help"): 1863})
def last_help_of_another_type(r):
    r.perflib["Last Help"] = "1863"


@fault("last-index-zero", repaired={(None, "Last Counter"): 1862, (None, "Last Help"): 1863})
def last_indices_zero(r):
    r.perflib.update({"Last Counter": 0, "Last Help": 0})


@fault("last-counter-low", repaired={(None, "Last Counter"): 1862, (None, "Last Help"): 1863})
def last_indices_of_an_older_state(r):
    r.perflib.update({"Last Counter": 1856, "Last Help": 1857})


@fault("last-counter-low", repaired={(None, "Last Counter"): 1862})
def last_counter_alone_too_low(r):
    r.perflib["Last Counter"] = 1848


@fault("last-help-differs", repaired={(None, "Last Help"): 1863})
def last_help_is_even(r):
    r.perflib["Last Help"] = 1862


@fault("last-counter-odd", repaired={(None, "Last Counter"): 1864, (None, "Last Help"): 1865})
def last_counter_is_odd(r):
    r.perflib.update({"Last Counter": 1863, "Last Help": 1864})


@fault("last-counter-high", repaired={(None, "Last Counter"): 1862, (None, "Last Help"): 1863})
def no_space_after_last_counter(r):
    r.perflib.update({"Last Counter": 0xFFFFFFFE, "Last Help": 0xFFFFFFFF})


@fault("base-index", repaired={(None, "Base Index"): 1847})
def base_index_missing(r):
    del r.perflib["Base Index"]


@fault("base-index", repaired={(None, "Base Index"): 1847})
def base_index_of_another_system(r):
    r.perflib["Base Index"] = 5000


@fault("language-above-last-counter", repaired={(None, "Last Counter"): 1870, (None, "Last Help"): 1871})
def a_language_installed_alone(r):
    r.names["007"], r.help["007"] = {1870: "Gamma"}, {1871: "Ueber Gamma"}


@fault("updating")
def an_interrupted_update(r):
    r.perflib["Updating"] = "WmiApRpl"


@fault("names-foreign")
def english_table_in_russian(r):
    r.names["009"].update({2: "Система", 4: "Память", 238: "Процессор"})


@fault("names-slipped")
def a_name_cut_in_two(r):
    r.names["009"][1850] = "Alpha\0one"


@fault("names-slipped")
def a_help_text_cut_in_two(r):
    r.help["009"][1851] = "About Alpha\0one"


@fault("names-slipped")
def a_name_without_its_index(r):
    pairs = [item for index, text in sorted(r.names["009"].items()) for item in (str(index), text)]
    pairs.remove("1852")
    r.raw["009", "Counter"] = multi(pairs)


@fault("names-cut")
def a_table_without_its_end(r):
    r.raw["009", "Counter"] = r.counter_bytes()[:-4]


@fault("names-cut")
def a_table_that_ends_within_a_character(r):
    r.raw["009", "Help"] = r.counter_bytes(kind="Help")[:-3]


@fault("names-empty")
def an_empty_table(r):
    r.raw["009", "Counter"] = b"\0\0"


@fault("names-unordered")
def an_index_twice(r):
    pairs = sorted(r.names["009"].items())
    r.raw["009", "Counter"] = table(pairs[:-1] + [pairs[-2], pairs[-1]])


@fault("names-parity")
def a_name_with_an_odd_index(r):
    r.names["009"][1851] = "Odd"


@fault("text-swallowed")
def a_text_that_swallowed_its_neighbours(r):
    r.help["009"][1851] = "About Alpha one\n1853=About Alpha two\n1855=About Alpha three"
    del r.help["009"][1853], r.names["009"][1852]


@fault("name-without-help")
def a_help_text_missing(r):
    del r.help["009"][1851]


@fault("help-without-name")
def a_name_missing_but_not_its_help(r):
    del r.names["009"][1852]


@fault("range-malformed", "A", {("A", "First Help"): 1849})
def first_help_is_even(r):
    r.services["A"]["First Help"] = 1848


@fault("range-malformed", "A", {("A", "First Counter"): 1848, ("A", "Last Counter"): 1856})
def first_and_last_exchanged(r):
    r.services["A"].update({"First Counter": 1862, "Last Counter": 1848})


@fault("range-malformed", "A", {("A", "First Counter"): 1848, ("A", "First Help"): 1849})
def a_range_in_the_systems_own(r):
    r.services["A"].update({"First Counter": 238, "First Help": 239})


@fault("range-malformed", "B", {("B", "Last Counter"): 1862})
def last_counter_of_a_service_too_low(r):
    r.services["B"]["Last Counter"] = 1860


@fault("range-malformed", "B", {("B", "Last Help"): 1863})
def last_help_of_a_service_too_high(r):
    r.services["B"]["Last Help"] = 1873


@fault("range-incomplete", "A", {("A", "Last Help"): 1857})
def last_help_of_a_service_missing(r):
    del r.services["A"]["Last Help"]


@fault("range-incomplete", "B", {("B", "First Counter"): 1858, ("B", "First Help"): 1859})
def only_the_last_indices_are_there(r):
    del r.services["B"]["First Counter"], r.services["B"]["First Help"]


@fault("not-installed", "A", {("A", name): number for name, number in range_of(1848, 1856).items()})
def all_four_numbers_missing(r):
    for name in RANGE:
        del r.services["A"][name]


@fault("range-stale", "B", {("B", name): number for name, number in range_of(1858, 1862).items()})
def an_old_range_inside_another(r):
    r.services["B"].update(range_of(1850, 1854))


@fault("range-stale", "B", {("B", name): number for name, number in range_of(1858, 1862).items()})
def an_old_range_where_no_names_are(r):
    r.services["B"].update(range_of(3000, 3004))
    r.services["B"]["Object List"] = "1858"
    r.perflib.update({"Last Counter": 4000, "Last Help": 4001})


@fault("ranges-overlap", "B")
def two_ranges_overlap(r):
    r.services["B"].update(range_of(1852, 1856))
    for index in (1858, 1860, 1862):
        del r.names["009"][index], r.help["009"][index + 1]


@fault("range-end", "B", {("B", "Last Counter"): 1862, ("B", "Last Help"): 1863})
def a_range_longer_than_its_names(r):
    r.services["B"].update(range_of(1858, 1900))


@fault("range-end", "A")
def the_name_of_an_object_missing(r):
    del r.names["009"][1848], r.help["009"][1849]


@fault("names-absent", "B")
def all_names_of_a_service_missing(r):
    for index in (1858, 1860, 1862):
        del r.names["009"][index], r.help["009"][index + 1]


@fault("wmi-provider-unloaded", "WmiApRpl")
def names_of_wmi_missing(r):
    r.services["WmiApRpl"] = {**r.services["A"], **range_of(1864, 1870)}
    r.perflib.update({"Last Counter": 1870, "Last Help": 1871})


@fault("object-list", "A", {("A", "Object List"): None})
def an_object_outside_the_range(r):
    r.services["A"]["Object List"] = "1900"


@fault("value-malformed", "A")
def an_object_list_of_words(r):
    r.services["A"]["Object List"] = "Alpha"


@fault("value-malformed", "B")
def a_time_limit_that_is_text(r):
    r.services["B"]["Open Timeout"] = "10000"


@fault("library-missing", "A")
def no_library(r):
    del r.services["A"]["Library"]


@fault("procedure-missing", "B")
def no_collect_procedure(r):
    del r.services["B"]["Collect"]


@fault("name-ambiguous", "A")
def names_that_differ_in_brackets(r):
    r.names["009"][1852] = "Alpha <one>"


@fault("v2-providers-missing")
def v2_providers_deleted(r):
    r.keys[PERFLIB + "\\_V2Providers"] = {}


@fault("v2-resource")
def a_v2_provider_without_resources(r):
    r.keys[PERFLIB + "\\_V2Providers\\{f3ac}"] = {"ProviderName": "x"}


@fault("helper-off", "PerfHost")
def the_host_of_32_bit_libraries_off(r):
    r.keys[r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\PerfHost"] = {"Start": 4}


tap.ok(len({name for name, *_ in FAULTS}) >= 30, "at least thirty kinds of damage are tried")


def changes_of(report):
    changes = {}
    for change in report["repairs"]:
        if change["chosen"] and change["before"] != change["after"]:
            service = re.search(r"Services\\(.*)\\Performance$", change["key"])
            changes[service and service[1], change["value"]] = change["after"]
    return changes


def is_first_cause(report, identity, service):
    findings = report["findings"]
    return bool(findings) and (findings[0]["id"], findings[0]["caused_by"]) == (identity, None) and (
        service is None or findings[0]["service"] == service)


for name, identity, service, breaks, repaired in FAULTS:
    broken = base()
    breaks(broken)
    status, report = diagnose(broken)
    tap.ok(is_first_cause(report, identity, service) and causes(report) == [identity] and status == 1,
           f"{name}: {identity}, and no other cause", status, json.dumps(report["findings"], indent=1))
    if repaired is not None:
        tap.equal(changes_of(report), repaired, f"  {name}: the smallest repair")

# ---- a bundle shows a maintainer what the machine's owner saw -------------------------------------------
missed = []
for name, identity, service, breaks, repaired in FAULTS:
    broken = base()
    breaks(broken)
    seen = json.loads(doctor(write("t.reg", broken.reg()), "--format", "json", "--bundle", path("bundle")).stdout)
    again = json.loads(doctor(path("bundle"), "--format", "json").stdout)
    if [(f["id"], f["service"]) for f in seen["findings"]] != [(f["id"], f["service"]) for f in again["findings"]]:
        missed.append(name)
tap.equal(missed, [], "the doctor finds in a bundle what it found in the registry")

# ---- repairs: nothing else changes, twice is once, undo is exact -------------------------------------


def apply(registry_path, repair_path, result):
    """What `reg import` does: lines of the second file replace those of the first."""
    first = read_reg(read(registry_path))
    text = read(registry_path).decode("utf-16") + "\r\n" + read(repair_path).decode("utf-16").split(
        "5.00", 1)[1]
    write(result, text)
    return first, read_reg(read(result))


for name, identity, service, breaks, repaired in FAULTS:
    if repaired is None:
        continue
    broken = base()
    breaks(broken)
    write("t.reg", broken.reg())
    run = doctor(path("t.reg"), "--repair", path("fix.reg"), "--undo", path("back.reg"))
    before, after = apply("t.reg", "fix.reg", "fixed.reg")
    touched = {(key, value) for key in after for value in set(after[key]) | set(before[key])
               if after[key].get(value) != before[key].get(value)}
    tap.equal(len(touched), len(repaired), f"{name}: the repair changes {len(repaired)} values only")
    again = doctor(path("fixed.reg"), "--format", "json", "--repair", path("again.reg"))
    tap.ok(again.status == 0 and not os.path.exists(path("again.reg")),
           f"  {name}: a repaired registry is healthy and needs no repair", again.stdout)
    _, restored = apply("fixed.reg", "back.reg", "restored.reg")
    tap.equal(restored, before, f"  {name}: the undo file restores every value")

# ---- pairs -----------------------------------------------------------------------------------------
PARTS = {"names": ("names", "text-", "name-", "help-"), "perflib": ("last", "base", "language", "all-", "updating"),
         "v2": ("v2",), "helper": ("helper",)}


def part_of(identity, service):
    """The part of a registry that a fault damages; two faults of one part may hide each other."""
    return service or next((part for part, words in PARTS.items() if identity.startswith(words)), "other")


chooser = random.Random(SEED)
pairs, right = [], 0
while len(pairs) < 40:
    one, two = chooser.sample(FAULTS, 2)
    if part_of(one[1], one[2]) != part_of(two[1], two[2]):
        pairs.append((one, two))
for one, two in pairs:
    broken = base()
    one[3](broken)
    try:
        two[3](broken)
    except KeyError:
        pass  # the first fault removed what the second damages
    status, report = diagnose(broken)
    found = set(causes(report))
    both = (found == {one[1], two[1]} and report["findings"][0]["id"] in found and status == 1)
    right += both
    if not both:
        tap.diag(f"{one[0]} + {two[0]}: expected {one[1]} and {two[1]}, found {sorted(found)}")
tap.ok(right >= 38, f"of 40 pairs of faults both are found in at least 38 (seed {SEED})", right)

# ---- healthy oddities: no finding ------------------------------------------------------------------
HEALTHY = []


def healthy(function):
    HEALTHY.append((function.__name__.replace("_", " "), function))
    return function


@healthy
def everything_in_order(r):
    pass


@healthy
def a_switch_at_zero(r):
    r.perflib[OFF] = 0
    r.services["A"][OFF] = 0


@healthy
def twins_for_each_bitness(r):
    r.services["ASP.NET_2.0.50727"] = {**r.services.pop("A"), OFF: 4}
    r.services["ASP.NET_64_2.0.50727"] = {**r.services.pop("B"), OFF: 2}


@healthy
def last_counter_far_above_the_names(r):
    r.perflib.update({"Last Counter": 9000, "Last Help": 9001})


@healthy
def a_name_missing_inside_a_range(r):
    del r.names["009"][1852], r.help["009"][1853]


@healthy
def only_the_ends_of_a_range_have_names(r):
    for index in (1850, 1852, 1854):
        del r.names["009"][index], r.help["009"][index + 1]


@healthy
def names_without_a_service(r):
    del r.services["B"]


@healthy
def a_gap_between_ranges(r):
    r.add("C", ["Gamma"], gap=100)


@healthy
def a_service_with_one_name_and_one_object(r):
    r.services["TermService"] = {**r.services["A"], "Object List": "9100", **range_of(9100, 9100)}
    r.names["009"][9100], r.help["009"][9101] = "Terminal Services", "About it"
    r.perflib.update({"Last Counter": 9100, "Last Help": 9101})


@healthy
def equal_texts(r):
    r.names["009"].update({1850: "No name", 1852: "No name", 1854: "No name"})


@healthy
def system_names_in_any_pairing(r):
    del r.help["009"][3]
    r.help["009"][9] = "Help without a name"
    r.names["009"][1530] = "Name without help"


@healthy
def languages_that_differ(r):
    r.names["007"], r.help["007"] = {2: "System", 1848: "Alpha"}, {3: "System", 1849: "Alpha"}
    r.names["0804"], r.help["0804"] = {2: "System"}, {3: "System"}


@healthy
def providers_of_the_systems_own_objects(r):
    for name in ("PerfOS", "PerfProc", "Spooler"):
        r.services[name] = {"Library": "x.dll", "Open": "O", "Collect": "C", "Close": "D",
                            "Object List": "2 4 238"}
    r.services["Tcpip"] = {"Library": "x.dll", "Open": "O", "Collect": "C", "Close": "D"}


@healthy
def an_offline_hive_without_names(r):
    r.names, r.help = {}, {}
    r.keys[PERFLIB + "\\009"] = {}


@healthy
def wmi_between_two_registrations(r):
    r.services["WmiApRpl"] = {"Library": "wmiaprpl.dll", "Open": "O", "Collect": "C", "Close": "D"}


@healthy
def a_key_that_registers_nothing(r):
    r.services["Empty"] = {"InstallType": 1}


@healthy
def libraries_that_are_not_on_this_machine(r):
    r.services["A"]["Library"] = r"C:\Windows\System32\nowhere.dll"


@healthy
def v2_providers(r):
    r.keys[PERFLIB + "\\_V2Providers"] = {}
    r.keys[PERFLIB + "\\_V2Providers\\{f3ac}"] = {"ApplicationIdentity": r"C:\x.exe"}
    r.keys[PERFLIB + "\\_V2Providers\\{f3ac}\\{1}"] = {"First Counter": 9050}


@healthy
def a_remote_registry_that_is_off(r):
    r.keys[r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\RemoteRegistry"] = {"Start": 4}


for name, changes in HEALTHY:
    oddity = base()
    changes(oddity)
    status, report = diagnose(oddity)
    tap.equal((status, report["findings"], report["repairs"]), (0, [], []), f"healthy: {name}")
    if "hive" not in name:
        for form, data in (("backup", oddity.backup()), ("lodctr /q", oddity.query().encode())):
            run = doctor(write("form", data), "--format", "json")
            tap.ok(run.status == 0 and json.loads(run.stdout)["findings"] == [],
                   f"  {name}, as {form}", run.stdout)
status, report = diagnose((lambda r: (r.services.pop("B"), r)[1])(base()), "--verbose")
tap.equal((status, causes(report)), (0, ["names-ownerless"]),
          "--verbose mentions what is healthy, and the status is 0 all the same")

# ---- what install and uninstall leave, in any order --------------------------------------------------
COUNT = 5
for number in range(COUNT):
    symbols = "".join(f"#define S{i} {2 * i}\n" for i in range(number + 2))
    texts = "".join(f"S{i}_009_NAME=Name {number} {i}\n" + (f"S{i}_009_HELP=Help {i}\n" if i % 3 else "")
                    for i in range(number + 2))
    objects = "[objects]\nS0_009_NAME=\n" if number % 2 else ""
    write(f"s{number}.h", symbols.encode())
    write(f"s{number}.ini", (f"[info]\ndrivername=S{number}\nsymbolfile=s{number}.h\n[languages]\n"
                             f"009=English\n{objects}[text]\n{texts}").encode())
CALLS = ["--create", "--library", "t.dll", "--open", "O", "--collect", "C", "--close", "D"]
for turn in range(6):
    installed = []
    for name in ("i.reg",):
        if os.path.exists(path(name)):
            os.remove(path(name))
    if turn % 2:
        write("i.reg", base().reg())
    for step in range(12):
        number = chooser.randrange(COUNT)
        if number in installed:
            installed.remove(number)
            run = tap.run([PROGRAM, "uninstall", f"S{number}", "--registry", path("i.reg")])
        else:
            installed.append(number)
            run = tap.run([PROGRAM, "install", path(f"s{number}.ini"), "--registry", path("i.reg"), *CALLS])
        if run.status:
            break
        run = doctor(path("i.reg"), "--format", "json")
        if run.status != (0 if installed or turn % 2 else run.status) or run.status not in (0, 3):
            break
    tap.ok(step == 11 and run.status in (0, 3), f"install and uninstall in any order leave a healthy registry ({turn})",
           run.stdout, run.stderr)
run = doctor()
tap.equal((run.status, "healthy" in run.stdout), (0, True), "our own registration is healthy")

# ---- inputs -------------------------------------------------------------------------------------------
R = base()
R.services["A"].update({"First Counter": 1862, "Object List": "1848"})
FORMS = [
    ("a .reg file in UTF-16", R.reg().encode("utf-16")),
    ("a .reg file in UTF-8", R.reg().encode()),
    ("a .reg file in UTF-8 with a mark", R.reg().encode("utf-8-sig")),
    ("a backup", R.backup()),
    ("a backup saved as UTF-8", R.backup().decode("utf-16-le").encode("utf-8-sig")),
    ("a backup saved as UTF-8 with plain line ends",
     R.backup().decode("utf-16-le").replace("\r\n", "\n").encode()),
    ("output of lodctr /q", R.query().encode()),
    ("output of lodctr /q with tabs", R.query().replace("    ", "\t\t").encode("utf-16")),
    ("output of lodctr /q that begins with its header", R.query()[R.query().index("[PERFLIB]"):].encode()),
    ("output of lodctr /q without line breaks", " ".join(R.query().split()).encode()),
    ("output of lodctr /q in other words",
     re.sub(r"(?m)^    [A-Z][A-Za-z ]*:", "    Wort\u00fcber :", R.query("Aktiv", "Inaktiv")).encode()),
    ("output of lodctr /q with full-width colons",
     re.sub(r"(?m)^(    [A-Z][A-Za-z ]*): ?", "\\1\uff1a", R.query("\u542f\u7528")).encode()),
]
OLD = R.copy()
OLD.names, OLD.help = {}, {}
FORMS.append(("a REGEDIT4 file", OLD.reg().replace("Windows Registry Editor Version 5.00", "REGEDIT4")
              .encode("cp1252")))
for name, data in FORMS:
    run = doctor(write("form", data), "--format", "json")
    report = json.loads(run.stdout or "{}")
    tap.ok(run.status == 1 and is_first_cause(report, "range-malformed", "A"), f"{name} is read", run.stdout,
           run.stderr)
SWITCHED = base()
SWITCHED.services["B"][OFF] = 1
SWITCHED.services["C"] = {**SWITCHED.services["A"], **range_of(1864, 1866)}
for words in (("Enabled", "Disabled"), ("Aktiviert", "Deaktiviert")):
    run = doctor(write("q.txt", SWITCHED.query(*words).encode()), "--format", "json")
    tap.ok("service-disabled" in [f["id"] for f in json.loads(run.stdout)["findings"] if f["service"] == "B"],
           f"a service that is off is seen in output of lodctr /q ({words[1]})", run.stdout)
one = base()
one.perflib.update({"Last Counter": 1862})
tap.equal(doctor(write("q.txt", one.query("Ein").encode())).status, 0,
          "one unknown word for all services says nothing about them")

RAW = base()
RAW.names["009"].update({1850: '"quoted"=text', 1852: "two\nlines"})
tap.equal(doctor(write("b.ini", RAW.backup())).status, 0,
          "texts of a backup are raw: equals signs, quotation marks, bare line feeds")
for cut in (1, 3, 60, 200, 400):
    run = doctor(write("b.ini", base().backup()[:-cut]), "--format", "json")
    if cut != 3:
        tap.equal((run.status, causes(json.loads(run.stdout))), (1, ["backup-cut"]),
                  f"a backup that lacks its last {cut} bytes is cut short")
TABLES = base()
tap.equal(doctor(write("perfc009.dat", TABLES.counter_bytes()),
                 write("perfh009.dat", TABLES.counter_bytes(kind="Help"))).status, 0,
          "name tables alone are read")
for cut in (1, 2, 4, 31):
    run = doctor(write("perfc009.dat", TABLES.counter_bytes()[:-cut]), "--format", "json")
    tap.equal((run.status, causes(json.loads(run.stdout))), (1, ["names-cut"]),
              f"perfc009.dat without its last {cut} bytes is cut short")
HIVE = base()
HIVE.names, HIVE.help = {}, {}
HIVE.services["B"].update(range_of(1850, 1854))
hive = write("hive.reg", HIVE.reg())
run = doctor(hive, "--format", "json")
tap.equal(causes(json.loads(run.stdout)), ["ranges-overlap"], "without names an overlap is an overlap")
run = doctor(hive, write("perfc009.dat", base().counter_bytes()), "--format", "json")
tap.equal(causes(json.loads(run.stdout)), ["range-stale"], "with the names of a file it is an old range")
run = doctor(hive, write("b.ini", base().backup()), "--format", "json")
tap.equal(causes(json.loads(run.stdout)), ["range-stale", "backup-outdated"],
          "with a backup too, and what differs is a finding")
twice = base()
twice.perflib["Last Counter"] = 1870
twice.perflib["Last Help"] = 1871
run = doctor(write("one.reg", base().reg()), write("two.reg", twice.reg()), "--format", "json")
tap.equal(causes(json.loads(run.stdout)), ["inputs-disagree"], "two exports that differ are a finding")

tap.run([PROGRAM, "query", "Global", "--format", "raw", "-o", path("answer.bin")])
tap.equal(doctor(os.path.join(tap.BUILD, "heapctrs.reg"), path("answer.bin")).status, 0,
          "a saved answer of which every index has a name is healthy")
run = doctor(write("t.reg", base().reg()), path("answer.bin"), "--format", "json")
tap.equal(causes(json.loads(run.stdout)), ["answer-without-name"],
          "an index of a saved answer without a name is a finding")

for data, status, message in [
    (b"", 2, "empty"), (b"hello", 2, "not a .reg file"), (b"\x7fELF\2\1\1\0\0\0", 2, "zero character"),
    ("Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE]\r\n", 3, "nothing about"),
]:
    run = doctor(write("bad", data))
    tap.ok(run.status == status and not run.stdout and message in run.stderr,
           f"an input that is not a registry: status {status}, {message}", run.stdout, run.stderr)
tap.equal(doctor(path("none.reg")).status, 2, "a file that is not there cannot be read")

# ---- choices ----------------------------------------------------------------------------------------
TWO = base()
TWO.add("C", ["Gamma", "Gamma one", "Gamma two"], gap=10)
TWO.services["B"].update(range_of(1850, 1854))
del TWO.services["C"]
ambiguous = write("two.reg", TWO.reg())
run = doctor(ambiguous, "--repair", path("choice.reg"))
tap.ok(run.status == 2 and not os.path.exists(path("choice.reg")), "of two repairs none is made", run.stderr)
tap.like(run.stderr, "--prefer range-B-1858", "and what can be chosen is listed")
tap.like(run.stdout, r"choose .*--prefer range-B-1858", "also in the report")
run = doctor(ambiguous, "--repair", path("choice.reg"), "--prefer", "range-B-1858", "--format", "json")
tap.equal(changes_of(json.loads(run.stdout)), {("B", k): v for k, v in range_of(1858, 1862).items()},
          "the one that is preferred is made")
tap.equal(doctor(ambiguous, "--prefer", "nothing", "--repair", path("c.reg")).status, 2,
          "an unknown repair cannot be preferred")
late = base()
late.perflib["Updating"] = "x"
run = doctor(write("t.reg", late.reg()), "--prefer", "remove-updating", "--format", "json")
tap.equal(changes_of(json.loads(run.stdout)), {(None, "Updating"): None}, "an optional repair can be asked for")

# ---- applying ---------------------------------------------------------------------------------------
broken = base()
broken.services["A"]["First Help"] = 1848
broken.perflib["Last Help"] = 1
before = broken.reg()
target = write("live.reg", before)
run = tap.run([PROGRAM, "--registry", target, "doctor", "--apply", "--undo", path("undo.reg")])
tap.like(run.stderr, "2 values were changed", "--apply changes the file of --registry")
tap.equal(doctor(target).status, 0, "which is healthy then")
restored, _ = apply("live.reg", "undo.reg", "restored.reg")
tap.equal(_, read_reg(before.encode()), "the undo file was written first and restores it")
tap.equal(doctor(target, "--apply").status, 2, "a file that is only shown is not changed")
lines = [number for number, (one, two) in enumerate(zip(
    before.splitlines(), read("live.reg").decode("utf-16").splitlines(), strict=True)) if one != two]
tap.equal(len(lines), 2, "only the lines of the two values differ")

# ---- output -------------------------------------------------------------------------------------------
stale = base()
stale.services["B"].update(range_of(1850, 1854))
stale.services["A"]["Library"] = r"C:\Users\anna\secret.dll"
stale.services["A"]["Password"] = "hunter2"
stale.services["B"]["Library"] = r"\\fileserver\share\b.dll"
stale.keys[PERFLIB + "\\_V2Providers\\{f3ac}"] = {"ApplicationIdentity": r"C:\Users\Berta Beispiel\x.exe"}
target = write("t.reg", stale.reg())
text = doctor(target).stdout
tap.ok(text.index("cause") < text.index("repair") < text.index("risk"),
       "text names the cause, then the repair, then its risk", text)
tap.like(text, "Never run unlodctr B first", "with the order that is safe")
report = json.loads(doctor(target, "--format", "json").stdout)
tap.equal(sorted(report), ["findings", "inputs", "repairs", "schema"], "JSON has the documented members")
tap.ok({"id", "severity", "grade", "key", "value", "actual", "expected", "affects", "caused_by",
        "repair"} <= set(report["findings"][0]), "and so have its findings")
tap.ok({"id", "key", "value", "before", "after", "why"} <= set(report["repairs"][0]),
       "and its repairs")
tap.equal(report["findings"][0]["repair"], report["repairs"][0]["id"], "a finding names its repair")
sarif = json.loads(doctor(target, "--format", "sarif").stdout)
result, rules = sarif["runs"][0]["results"][0], sarif["runs"][0]["tool"]["driver"]["rules"]
tap.equal((sarif["version"], rules[result["ruleIndex"]]["id"], result["ruleId"], result["level"]),
          ("2.1.0", "range-stale", "range-stale", "error"), "SARIF refers to its rules")
tap.ok(all(rule["shortDescription"]["text"] and rule["defaultConfiguration"]["level"] in (
    "note", "warning", "error") for rule in rules) and len({rule["id"] for rule in rules}) == len(rules),
       "each of which is described once")
tap.ok(result["message"]["text"] and result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
       and result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "and says where")
tap.like(doctor(target, "--format", "markdown").stdout, r"^### error: range-stale", "markdown is for tickets")
doctor(target, "--bundle", path("bundle.reg"))
bundle = read("bundle.reg").decode("utf-16")
tap.unlike(bundle, "anna|hunter2|fileserver|Berta|Beispiel",
           "a bundle has no names of users and computers, and no values but those of counters")
tap.like(bundle, "range-stale", "it has the report")
run = doctor(path("bundle.reg"), "--format", "json")
tap.equal(causes(json.loads(run.stdout)), ["range-stale"], "and the doctor finds the same in it")
cause = base()
cause.raw["009", "Counter"] = multi(["1", "1847", "2", "System"])
status, report = diagnose(cause)
low = base()
low.perflib.update({"Last Counter": 1848, "Last Help": 1849})
text = doctor(write("t.reg", low.reg())).stdout
tap.like(text, r"effect +range-above-last-counter: the indices of A", "consequences are effects of their cause")
run = doctor(write("t.reg", base().reg().replace("\\A\\", "\\A\x1b[31m\\")))
tap.unlike(run.stdout, "\x1b", "no escape character of a file reaches the terminal")
tap.done()
