#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: win64
"""perfharness ctrpp: the generated code compiles, runs and means the same everywhere; an error in a manifest
is reported with line and column."""
import os
import re
import shutil
import sys

sys.path[:0] = ["tests"]
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
GOOD = "tests/manifests/good-waves.man"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wshadow"]
folder = tap.TMP


def path(name):
    return os.path.join(folder, name)


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


def ctrpp(*arguments):
    return tap.run([PROGRAM, "ctrpp", *arguments])


def body(name):
    """A generated file without the line that names its source."""
    return read(name).split(b"\n", 1)[1]


# ---- good manifests

done = ctrpp(GOOD, "-o", path("waves.h"), "-rc", path("waves.rc"), "-ch", path("waves_consumer.h"),
             "-MemoryRoutines")
tap.ok(done.status == 0 and not done.out and not done.err,
       "a good manifest gives its files, no word and status 0", done.stderr)

EXPECTED = """names of 16 and 20 units
initialize 0
instances 1 1 1
reference 0
set 0 0 0 0 0
notification 1
notification 5
notification 6
geometric #1 1=14 2=0 3=0 4=0
geometric #2 1=0 2=7 3=0 4=3
geometric #4294967295 1=14 2=7 3=0 4=3
notification 2
notification 1
notification 5
notification 6
trigonometric 16=12
notification 2
delete 0
stopped 1, blocks left 0, memory routines used 1
"""
PROVIDER_ONLY = """names of 16 and 20 units
initialize 0
instances 1 1 1
reference 0
delete 0
stopped 1, blocks left 0, memory routines used 0
"""

shutil.copy("tests/manifests/waves_program.c", path("waves_program.c"))
shutil.copy("tests/manifests/waves_program.c", path("waves_program.cpp"))


def compile_program(name, compiler, source, *options):
    standard = "-std=c++17" if source.endswith("pp") else "-std=c11"
    done = tap.run([compiler, standard, *WARNINGS, "-I" + folder, *options[:1], path(source), "-o",
                    path(name), *options[1:]], timeout=900)
    tap.ok(done.status == 0, f"{compiler} compiles the code: {' '.join(options[:1])} {source}",
           done.stderr)
    return done.status == 0


def run_program(name, expected, what):
    command = ["scripts/wine-prefix", "--bare"] if name.endswith(".exe") else []
    done = tap.run([*command, path(name)], timeout=900)
    tap.equal((done.status, done.stdout), (0, expected), what)


library = os.path.join("build/native", "libperflib.a")
for compiler, source in (("gcc", "waves_program.c"), ("g++", "waves_program.cpp"),
                         ("clang", "waves_program.c"), ("clang++", "waves_program.cpp")):
    if not shutil.which(compiler):
        tap.skip(f"{compiler} compiles the code", "not installed")
        continue
    if compile_program("native", compiler, source, "-Iinclude", library, "-lpthread"):
        run_program("native", EXPECTED, f"{compiler}: provider and consumer work natively")

for target, machine in (("win64", "x86_64-w64-mingw32"), ("win32", "i686-w64-mingw32")):
    if not shutil.which(machine + "-gcc"):
        tap.skip(f"{target}", "mingw-w64 is not installed")
        continue
    done = tap.run([machine + "-windres", path("waves.rc"), path("waves.o")])
    tap.equal((done.status, done.stderr), (0, ""), f"{target}: windres takes the string table")
    for language, source in (("gcc", "waves_program.c"), ("g++", "waves_program.cpp")):
        for include in ("-Iinclude", "-DTHE_TOOL_CHAINS_OWN_HEADERS"):
            name = f"{target}-system.exe"
            if include != "-Iinclude" and language == "g++":
                continue
            if not compile_program(name, f"{machine}-{language}", source, include, "-static",
                                   "-DPROVIDER_ONLY", path("waves.o"), "-ladvapi32"):
                continue
            if target == "win64" and shutil.which("wine"):
                run_program(name, PROVIDER_ONLY,
                            f"{language} {include}: the provider runs on Wine's advapi32")
    library = f"build/{target}/libperflib.a"
    if not os.path.exists(library):
        tap.skip(f"{target}: the emulation", library + " is not built")
        continue
    if compile_program(f"{target}.exe", machine + "-gcc", "waves_program.c", "-Iinclude",
                       "-DPERFLIB_EMULATED", "-static", library):
        if target == "win64" and shutil.which("wine"):
            run_program("win64.exe", EXPECTED, "provider and consumer work under Wine, emulated")
        elif tap.run(["scripts/wine32", "--check"], timeout=900).status == 0:
            done = tap.run(["scripts/wine32", "--bare", path("win32.exe")], timeout=900)
            tap.equal((done.status, done.stdout), (0, EXPECTED), "the same in 32 bits")

