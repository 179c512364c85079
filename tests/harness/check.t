#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# slow
# perfharness check: its arguments, its output and its exit status. gallery.t tests what it finds.
. tests/tap.sh
check=("$BUILD/perfharness" check)
faulty=$BUILD/faulty

run "${check[@]}" --rules
is "$status" 0 'check --rules succeeds'
like "$output" 'guard-overrun  .error.' 'it names each rule and its severity'
like "$output" 'Remedy:' 'it says what to do'

run "${check[@]}" --rules --format json
is "$status" 0 'check --rules --format json succeeds'
python3 -c 'import json, sys
rules = json.load(sys.stdin)
assert all(set(r) == {"rule", "severity", "description", "remedy", "source"} for r in rules)
assert len({r["rule"] for r in rules}) == len(rules) > 100' <<<"$output"
ok $? 'it is JSON, each rule once'

"${check[@]}" --rules --format markdown >"$tmp/README.md"
cmp "$tmp/README.md" harness/rules/RULES.md
ok $? 'harness/rules/RULES.md is what the table generates'

run "${check[@]}" "$faulty/sound.so"
is "$status" 0 'a sound provider has status 0'
is "$errors" '' 'nothing is said on stderr'
like "$output" 'OpenFaultyData, CollectFaultyData and CloseFaultyData are taken for its' 'guessed names are said aloud'
like "$output" ' 0 broken, 0 with warnings' 'the summary says that nothing is broken'

run "${check[@]}" --format json "$faulty/overrun_by_one.so"
is "$status" 1 'a broken rule has status 1'
python3 -c 'import json, sys
report, = json.load(sys.stdin)["targets"]
assert report["status"] == "broken", report
assert sum(rule["result"] == "kept" for rule in report["rules"]) > 60, report
finding, = report["findings"]
assert finding["rule"] == "guard-overrun" and finding["severity"] == "error"
assert finding["query"] == "Global" and finding["offset"] is None
assert isinstance(finding["buffer_size"], int) and "Remedy" not in finding["message"]
assert "*lpcbTotalBytes" in finding["remedy"]' <<<"$output"
ok $? 'the finding in JSON has rule, severity, query, buffer size, offset and message'

run "${check[@]}" --format json "$faulty/gap_after_block.so"
is "$status" 0 'a warning alone has status 0'

run "${check[@]}" --format tap "$faulty/overrun_by_one.so"
like "$output" 'not ok [0-9]* - guard-overrun' 'TAP: the rule is a test that failed'
is "$(grep -c '^not ok' <<<"$output")" 1 'TAP: it is the only one'

run "${check[@]}" --timeout 0.3 "$faulty/hangs_in_a_row.so"
is "$status" 1 'one hang among many calls in a row is not waited for as long as all may take'
like "$output" '^error +hang' 'it is found'
run "${check[@]}" "$faulty/sound_new_names.so"
is "$status" 0 'instances that are never found again are not each compared with all'
run "${check[@]}" --timeout 0.3 "$faulty/collect_always_late.so"
is "$status" 1 'who is always late is given up'
like "$output" 'the run is given up at .* were late' 'which is said'
run "${check[@]}" "$faulty/executes_its_stack.so"
like "$output" ', executing 0x' 'code that cannot be executed is not said to be read'
run "${check[@]}" "$faulty/crash_in_collect.so"
like "$output" ', writing 0x10 at' 'nor what is written'

"${check[@]}" --format junit -o "$tmp/report.xml" "$faulty/overrun_by_one.so"
is $? 1 'the status is the same with -o FILE'
python3 -c 'import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()
assert suite.tag == "testsuite" and suite.get("failures") == "1"
failed = [case.get("name") for case in suite if case.find("failure") is not None]
assert failed == ["guard-overrun"], failed' "$tmp/report.xml"
ok $? 'JUnit: one failure, of that rule'

"${check[@]}" --format json --seed 7 "$faulty/overrun_size_ignored.so" | grep -v duration >"$tmp/one"
"${check[@]}" --format json --seed 7 "$faulty/overrun_size_ignored.so" | grep -v duration >"$tmp/two"
cmp "$tmp/one" "$tmp/two"
ok $? 'two runs with one seed find the same'

