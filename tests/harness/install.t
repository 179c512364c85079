#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""perfharness install and uninstall on .reg files: good .ini files of every form, and bad ones."""
import json
import os
import sys

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
FOLDER = tap.TMP
CALLS = ["--library", "t.dll", "--open", "O", "--collect", "C", "--close", "D"]
PERFLIB = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Perflib"
SERVICE = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\transfer"

# As in the documentation's example: two objects, two languages, mixed order, comments, and a define whose
# value is another symbol.
SYMBOLS = """#ifndef TRANSFER_H
// symbols of the transfer service
#define TRANSFER_OBJECT    0
#define BYTES_SERVED       2    /* #define BYTES_SERVED 4 */
#define AVAILABLE          4;
/* #define PEER_OBJECT 8
   #define BYTES_SERVED 12 */
#define PEER_OBJECT        6
#define BYTES_FROM_PEER    8
#define LAST_SYMBOL        BYTES_FROM_PEER
#define LIMIT              0x10
#endif
"""
INI = """// the transfer service
[info]
drivername=transfer
symbolfile=transfer.h

[languages]
009=English
00C=Francais

[objects]
TRANSFER_OBJECT_009_NAME=
PEER_OBJECT_009_NAME=

; texts in any order
[TEXT]
peer_object_009_name=Peer
BYTES_SERVED_009_NAME=  Bytes "served"  = all
BYTES_SERVED_009_HELP="How many bytes were served."
BYTES_SERVED_00C_NAME=Octets servis
AVAILABLE_009_NAME=Available
AVAILABLE_00C_NAME=Disponible
TRANSFER_OBJECT_009_NAME=Transfer
TRANSFER_OBJECT_00C_NAME=Transfert \u00e9t\u00e9 \u20ac
PEER_OBJECT_00C_NAME=Pair
BYTES_FROM_PEER_009_NAME=Bytes from Peer
BYTES_FROM_PEER_00C_NAME=Octets du pair
"""
ANSI_INI = INI.replace("\u20ac", "")


def path(name):
    return os.path.join(FOLDER, name)


def write(name, data, encoding="utf-8"):
    data = data if isinstance(data, bytes) else data.encode(encoding)
    with open(path(name), "wb") as file:
        file.write(data)
    return path(name)


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


def run(*arguments):
    return tap.run([PROGRAM, *arguments], env={"PERFHARNESS_REGISTRY": ""})


def install(*arguments, reg="t.reg", ini="transfer.ini"):
    return run("install", path(ini), "--registry", path(reg), *arguments)


def wrap(line):
    """A line of hex data, broken as regedit does it: after a comma at column 77 or later."""
    lines, words = [""], line.split(",")
    for number, word in enumerate(words):
        lines[-1] += word + ("," if number + 1 < len(words) else "")
        if len(lines[-1]) >= 77 and number + 1 < len(words):
            lines[-1] += "\\"
            lines.append("  ")
    return "\n".join(lines)


def multi(*texts):
    """A REG_MULTI_SZ in hexadecimal, as regedit writes it after a name."""
    data = "".join(text + "\0" for text in texts) + "\0"
    return "hex(7):" + ",".join(f"{byte:02x}" for byte in data.encode("utf-16-le"))


def reg(body, header="Windows Registry Editor Version 5.00"):
    return header + "\r\n\r\n" + body.replace("\n", "\r\n")


def service(**values):
    lines = {"Library": '"t.dll"', "Open": '"O"', "Collect": '"C"', "Close": '"D"', **values}
    return f"[{SERVICE}\\Performance]\n" + "".join(f'"{k}"={v}\n' for k, v in lines.items()) + "\n"


def perflib(last=1846, **tables):
    text = f'[{PERFLIB}]\n"Base Index"=dword:00000737\n'
    if last is not None:
        text += f'"Last Counter"=dword:{last:08x}\n"Last Help"=dword:{last + 1:08x}\n'
    for language, (counter, help_) in tables.items():
        counter, help_ = wrap('"Counter"=' + counter), wrap('"Help"=' + help_)
        text += f"\n[{PERFLIB}\\{language[1:]}]\n{counter}\n{help_}\n"
    return text