# The same text in UTF-16, larger than the 8 KiB at which Wine's xmllite fails.
with open(GOOD, encoding="utf-8") as file:
    wide = file.read().replace('encoding="UTF-8"', 'encoding="UTF-16"').replace(
        "<instrumentation>", "<!--" + "ä" * 20000 + "\n-->\n  <instrumentation>")
for name, encoding in (("little.man", "utf-16-le"), ("big.man", "utf-16-be")):
    with open(path(name), "wb") as file:
        file.write(("\ufeff" + wide).encode(encoding))
    done = ctrpp(path(name), "-o", path("wide.h"), "-ch", path("wide_c.h"), "-MemoryRoutines")
    tap.ok(done.status == 0 and body("wide.h") == body("waves.h")
           and body("wide_c.h") == body("waves_consumer.h"), f"{encoding} is read", done.stderr)
with open(path("wrong.man"), "wb") as file:
    file.write(("\ufeff" + wide.replace("perf_counter_rawcount", "perf_counter_rowcount")).encode(
        "utf-16-le"))
wrong_place = ctrpp(path("wrong.man"), "-o", path("wide.h")).stderr.split("wrong.man", 1)[-1]

windows = "build/win64/perfharness.exe"
if os.path.exists(windows) and shutil.which("wine"):
    done = tap.run(["scripts/wine-prefix", "--bare", windows, "ctrpp", GOOD, "-o", path("wine.h"),
                    "-rc", path("wine.rc"), "-ch", path("wine_consumer.h"), "-MemoryRoutines"],
                   timeout=900)
    tap.ok(done.status == 0 and all(read("wine" + rest) == read("waves" + rest)
                                    for rest in (".h", ".rc", "_consumer.h")),
           "under Wine, through xmllite, it writes the same bytes", done.stderr)
    for name in ("little.man", "big.man"):
        done = tap.run(["scripts/wine-prefix", "--bare", windows, "ctrpp", path(name), "-o",
                        path("wide.h"), "-MemoryRoutines"], timeout=900)
        tap.ok(done.status == 0 and body("wide.h") == body("waves.h"),
               f"and reads UTF-16 of any size: {name}", done.stderr)
    done = tap.run(["scripts/wine-prefix", "--bare", windows, "ctrpp", path("wrong.man"), "-o",
                    path("wide.h")], timeout=900)
    tap.equal(done.stderr.split("wrong.man", 1)[-1].replace("\r", ""), wrong_place,
              "with the same places in messages")
else:
    tap.skip("under Wine it writes the same bytes", "no Wine, or no Windows build")

# ---- options

done = ctrpp(GOOD, "-migrate", path("new.man"))
tap.equal((done.status, done.stderr), (0, ""), "-migrate writes a manifest")
tap.like(read("new.man").decode(), 'schemaVersion="2.0"', "which is of schema 2.0")
done = ctrpp(path("new.man"), "-o", path("new.h"), "-rc", path("new.rc"), "-ch", path("new_c.h"),
             "-NotificationCallback")
tap.ok(done.status == 0 and all(body(new) == body(old) for new, old in (
    ("new.h", "waves.h"), ("new.rc", "waves.rc"), ("new_c.h", "waves_consumer.h"))),
       "and gives the same code and strings", done.stderr)

done = ctrpp(GOOD, "/o", path("prefixed.h"), "-PREFIX", "Wavy")
tap.ok(done.status == 0 and b"WavyCounterInitialize(VOID)" in read("prefixed.h")
       and b" CounterInitialize" not in read("prefixed.h"),
       "options may be in any case, with - or /; -prefix names the functions", done.stderr)
tap.ok(all(name in read("prefixed.h") for name in (
    b" HANDLE WavyWavesProvider = NULL", b" GUID WavyWavesProviderGuid =",
    b" GUID WavyGeometricWavesGuid =", b"WavyGeometricWavesInfo = {", b"#define TRIANGLE_WAVE (1)",
    b"#define Set_TRIANGLE_WAVE(")), "and the variables, but no macro")
tap.ok(b"AllocateMemory" not in read("prefixed.h"),
       "without -MemoryRoutines the initialiser takes nothing")


