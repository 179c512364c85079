#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: win64
"""The Windows build under Wine: the DLL itself, and Wine's own RegQueryValueExW."""
import os
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path[:0] = ["tests", "tests/provider"]
import tap  # noqa: E402
from perfdata import CUSTOM_HEAP, CUSTOM_HEAP_PROCESS, CUSTOM_HEAP_PROVIDER, check_total, parse_objects  # noqa: E402
from publisher import Publisher  # noqa: E402

if not shutil.which("wine"):
    print("1..0 # SKIP Wine is not installed")
    sys.exit(0)
if "INSIDE_WINE_PREFIX" not in os.environ:
    os.environ["INSIDE_WINE_PREFIX"] = "1"
    sys.exit(subprocess.run(["scripts/wine-prefix", sys.executable, __file__]).returncode)

folder = tempfile.mkdtemp(prefix="heapctrs-test-")
os.environ["HEAPCTRS_DIR"] = "Z:" + folder.replace("/", "\\")
RAW = "build/win64/programs/raw_query_win.exe"
OUT = os.path.join(tempfile.mkdtemp(prefix="heapctrs-raw-"), "raw.bin")


def wine(*arguments):
    # A file, not a pipe: a service that Wine starts meanwhile would keep a pipe open after the end.
    with tempfile.TemporaryFile("w+") as output:
        run = subprocess.run(["wine", *arguments], stdout=output, stderr=subprocess.STDOUT, timeout=900)
        output.seek(0)
        text = output.read()
    assert run.returncode == 0, f"{arguments}: {run.returncode} {text}"
    return text


def windows_path(path):
    return "Z:" + os.path.abspath(path).replace("/", "\\")


def query_dll(query, *context):
    out = wine(RAW, "dll", windows_path("build/win64/heapctrs.dll"), query, windows_path(OUT),
               *context)
    with open(OUT, "rb") as file:
        return parse_objects(file.read(), int(out.split()[0]))


def query_system(query):
    """Our objects in the answer of RegQueryValueExW. Wine 8.0 puts them 88 bytes too far."""
    wine(RAW, "system", query, windows_path(OUT))
    with open(OUT, "rb") as file:
        data = file.read()
    assert data[:8].decode("utf-16-le") == "PERF"
    total, header, count = struct.unpack_from("<III", data, 20)
    assert total == len(data) - 88
    shift = 88 if data[header:header + 88] == bytes(88) else 0
    return parse_objects(data[header + shift:total + shift], count)


def windows_publisher():
    return Publisher(wrapper=["wine"], program="build/win64/programs/scripted_publisher.exe")


def no_publisher():
    """the DLL without a publisher: _Total and the provider itself"""
    objects = query_dll("Global")
    assert objects[CUSTOM_HEAP].names() == ["_Total"]
    assert objects[CUSTOM_HEAP_PROVIDER].frequency > 0


def publisher():
    """a Windows publisher's heap is seen by the DLL and by Wine's registry, with equal figures"""
    heap = windows_publisher()
    assert heap("open pool") == 0
    assert heap("allocate 0 4096 100") == 0
    assert heap("allocate 0 8192 2000") == 0
    for objects in (query_dll("Global"), query_system("Global"), query_system("1848")):
        found = objects[CUSTOM_HEAP]
        check_total(found)
        assert len(found.instances) == 2, found.names()
        name = found.instances[1].name
        assert name.startswith("scripted_publisher:") and name.endswith(":pool"), name
        assert found[name]["bytes"] == 2100 and found[name]["blocks"] == 2
        assert found[name]["pid"] == int(name.split(":")[1])
        assert 0 < found[name]["opened"] <= found.time
    assert CUSTOM_HEAP_PROVIDER not in query_system("1848")
    assert heap.end() == 0
    assert query_system("Global")[CUSTOM_HEAP].names() == ["_Total"]