two=("$faulty/sound.so" "$faulty/overrun_by_one.so")
run "${check[@]}" "${two[@]}"
is "$status" 1 'several providers: status 1 when one of them breaks a rule'
like "$output" '2 checked, 1 of them break a rule' 'the summary counts them'
run "${check[@]}" --format json "${two[@]}"
python3 -c 'import json, sys
sound, faulty = json.load(sys.stdin)["targets"]
assert sound["status"] == "ok" and faulty["status"] == "broken"
assert sound["target"].endswith("sound.so")' <<<"$output"
ok $? 'JSON: one target after another in one object'
run "${check[@]}" --format tap "${two[@]}"
is "$(sed -n 's/^1\.\.//p' <<<"$output")" "$(grep -cE '^(not )?ok ' <<<"$output")" \
    'TAP: one plan for all of them'
like "$output" 'not ok [0-9]+ - .*overrun_by_one.so: guard-overrun' 'TAP: it says of which provider'
"${check[@]}" --format junit "${two[@]}" >"$tmp/report.xml"
python3 -c 'import sys, xml.etree.ElementTree as tree
suites = tree.parse(sys.argv[1]).getroot()
assert [suite.get("failures") for suite in suites] == ["0", "1"]' "$tmp/report.xml"
ok $? 'JUnit: a suite for each'
run "${check[@]}" "$faulty/sound.so" "$tmp/nothing-there.so"
is "$status" 2 'one target that is missing makes the status 2'
like "$output" 'sound.so: [0-9]+ rules kept' 'and the others are checked all the same'
like "$output" 'not checked: .*nothing-there.so: there is no such file' 'the report names it'
like "$errors" 'nothing-there.so: there is no such file' 'and so does stderr'
"${check[@]}" --format junit "$tmp/nothing-there.so" "$faulty/open_returns_all_ones.so" \
    "$faulty/sound.so" >"$tmp/report.xml"
is $? 2 'a missing target and an untested one: 2 is graver than 3'
python3 -c 'import sys, xml.etree.ElementTree as tree
suites = tree.parse(sys.argv[1]).getroot()
assert [suite.get("errors") for suite in suites] == ["1", "1", "0"]
kinds = [error.get("type") for error in suites.iter("error")]
assert kinds == ["unreadable", "not-tested"], kinds
for suite in suites:
    assert int(suite.get("tests")) == len(suite.findall("testcase"))' "$tmp/report.xml"
ok $? 'JUnit: it is valid, and an error is in the suite of each that was not tested'

for format in text json tap junit sarif github old-json; do
    run "${check[@]}" --format $format "$faulty/open_returns_all_ones.so"
    is "$status" 3 "$format: a provider whose Open refuses is not tested"
    like "$output" 'Open[A-Za-z]* returns 4294967295' "$format: it says why"
done
run "${check[@]}" --format tap "$faulty/open_returns_all_ones.so"
like "$output" 'not ok 1 - something was tested' 'TAP: a test fails'
run "${check[@]}" --service none "${two[@]}"
is "$status" 2 'one --service is not for several libraries'

run "${check[@]}" --time 1 "$faulty/sound.so"
is "$status" 0 '--time goes on with generated queries, which a sound provider survives'

run "${check[@]}" --reader nobody "$faulty/sound.so"
is "$status" 2 'an unknown reader is bad usage'
like "$errors" 'windows_exporter' 'the message names those that are known'
is "$output" '' 'nothing is on stdout then'

run "${check[@]}"
is "$status" 2 'no provider is bad usage'
run "${check[@]}" "$tmp/nothing-there.so"
is "$status" 2 'neither file nor service: bad input'
like "$errors" 'nothing-there' 'the message names it'

run "${check[@]}" --open NoSuchOpen --collect CollectFaultyData --close CloseFaultyData "$faulty/sound.so"
is "$status" 1 'a named export that is missing is a broken rule'
like "$output" 'export-missing' 'export-missing'