def compile_and_run(name, sources, expected):
    """Compile and run: natively over the emulation, for Windows over advapi32, as far as Wine has it."""
    done = tap.run(["gcc", "-std=c11", *WARNINGS, "-Iinclude", "-I" + folder, *sources, "-o",
                    path(name), "build/native/libperflib.a", "-lpthread"])
    tap.ok(done.status == 0, f"{name} compiles natively", done.stderr)
    if done.status == 0:
        tap.equal(tap.run([path(name)]).stdout, expected[0], f"{name} works natively")
    for machine, runner in (("x86_64", "scripts/wine-prefix"), ("i686", "scripts/wine32")):
        if not shutil.which(machine + "-w64-mingw32-gcc"):
            tap.skip(f"{name} for {machine}", "mingw-w64 is not installed")
            continue
        program = path(f"{name}-{machine}.exe")
        done = tap.run([machine + "-w64-mingw32-gcc", "-std=c11", *WARNINGS, "-Iinclude",
                        "-I" + folder, "-DONLY_WHAT_WINE_HAS", *sources, "-o", program, "-static",
                        "-ladvapi32"])
        tap.ok(done.status == 0, f"{name} compiles for {machine}", done.stderr)
        can_run = tap.run(["scripts/wine32", "--check"], timeout=900).status == 0 \
            if machine == "i686" else shutil.which("wine")
        if done.status == 0 and can_run:
            tap.equal(tap.run([runner, "--bare", program], timeout=900).stdout, expected[1],
                      f"{name} works on Wine's advapi32, {machine}")
        else:
            tap.skip(f"{name} works on Wine's advapi32, {machine}", "there is none here")


with open(path("prefixed_program.c"), "w") as file:
    file.write("""#include "prefixed.h"
#include <stdio.h>
int main(void)
{
    ULONG status = WavyCounterInitialize();
    PERF_COUNTERSET_INSTANCE *instance = status ? NULL : PerfCreateInstance(WavyWavesProvider,
        &WavyGeometricWavesGuid, (const WCHAR *)"a\\0b\\0\\0", 1);
    printf("%u %d %d\\n", (unsigned)status, instance != NULL, WavyWavesProvider != NULL);
    WavyCounterCleanup();
    printf("%d\\n", WavyWavesProvider != NULL);
    return 0;
}
""")
compile_and_run("prefixed", [path("prefixed_program.c")], ["0 1 1\n0\n"] * 2)

# Vista: neither symbols of countersets nor a schemaVersion.
with open(GOOD, encoding="utf-8") as file:
    vista = re.sub(r'(?s)(<counterSet\b[^>]*?)\s+symbol="\w+"', r"\1", file.read())
with open(path("old waves.man"), "w", encoding="utf-8") as file:
    file.write(vista.replace(' schemaVersion="1.1"', ""))
done = ctrpp(path("old waves.man"), "-o", path("old.h"))
tap.ok(done.status == 2 and "lacks its attribute schemaVersion" in done.stderr
       and "lacks its attribute symbol" in done.stderr,
       "a manifest of Vista is refused where no Vista templates are wanted", done.stderr)
done = ctrpp(path("old waves.man"), "-legacy", "-memoryroutines")
made = sorted(name for name in os.listdir(folder) if name.startswith("old_waves"))
tap.equal((done.status, made), (0, ["old_waves.c", "old_waves.h", "old_waves.rc", "old_waves_r.h"]),
          "-Legacy takes it, and writes its four files beside the manifest")
with open(path("legacy_program.c"), "w") as file:
    file.write("""#include "old_waves.h"
#include <stdio.h>
#include <stdlib.h>
static int blocks;
LPVOID CALLBACK AllocateMemory_old_waves_1(SIZE_T size, LPVOID context)
{ (void)context; blocks++; return malloc(size); }
void CALLBACK FreeMemory_old_waves_1(LPVOID block, LPVOID context)
{ (void)context; blocks--; free(block); }
ULONG WINAPI ControlCallback_old_waves_1(ULONG code, PVOID buffer, ULONG size)
{ (void)code; (void)buffer; (void)size; return ERROR_SUCCESS; }
int main(void)
{
    ULONG status = PerfAutoInitialize();
    PERF_COUNTERSET_INSTANCE *instance = PerfCreateInstance(hDataSource_old_waves_1,
        &CtrSetGuid_old_waves_1_1, (const WCHAR *)"a\\0b\\0\\0", 1);
#ifdef ONLY_WHAT_WINE_HAS
    ULONG set = instance == NULL;
#else
    ULONG set = PerfSetULongCounterValue(hDataSource_old_waves_1, instance, TRIANGLE_WAVE, 3);
#endif
    int used = blocks;
    ULONG stop = PerfAutoCleanup();
    printf("%u %u %u %d %d\\n", (unsigned)status, (unsigned)set, (unsigned)stop, used, blocks);
    return 0;
}
""")
with open(path("template_program.c"), "w") as file:
    file.write("""#include "old_waves.h"
#include <stdio.h>
int main(void)
{
    CTRSET_old_waves_1_1 *set = &CtrSet_old_waves_1_1;
    ULONG status = PerfAutoInitialize();
    int sizes = dwCtrSet_old_waves_1_1 == sizeof(CTRSET_old_waves_1_1) &&
                dwCtrSet_old_waves_1_2 == sizeof(CtrSet_old_waves_1_2);
    printf("%u %d %u\\n", (unsigned)status, sizes, (unsigned)set->CounterSet.NumCounters);
    return (int)PerfAutoCleanup();
}
""")
tap.ok(b"PERF_ATTRIB_BY_REFERENCE, sizeof(LPVOID), " in read("old_waves.c"),
       "there a counter by reference has the size of a pointer")