EMPTY = (multi("1", "1847", "2", "System"), multi("3", "About System"))
GOOD = reg("; kept\n" + service() + perflib(L009=EMPTY, L00C=EMPTY))


def titles(name, language):
    run_ = run("list", "transfer", "--registry", path(name), "--format", "json", "--language",
               language)
    if run_.status:
        return run_.stderr
    listed = json.loads(run_.stdout)["services"][0]
    return {object_["name"]: [counter["name"] for counter in object_["counters"]]
            for object_ in listed["objects"]}


ENGLISH = {"Transfer": ['Bytes "served"  = all', "Available"], "Peer": ["Bytes from Peer"]}

# ---- it installs, in every encoding of every file -----------------------------------------------
write("transfer.h", SYMBOLS)
for ini_encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
    text = ANSI_INI if ini_encoding == "cp1252" else INI
    write("transfer.ini", text.replace("\n", "\r\n"), ini_encoding)
    for encoding in ("utf-16", "utf-8", "utf-8-sig"):
        write("t.reg", GOOD, encoding)
        installed = install()
        got = titles("t.reg", "009")
        tap.equal((installed.status, got), (0, ENGLISH),
                  f"an .ini in {ini_encoding} is installed into a .reg file in {encoding}")
        removed = run("uninstall", "transfer", "--registry", path("t.reg"))
        same = read("t.reg").decode(encoding).encode() == GOOD.encode()
        tap.ok(removed.status == 0 and same and len(read("t.reg")) == len(GOOD.encode(encoding)),
               f"and uninstalling gives back the same bytes ({ini_encoding}, {encoding})",
               removed.stderr)

write("transfer.ini", INI)
write("t.reg", GOOD, "utf-16")
run_ = install()
tap.like(run_.stdout, r"transfer: 5 titles installed, names 1848 to 1856, help 1849 to 1857",
         "indices follow the documented example")
text = read("t.reg").decode("utf-16")
tap.like(text, r'"Object List"="1848 1854"', "so does the Object List")
tap.like(text, r'"Last Counter"=dword:00000740\r\n"Last Help"=dword:00000741\r\n\r\n\[.*009\]',
         "Perflib's last indices are raised")
tap.like(text, "; kept", "comments stay")
tap.equal(titles("t.reg", "00C"),
          {"Transfert \u00e9t\u00e9 \u20ac": ["Octets servis", "Disponible"],
           "Pair": ["Octets du pair"]}, "every language gets its names")
before = read("t.reg")
second = install()
tap.equal((second.status, second.stdout), (2, ""), "a second installation is refused")
tap.like(second.stderr, "installed already", "and the reason is reported")
tap.equal(read("t.reg"), before, "a refusal changes nothing")
tap.equal(run("uninstall", path("transfer.ini"), "--registry", path("t.reg")).status, 0,
          "uninstall takes the .ini too")
tap.equal(read("t.reg").decode("utf-16"), GOOD, "and leaves the file as it was")
again = run("uninstall", "transfer", "--registry", path("t.reg"))
tap.equal((again.status, again.stdout), (3, ""), "what is not installed cannot be uninstalled")

# ---- REGEDIT4 -------------------------------------------------------------------------------
write("transfer4.ini", ANSI_INI.replace("transfer.h", "transfer.h"), "cp1252")


def ansi(*texts):
    data = "".join(text + "\0" for text in texts) + "\0"
    return "hex(7):" + ",".join(f"{byte:02x}" for byte in data.encode("cp1252"))


OLD = reg(service() + perflib(L009=(ansi("1", "1847"), ansi("3", "a"))), "REGEDIT4")
write("old.reg", OLD, "cp1252")
tap.equal((install(reg="old.reg", ini="transfer4.ini").status, titles("old.reg", "009")),
          (0, ENGLISH), "a REGEDIT4 file gets 8-bit texts")
run("uninstall", "transfer", "--registry", path("old.reg"))
tap.equal(read("old.reg").decode("cp1252"), OLD, "and is the same after uninstalling")
write("wide.ini", INI.replace("Name=Available", "x").replace("Available", "\u65e5\u672c"))
write("old.reg", OLD, "cp1252")
refused = install(reg="old.reg", ini="wide.ini")
tap.equal((refused.status, read("old.reg").decode("cp1252")), (2, OLD),
          "a character that its encoding lacks is refused, and nothing changed")
