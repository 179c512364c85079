#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: win64
# goals: build
"""windows-truth.exe under Wine: it finds the known faults of Wine and removes everything that it has changed,
also when it is killed. The same trials of perfharness' emulation confirm its claims, and a wrong behaviour
that is put into the host refutes the claim about it."""
import json
import os
import shutil
import sys

sys.path.insert(0, "tests")
import tap

TRUTH = "build/win64/windows-truth.exe"
EMULATED = "build/win64/programs/windows-truth-emulated.exe"
COMPILER = "x86_64-w64-mingw32-gcc"
SERVICES = r"HKLM\\SYSTEM\\CurrentControlSet\\Services"
FLAGS = ("-DWIN32_LEAN_AND_MEAN -D_WIN32_WINNT=0x0601 -DUNICODE -D_UNICODE -D__USE_MINGW_ANSI_STDIO=1 "
         "-std=c11 -O1").split()
if not shutil.which("wine") or not shutil.which(COMPILER):
    tap.skip_all("wine or mingw-w64 is missing")
if tap.BUILD not in ("build/native", "build/win64"):
    tap.skip_all("a variant of the native build has nothing to do with Wine")


def in_prefix(lines):
    """Run lines of sh in a prefix of this test that has no provider."""
    script = os.path.join(tap.TMP, "script")
    with open(script, "w", encoding="utf-8") as file:
        file.write(f"cd '{os.getcwd()}'\n" + "\n".join(lines) + "\n")
    return tap.run(["scripts/wine-prefix", "--fresh", "--bare", "sh", script], timeout=900)


def command(program, only, name):
    path = os.path.join(tap.TMP, name + ".json").replace("/", "\\\\")
    return (f"wine {program} --time 250 --only {only} --out Z:{path} >'{tap.TMP}/{name}.txt' "
            f"2>'{tap.TMP}/{name}.err'; echo {name} $?")


def results(name):
    with open(os.path.join(tap.TMP, name + ".json"), encoding="utf-8") as file:
        return json.load(file)


def found(name):
    return {row["claim"]: row["result"] for row in results(name)["results"]}


LEFT = [f"wine reg query {SERVICES} | grep -i windows_truth | sed 's/^/left: /'",
        "find \"$WINEPREFIX\" -iname '*windows-truth-*' | sed 's/^/left: /'"]

folders = ["include", "provider/os", "harness/claims"] + sorted(
    folder for top in ("provider", "harness") for folder, _, _ in os.walk(top))
probe = "build/win64/obj/harness/claims/probe"


def wrong_host(name, *changes):
    """The emulation with another behaviour: changes are a source file, a text in it, and what replaces it."""
    objects = []
    for path, right, wrong in changes:
        with open(path, encoding="utf-8") as file:
            source = file.read()
        tap.ok(source.count(right) == 1, f"there is a behaviour to make wrong in {path}")
        base = os.path.join(tap.TMP, name + "_" + os.path.basename(path))
        with open(base, "w", encoding="utf-8") as file:
            file.write(source.replace(right, wrong))
        compiled = tap.run([COMPILER, *FLAGS, *(f"-I{folder}" for folder in folders), "-c", "-o", base + ".o", base])
        tap.ok(compiled.status == 0, f"{path} is compiled with it", compiled.stderr)
        objects.append(base + ".o")
    program = os.path.join(tap.TMP, name + ".exe")
    linked = tap.run([COMPILER, "-static", "-o", program, *objects,
                      *(os.path.join(probe, object) for object in sorted(os.listdir(probe))
                        if object.endswith(".o") and object not in ("truth_provider_win.o", "truth_system_win.o")),
                      "build/win64/obj/truth/provider.res.o", "build/win64/obj/everything.a", "-ladvapi32",
                      "-lshell32"])
    tap.ok(linked.status == 0, f"the host {name} is built", linked.stderr)
    return program


# What a query answers, and what is done with providers, whose trials need a registered one.
wrong_header = wrong_host("wrong", ("harness/host/data_block.c", "#define DEFAULT_OBJECT 238",
                                    "#define DEFAULT_OBJECT 0"))
PROVIDERS = ["level-guards", "object-list-limits", "open-once", "time-limits", "key-set-value",
             "v2-instance-same-name"]