cat >"$tmp/incomplete.reg" <<'REG'
Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\gone\Performance]
"Library"="no_such_library.dll"
"Open"="OpenFaultyData"
"Collect"="CollectFaultyData"
"Close"="CloseFaultyData"
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\typed\Performance]
"Library"=dword:00000001
"Open"="OpenFaultyData"
"Collect"="CollectFaultyData"
"Close"="CloseFaultyData"
REG
run "$BUILD/perfharness" --registry "$tmp/incomplete.reg" check gone
is "$status" 1 'a library that is not there is a broken rule'
like "$output" 'error +library-missing' 'library-missing'
run "$BUILD/perfharness" --registry "$tmp/incomplete.reg" check typed
is "$status" 1 'a Library that is no text is a broken rule'
like "$output" 'error +registration-values' 'registration-values'

head -c 4000 "$faulty/sound.so" >"$tmp/cut.so"
run "${check[@]}" --open A --collect B --close C "$tmp/cut.so"
is "$status" 1 'a library that is cut off does not load'
like "$output" 'error +library-load' 'library-load'
like "$(tr -s ' \n' ' ' <<<"$output")" 'is an ELF library for x64, 64 bits, and is cut off' 'it says so'

# The machine of an ELF file is at offset 18; 3 is i386.
cp "$faulty/sound.so" "$tmp/foreign.so"
printf '\003' | dd of="$tmp/foreign.so" bs=1 seek=18 conv=notrunc status=none
run "${check[@]}" "$tmp/foreign.so"
is "$status" 1 'a library for another machine does not load'
like "$output" 'library-bitness' 'library-bitness'
like "$(tr -s ' \n' ' ' <<<"$output")" 'is an ELF library for x86, 64 bits' 'it says what the file is'

cat >"$tmp/odd.reg" <<'REG'
Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\odd\Performance]
"Library"="sound.dll"
"Open"="OpenFaultyData"
"Collect"="CollectFaultyData"
"Close"="CloseFaultyData"
"First Counter"=dword:0000094c
"Last Counter"=dword:00000960
"First Help"=dword:0000094d
"Last Help"=dword:00000970
"Object List"="2380 4000"
REG
run "$BUILD/perfharness" --registry "$tmp/odd.reg" --library-path "$faulty" check odd
like "$output" 'registration-range' 'help and names of different lengths: registration-range'
like "$output" 'registration-object-list' 'an Object List outside them: registration-object-list'
like "$output" 'library-path' 'a library without a folder: library-path'

head -c 300 /dev/zero | tr '\0' '\001' >"$tmp/bytes.bin"
run "${check[@]}" "$tmp/bytes.bin"
is "$status" 1 'a file that is no answer breaks a rule'
like "$output" 'data-header' 'data-header'

# names FILE WHAT [OPTION…]: a wrong file is refused, and the message says what it is
names()
{
    run "${check[@]}" "$tmp/$1" "${@:3}"
    is "$status" 2 "$1 is bad input"
    like "$errors" "$1 is $2" "which is named: $2"
}
: >"$tmp/mine.dll"
names mine.dll 'empty: neither a library nor a saved answer' --open A --collect B --close C
printf 'MZ' >"$tmp/begun.dll"
names begun.dll 'the beginning of a Windows program .PE., or a program for DOS, and is cut off'
head -c 60 "$faulty/sound.so" >"$tmp/begun.so"
names begun.so 'the beginning of an ELF file, or a big-endian ELF file, and is cut off'
printf 'Windows Registry Editor Version 5.00\n' >"$tmp/a.reg"
names a.reg 'a text file: a registration .perfharness doctor reads it.'
printf 'PERFREC\n\1\0\0\0\0\0\0\0' >"$tmp/a.recording"
names a.recording 'a recording: check takes one answer'
ar rc "$tmp/a.lib" tests/README.md
names a.lib 'a static library'
head -c 3000 /dev/urandom >"$tmp/noise.dll"
names noise.dll 'neither a program nor a library' --open A