tap.like(refused.stderr, "REGEDIT4", "and the reason is reported")

# ---- making the file, and the service ----------------------------------------------------------
fresh = install("--create", *CALLS, reg="fresh.reg")
tap.equal((fresh.status, titles("fresh.reg", "009"), titles("fresh.reg", "00C")["Pair"]),
          (0, ENGLISH, ["Octets du pair"]),
          "--create makes a file with the service and all languages")
run("uninstall", "transfer", "--registry", path("fresh.reg"))
tap.equal(read("fresh.reg").decode("utf-16"), "Windows Registry Editor Version 5.00\r\n",
          "uninstalling leaves an empty one: nothing else was ever in it")
tap.equal((install(reg="none.reg").status, os.path.exists(path("none.reg"))), (2, False),
          "without --create a missing file is an error")
tap.equal((install("--create", reg="none.reg").status, os.path.exists(path("none.reg"))),
          (2, False), "a refused installation makes no file")
write("two.reg", GOOD.replace("\\transfer\\", "\\other\\"), "utf-8")
install("--create", *CALLS, reg="two.reg")
tap.like(read("two.reg").decode(), "Services.other.Performance", "other services stay")
write("two.reg", GOOD, "utf-8")
both = install(*CALLS, reg="two.reg")
tap.equal((both.status, read("two.reg").decode()), (2, GOOD),
          "a service that is there is not made again")

# ---- uninstalling in another order ---------------------------------------------------------------
write("second.ini", INI.replace("drivername=transfer", "drivername=second"))
write("t.reg", GOOD, "utf-8")
install()
install(*CALLS, ini="second.ini")
run("uninstall", "transfer", "--registry", path("t.reg"))
listed = json.loads(run("list", "second", "--registry", path("t.reg"), "--format", "json").stdout)
tap.equal((listed["services"][0]["status"], listed["last_counter"],
           listed["services"][0]["objects"][0]["name"]), ("ok", 1866, "Transfer"),
          "uninstalling the first of two leaves the other's indices and names alone")

