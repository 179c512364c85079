#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
"""perfharness decode: every format of a saved blob, and the reports on malformed ones."""
import json
import os
import pty
import resource
import shutil
import struct
import subprocess
import sys

sys.path[:0] = ["tests", "tests/buffers"]
import blob
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
REG = "tests/buffers/many-types.reg"
OLDER, NEWER = "tests/buffers/good-many-types.bin", "tests/buffers/good-many-types-later.bin"
folder = tap.TMP


def run(*arguments, env=None, registry=REG):
    done = subprocess.run([PROGRAM, "--registry", registry, *arguments], capture_output=True,
                          timeout=900, env={**os.environ, "TZ": "UTC", **(env or {})})
    return done.returncode, done.stdout, done.stderr.decode()


def decode(*arguments, **options):
    return run("decode", *arguments, **options)


def write(name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def test_kept_blobs_are_those_the_builder_makes():
    same = all(open(path, "rb").read() == blob.many_types(step).bytes()
               for path, step in ((OLDER, 0), (NEWER, 1)))
    tap.ok(same, "the kept blobs are those that the builder makes")


def test_json():
    status, out, err = decode(OLDER, "--format", "json")
    answer = json.loads(out)
    heap = answer["objects"][0]
    tap.ok(status == 0 and not err, "json: exit status 0, silence on stderr", err)
    tap.ok(list(answer) == ["system", "perf_time", "perf_freq", "time_100ns", "objects"] and
          list(heap) == ["index", "name", "help_index", "default_counter", "counters",
                         "instances"] and
          list(heap["counters"][0]) == ["index", "name", "type", "type_name", "size", "offset"] and
          list(heap["instances"][0]) == ["name", "unique_id", "parent_object", "parent_instance",
                                         "values", "cooked"], "json: the keys and their order")
    tap.ok(answer["system"] == "HOST" and heap["index"] == 2000 and heap["name"] == "Test Heap" and
          heap["counters"][1] == {"index": 2004, "name": "Allocated Bytes/sec",
                                  "type": 0x10410500, "type_name": "PERF_COUNTER_BULK_COUNT",
                                  "size": 8, "offset": 16}, "json: header, object and counter",
          heap["counters"][1])
    tap.ok([i["name"] for i in heap["instances"]] == ["_Total", "app:4711:pool", "app:4711:arena",
                                                     "schön:7:大きい"], "json: instance names")
    values, cooked = heap["instances"][1]["values"], heap["instances"][1]["cooked"]
    tap.ok(values == {"2002": 1048576, "2004": 100000, "2006": 40, "2008": 30, "0": 120,
                     "2010": 0, "0#1": 0, "2012": 0, "2014": 22000, "2016": "state 1",
                     "2018": 0xC0DE}, "json: raw values, the second base of index 0 as 0#1", values)
    tap.ok(cooked["2002"] == 1048576 and cooked["2004"] is None and cooked["2008"] == 25 and
          cooked["2014"] == 30 and cooked["0"] is None and cooked["2016"] is None,
          "json: one sample gives the cooked values that need no second", cooked)
    single = answer["objects"][1]["instances"]
    tap.ok(len(single) == 1 and single[0]["name"] is None and single[0]["unique_id"] is None and
          single[0]["values"]["2102"] == str(2**63 + 5),
          "json: an object without instances; what no double holds is a string", single)
    tap.ok(answer["objects"][2]["instances"] == [], "json: an object that has no instances now")
    tap.ok(answer["objects"][3]["instances"][1]["parent_instance"] == 2, "json: parents")
    tap.ok([i["name"] for i in answer["objects"][4]["instances"]] == ["café", "grün"],
          "json: names in a code page")


def test_cooked():
    status, out, _ = decode("--cooked", OLDER, NEWER, "--format", "json")
    cooked = json.loads(out)["objects"][0]["instances"][1]["cooked"]
    expected = {"2002": 1049088, "2004": 2500, "2006": 5, "2008": 25, "2010": 4096, "2012": 50,
                "2014": 32, "2018": 0xC0DE}
    tap.ok(status == 0 and all(abs(cooked[k] - v) < 1e-9 * v for k, v in expected.items()),
          "two samples give all cooked values", cooked)


def test_csv():
    status, out, _ = decode("--cooked", OLDER, NEWER, "--format", "csv", "--counter",
                            r"\Test Heap(app*)\Allocat*", "-c", r"\Test Thread(*)\Value")
    tap.ok(status == 0 and out.decode() ==
          '"(PDH-CSV 4.0)","\\\\HOST\\Test Heap(app:4711:pool)\\Allocated Bytes/sec",'
          '"\\\\HOST\\Test Heap(app:4711:pool)\\Allocations/sec",'
          '"\\\\HOST\\Test Heap(app:4711:arena)\\Allocated Bytes/sec",'
          '"\\\\HOST\\Test Heap(app:4711:arena)\\Allocations/sec",'
          '"\\\\HOST\\Test Thread(app:4711:pool/0)\\Value",'
          '"\\\\HOST\\Test Thread(app:4711:arena/0)\\Value",'
          '"\\\\HOST\\Test Thread(app:4711:arena/0#1)\\Value","\\\\HOST\\Test Thread(0)\\Value"\r\n'
          '"01/15/2024 09:30:07.250","2500.000000","5.000000","2500.000000","5.000000",'
          '"1.000000","2.000000","3.000000","4.000000"\r\n', "csv as typeperf writes it", out.decode())
    status, out, _ = decode("--cooked", OLDER, "--format", "csv", "-c",
                            r"\Test Heap(_Total)\Allocations/sec")
    tap.ok(out.decode().split("\r\n")[1] == '"01/15/2024 09:30:05.250"," "',
          "csv: a blank where there is no value", out)
    _, out, _ = decode(OLDER, "--format", "csv", env={"TZ": "EST5"})
    tap.ok(b'"01/15/2024 04:30:05.250"' in out, "csv: time stamps are local time")


def test_csv_of_a_file():
    path = os.path.join(folder, "values.csv")
    status, out, err = decode(OLDER, "--format", "csv", "-o", path, env={"TZ": "CET-1"})
    with open(path, "rb") as file:
        text = file.read()
    tap.ok(status == 0 and not out and text.startswith(b'"(PDH-CSV 4.0) (CET)(-60)","\\\\HOST\\Test Heap('),
           "csv: a file's heading has zone and bias", text[:60])
    tap.ok("running totals" in err and "--cooked" in err, "csv: a remark says that raw rates are totals", err)
    _, _, err = decode(OLDER, "--format", "csv", "-c", r"\Test Heap(*)\Bytes in Use")
    tap.ok(not err, "csv: no remark if there are none", err)
    many = write("many.bin", blob.Blob([blob.Object(
        2000, [blob.Counter(2002 + 2 * i, blob.LARGE_RAWCOUNT) for i in range(20)],
        [blob.Instance("app:%d:pool" % i, [7] * 20) for i in range(20000)])]).bytes())
    limit = 48 << 20
    done = subprocess.run([PROGRAM, "decode", many, "--format", "csv", "-o", path], capture_output=True, timeout=900,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    tap.ok(done.returncode == 0 and os.path.getsize(path) > 16 << 20,
           "csv: the text of a large answer is not held in memory", done.stderr, os.path.getsize(path))


def test_recordings_and_pipes():
    recording = os.path.join(folder, "samples.rec")
    run("watch", "--replay", OLDER, "--replay", NEWER, "-i", "0.01", "--record", recording)
    with open(NEWER, "rb") as file:
        data = file.read()
    _, expected, _ = decode(NEWER, "--format", "json")
    done = subprocess.run([PROGRAM, "--registry", REG, "decode", "-", "--format", "json"], input=data,
                          capture_output=True, timeout=900)
    tap.ok(done.returncode == 0 and done.stdout == expected, "- is stdin", done.stderr)
    done = subprocess.run(["bash", "-c", '"$0" --registry %s decode <(cat %s) --format json' % (REG, NEWER), PROGRAM],
                          capture_output=True, timeout=900)
    tap.ok(done.returncode == 0 and done.stdout == expected, "a pipe can be read", done.stderr)
    status, out, _ = decode(recording, "--format", "json")
    both = decode(OLDER, NEWER, "--format", "json")[1]
    tap.ok(status == 0 and out == both and out.count(b'"objects"') == 2, "a recording: all of its samples")
    status, out, _ = decode(recording, "--cooked", "--format", "csv")
    series = decode("--cooked", OLDER, NEWER, "--format", "csv")[1]
    tap.ok(status == 0 and out == series and out.count(b"\r\n") == 2, "a recording: cooked, as two blobs", out[:200])
    with open(recording, "rb") as file:
        cut = write("cut.rec", file.read()[:-8])
    status, out, err = decode(cut, "--format", "json")
    tap.ok(status == 1 and "offset" in err and out.count(b'"objects"') == 1,
           "a damaged recording: the samples before the damage, its offset, exit status 1", err)
    status, _, err = decode(folder)
    tap.ok(status == 2 and "cannot be read" in err, "a folder is no file", err)


def test_raw_on_a_terminal():
    child, terminal = pty.fork()
    if child == 0:
        os.execv(PROGRAM, [PROGRAM, "decode", OLDER, "--format", "raw"])
    shown = b""
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:
            break
        if not more:
            break
        shown += more
    os.close(terminal)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    tap.ok(status == 2 and b"-o FILE" in shown and b"PERF"[:1] + b"\0" not in shown,
           "raw bytes are not written to a terminal", shown[:200])
    _, out, _ = decode(NEWER, "--format", "raw", "-o", "-")
    with open(NEWER, "rb") as file:
        tap.ok(out == file.read(), "-o - is stdout")


def test_raw_and_hex():
    with open(NEWER, "rb") as file:
        data = file.read()
    _, out, _ = decode(NEWER, "--format", "raw")
    tap.ok(out == data, "raw: byte for byte")
    path = os.path.join(folder, "copy.bin")
    status, out, _ = decode(NEWER, "--format", "raw", "-o", path)
    with open(path, "rb") as file:
        tap.ok(status == 0 and out == b"" and file.read() == data, "-o writes a file, not stdout")
    _, out, _ = decode(NEWER, "--format", "hex")
    shown = b"".join(bytes.fromhex(line[10:58].strip().decode()) for line in out.split(b"\n")
                     if len(line) > 10 and line[:8].isalnum() and line[8:10] == b"  ")
    tap.ok(shown == data, "hex: shows every byte once, in order")
    tap.ok(b"DefinitionLength       504" in out and b"Bytes in Use = 6,291,968" in out,
          "hex: names members and values")


def test_openmetrics():
    status, out, _ = decode(NEWER, "--format", "openmetrics")
    text = out.decode()
    tap.ok(status == 0 and text.endswith("# EOF\n"), "openmetrics: ends in # EOF")
    for line in ("# TYPE test_heap_in_use_bytes gauge", "# UNIT test_heap_in_use_bytes bytes",
                 "# HELP test_heap_in_use_bytes Bytes in Use is the size of all blocks.\\n"
                 "Backslash \\\\ and 'quotes'.",
                 'test_heap_in_use_bytes{name="app:4711:pool"} 1049088',
                 "# TYPE test_heap_allocations counter",
                 'test_heap_allocations_total{name="_Total"} 250',
                 'test_heap_full_ratio{name="_Total"} 0.25',
                 'test_heap_lock_time_seconds_total{name="_Total"} 1',
                 'test_thread_value{name="0",parent="app:4711:arena",index="1"} 3',
                 "test_provider_large_number 9223372036854775813"):
        tap.ok(line in text.split("\n"), "openmetrics: " + line[:60].replace("#", ""))
    status, out, _ = decode(NEWER, "--format", "prometheus")
    tap.ok(b"# TYPE test_heap_allocations_total counter\n" in out and b"# UNIT" not in out,
           "prometheus: the older text format calls the family of a counter x_total, too")
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=out, capture_output=True,
                              timeout=900)
        tap.ok(done.returncode == 0 and not done.stderr, "prometheus: promtool has no complaint",
              done.stderr.decode())
    else:
        tap.skip("prometheus: promtool has no complaint", "promtool is not installed")


def test_table():
    status, out, _ = decode(OLDER, env={"COLUMNS": "500"})
    text = out.decode()
    tap.ok(status == 0 and "Test Heap (2000), 4 instances" in text and
          any(line.split()[:2] == ["_Total", "6,291,456"] for line in text.split("\n")),
          "table: objects and values", text)
    usual = decode(OLDER)[1]
    for bad in ("", "40x", " 40", "+40", "40 "):
        tap.ok(decode(OLDER, env={"COLUMNS": bad})[1] == usual, f"table: COLUMNS {bad!r} is no width")
    tap.ok(decode(OLDER, env={"COLUMNS": "40"})[1] != usual, "table: COLUMNS 40 is one")
    rows = [line for line in text.split("\n") if "0xC0DE" in line]

    def width(line):
        import unicodedata
        return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
    tap.ok(len(rows) == 4 and len({width(row) for row in rows}) == 1,
          "table: East Asian names keep the columns aligned", rows)
    evil = blob.Blob([blob.Object(2000, [blob.Counter(2002, blob.RAWCOUNT)],
                                  [blob.Instance("a\x1b[31m\u202e\r\nb", [1])])], system="H\x07")
    _, out, _ = decode(write("evil.bin", evil.bytes()))
    tap.ok(not any(c in out for c in (b"\x1b", b"\x07", b"\r", "\u202e".encode())) and
          b"\\x1B[31m" in out, "table: no control character reaches the terminal", out)


def test_languages():
    _, out, _ = decode(OLDER, "--language", "007")
    tap.ok("Prüfhalde (2000)" in out.decode() and "Allocations/sec" in out.decode(),
          "names in the language asked for, English where it has none")
    for bad in ("german", "", " 7", "+7", "-7", " -7", "7 ", "0x7", "00007", "000"):
        status, out, err = decode(OLDER, f"--language={bad}")
        tap.ok(status == 2 and not out and f'"{bad}" is not a language' in err,
               f"{bad!r} as the language is bad usage", err)


def test_selection():
    for path, word in ((r"\No Heap(*)\Bytes in Use", "object"), (r"\Test Heap(*)\No", "counter"),
                       (r"\Test Heap(absent)\Bytes in Use", "instance")):
        status, out, err = decode(OLDER, "--counter", path)
        tap.ok(status == 3 and not out and ("no such " + word) in err,
              "an unknown %s: exit status 3, nothing on stdout" % word, err)
    status, out, err = decode(OLDER, "--counter", r"\Test Heap(_Total\Bytes")
    tap.ok(status == 2 and not out and "position 10" in err, "a bad path: its position", err)
    for path, names in ((r"\test heap(APP:4711:POOL)\bytes in use", ["app:4711:pool"]),
                        (r"\\host\Test Heap(*arena)\*", ["app:4711:arena"]),
                        (r"\2000(SCHÖN*)\2002", ["schön:7:大きい"]),
                        (r'\Test Heap("app:4711:pool")\Bytes in Use', ["app:4711:pool"])):
        status, out, err = decode(OLDER, "--counter", path, "--format", "json")
        found = status == 0 and [i["name"] for i in json.loads(out)["objects"][0]["instances"]]
        tap.ok(found == names, "--counter " + path.replace("#", "%"), (found, err))
    for path, values in ((r"\Test Thread(app:4711:arena/0#1)\Value", [3]),
                         (r"\Test Thread(app:4711:arena/0)\Value", [2]),
                         (r"\Test Thread(app*/0)\Value", [1, 2]),
                         (r"\Test Thread(*)\Value", [1, 2, 3, 4])):
        status, out, _ = decode(OLDER, "--counter", path, "--format", "json")
        found = [i["values"]["2302"] for i in json.loads(out)["objects"][0]["instances"]]
        tap.ok(found == values, "parents and numbers: " + path.replace("#", "no. "), found)


def patched(offset, value, size=4):
    data = bytearray(blob.many_types(0).bytes())
    data[offset:offset + size] = value.to_bytes(size, "little")
    return bytes(data)


def test_malformed():
    good = blob.many_types(0).bytes()
    header = struct.unpack_from("<I", good, 24)[0]
    definitions = header + struct.unpack_from("<I", good, header + 4)[0]
    cases = (("data-header", 0, patched(0, 0)),
             ("data-header", 0, b""),
             ("data-header", 0, good[:40]),
             ("data-header", 8, patched(8, 0)),
             ("data-header-length", 24, patched(24, 80)),
             ("data-header-length", 24, patched(24, 0x7FFFFFFF)),
             ("data-total-length", 20, good[:-8]),
             ("data-total-length", 20, good + b"12345678"),
             ("data-system-name", 80, patched(84, 0xFFFFFFF0)),
             ("object-count", len(good), patched(28, 6)),
             ("object-count", len(good), patched(28, 0xFFFFFFFF)),
             ("object-length", header, patched(header, 0)),
             ("object-length", header, patched(header, 0xFFFFFFF8)),
             ("definition-length", header + 4, patched(header + 4, 8)),
             ("header-length", header + 8, patched(header + 8, 60)),
             ("counter-count", header + 32, patched(header + 32, 0xFFFFFFFF)),
             ("definition-length", header + 4, patched(header + 32, 10)),
             ("instance-count", header + 40, patched(header + 40, 0x7FFFFFFF)),
             ("instance-count", header + 40, patched(header + 40, 0x80000000)),
             ("instance-walk", header, patched(header + 40, 3)),
             ("counter-definition-length", header + 64, patched(header + 64, 0)),
             ("counter-offset", header + 64 + 36, patched(header + 64 + 36, 0x7FFFFFFF)),
             ("counter-offset", header + 64 + 36, patched(header + 64 + 36, 0)),
             ("instance-length", definitions, patched(definitions, 0)),
             ("name-place", definitions + 16, patched(definitions + 16, 0xFFFFFFFF)),
             ("block-length", definitions + 40, patched(definitions + 40, 0)),
             ("block-length", definitions + 40, patched(definitions + 40, 0x7FFFFFF8)))
    for number, (rule, offset, data) in enumerate(cases):
        path = write("bad-%d.bin" % number, data)
        status, out, err = decode(path)
        tap.ok(status == 1 and not out and ("rule %s, offset %d," % (rule, offset)) in err and
              path in err, "malformed: %s at %d" % (rule, offset), err)
        status, out, err = decode(path, "--keep-going", "--format", "json")
        readable = rule not in ("data-header-length", "data-header") or offset == 8 or number == 0
        tap.ok(status == 1 and (not readable or json.loads(out)["system"] is not None),
              "--keep-going shows the remaining data after %s" % rule, err)
    shifted = good[:header] + b"\xAA" * 88 + good[header:]
    status, out, err = decode("-k", write("wine.bin", shifted), "--format", "json")
    tap.ok("data-shifted" in err and len(json.loads(out)["objects"]) == 5,
          "Wine's answers, 88 bytes too far, are read and said to be Wine's", err)
    status, out, err = decode(os.path.join(folder, "none.bin"))
    tap.ok(status == 3 and not out and "no such file" in err, "a missing file", err)
    status, out, err = decode(folder)
    tap.ok(status == 2 and not out, "a folder is no blob", err)
    status, out, err = decode(OLDER, "-o", os.path.join(folder, "none", "x"))
    tap.ok(status == 2 and "cannot be written" in err, "a file that cannot be written", err)


def test_large():
    data = blob.large().bytes()
    path = write("large.bin", data)
    status, out, err = decode(path, "--counter", r"\Test Heap(*heap-399999)\Bytes in Use",
                              "--format", "json")
    found = status == 0 and json.loads(out)["objects"][0]["instances"]
    tap.ok(found and found[0]["values"]["2002"] == 399999,
          "%d MB are walked to their last instance" % (len(data) // 1000000), err)
    os.remove(path)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
tap.done()
