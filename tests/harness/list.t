#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""perfharness list: what is registered and what is wrong with it; and bad .reg files."""
import json
import os
import shutil
import sys

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
HEAD = "Windows Registry Editor Version 5.00\n\n"
PERFLIB = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Perflib"
CALLS = '"Library"="t.dll"\n"Open"="O"\n"Collect"="C"\n"Close"="D"\n'


def multi(*texts):
    data = "".join(text + "\0" for text in texts) + "\0"
    return "hex(7):" + ",".join(f"{byte:02x}" for byte in data.encode("utf-16-le"))


def service(name, first=None, last=None, help_=None, more=""):
    text = f"[HKLM\\SYSTEM\\CurrentControlSet\\Services\\{name}\\Performance]\n" + CALLS + more
    if first is not None:
        help_ = help_ or (first + 1, last + 1)
        for key, value in zip(("First Counter", "Last Counter", "First Help", "Last Help"),
                              (first, last, *help_)):
            text += f'"{key}"=dword:{value:08x}\n'
    return text + "\n"


def perflib(last, *pairs, help_=(), more="", help_last=None):
    names = multi("1", "1847", *(str(item) for pair in pairs for item in pair))
    helps = multi(*(str(item) for pair in help_ for item in pair)) if help_ else "hex(7):00,00"
    return (f'[{PERFLIB}]\n"Base Index"=dword:00000737\n"Last Counter"=dword:{last:08x}\n'
            f'"Last Help"=dword:{(help_last or last + 1):08x}\n{more}\n'
            f'[{PERFLIB}\\009]\n"Counter"={names}\n"Help"={helps}\n\n')


def run(*arguments):
    return tap.run([PROGRAM, *arguments])


def list_(text, *arguments):
    path = os.path.join(tap.TMP, "t.reg")
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return run("list", "--registry", path, "--library-path", tap.TMP, *arguments)


shutil.copy(os.path.join(tap.BUILD, "heapctrs.so"), os.path.join(tap.TMP, "t.so"))
NAMES = [(1848, "Object"), (1850, "Count"), (1852, "Rate")]
HELP = [(1849, "About Object"), (1851, "About Count"), (1853, "About Rate")]
GOOD = HEAD + service("good", 1848, 1852, more='"Object List"="1848"\n') + perflib(
    1852, *NAMES, help_=HELP)

# ---- what is fine -----------------------------------------------------------------------------
run_ = list_(GOOD)
tap.equal((run_.status, run_.stderr), (0, ""), "a good registration is listed")
tap.like(run_.stdout, r"^good - ok$", "with its state")
tap.like(run_.stdout, r"^    1848  Object\n    1850    Count\n    1852    Rate$",
         "counters are below their object")
tap.like(list_(GOOD, "--help-text").stdout, r"Count\n +About Count\n", "--help-text adds the help")
data = json.loads(list_(GOOD, "--format", "json").stdout)["services"][0]
tap.equal((data["status"], data["remarks"], data["titles"]), ("ok", [], []),
          "JSON says that nothing is wrong")
tap.equal([(o["index"], o["help"], [c["name"] for c in o["counters"]]) for o in data["objects"]],
          [(1848, "About Object", ["Count", "Rate"])], "JSON has objects, counters and help")
flat = json.loads(list_(HEAD + service("flat", 1848, 1852) + perflib(1852, *NAMES),
                        "--format", "json").stdout)["services"][0]
tap.equal((flat["objects"], [title["name"] for title in flat["titles"]], flat["object_list"]),
          ([], ["Object", "Count", "Rate"], None),
          "without an Object List nothing is called an object")
FRENCH = f'[{PERFLIB}\\00C]\n"Counter"=' + multi("1848", "Objet \u00e9t\u00e9") + "\n"
tap.like(list_(GOOD + FRENCH, "--language", "00c").stdout, "Objet \u00e9t\u00e9\n.*Count",
         "another language is shown, English where it has no name")