# ---- bad .ini and symbol files: file, line, rule; nothing written -----------------------------------
BAD = [
    ("", SYMBOLS, r'\[info\] has no "drivername"'),
    (INI.replace("drivername=transfer", "drivername="), SYMBOLS, r'ini:3: "drivername" has no value'),
    (INI.replace("drivername=transfer", r"drivername=a\b"), SYMBOLS, r"ini:3: .*cannot be a service"),
    (INI.replace("symbolfile=transfer.h\n", ""), SYMBOLS, r'\[info\] has no "symbolfile"'),
    (INI.replace("symbolfile=transfer.h", "symbolfile=no.h"), SYMBOLS, r"no\.h: no such file"),
    (INI.replace("009=English\n", ""), SYMBOLS, r"\[languages\] has no 009"),
    (INI.replace("00C=", "fr="), SYMBOLS, r'ini:8: "fr" in \[languages\]'),
    (INI + "NONE_009_NAME=x\n", SYMBOLS, r'ini:27: "NONE_009_NAME": .*bad\.h does not define'),
    (INI + "LAST_SYMBOL_009_NAME=x\n", SYMBOLS, r"ini:27: .*does not define the symbol LAST_SYMBOL"),
    (INI + "AVAILABLE_009=x\n", SYMBOLS, r'ini:27: "AVAILABLE_009" in \[TEXT\] is not of the form'),
    (INI + "AVAILABLE_007_NAME=x\n", SYMBOLS, r"ini:27: .*language 007 is not in \[languages\]"),
    (INI + "AVAILABLE_xyz_NAME=x\n", SYMBOLS, r'ini:27: .*"xyz" is not a language'),
    (INI + "available_009_name=x\n", SYMBOLS, r"ini:27: .*is defined twice in \[TEXT\], also in line 20"),
    (INI + "BYTES_FROM_PEER_009_HELP=a\tb\n", SYMBOLS, r"ini:27: .*a tab"),
    (INI + "BYTES_FROM_PEER_009_HELP=a\x01b\n", SYMBOLS, r"ini:27: .*a control character"),
    (INI + "BYTES_FROM_PEER_009_HELP\n", SYMBOLS, r"ini:27: .*neither \[section\], key=value"),
    (INI + "[more\n", SYMBOLS, r'ini:27: the section\'s name has no "\]"'),
    ("a=b\n" + INI, SYMBOLS, r"ini:1: .*before the first \[section\]"),
    (INI.replace("AVAILABLE_00C_NAME=Disponible\n", ""), SYMBOLS, r'"Available" \(4\) has no name in'),
    (INI.replace("=Available", "="), SYMBOLS, r"ini:20: .*every title needs a name"),
    (INI.split("[TEXT]")[0], SYMBOLS, r"\[text\] has no English names"),
    (INI.replace("PEER_OBJECT_009_NAME=\n", "PEER_009_NAME=\n"), SYMBOLS, r"ini:12: .*not define"),
    (INI, SYMBOLS.replace("PEER_OBJECT        6", "PEER_OBJECT        5"), r"is 5 in .*h:8, but offsets are"),
    (INI, SYMBOLS.replace("PEER_OBJECT        6", "PEER_OBJECT        4"), r"two symbols have the number 4"),
    (INI, SYMBOLS + "#define AVAILABLE 12\n", r"h:13: AVAILABLE is 12 here and 4 in line 5"),
    (INI, SYMBOLS + "#define X 99999999999\n", r"h:13: the number is 4294967296 or more"),
    (INI, SYMBOLS.replace("PEER_OBJECT        6", "PEER_OBJECT 4000000000"), r"offsets are even numbers"),
    (INI, "", r"bad\.h does not define"),
    (INI, SYMBOLS.encode() + b"\0", r"bad\.h:13: a zero character"),
    (INI.encode("utf-16-be"), SYMBOLS, r"zero character|big-endian"),
    (INI.encode("utf-16")[:-1], SYMBOLS, r"half a character"),
    (b"MZ\x90\0\3\0\0\0\4", SYMBOLS, r"bad\.ini:1: a zero character"),
]
write("t.reg", GOOD, "utf-16")
for ini, symbols, message in BAD:
    ini = ini if isinstance(ini, bytes) else ini.replace("transfer.h", "bad.h").encode()
    write("bad.ini", ini if b"\0" in ini[:3] else ini.replace(b"transfer.h", b"bad.h"))
    if b"t\0r\0a\0n\0s\0f\0e\0r\0.\0h" in ini:
        write("transfer.h", SYMBOLS)
    write("bad.h", symbols)
    bad = install(ini="bad.ini")
    good = bad.status == 2 and not bad.stdout and read("t.reg").decode("utf-16") == GOOD
    tap.ok(good, f"refused, and nothing written: {message}", bad.status, bad.stdout, bad.stderr)
    tap.like(bad.stderr, message, "  with that message")

# ---- damaged bookkeeping: diagnosed, not made worse ----------------------------------------------------
NAMES = (multi("1", "1847", "2000", "Stale"), multi("3", "a"))
UNSORTED = (multi("1", "1847", "6", "b", "4", "a"), multi("3", "a"))
DAMAGED = [
    (service() + perflib(L009=NAMES), r"Last Counter is 1846, but Perflib.009 has texts up to 2000"),
    (service() + perflib(L009=UNSORTED), r"index 4 follows 6"),
    (service() + perflib(L009=(multi("1", "1847", "x", "y"), multi("3"))), r"there is no index"),
    (service() + perflib(L009=(multi("1", "1847"), multi("3"))), r"text of index 3 is missing"),
    (service() + perflib(L009=(multi("1", "1847")[:-6], multi("3", "a"))), r"terminator of the list"),
    (service() + perflib(L009=("hex(7):31,00,00", multi("3", "a"))), r"odd number of bytes"),
    (service() + perflib(L009=('"1"', multi("3", "a"))), r"is not a REG_MULTI_SZ"),
    (service() + perflib(last=1847, L009=EMPTY), r"Last Counter 1847 must be even"),
    (service() + perflib(L009=EMPTY).replace('"Last Help"=dword:00000737\n', ""), r"only one of Last"),
    (service() + perflib(L009=EMPTY).replace("737\n\n", "739\n\n"), r"and Last Help 1849 one more"),
    (service() + perflib(last=0x7FFFFFFC, L009=EMPTY), r"leaves too few indices"),
    (service(**{"First Counter": "dword:738"}) + perflib(L009=EMPTY), r"installed already, incompletely"),
    (service() + service(**{"Last Counter": "dword:800", "First Counter": "dword:738"})
     .replace("transfer", "other") + perflib(L009=EMPTY), r'service "other" has indices up to 2048'),
    (perflib(L009=EMPTY), r"has no Performance key"),
]
write("transfer.h", SYMBOLS)
for body, message in DAMAGED:
    write("d.reg", reg(body))
    damaged = install(reg="d.reg")
    tap.ok(damaged.status == 2 and not damaged.stdout and read("d.reg") == reg(body).encode(),
           f"a damaged registry is left alone: {message}", damaged.stdout, damaged.stderr)
    tap.like(damaged.stderr, message, "  with that message")

