#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: win64 win32
# goals: programs
# timeout: 1500
"""perfharness check under Wine, where it differs from the native one: providers that attack the harness,
files of the wrong kind, places in the source from DWARF and PDB, Ctrl-C."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

if "HEAPCTRS_WINE64_PREFIX" not in os.environ:
    os.execv("scripts/wine-prefix", ["scripts/wine-prefix", *sys.argv])
sys.path.insert(0, "tests")
import tap

PROGRAM = "build/win64/perfharness.exe"
FAULTY = "build/win64/faulty"
COMPILER = "x86_64-w64-mingw32-gcc"
if not shutil.which("wine") or not shutil.which(COMPILER):
    tap.skip_all("no Wine, or no compiler for it")
# Open attacks its parent process and prints the result; the rest is sound.
SOURCE = r"""
#include <windows.h>
#include <stdio.h>
#include <tlhelp32.h>
static DWORD parent(void)
{
    PROCESSENTRY32W entry = { .dwSize = sizeof(entry) };
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    for (BOOL is = Process32FirstW(all, &entry); is; is = Process32NextW(all, &entry))
        if (entry.th32ProcessID == GetCurrentProcessId())
            return entry.th32ParentProcessID;
    return 0;
}
static void attack(void)
{
    HANDLE process;
    SIZE_T written = 0;
    BOOL done = FALSE;
    (void)written, (void)process, (void)done;
    ATTACK;
    printf("done %d, error %lu\n", done, GetLastError());
    fflush(stdout);
}
__declspec(dllexport) DWORD APIENTRY OpenAttack(LPWSTR context)
{
    static int is_over;
    if (!is_over++)
        attack();
    return 0;
}
__declspec(dllexport) DWORD APIENTRY CollectAttack(LPWSTR query, void **data, DWORD *size, DWORD *count)
{
    HANG;
    *size = *count = 0;
    return 0;
}
__declspec(dllexport) DWORD APIENTRY CloseAttack(void) { return 0; }
"""


def build(name, attack="", hang=""):
    source, library = (os.path.join(tap.TMP, name + suffix) for suffix in (".c", ".dll"))
    with open(source, "w", encoding="utf-8") as file:
        file.write(SOURCE.replace("ATTACK", attack).replace("HANG", hang))
    subprocess.run([COMPILER, "-shared", "-w", "-o", library, source], check=True)
    return library


def check(*arguments):
    return tap.run(["wine", PROGRAM, "check", *arguments])


# ---- attacks, and output ------------------------------------------------------------------------------
# A sound provider with nothing to say has the exit status 3, after as many calls as any other.
ATTACKS = [
    ("ends its parent", "process = OpenProcess(PROCESS_TERMINATE, FALSE, parent()); "
     "done = process && TerminateProcess(process, 0)"),
    ("writes into its parent", "process = OpenProcess(PROCESS_VM_WRITE | PROCESS_VM_OPERATION, FALSE, parent()); "
     "done = process && WriteProcessMemory(process, GetModuleHandleW(0), \"MZ\", 2, &written)"),
    ("starts a thread in its parent", "process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, parent()); "
     "done = process && CreateRemoteThread(process, 0, 0, (void *)ExitProcess, 0, 0, 0)"),
    ("takes handles of its parent", "process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, parent()); "
     "done = process && DuplicateHandle(process, (HANDLE)4, GetCurrentProcess(), &process, 0, 0, 2)"),
    ("ends its parent through a handle that it inherits",
     "const DWORD id = parent(); for (ULONG_PTR i = 4; i < 4096 && !done; i += 4) "
     "if (GetProcessId((HANDLE)i) == id) done = TerminateProcess((HANDLE)i, 0)"),
    ("starts a process outside its job",
     "STARTUPINFOW s = { sizeof(s) }; PROCESS_INFORMATION p; WCHAR c[] = L\"wineboot --help\"; "
     "done = CreateProcessW(NULL, c, 0, 0, 0, CREATE_BREAKAWAY_FROM_JOB | CREATE_SUSPENDED, 0, 0, &s, &p)"),
]
one = 'process = NULL; done = FALSE; { %s; } printf("attack %d: done %%d\\n", done);'
run = check(build("attack", " ".join(one % (attack, i) for i, (_, attack) in enumerate(ATTACKS)) +
                  r'printf("\033[2Jtwo\n"); for (int i = 0; i < 30000; i++) printf("flood %d\n", i)'))
for number, (name, _) in enumerate(ATTACKS):
    is_reported = "outside" in name and "left-behind" in run.stdout
    tap.ok(is_reported or f"output of attack.dll: attack {number}: done 0" in run.stderr,
           f"a provider that {name} cannot do that, or it is reported", run.stdout, run.stderr[:2000])
tap.ok(run.status == 3 or "left-behind" in run.stdout, "it does not change the exit status", run.status)
tap.like(run.stdout, r"\n\d\d+ calls", "and the run goes on to its end")
tap.like(run.stderr, r"^output of attack\.dll: \\x1B\[2Jtwo$", "control sequences of a provider are made visible")
tap.equal(run.stderr.count("flood"), 50 - 1 - len(ATTACKS), "and a flood is cut off")

# ---- files of the wrong kind ----------------------------------------------------------------------------
with open(f"{FAULTY}/sound.dll", "rb") as file:
    sound = file.read()
wrong = [
    ("mine.dll", b"", r"mine\.dll is empty: neither a library nor a saved answer"),
    ("text.dll", b"Windows Registry Editor Version 5.00\n", r"text\.dll is a text file: a registration"),
    ("a.recording", b"PERFREC\n\1\0\0\0\0\0\0\0", r"a\.recording is a recording: check takes one answer"),
    ("begun.dll", b"MZ", r"begun\.dll is the beginning of a Windows program"),
    ("cut.dll", sound[:len(sound) // 3], r"cut\.dll cannot be loaded: it is .*and is cut off"),
    ("x86.dll", None, r"it is a Windows DLL \(PE\) for x86, 32 bits; check it with the 32-bit perfharness"),
    ("native.dll", open("build/native/heapctrs.so", "rb").read(), "it is an ELF library for x64, 64 bits"),
]
for name, content, _ in wrong:
    path = os.path.join(tap.TMP, name)
    if content is None:
        shutil.copy("build/win32/heapctrs.dll", path)
        continue
    with open(path, "wb") as file:
        file.write(content)
run = check(*(os.path.join(tap.TMP, name) for name, _, _ in wrong))
output = re.sub(r"\s+", " ", run.stdout + run.stderr)
tap.equal(run.status, 2, "files of the wrong kind are bad input")
for name, _, text in wrong:
    tap.like(output, text, f"{name} is named for what it is")
tap.unlike(output, "Bad EXE|%1", "in our words")

# ---- places in the source --------------------------------------------------------------------------------
pdb, mapped = (os.path.join(tap.TMP, name) for name in ("pdb", "mapped"))
targets = [f"{FAULTY}/crash_in_collect.dll"]
source = ["-w", "-O1", "-Iinclude", "-Itests/faulty", "-shared", "tests/faulty/crash_in_collect.c"]
subprocess.run([COMPILER, *source, "-s", "-o", f"{mapped}.dll", f"-Wl,-Map={mapped}.map"], check=True)
targets.append(f"{mapped}.dll")
clang = [shutil.which(name) for name in ("clang-14", "clang") if shutil.which(name)]
if clang and shutil.which("lld-link"):
    folder = os.path.dirname(subprocess.run([COMPILER, "-print-libgcc-file-name"], capture_output=True, text=True,
                                            check=True).stdout)
    subprocess.run([clang[0], "--target=x86_64-w64-mingw32", "-g", "-gcodeview", "-static-libgcc", f"-L{folder}",
                    "-fuse-ld=lld", f"-Wl,-pdb={pdb}.pdb", *source, "-o", f"{pdb}.dll"], check=True)
    targets.append(f"{pdb}.dll")
run = check("--format", "json", *targets)
places = [target["findings"][0]["location"] for target in json.loads(run.stdout)["targets"]]
tap.ok(places[0]["file"].endswith("tests/faulty/frame/faulty.h") and places[0]["line"] > 0 and
       places[0]["function"] == "CollectFaultyData", "a crash has file and line from DWARF", places)
tap.equal(places[1]["function"], "CollectFaultyData", "of a stripped library the export or the map names the function")
if len(places) > 2:
    tap.ok(places[2]["file"].endswith(".h") and places[2]["line"] > 0, "a PDB file has file and line, too", places)
else:
    tap.skip("a PDB file has file and line, too", "no clang or no lld-link")

# ---- Ctrl-C -------------------------------------------------------------------------------------------------
# A program that ends with status 7 if Ctrl-C calls its handler, as on Windows; Wine 5.0 ends it at once.
HANDLER = r"""
#include <windows.h>
static BOOL WINAPI handle(DWORD event) { ExitProcess(event == CTRL_C_EVENT ? 7 : 8); }
int main(void)
{
    SetConsoleCtrlHandler(handle, TRUE);
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "ready", 5, &(DWORD){0}, NULL);
    Sleep(INFINITE);
}
"""


def has_ctrl_c():
    source, program = (os.path.join(tap.TMP, name) for name in ("handler.c", "handler.exe"))
    with open(source, "w", encoding="utf-8") as text:
        text.write(HANDLER)
    subprocess.run([COMPILER, "-w", "-o", program, source], check=True)
    probe = subprocess.Popen(["wine", program], stdout=subprocess.PIPE)
    probe.stdout.read(5)
    probe.send_signal(signal.SIGINT)
    return probe.wait(timeout=900) == 7


INTERRUPTED = "Ctrl-C while a call hangs prints what was found so far"
if not has_ctrl_c():
    version = tap.run(["wine", "--version"]).stdout.strip()
    tap.skip(INTERRUPTED, f"SIGINT calls no handler of Ctrl-C in this version: {version}")
    tap.done()
mark = os.path.join(tap.TMP, "called")
slow = build("slow", hang=f'if (query && query[0] == \'C\') {{ fclose(fopen("Z:{mark}", "w")); Sleep(INFINITE); }} '
             "if (query) { *size = 0; *count = 7; return 0; }")
run = subprocess.Popen(["wine", PROGRAM, "check", "--timeout", "600", slow], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True)
while not os.path.exists(mark) and run.poll() is None:
    time.sleep(0.05)
run.send_signal(signal.SIGINT)
out, err = run.communicate(timeout=900)
tap.ok(run.returncode == 1 and "no-data-outputs" in out and "interrupted at" in out and "hang" not in out,
       INTERRUPTED, run.returncode, out, err)
tap.done()