compile_and_run("templates", [path("template_program.c"), path("old_waves.c")], ["0 1 4\n"] * 2)
# Wine never calls the memory routines.
compile_and_run("legacy", [path("legacy_program.c"), path("old_waves.c")],
                ["0 0 0 4 0\n", "0 0 0 0 0\n"])
if shutil.which("x86_64-w64-mingw32-windres"):
    done = tap.run(["x86_64-w64-mingw32-windres", "-I", folder, path("old_waves.rc"),
                    path("old_waves.o")])
    tap.equal((done.status, done.stderr), (0, ""), "and so does their string table")

for options, has in (([], (False, False)), (["-NotificationCallback"], (True, False)),
                     (["-MemoryRoutines"], (True, True))):
    done = ctrpp(path("old waves.man"), "-legacy", *options)
    source = read("old_waves.c")
    tap.equal((done.status, b"WINAPI ControlCallback_old_waves_1(" in source,
               b"CALLBACK AllocateMemory_old_waves_1(" in source,
               b"PerfStartProviderEx" in source), (0, *has, has[1]),
              f"-Legacy {' '.join(options)}: the templates of its callbacks")
with open(path("custom.man"), "w", encoding="utf-8") as file:
    file.write(vista.replace('callback="default"', 'callback="custom"'))
done = ctrpp(path("custom.man"), "-legacy")
tap.ok(done.status == 0 and b"WINAPI ControlCallback_custom_1(" in read("custom.c")
       and b"AllocateMemory" not in read("custom.c"),
       'callback="custom": a template of the control callback', done.stderr)
done = ctrpp(GOOD, "-o", path("summary.h"), "-summary", "-sumPath", folder)
tap.ok(done.status == 0 and body("summary.h") == body("prefixed.h").replace(b"Wavy", b"")
       and "no summary is written" in done.stderr, "-summary and -sumPath are known", done.stderr)

# ---- symbols that collide

SYMBOLS = """Value Instance Address Status Context Callback Allocate Free MemoryContext Literal Counter0
    CounterSet CounterInitialize CounterCleanup Value_ Instance_ Status_ Context_ NULL TRUE VOID ULONG
    HANDLE GUID WINAPI CALLBACK FORCEINLINE DECLSPEC_SELECTANY ERROR_SUCCESS PERF_COUNTER_INFO
    PERF_COUNTER_RAWCOUNT PERF_DETAIL_NOVICE PerfStartProviderEx PerfSetULongCounterValue
    PerfSetCounterRefValue ContextSize pMemContext NumCounters MAX_PATH Sleep printf malloc errno stdin
    main if int return class new this and xor namespace constexpr defined once pragma include L u u8 R
    interface near far linux unix DELETE ERROR min max _Bool __LINE__ _X x a1 CTRPP_TEXT Provider
    ProviderGuid Plain PlainGuid PlainInfo PlainName PlainInfoTemplate PlainGuid_DEFINED Set_x
    Increment_x SetRef_Ref Ref""".split()


def manifest_of(provider, sets, counters):
    counter = ('<counter id="{}" uri="u{}" symbol="{}" name="n{}" description="d" '
               'type="perf_counter_rawcount" detailLevel="standard"/>')
    text = ('<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events">\n'
            '<instrumentation><counters schemaVersion="1.1" '
            'xmlns="http://schemas.microsoft.com/win/2005/12/counters">\n'
            f'<provider symbol="{provider}" applicationIdentity="a.exe" '
            'providerGuid="{00000000-0000-4000-8000-000000000001}">\n')
    for i, name in enumerate(sets):
        text += (f'<counterSet symbol="{name}" guid="{{00000000-0000-4000-8000-{i + 2:012}}}" '
                 f'uri="u{i}" name="N{i}" description="d">\n')
        text += "\n".join(counter.format(j, j, symbol, j) for j, symbol in
                          enumerate(counters if i == 0 else [f"Other{i}"], 1))
        text += "\n</counterSet>\n"
    return text + "</provider></counters></instrumentation></instrumentationManifest>\n"


