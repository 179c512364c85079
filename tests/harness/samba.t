#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
"""HKEY_PERFORMANCE_DATA of a running Samba server, asked over RPC on the loopback interface: answers that none of us
wrote, of counters that this test knows. recorded.t has an answer of Samba's own counters."""
import collections
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
PYTHON = "/usr/bin/python3"  # Debian's own
HELPER = "tests/harness/samba_query.py"
REG_BINARY, REG_MULTI_SZ = 3, 7
TOTAL_BYTE_LENGTH = 20  # offset in PERF_DATA_BLOCK

os.environ["PATH"] += ":/usr/sbin"
if not shutil.which("smbd") or subprocess.run([PYTHON, HELPER, "import"], capture_output=True).returncode != 0:
    tap.skip_all("Samba is missing: 'scripts/setup samba' installs it")
if os.geteuid() != 0:
    tap.skip_all("smbd changes its user, so it is tried as root only")

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
CONF = os.path.join(tap.TMP, "smb.conf")
with open(CONF, "w", encoding="utf-8") as file:
    file.write(f"""[global]
server role = standalone server
netbios name = PERFTEST
interfaces = 127.0.0.1
bind interfaces only = yes
smb ports = {port}
disable netbios = yes
disable spoolss = yes
load printers = no
passdb backend = tdbsam:{tap.TMP}/private/passdb.tdb
log file = {tap.TMP}/log
""")
    for option in ("private dir", "lock directory", "state directory", "cache directory", "pid directory", "ncalrpc dir"):
        folder = os.path.join(tap.TMP, option.split()[0])
        os.mkdir(folder, 0o700 if option == "private dir" else 0o755)
        file.write(f"{option} = {folder}\n")
PERFMON = os.path.join(tap.TMP, "state/perfmon")
os.mkdir(PERFMON)
subprocess.run([PYTHON, HELPER, "fill", PERFMON], check=True)
subprocess.run(["pdbedit", "-s", CONF, "-a", "-u", "root", "-t"], input="secret\nsecret\n", text=True, check=True, capture_output=True)


def query(value, size=65536):
    run = subprocess.run([PYTHON, HELPER, "query", CONF, value, str(size)], capture_output=True, text=True, timeout=900)
    answer = json.loads(run.stdout) if run.returncode == 0 else {"error": run.stderr}
    answer["data"] = bytes.fromhex(answer.get("data", ""))
    return answer


def broken(data, name):
    """The rules that a blob breaks, errors and warnings, and the file that has it."""
    path = os.path.join(tap.TMP, name)
    with open(path, "wb") as file:
        file.write(data)
    run = tap.run([PROGRAM, "check", path, "--format", "json"])
    report, = json.loads(run.stdout)["targets"]
    return [dict(collections.Counter(finding["rule"] for finding in report["findings"] if finding["severity"] == severity))
            for severity in ("error", "warning")], path


# When it ends, it ends its process group: that is one of its own.
server = subprocess.Popen(["smbd", "-F", "--no-process-group", "-s", CONF], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
try:
    answer = {"data": b""}
    while server.poll() is None and not answer["data"]:  # until it listens
        answer = query("Global")
    tap.ok(answer.get("type") == REG_BINARY and answer["data"][:8] == "PERF".encode("utf-16-le"),
           "Samba answers Global with a data block", answer, server.poll())

    data = bytearray(answer["data"])
    declared, = struct.unpack_from("<I", data, TOTAL_BYTE_LENGTH)
    found, _ = broken(data, "as-it-is.bin")
    tap.ok(len(data) - declared == 112 and "data-total-length" in found[0], "its TotalByteLength leaves the header out, and check says so",
           found, declared, len(data))
    struct.pack_into("<I", data, TOTAL_BYTE_LENGTH, len(data))
    found, whole = broken(data, "whole.bin")
    tap.equal(found, [{"counter-size": 1}, {}], "after that is corrected, 8 bytes of a 32-bit type are all that is wrong")
    run = tap.run([PROGRAM, "decode", "--keep-going", "--format", "json", whole])
    objects = json.loads(run.stdout)["objects"]
    tap.equal([(entry["index"], entry["help_index"], [(c["index"], c["type_name"]) for c in entry["counters"]]) for entry in objects],
              [(2, 3, [(4, "PERF_COUNTER_LARGE_RAWCOUNT"), (6, "PERF_COUNTER_RAWCOUNT")])], "decode shows its object and counters")
    tap.equal([(entry["name"], entry["values"]["4"], entry["values"]["6"]) for entry in objects[0]["instances"]],
              [("one", 1234567890123, 77), ("two", 5, 6)], "and the instances with the values that its databases have")

    tap.equal([(query(value).get("type"), len(query(value)["data"])) for value in ("global", "2", "2 4")], [(REG_BINARY, len(data))] * 3,
              "words in any case and indices have the same answer: the list of objects is ignored")
    tap.equal([query(value).get("error") for value in ("Costly", "NoSuch")], ["WERR_FILE_NOT_FOUND"] * 2,
              "Costly and unknown names are no values, where Windows has a header without objects")
    names = query("Counter 009")["data"].decode("utf-16-le").split("\0")
    tap.equal(names[:8], ["1", "3", "2", "Thing", "4", "Count", "6", "Small"], "Counter 009 has the names")
    names = query("Explain 009")["data"].decode("utf-16-le").split("\0")
    tap.equal(names[:6], ["3", "A thing.", "5", "How many.", "7", "It has 32 bits."], "Explain 009 has the help texts")

    # A short buffer has success and cut data. Whatever is cut, check ends and finds it.
    results = []
    for size in (64, 112, 150, 176, len(data) - 1):
        cut = query("Global", size)
        found, _ = broken(cut["data"], f"cut-{size}.bin")
        results.append((cut["size"], bool(found[0])))
    tap.equal(results, [(size, True) for size in (64, 112, 150, 176, len(data) - 1)],
              "a short buffer gets success and cut data, and check finds each of them broken")
finally:
    server.terminate()
    server.communicate(timeout=900)
    helper = os.path.join(tap.TMP, "pid/samba-dcerpcd.pid")
    if os.path.exists(helper):
        with open(helper, encoding="ascii") as file:
            os.kill(int(file.read()), signal.SIGTERM)
tap.done()