mkdir "$tmp/buffers"
python3 tests/buffers/bad_blobs.py "$tmp/buffers"
for bad in "$tmp"/buffers/*.bin; do
    cmp "$bad" "tests/buffers/${bad##*/}" || break
done
ok $? 'the saved answers are what bad_blobs.py writes'

# As an ordinary user: root may open any process.
cat >"$tmp/attack.c" <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>
unsigned OpenAttack(const void *context)
{
    static const char *const files[] = { "mem", "fd/1", "fd/2", "environ" };
    char word, path[64];
    struct iovec here = { &word, 1 }, there = { (void *)OpenAttack, 1 };
    unsigned opened = process_vm_readv(getppid(), &here, 1, &there, 1, 0) == 1;

    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "/proc/%d/%s", (int)getppid(), files[i]);
        opened |= (open(path, i < 1 ? O_RDWR : O_RDONLY) >= 0) << (i + 1);
    }
    return opened ? 1000 + opened : 0;
}
unsigned CollectAttack(const void *query, void **data, unsigned *size, unsigned *count)
{
    return *size = *count = 0;
}
unsigned CloseAttack(void)
{
    return 0;
}
C
sed -i '1i #define _GNU_SOURCE' "$tmp/attack.c"
cc -shared -fPIC -w -o "$tmp/attack.so" "$tmp/attack.c"
public=$(mktemp -d /tmp/tap.XXXXXX) # in a run of all tests, only root can enter TMPDIR
cp "$BUILD/perfharness" "$tmp/attack.so" "$public"
chmod -R a+rX "$public"
run as_user env -C / "$public/perfharness" check "$public/attack.so"
rm -rf "$public"
is "$status" 3 'a provider of the same user cannot open the harness'
unlike "$output" 'returns 10[0-9][0-9]' 'not its memory, its files or its environment'

for bad in tests/buffers/bad-*.bin; do
    rule=$(sed -E 's/.*bad-(.*)-[a-z]+\.bin/\1/' <<<"$bad")
    run "${check[@]}" --format github "$bad"
    is "$(grep -o 'title=[^:]*' <<<"$output" | sort -u)" "title=$rule" \
        "${bad##*/} breaks $rule and nothing else"
done
run "${check[@]}" tests/buffers/good-two-objects.bin
is "$status" 0 'a sound answer breaks no rule'
like "$output" ' 0 broken, 0 with warnings' 'and has no warning'

# What the real readers did with such answers, in cases in which check reported nothing for a long time.
cat >"$tmp/readers.py" <<'PY'
import json, re, struct, subprocess, sys
sys.path.insert(0, "tests/buffers")
import bad_blobs
check, folder = sys.argv[1], sys.argv[2]
good, header = bad_blobs.good(), bad_blobs.HEADER
def poked(offset, value):
    data = bytearray(good)
    struct.pack_into("<I", data, offset, value)
    return bytes(data)
def base_elsewhere():  # the base before its counter: two definitions and their places change
    data, first = bytearray(good), bad_blobs.COUNTER + 2 * 40
    data[first:first + 80] = data[first + 40:first + 80] + data[first:first + 40]
    return bytes(data)
def renamed():  # the second instance gets another name
    data, (old, new) = bytearray(good), ("second", "first")
    at = data.find((old + "\0").encode("utf-16-le"))
    data[at:at + 14] = (new + "\0\0").encode("utf-16-le")
    struct.pack_into("<I", data, bad_blobs.INSTANCE + 72 + 20, 12)
    return bytes(data)