tap.equal(list_(GOOD, "--language", "00c").status, 3, "a language without names is nothing to show")
tap.equal(list_(GOOD, "--language", "french").status, 2, "a word is no language")
two = GOOD + service("other")
tap.unlike(list_(two, "GOOD").stdout, "other", "one service can be asked for, in any case")
missing = list_(two, "god")
tap.equal((missing.status, missing.stdout), (3, ""), "a service that is not there: nothing to show")
tap.like(missing.stderr, 'did you mean "good"', "with the nearest one named")
tap.equal(list_(HEAD).status, 3, "a registration without services is nothing to show")
tap.equal((list_(HEAD + "; only a comment").stdout), "", "and stdout is empty then")
ESCAPE = GOOD.replace("[HKLM\\SYSTEM\\CurrentControlSet\\Services\\good", "[HKLM\\SYSTEM\\"
                      "CurrentControlSet\\Services\\go\x1b[31mod")
tap.unlike(list_(ESCAPE).stdout + list_(ESCAPE, "--format", "json").stdout, "\x1b",
           "no escape character of a file reaches the terminal")

# ---- libraries ----------------------------------------------------------------------------------
tap.equal(data["library_path"], os.path.join(tap.TMP, "t.so"), "JSON says which library it is")
for library, content, message in [
    ("none.dll", None, r"library not found: looked at .*none\.so"),
    ("text.dll", b"not a library", r"text\.so is no library that this system can load"),
    ("old.dll", b"\x7fELF\1\1\1" + bytes(9) + b"\3\0\3\0\1" + bytes(200),
     r"old\.so is a 32-bit library; this program loads 64-bit ones"),
]:
    if content:
        with open(os.path.join(tap.TMP, library.replace(".dll", ".so")), "wb") as file:
            file.write(content)
    run_ = list_(GOOD.replace("t.dll", library))
    tap.ok(run_.status == 0, f"a library that cannot be loaded is listed: {library}", run_.stderr)
    tap.like(run_.stdout, "warning: .*" + message, "  with a remark")
    json_ = json.loads(list_(GOOD.replace("t.dll", library), "--format", "json").stdout)
    tap.like(json_["services"][0]["remarks"][0]["message"], message, "  in JSON too")

# ---- what is wrong: the state, and the remark ---------------------------------------------------
TEXT = perflib(1852, *NAMES, help_=HELP)
WRONG = [
    ("disabled", "good", service("good", 1848, 1852, more='"Disable Performance Counters"=dword:1\n')
     + TEXT, r"error: .*Disable Performance Counters is 1 \[service-disabled\]"),
    ("not installed", "good", service("good") + TEXT, r"its counters are not installed.*\[not-installed\]"),
    ("broken", "good", service("good", 1848, 1852).replace('"Close"="D"\n', "") + TEXT,
     r"Close is missing \[procedure-missing\]"),
    ("broken", "good", service("good", 1848, 1852).replace('"First Help"', '"x"') + TEXT,
     r"First Help is missing \[range-incomplete\]"),
    ("damaged", "good", service("good", 1849, 1853, (1848, 1852)) + TEXT, "must have even indices"),
    ("damaged", "good", service("good", 1848, 1852, (1848, 1852)) + TEXT, "must have odd indices"),
    ("damaged", "good", service("good", 1852, 1848, (1849, 1853)) + TEXT, "before the first"),
    ("damaged", "good", service("good", 1848, 1852) + perflib(1850, *NAMES),
     r"above Perflib's Last Counter: it ends at 1852 \[range-above-last-counter\]"),
    ("damaged", "good", service("good", 1848, 1852) + service("other", 1850, 1852) + TEXT,
     r"other has 1850 to 1852, good has 1848 to 1852 \[ranges-overlap\]"),
    ("ok", "good", service("good", 1848, 1852, more='"Object List"="1849"\n') + TEXT,
     r"warning: .*1849 is not an even index from 1848 to 1852 \[object-list\]"),
    ("ok", "good", service("good", 1848, 1852, more='"Object List"="1848 238"\n') + TEXT,
     "238 is not an even index"),
    ("damaged", "good", service("good", 1848, 1852, (1849, 1851)) + TEXT, "Last Help must be Last Counter"),
    ("damaged", "good", service("good", 1848, 1852, (1851, 1855)) + TEXT, r"First Help must be First Counter \+ 1"),
    ("damaged", "good", service("good", 1840, 1852) + TEXT, "the system's own range"),
    ("damaged", "good", service("good", 1848, 1854) + perflib(1854, *NAMES), r"the last has no name \[range-end\]"),
    ("damaged", "good", service("good", 1848, 1852) + perflib(1852), r"\[names-empty\]|\[names-absent\]"),
    ("ok", "good", service("good", 1848, 1852), r"^    calls|^  calls"),
]
for status, name, body, message in WRONG:
    run_ = list_(HEAD + body, name)
    tap.ok(run_.status == 0 and f"{name} - {status}\n" in run_.stdout, f"{status}: {message}",
           run_.stdout, run_.stderr)
    tap.like(run_.stdout, message, "  with that remark")