wrong_providers = wrong_host(
    "careless",
    ("harness/host/test_level.c", "if (damage->before || damage->after)", "if (damage->before > 4096)"),
    ("harness/perfdata/query_string.c", "    if (!has_list)\n", "    if (has_list || !has_list)\n"),
    ("harness/perflib/perflib_provider.c", "    if (find_by_name(set, name, id, false))",
     "    if (find_by_name(set, name, id, true))"),
    ("harness/host/root_key.c", "#define BADKEY 1010", "#define BADKEY 6"),
    ("harness/host/hosted_provider.c", "    return timeout_ms ? timeout_ms : 1;", "    return NO_TIMEOUT_MS;"))

TIMES = ["", "0", " 5", "+5", "-5", "5s", "86401", "4294967297", "99999999999999999999", "86400"]
run = in_prefix([
    *(f"wine {TRUTH} --time '{text}' --list >/dev/null 2>&1; echo \"time '{text}' $?\"" for text in TIMES),
    command(TRUTH, "header", "wine"),
    *LEFT,
    # Killed while its provider is registered: the second process cleans up, and the worker ends with the program.
    # The worker is stopped first, like one that is still suspended when its creator is killed: it cannot watch
    # the program, so the job must end it.
    f"wine {TRUTH} --only time-limits --out Z:\\\\dev\\\\null >/dev/null 2>&1 & killed=$!",
    "worker() { pgrep -f '^[^ ]*windows-truth.exe --worker' | while read id; do "
    "tr '\\0' '\\n' </proc/$id/environ | grep -qxF \"WINEPREFIX=$WINEPREFIX\" && echo $id; done; }",
    "until id=$(worker) && [ \"$id\" ]; do kill -0 $killed || break; done",
    "kill -STOP $id && kill -9 $killed && echo killed; wait $killed 2>/dev/null",
    f"while wine reg query {SERVICES}\\\\windows_truth_2 >/dev/null 2>&1; do sleep 0.2; done",
    "wineserver -w; echo cleaned",
    *LEFT,
    command(EMULATED, "header", "emulated"),
    command(wrong_header, "header", "wrong"),
    *(command(program, claim, name + "-" + claim)
      for claim in PROVIDERS for name, program in (("emulated", EMULATED), ("careless", wrong_providers))),
])
tap.equal([line for line in run.stdout.splitlines() if line.startswith("left: ")], [],
          "no key and no file is left, whether it ends or is killed")
for name, status in (("wine", 1), ("emulated", 0), ("wrong", 1)):
    tap.ok(f"{name} {status}\n" in run.stdout, f"exit status {status} of the run {name}", run.stdout, run.stderr)
for text in TIMES:
    status = 0 if text == "86400" else 2
    tap.ok(f"time '{text}' {status}\n" in run.stdout, f"exit status {status} of --time '{text}'", run.stdout)
tap.ok("killed\ncleaned\n" in run.stdout, "after it was killed its provider is removed", run.stdout, run.stderr)

data = results("wine")
tap.equal((data["schema"], data["program"], data["system"]["name"][:5], data["system"]["bits"]),
          (1, "windows-truth", "Wine ", 64), "the results say of which system they are")
wine = found("wine")
tap.equal((wine["header-signature"], wine["header-default-object"], wine["header-first-object"]),
          ("confirmed", "refuted", "refuted"), "it finds the faults of Wine's header, and no other")
with open(os.path.join(tap.TMP, "wine.txt"), encoding="utf-8") as file:
    summary = file.read()
tap.like(summary, r"header-first-object: .*88 bytes after it", "the summary says what was seen")
emulated = found("emulated")
tap.equal([claim for claim, result in emulated.items() if result == "refuted"], [],
          "the emulation's header refutes no claim")
tap.equal({claim for claim, result in found("wrong").items() if result != emulated[claim]},
          {"header-default-object"}, "the wrong host refutes the claim about it, and no other")
for claim in PROVIDERS:
    tap.equal(found("emulated-" + claim).get(claim), "confirmed", f"the emulation confirms {claim}")
    tap.equal(found("careless-" + claim).get(claim), "confirmed" if claim == "open-once" else "refuted",
              f"and the careless host {'does too' if claim == 'open-once' else 'refutes it'}")
tap.done()