INDICES = {"First Counter": "dword:738", "Last Counter": "dword:740", "First Help": "dword:739",
           "Last Help": "dword:741"}
DAMAGED_TOO = [
    (service(**{**INDICES, "Last Counter": "dword:7"}) + perflib(), r"not complete, or not in order"),
    (service(**{**INDICES, "First Counter": "dword:739"}) + perflib(), r"not complete, or not in order"),
    (service(**INDICES) + service(**INDICES).replace("transfer", "other") + perflib(1856),
     r"overlap with those of \"other\""),
    (service(**INDICES) + perflib(1856, L009=UNSORTED), r"index 4 follows 6"),
]
for body, message in DAMAGED_TOO:
    write("d.reg", reg(body))
    damaged = run("uninstall", "transfer", "--registry", path("d.reg"))
    tap.ok(damaged.status == 2 and not damaged.stdout and read("d.reg") == reg(body).encode(),
           f"nothing is uninstalled from a damaged registry: {message}", damaged.stdout)
    tap.like(damaged.stderr, message, "  with that message")

# ---- what cannot be written, and bad usage -----------------------------------------------------------
write("t.reg", GOOD)
locked = tap.public_folder(PROGRAM, path("transfer.ini"), path("transfer.h"), path("t.reg"))
os.chmod(locked, 0o500)
refused = tap.run(tap.as_user(f"{locked}/perfharness", "install", f"{locked}/transfer.ini", "--registry", f"{locked}/t.reg",
                              *CALLS))
tap.equal((refused.status, read(f"{locked}/t.reg")), (2, GOOD.encode()),
          "a folder that cannot be written to leaves the file as it was")
tap.like(refused.stderr, "t.reg", "and the message names the file")
os.chmod(locked, 0o700)
for arguments, message in [
    (["install"], "name one .ini"), (["install", "a.ini", "b.ini"], "name one .ini"),
    (["install", "a.ini", "--library", "x"], "belong together"),
    (["install", "a.ini", "--create"], "name it with --registry"),
    (["uninstall"], "name one service"), (["install", path("none.ini")], "none.ini: no such file"),
    (["uninstall", path("none.ini")], "none.ini: no such file"),
]:
    bad = run(*arguments)
    tap.ok(bad.status == 2 and not bad.stdout and message in bad.stderr,
           f"bad usage: {' '.join(os.path.basename(word) for word in arguments)}", bad.stderr)

# ---- the product's own .ini ------------------------------------------------------------------------------
with open("registry/heapctrs.reg", "rb") as file:
    OWN = file.read()
write("own.reg", OWN)
tap.equal(run("uninstall", "heapctrs", "--registry", path("own.reg")).status, 0,
          "our own registration is uninstalled")
tap.unlike(read("own.reg").decode("utf-16"), "First Counter", "so that its indices are gone")
tap.equal(run("install", "registry/heapctrs.ini", "--registry", path("own.reg")).status, 0,
          "our own .ini is installed")
tap.equal(read("own.reg"), OWN, "and gives the committed heapctrs.reg, byte for byte")
tap.done()