def symbol_program(provider, sets, counters):
    """Every counter gets a different value, which must be in the cell of that counter; so no name means
    another counter. Each set has its one instance."""
    lines = ['#include "symbols.h"', '#include "symbols_c.h"', "#include <stdio.h>",
             "#include <stdlib.h>", "#include <string.h>", "int main(void)", "{",
             "    int faults = CounterInitialize() != 0;", "    ULONG cell;"]
    for i, name in enumerate(sets):
        lines += [f"    PERF_COUNTERSET_INSTANCE *made_{i} = PerfCreateInstance({provider}, "
                  f'&{name}Guid, (const WCHAR *)"a\\0\\0\\0", 1);',
                  f"    faults += made_{i} == NULL || sizeof({name}Name) == 0;"]
    # 32: the size of PERF_COUNTERSET_INSTANCE, which the cells of 8 bytes follow.
    for j, symbol in enumerate(counters):
        lines += [f"    faults += Set_{symbol}(made_0, {j + 100}) != 0;",
                  f"    memcpy(&cell, (char *)made_0 + 32 + 8 * {j}, sizeof(cell));",
                  f"    faults += cell != {j + 100} || {symbol} != {j + 1};"]
    return "\n".join([*lines, "    CounterCleanup();",
                      f'    printf("faults %d %d\\n", faults, {provider} == NULL);',
                      "    return 0;", "}", ""])


def refused(text):
    with open(path("symbols.man"), "w") as file:
        file.write(text)
    return ctrpp(path("symbols.man"), "-o", path("symbols.h"), "-ch", path("symbols_c.h"))


def try_symbols(what, manifest, lines, bad, build):
    """Each symbol is either refused, with its place and both names, or accepted; returns the accepted ones.
    """
    taken, wrong = [], []
    for symbol in SYMBOLS:
        done = refused(manifest(symbol))
        if done.status == 0:
            taken.append(symbol)
        elif not (done.status == 2 and re.search(rf"symbols.man:[{lines}]:\d+: error: .*\b{symbol}\b.* "
                                                 r"and also .*\S", done.stderr)):
            wrong.append((symbol, done.stderr))
    tap.equal(wrong, [], f"{what}: a symbol is taken, or refused with its place and both names")
    tap.ok({"x", "a1", "Value", "Instance", "Status", "Context"} <= set(taken)
           and not set(bad) & set(taken),
           f"{what}: usual symbols are taken, {len(taken)} of {len(SYMBOLS)}", taken)
    for text, source in build(taken):
        done = refused(text)
        for compiler, language, *options in COMPILERS:
            if not shutil.which(compiler) or not os.path.exists(options[-2]):
                tap.skip(f"{what}: the code compiles, {compiler}", "not installed or not built")
                continue
            with open(path("symbols" + language), "w") as file:
                file.write(source)
            built = tap.run([compiler, *WARNINGS, "-Iinclude", "-I" + folder,
                             path("symbols" + language), "-o", path("symbols.exe"), *options],
                            timeout=900)
            tap.ok(done.status == 0 and built.status == 0, f"{what}: the code compiles, {compiler}",
                   done.stderr + built.stderr)
            if "mingw" in compiler and not shutil.which("wine"):
                tap.skip(f"{what}: it runs, {compiler}", "there is no Wine")
                continue
            runner = ["scripts/wine-prefix", "--bare"] if "mingw" in compiler else []
            ran = tap.run([*runner, path("symbols.exe")], timeout=900)
            tap.equal(ran.stdout, "faults 0 1\n", f"{what}: every name means its own, {compiler}")


COMPILERS = [("gcc", ".c", "build/native/libperflib.a", "-lpthread"),
             ("g++", ".cpp", "build/native/libperflib.a", "-lpthread"),
             ("x86_64-w64-mingw32-gcc", ".c", "-DPERFLIB_EMULATED", "-static",
              "build/win64/libperflib.a", "-lm")]
with open(path("symbols.man"), "w") as file:
    file.write("")
try_symbols("counter", lambda symbol: manifest_of("Provider", ["Plain"], [symbol, "Ref", "x"][
    :3 if symbol not in ("Ref", "x") else 1]), "57",
            ["if", "MAX_PATH", "Sleep", "printf", "Value_", "Provider", "PlainGuid", "Set_x"],
            lambda taken: [(manifest_of("Provider", ["Plain"], taken),
                            symbol_program("Provider", ["Plain"], taken))])
try_symbols("counterset", lambda symbol: manifest_of("Provider", [symbol], ["C"]), "4", ["Provider"],
            lambda taken: [(manifest_of("Provider", taken, ["C"]),
                            symbol_program("Provider", taken, ["C"]))])
# A program has one provider, so each is compiled alone, and only where that is quick.
COMPILERS = COMPILERS[:2]
try_symbols("provider", lambda symbol: manifest_of(symbol, ["S"], ["C"]), "3",
            ["if", "MAX_PATH", "Sleep", "printf", "Value_", "CounterInitialize"],
            lambda taken: [(manifest_of(symbol, ["S"], ["C"]), symbol_program(symbol, ["S"], ["C"]))
                           for symbol in taken[:6]])