def processes():
    """the costly object shows what a snapshot of a Windows publisher adds up to, and is never in Global"""
    heap = windows_publisher()
    assert heap("open pool") == 0
    assert CUSTOM_HEAP_PROCESS not in query_dll("Global") and list(query_dll("Costly")) == [CUSTOM_HEAP_PROCESS]
    found = query_dll("1908")[CUSTOM_HEAP_PROCESS]
    name = next(name for name in found.names() if name.startswith("scripted_publisher:"))
    process, pid = found[name], name.split(":")[1]
    seen = [line.split(" ") for line in wine("build/win64/programs/snapshot_print.exe", pid).splitlines()]
    regions = [(int(w[2], 16), int(w[3], 16), int(w[4], 16)) for w in seen if w[0] == "region"]
    used = [region for region in regions if region[1] != 0x10000]
    assert process["regions"] == len(used) > 20
    assert process["reserved"] == sum(size for size, state, _ in used if state == 0x2000)
    for label, kind in (("private", 0x20000), ("mapped", 0x40000), ("image", 0x1000000)):
        assert process[label] == sum(size for size, state, type_ in used if (state, type_) == (0x1000, kind)) > 0, label
    assert process["largest_free"] == max(size for size, state, _ in regions if state == 0x10000)
    assert process["handles"] == len([w for w in seen if w[0] == "handle"]) > 0
    assert process["threads"] == len([w for w in seen if w[0] == "thread"]) > 0
    # The working set, and what of it can be shared: Wine answers QueryWorkingSet or it does not.
    assert process["memory_known"] in (1, 3) and process["resident"] > 0, process
    assert process["resident_private"] + process["resident_shared"] in (0, process["resident"]), process
    assert process["stale"] == 0 and process["pid"] == int(pid) and 0 < process["taken"] <= found.time
    assert heap.end() == 0


def registration():
    """the indices are those of the registration, also when lodctr assigned others"""
    key = r"HKLM\SYSTEM\CurrentControlSet\Services\heapctrs\Performance"
    for name, number in (("First Counter", 5000), ("First Help", 6001)):
        wine("reg", "add", key, "/v", name, "/t", "REG_DWORD", "/d", str(number), "/f")
    found = query_dll("Global")
    assert list(found) == [5000, 5042] and found[5000].help == 6001
    assert list(query_dll("5042")) == [5042] and query_dll("1848") == {}


def context():
    """the service that Linkage\\Export names is preferred to the one called heapctrs"""
    key = r"HKLM\SYSTEM\CurrentControlSet\Services\second\Performance"
    for name, kind, value in (("Library", "REG_SZ", "other.dll"),
                              ("First Counter", "REG_DWORD", "9000"),
                              ("First Help", "REG_DWORD", "9001")):
        wine("reg", "add", key, "/v", name, "/t", kind, "/d", value, "/f")
    assert list(query_dll("Global", "second")) == [9000, 9042]
    for text in ("third", "", r"second\Performance", r"..\second", "x" * 3000):
        assert list(query_dll("Global", text)) == [5000, 5042], text


def other_service():
    """a service of another name is found by its Library"""
    services = r"HKLM\SYSTEM\CurrentControlSet\Services"
    wine("reg", "delete", services + r"\heapctrs", "/f")
    key = services + r"\myheaps\Performance"
    for name, kind, value in (("Library", "REG_SZ", r"C:\somewhere\HEAPCTRS.dll"),
                              ("First Counter", "REG_DWORD", "7000"),
                              ("First Help", "REG_DWORD", "7001")):
        wine("reg", "add", key, "/v", name, "/t", kind, "/d", value, "/f")
    assert list(query_dll("Global")) == [7000, 7042]


def not_registered():
    """a service without First Counter has no data: any index could belong to another provider"""
    key = r"HKLM\SYSTEM\CurrentControlSet\Services\myheaps\Performance"
    wine("reg", "delete", key, "/v", "First Counter", "/f")
    assert query_dll("Global") == {}


def import_files():
    """Wine's reg import takes both .reg files"""
    for name in ("heapctrs-service.reg", "heapctrs.reg"):
        wine("reg", "import", f"registry/{name}")
    out = wine("reg", "query", r"HKLM\SYSTEM\CurrentControlSet\Services\heapctrs\Performance")
    for text in ("CollectHeapPerformanceData", "0x738", "1848 1890", "Collect Supports Metadata"):
        assert text in out, out
    out = wine("reg", "query",
               r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\heapctrs")
    assert "EventCreate.exe" in out
    assert list(query_dll("Global")) == [CUSTOM_HEAP, CUSTOM_HEAP_PROVIDER]


for test in (no_publisher, publisher, processes, registration, context, other_service, not_registered, import_files):
    tap.prove(test)
shutil.rmtree(folder)
shutil.rmtree(os.path.dirname(OUT))
tap.done()