WHOLE = [
    (TEXT.replace('"Last Help"=dword:0000073d', '"Last Help"=dword:0000073f'), "Last Help 1855 .last-help-differs"),
    (perflib(1850, *NAMES, (1900, "Lost")), "there are names up to 1900 .last-counter-low"),
    (perflib(1853, *NAMES), "Last Counter is 1853 .last-counter-odd"),
    (perflib(1852, *NAMES, (1851, "Odd")), r"1 in all, the first of them 1851 \[names-parity\]"),
    (perflib(1852, *NAMES, help_=[(1850, "Even")]), r"1 in all, the first of them 1850 \[names-parity\]"),
    (perflib(1852, *NAMES, (1852, "Twice")), "index 1852 is not above the one before it"),
    (perflib(1852, *NAMES, more='"Disable Performance Counters"=dword:1\n'), "switched off for the whole machine"),
    (perflib(1852, *NAMES, more='"ExtCounterTestLevel"=dword:9\n'), "ExtCounterTestLevel is 9"),
    (perflib(1852, *NAMES).replace('"Help"=hex(7):00,00', '"Help"="x"'), "it is not a REG_MULTI_SZ"),
]
for body, message in WHOLE:
    run_ = list_(HEAD + service("good", 1848, 1852) + body)
    tap.ok(run_.status == 0 and run_.stdout.startswith("good - "), f"listed all the same: {message}",
           run_.stdout, run_.stderr)
    tap.like(run_.stdout, message, "  with that remark")

# ---- files that are not registrations ---------------------------------------------------------------
BAD = [
    (b"", r"t\.reg:1: the file is empty"),
    (b"\x7fELF\2\1\1\0\0\0", r"t\.reg:1: a zero character: this is not a \.reg file"),
    (b"hello", r't\.reg:1: "hello": not a \.reg file'),
    (GOOD.encode("utf-16")[:-3], r"half a character"),
    (GOOD.encode("utf-16-be"), r"zero character|big-endian"),
    (b"\xfe\xff" + GOOD.encode("utf-16-be"), r"big-endian"),
    (GOOD.replace("Object", "\u00e9").encode("cp1252").replace(b"t.dll", b"\xe9.dll"),
     r"t\.reg:1: the file has version 5\.00 and an 8-bit encoding"),
    (GOOD.encode()[:GOOD.index("hex(7)") + 14], r"t\.reg:\d+: .*half a hexadecimal byte"),
    (GOOD.encode()[:GOOD.index("hex(7)") + 13], r"t\.reg:\d+: .*end in a comma"),
    (GOOD.encode()[:100], r"t\.reg:\d+: .*cut short"),
    (GOOD.encode() + b'"a"="' + b"x" * (17 << 20), r"longer than 16777216 characters"),
    (GOOD.encode() + b"[HKLM\\" + b"x" * 9000 + b"]\n", r"longer than 8192 characters"),
    (GOOD.encode() + b"[HKLM" + b"\\x" * 600 + b"]\n", r"more than 512 levels"),
    (GOOD.encode() + b";" + b"\n" * (64 << 20), r"larger than 64 MiB"),
]
for content, message in BAD:
    run_ = list_(content)
    tap.ok(run_.status == 2 and run_.stdout == "", f"refused: {message}", run_.stdout[:200])
    tap.like(run_.stderr, message, "  with that message")
for path, message in [("none.reg", "none.reg: no such file"), (tap.TMP, "not a regular file|may not"),
                      ("/dev/null", "not a regular file")]:
    run_ = run("list", "--registry", path)
    tap.ok(run_.status == 2 and run_.stdout == "", f"refused: {message}", run_.stdout)
    tap.like(run_.stderr, message, "  with that message")
tap.done()