for provider, sets, counters, line, message in [
    ("Same", ["Same"], ["C"], 4, "SameGuid is .* and also .*Same, line 3"),
    ("P", ["Same", "SameGuid"], ["SameGuid"], 5, "SameGuid is .* and also .*Same, line 4"),
    ("P", ["S"], ["A", "Set_A"], 6, "Set_A is .* and also the macro that sets .*A, line 5"),
    ("C", ["S"], ["C"], 5, "C is .* and also the variable of the provider's handle .*line 3"),
]:
    done = refused(manifest_of(provider, sets, counters))
    tap.ok(done.status == 2 and re.search(rf"symbols.man:{line}:\d+: error: {message}", done.stderr),
           f"provider {provider}, countersets {sets}, counters {counters} collide", done.stderr)
done = ctrpp(GOOD, "-o", path("symbols.h"), "-prefix", "Perf")
tap.equal(done.status, 0, "a prefix that makes no name of another thing is taken")
with open(path("symbols.man"), "w") as file:
    file.write(manifest_of("DeleteInstance", ["S"], ["C"]))
done = ctrpp(path("symbols.man"), "-o", path("symbols.h"), "-prefix", "Perf")
tap.ok(done.status == 2 and "PerfDeleteInstance is the variable" in done.stderr,
       "one that makes a name of perflib.h is refused", done.stderr)
machine = "x86_64-w64-mingw32-gcc"
version = tap.run([machine, "-dM", "-E", "-include", "_mingw.h", "-xc", "/dev/null"]).stdout \
    if shutil.which(machine) and shutil.which("i686-w64-mingw32-gcc") else ""
if "__MINGW64_VERSION_MAJOR 10\n" in version:
    with open("harness/ctrpp/header_names.def") as file:
        kept = set(file.read().replace('"', " ").split())
    found = tap.run(["scripts/header-names"], timeout=900).stdout.replace('"', " ").split()
    tap.equal(sorted(set(found) - kept), [], "the names of the headers here are in the list")
else:
    tap.skip("the names of the headers here are in the list", "they are of another mingw-w64")

# ---- errors in a manifest: (what is replaced, by what, message). The place is that of the tag: see place().

with open(GOOD, encoding="utf-8") as file:
    TEXT = file.read()


def place(old):
    """Line and column of the tag that contains `old`."""
    at = TEXT.rfind("<", 0, TEXT.index(old) + 1)
    return TEXT.count("\n", 0, at) + 1, at - TEXT.rfind("\n", 0, at)


FAULTS = [
    ('type="perf_counter_rawcount"', 'type="perf_counter_rowcount"', "must be a counter type"),
    ('type="perf_counter_rawcount"', 'type="PERF_COUNTER_RAWCOUNT"', "must be a counter type"),
    ('type="perf_counter_rawcount"', 'type="perf_counter_composite"', "has no counter type in winperf.h"),
    ('type="perf_counter_rawcount"', "", "lacks its attribute type"),
    ('detailLevel="advanced"', 'detailLevel="expert"', "must be standard or advanced"),
    ('<counter id="2"', '<counter id="-2"', "must be a number"),
    ('<counter id="2"', '<counter id="4294967296"', "must be a number"),
    ('<counter id="2"', '<counter id="0x123456789"', "must be a number"),
    ('<counter id="2"', '<counter id="1"', "id 1 occurs twice"),
    ('<counter id="0x10"', '<counter id="0xFFFFFFFF"', "means all counters"),
    ('name="Square Wave"', 'name="Triangle Wave"', "occurs twice"),
    ('symbol="SQUARE_WAVE"', 'symbol="TRIANGLE_WAVE"', "symbol TRIANGLE_WAVE is that of another"),
    ('symbol="SINE_WAVE"', 'symbol="2SINE"', "C identifier"),
    ('symbol="SINE_WAVE"', 'symbol="SI-NE"', "C identifier"),
    ('symbol="GeometricWaves"', 'symbol=""', "must not be empty"),
    ('defaultScale="-1"', 'defaultScale="-11"', "power of ten"),
    ('defaultScale="-1"', 'defaultscale="-1"', "has no attribute defaultscale"),
    ('aggregate="avg"', 'aggregate="mean"', "must be undefined, sum"),
    ('instances="multipleAggregate"', 'instances="many"', "must be single"),
    ('baseID="4"', 'baseID="5"', "no counter with that id"),
    ('baseID="4"', 'baseID="2"', "must be a PERF_AVERAGE_BASE"),
    ('name="displayAsHex"', 'name="hex"', "must be reference"),
    ('{ab8e1320-965a', '{ab8e1320+965a', "must be a GUID"),
    ('providerType="userMode"', 'providerType="kernel"', "userMode or kernelMode"),
    ('providerName="Waves"', 'providerName="Waves" resourceBase="65510"', "65535"),
    ('providerName="Waves"', 'providerName="Waves" resourceBase="0"', "65535"),
    ('symbol="WavesProvider"', '', "names the variable"),
    ('schemaVersion="1.1"', 'schemaVersion="3.0"', "must be 1.0, 1.1 or 2.0"),
    ('uri="Example.Waves.Geometric.Square" ', '', "lacks its attribute uri"),
    ('name="Triangle Wave" ', 'name="' + "x" * 1024 + '" ', "1023 characters"),
    ('name="Triangle Wave" ', '', "lacks its name"),
    ('guid="{582803c9-acd3-45d5-8b30-571141a22092}"', 'nameID="5" guid="{582803c9-acd3-45d5-8b30'
     '-571141a22092}"', "must not have the attribute nameID in schema 1.x"),
]
for old, new, message in FAULTS:
    name = f"{old} -> {new[:40]}"
    with open(path("bad.man"), "w", encoding="utf-8") as file:
        file.write(TEXT.replace(old, new, 1))
    for left in ("bad.h", "bad.rc"):
        if os.path.exists(path(left)):
            os.remove(path(left))
    done = ctrpp(path("bad.man"), "-o", path("bad.h"), "-rc", path("bad.rc"))
    line, column = place(old)
    expected = rf"bad\.man:{line}:{column}: error: .*({message})"
    tap.ok(done.status == 2 and not done.out and re.search(expected, done.stderr)
           and not os.path.exists(path("bad.h")),
           f"{name} is reported at {line}:{column}, status 2, and nothing is written",
           done.status, done.stderr)