length = struct.unpack_from("<I", good, header)[0]
block = struct.unpack_from("<I", good, bad_blobs.BLOCK)[0]
OBJECT_LOST = {"netdata": "loses object 2000", "dotnet": "throws an exception for object 2000"}
GO = ("windows_exporter", "leoluk")
rows = [
    (poked(header, 0), dict.fromkeys(GO, "shows object 2000 2 times") | OBJECT_LOST |
     {"oshi": "follows the 0 in PERF_OBJECT_TYPE"}),
    (poked(28, 3), {"windows_exporter": "does not parse.*EOF", "leoluk": "phantom objects",
                    "netdata": None, "dotnet": "unless the object that it wants comes first"}),
    (poked(bad_blobs.COUNTER + 76, 0x7fffff0), {"windows_exporter": "does not parse.*panics",
     "leoluk": "bytes of an earlier query", "netdata": "skips counter 2004",
     "dotnet": "throws an exception", "oshi": "past the end for counter 2004",
     "far": "past the end for counter 2004"}),
    (poked(header + 40, 0x7fffffff), dict.fromkeys(GO, "runs out of memory") | OBJECT_LOST),
    (poked(header + 32, 0xffffffff), dict.fromkeys(GO, "runs out of memory") | OBJECT_LOST),
    (poked(header + 32, 1000000), {"windows_exporter": "does not parse.*EOF",
                                   "leoluk": "1000000 counters.*garbage"} | OBJECT_LOST),
    (poked(bad_blobs.INSTANCE + 20, 0xfffffff0), dict.fromkeys(GO, 'the name ""') | OBJECT_LOST),
    (good[:-20], {"windows_exporter": "does not parse", "netdata": "rejects"}),
    (base_elsewhere(), dict.fromkeys(GO, "another counter's base") |
     {"netdata": "drops the counter", "dotnet": "attaches the base"}),
    (poked(bad_blobs.BLOCK, 0), dict.fromkeys(GO, "garbage from instance 1") | OBJECT_LOST),
    (poked(bad_blobs.BLOCK, block + 4), dict.fromkeys(GO, "garbage from instance 1") | OBJECT_LOST),
    (poked(bad_blobs.INSTANCE, 0), dict.fromkeys(GO, "shows") | OBJECT_LOST),
    (good[:header] + b"\xee" * 88 + good[header:-88], {"netdata": "rejects", "dotnet": "rejects"}),
    (poked(header, length - 8), dict.fromkeys(GO, "object 104 on|in place of object") |
     OBJECT_LOST),
    (poked(0, 0x41414141), dict.fromkeys(GO, "does not parse.*panics") |
     {"netdata": "rejects", "dotnet": "rejects"}),
    (poked(header + 40, 0xfffffff9), dict.fromkeys(GO, "NumInstances is -7")),
    (good, dict.fromkeys(GO + ("netdata", "dotnet", "oshi")) |
     {"far": "does not see object 2100: it takes the first one, object 2000",
      "nmap": "shows 429496729600 for counter 2002 of instance 0 of object 2000, which is 100"}),
    (renamed(), dict.fromkeys(GO, 'returns "first" once more') |
     {"dotnet": 'shows the name "first#1" for "first"'}),
    (poked(bad_blobs.INSTANCE + 20, 10), dict.fromkeys(("netdata", "dotnet"), 'shows the name "firs" for "first"')),
]
failed = 0
for number, (data, wanted) in enumerate(rows):
    path = f"{folder}/reader-{number}.bin"
    with open(path, "wb") as file:
        file.write(data)
    out = subprocess.run([check, "check", "--format", "json", "--reader", "all", path],
                         capture_output=True, text=True).stdout
    report = json.loads(out)
    report = report["targets"][0] if "targets" in report else report
    for reader, pattern in wanted.items():
        said = [f["message"] for f in report["findings"]
                if f["rule"] == "reader-" + reader.replace("_", "-")]
        if any(re.search(pattern, text) for text in said) if pattern else not said:
            continue
        failed += 1
        print(f"# row {number}, {reader}: {pattern}: {said}")
sys.exit(failed != 0)
PY
python3 "$tmp/readers.py" "$BUILD/perfharness" "$tmp"
ok $? 'what the readers make of answers is what they really did, or what their sources say'

run "${check[@]}" --reader all tests/buffers/good-many-types.bin
like "$output" 'reader-windows-exporter' 'an object without instances misleads windows_exporter'
like "$output" 'phantom instance' 'the finding says what the reader shows'
done_testing