# An identifier that occurs three times is reported twice, each time with the line of the first.
with open(path("thrice.man"), "w", encoding="utf-8") as file:
    file.write(re.sub(r'<counter id="[123]"', '<counter id="1"', TEXT, count=3))
done = ctrpp(path("thrice.man"), "-o", path("thrice.h"))
line = place('<counter id="1"')[0]
tap.equal([int(n) for n in re.findall(r"id 1 occurs twice .* first in line (\d+)", done.stderr)],
          [line, line], "the second and the third of an id are reported with the first")

for name, text, message in [
    ("an empty file", "", "no element found"),
    ("text instead of XML", "hello", ":1:1: error: "),
    ("an unclosed element", TEXT[: len(TEXT) // 2], "error: "),
    ("another document", "<html/>", "not a manifest"),
    ("a manifest without counters",
     '<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events">'
     "<instrumentation/></instrumentationManifest>", "lacks a <counters xmlns="),
    ("a document type", '<!DOCTYPE a [<!ENTITY b "bbbb">]>' + TEXT.split("\n", 1)[1],
     "document type"),
    ("deep nesting", "<a>" * 100 + "</a>" * 100, "error: "),
    ("text between elements", TEXT.replace("<counterAttributes>", "<counterAttributes>oops", 1),
     ":31:32: error: .*text in <counterAttributes>"),
    ("an unknown element", TEXT.replace("<counterAttributes>", "<attributes/><counterAttributes>",
                                        1), "<attributes> is not allowed in <counter>"),
    ("two providers", re.sub(r"(?s)(<provider.*</provider>)", r"\1\1", TEXT),
     "may have only 1 <provider>"),
]:
    with open(path("bad.man"), "w", encoding="utf-8") as file:
        file.write(text)
    done = ctrpp(path("bad.man"), "-o", path("bad.h"))
    tap.ok(done.status == 2 and not done.out and re.search(message, done.stderr),
           f"{name} is refused and explained", done.status, done.stderr)

with open(path("warned.man"), "w", encoding="utf-8") as file:
    file.write(TEXT.replace('baseID="4"', "", 1))
done = ctrpp(path("warned.man"), "-o", path("warned.h"))
tap.ok(done.status == 0 and re.search(r"warned.man:\d+:\d+: warning: .*baseID", done.stderr),
       "an average without a base is a warning", done.status, done.stderr)

# What only kernel mode uses is a warning, because a manifest that Microsoft ships has it.
with open(path("structs.man"), "w", encoding="utf-8") as file:
    file.write(re.sub("(<counter )", r'\1struct="S" field="F" ', TEXT, count=1).replace(
        'instances="multipleAggregate">',
        'instances="multipleAggregate"><structs><struct name="S" type="T"/></structs>'))
done = ctrpp(path("structs.man"), "-o", path("structs.h"))
tap.ok(done.status == 0 and body("structs.h") == body("summary.h")
       and len(re.findall(r"structs.man:\d+:\d+: warning: ", done.stderr)) == 2,
       "<structs> and field in user mode are warnings", done.stderr)

with open(path("kernel.man"), "w", encoding="utf-8") as file:
    file.write(re.sub(r'(?s)(<counter )', r'\1struct="S" field="F" ',
                      TEXT.replace('"userMode"', '"kernelMode"')).replace(
        'instances="multipleAggregate">',
        'instances="multipleAggregate"><structs><struct name="S" type="T"/></structs>').replace(
        'symbol="TrigonometricWaves">',
        'symbol="TrigonometricWaves"><structs><struct name="S" type="T"/></structs>'))
done = ctrpp(path("kernel.man"), "-o", path("kernel.h"))
tap.ok(done.status == 2 and re.search(r"kernel.man:10:7: error: .*user mode only", done.stderr),
       "a kernel-mode provider is refused with the reason", done.stderr)
with open(path("kernel.man"), "w", encoding="utf-8") as file:
    file.write(TEXT.replace('"userMode"', '"kernelMode" nonsense="1"').replace('id="2"', 'id="1"'))
done = ctrpp(path("kernel.man"), "-o", path("kernel.h"))
tap.ok(re.fullmatch(r"[^\n]*kernel.man:10:7: error: .*user mode only[^\n]*\n", done.stderr),
       "and without a word on what else is wrong", done.stderr)

# Schema 2.0: identifiers of texts. The migrated manifest has them all.
NEW = read("new.man").decode()
first, second = [tap.re.findall(r' nameID="(\d+)"', NEW)[i] for i in (1, 2)]
with open(path("twice.man"), "w", encoding="utf-8") as file:
    file.write(NEW.replace(f'nameID="{second}"', f'nameID="{first}"', 1))
done = ctrpp(path("twice.man"), "-rc", path("twice.rc"))
tap.ok(done.status == 2 and re.search(rf'twice.man:\d+:\d+: error: nameID="{first}" .*another text',
                                      done.stderr),
       "a nameID that stands for two texts is an error", done.status, done.stderr)
with open(path("shared.man"), "w", encoding="utf-8") as file:
    shared = re.findall(r' descriptionID="(\d+)"', NEW)[1:3]
    texts = re.findall(r' description="([^"]*)"', NEW)[1:3]
    file.write(NEW.replace(f'descriptionID="{shared[1]}"', f'descriptionID="{shared[0]}"', 1)
               .replace(f'description="{texts[1]}"', f'description="{texts[0]}"', 1))
done = ctrpp(path("shared.man"), "-rc", path("shared.rc"))
tap.ok(done.status == 0 and read("shared.rc").count(b" " + shared[0].encode() + b" L") == 1,
       "one text may be shared, and is in the string table once", done.status, done.stderr)
with open(path("last.man"), "w", encoding="utf-8") as file:
    file.write(NEW.replace(f'nameID="{second}"', 'nameID="65535"', 1))
done = ctrpp(path("last.man"), "-rc", path("last.rc"))
tap.ok(done.status == 0 and b" 65535 L" in read("last.rc") and b" 65536 L" not in read("last.rc"),
       "the last nameID has no second one after it: identifiers have 16 bits", done.status,
       done.stderr)

for arguments, message in [
    ([], "which manifest"),
    ([GOOD, "-o", path("x.h"), "-BackCompat"], "kernel-mode"),
    ([GOOD], "nothing to write"),
    ([GOOD, "-o"], "needs a value"),
    ([GOOD, "-x"], "there is no option -x"),
    ([GOOD, GOOD, "-o", path("x.h")], "one manifest at a time"),
    ([GOOD, "-legacy", "-o", path("x.h")], "leave out -o"),
    ([GOOD, "-legacy", "-prefix", "Wavy"], "-Legacy does not go with -ch and -prefix"),
    ([GOOD, "-legacy", "-ch", path("x.h")], "-Legacy does not go with -ch and -prefix"),
    ([GOOD, "-migrate", path("x.man"), "-rc", path("x.rc")], "cannot be combined"),
    ([GOOD, "-o", path("x.h"), "-prefix", "a-b"], "C identifier"),
    ([path("missing.man"), "-o", path("x.h")], "there is no such file"),
    ([folder, "-o", path("x.h")], "it is not a file"),
    ([GOOD, "-rc", path("x.rc"), "-o", path("no/such/folder/x.h")], "cannot be written"),
]:
    done = ctrpp(*arguments)
    tap.ok(done.status == 2 and not done.out and message in done.stderr
           and not os.path.exists(path("x.rc")),
           f"ctrpp {' '.join(os.path.basename(word) for word in arguments)}: {message}",
           done.status, done.stderr)
tap.done()
