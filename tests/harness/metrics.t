#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
"""perfharness serve and export: what Prometheus, promtool and textfile collectors get."""
import gzip
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

sys.path[:0] = ["tests", "tests/harness"]
import fake
import tap
from publisher import Publisher

PROGRAM = os.path.join(tap.BUILD, "perfharness")
REG = ["--registry", "tests/buffers/many-types.reg"]
REPLAY = ["--replay", "tests/buffers/good-many-types.bin",
          "--replay", "tests/buffers/good-many-types-later.bin"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# Debian's prometheus_client is only importable by Debian's Python.
PARSE = """
import json, sys
from prometheus_client.openmetrics import parser
print(json.dumps([[f.name, f.type, f.unit, [[s.name, s.labels, s.value] for s in f.samples]]
                  for f in parser.text_string_to_metric_families(sys.stdin.read())]))
"""


def parse(text):
    """Families by name, as the reference parser of OpenMetrics reads them; None if it is not installed."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import prometheus_client"], capture_output=True).returncode == 0:
            done = subprocess.run([python, "-c", PARSE], input=text.encode(), capture_output=True, timeout=900)
            return {f[0]: f[1:] for f in json.loads(done.stdout)} if not done.returncode else done.stderr.decode()
    return None


def serving(*words, env=None):
    """A server and its port."""
    server = subprocess.Popen([PROGRAM, *words, "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True,
                              env={**os.environ, **(env or {})})
    line = server.stderr.readline()
    return server, int(re.search(r"http://127\.0\.0\.1:(\d+)/metrics", line).group(1))


def stop(server):
    server.send_signal(signal.SIGINT)
    server.communicate(timeout=900)
    return server.returncode


def get(port, **headers):
    """Headers and body of a scrape; underscores in names become dashes."""
    request = urllib.request.Request("http://127.0.0.1:%d/metrics" % port,
                                     headers={k.replace("_", "-"): v for k, v in headers.items()})
    with urllib.request.urlopen(request, timeout=900) as reply:
        return reply.headers, reply.read()


# ---- export --------------------------------------------------------------------------------------
path = os.path.join(tap.TMP, "heaps.prom")
run = tap.run([PROGRAM, *REG, "export", "--textfile", path, *REPLAY[:2]])
text = open(path, encoding="utf-8").read()
tap.ok(run.status == 0 and not run.stdout and text.endswith("# EOF\n"), "export writes the file",
       run.stderr)
tap.equal(os.listdir(tap.TMP), ["heaps.prom"], "export leaves nothing beside it")
reader = open(path, encoding="utf-8")  # stands for a collector that has just opened it
run = tap.run([PROGRAM, *REG, "export", "--textfile", path, *REPLAY, "-i", "0.1"])
tap.ok(run.status == 0 and reader.read() == text and
       'test_heap_allocations_total{name="_Total"} 250' in open(path, encoding="utf-8").read(),
       "export --interval replaces the file as a whole: who has it open reads on in the old one")
reader.close()
run = tap.run([PROGRAM, *REG, "export", *REPLAY])
tap.ok(run.status == 2 and "--textfile" in run.stderr, "export without a file is bad usage")
run = tap.run([PROGRAM, *REG, "export", "--textfile", path + "2", *REPLAY, "-c", r"\No\Such"])
tap.ok(run.status == 3 and not os.path.exists(path + "2"), "nothing to export: no file")

# ---- serve ---------------------------------------------------------------------------------------
server, port = serving(*REG, "serve", *REPLAY)
prometheus = None
try:
    url = "http://127.0.0.1:%d" % port
    headers, plain = get(port)
    tap.equal(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8",
              "a reader that asks for nothing gets the text format")
    headers, strict = get(port, Accept="text/plain;q=0.5, application/openmetrics-text;version=1.0.0;q=0.9")
    strict = strict.decode()
    tap.like(headers["Content-Type"], r"^application/openmetrics-text; version=1\.0\.0",
             "a reader that prefers OpenMetrics gets it")
    headers, _ = get(port, Accept="text/plain;q=0.5, application/openmetrics-text;version=1.0.0;q=0.4")
    tap.like(headers["Content-Type"], r"^text/plain", "a reader that prefers the text format gets that")
    headers, packed = get(port, Accept_Encoding="gzip;q=0.5")
    tap.ok(headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in headers["Vary"] and
           b"test_heap_allocations_total{" in gzip.decompress(packed) and len(packed) < len(plain) / 3,
           "a reader that takes gzip gets it")
    headers, _ = get(port, Accept_Encoding="gzip;q=0")
    tap.equal(headers["Content-Encoding"], None, "a reader that refuses gzip does not")
    tap.ok("# TYPE test_heap_allocations counter" in strict and
           "# UNIT test_heap_allocated_bytes bytes" in strict and
           'test_heap_allocations_total{name="_Total"} 250' in strict and
           strict.endswith("# EOF\n"), "OpenMetrics to the letter: family without, sample with _total")
    tap.ok(all(line in strict.split("\n") for line in (
        "# TYPE perfharness_build info", 'perfharness_provider_up{provider="replay"} 1',
        'perfharness_provider_last_failure_event_id{provider="replay"} 0')) and
        re.search(r'^perfharness_provider_answer_bytes\{provider="replay"\} [1-9]', strict, re.M) and
        re.search(r'^perfharness_provider_duration_seconds\{provider="replay"\} 0\.', strict, re.M),
        "perfharness describes itself and the source")
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=plain, capture_output=True)
        tap.equal((done.returncode, done.stderr), (0, b""), "promtool has no complaint")
    else:
        tap.skip("promtool has no complaint", "promtool is not installed")
    families = parse(strict)
    if families is None:
        tap.skip("the reference parser of OpenMetrics accepts it", "prometheus_client is not there")
    else:
        tap.ok("test_heap_allocations" in families and
               families["test_heap_allocations"][0] == "counter" and
               families["test_heap_in_use_bytes"][1] == "bytes" and families["perfharness_build"][0] == "info",
               "the reference parser of OpenMetrics accepts it", families)

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=900)
    answers = []
    for method, where in (("GET", "/nothing"), ("POST", "/metrics"), ("HEAD", "/metrics"),
                          ("GET", "/")):
        connection.request(method, where, body="x" if method == "POST" else None)
        reply = connection.getresponse()
        reply.read()
        answers.append(reply.status)
    connection.close()
    tap.equal(answers, [404, 405, 200, 200], "other paths and methods are refused politely")
    with socket.create_connection(("127.0.0.1", port), timeout=900) as raw:
        raw.sendall(b"\x00garbage\r\n\r\n")
        raw.settimeout(900)
        raw.recv(1000)
    tap.equal(urllib.request.urlopen(url + "/metrics", timeout=900).status, 200,
              "garbage does not harm the server")

    # Raw requests and the status lines of the answers. The last request of each closes the connection.
    first, last = b"GET /metrics HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    for name, request, expected in (
            ("five requests at once", (first + b"\r\n") * 5 + last, [200] * 6),
            ("HTTP/1.0 without a host", b"GET /metrics HTTP/1.0\r\n\r\n", [200]),
            ("HEAD", b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n" + last, [200, 200]),
            ("POST in chunks", b"POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" +
             last, [405, 200]),
            ("a chunk of another form", b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", [400]),
            ("a header of 1 MB", first + b"X: " + b"y" * 1000000 + b"\r\n\r\n", [431]),
            ("100,000 headers", first + b"X: y\r\n" * 100000 + b"\r\n", [431]),
            ("a path that leaves the folder", b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n" + last, [404, 200]),
            ("an Accept of other bytes", first + b"Accept: \xff;q=nan,;;\r\n\r\n" + last, [200, 200]),
            ("a time-out that is no number", first + b"X-Prometheus-Scrape-Timeout-Seconds: -1e999\r\n\r\n" + last,
             [200, 200])):
        answer = b""
        with socket.create_connection(("127.0.0.1", port), timeout=900) as raw:
            try:
                raw.sendall(request)
                while part := raw.recv(1 << 16):
                    answer += part
            except ConnectionError:
                pass  # the server need not read the rest of what it refuses
        got = [int(status) for status in re.findall(rb"^HTTP/1\.1 (\d+)", answer, re.M)]
        # A refusal may be lost with the connection, if the server closes it before it has read everything.
        tap.ok(got == expected or (expected == [431] and not got), name + ": " + " ".join(map(str, expected)), got)
    second = tap.run([PROGRAM, *REG, "serve", *REPLAY, "--listen", "127.0.0.1:%d" % port])
    tap.ok(second.status == 2 and "in use" in second.stderr, "a port that is in use is reported",
           second.stderr)
    for bad in ("here", "127.0.0.1:", "127.0.0.1:99999", "nowhere.example:80"):
        second = tap.run([PROGRAM, *REG, "serve", *REPLAY, "--listen", bad])
        tap.ok(second.status == 2 and not second.stdout, "--listen %s is bad usage" % bad,
               second.stderr)

    # A library of that name without the functions is treated as missing.
    decoys = os.path.join(tap.TMP, "decoys")
    os.mkdir(decoys)
    shutil.copy(os.path.join(tap.BUILD, "heapctrs.so"), os.path.join(decoys, "libmicrohttpd.so.12"))
    second = tap.run([PROGRAM, *REG, "serve", *REPLAY, "--listen", "127.0.0.1:0"],
                     env={"LD_LIBRARY_PATH": decoys})
    tap.ok(second.status == 2 and "libmicrohttpd is not installed" in second.stderr,
           "serve without libmicrohttpd says what to install", second.stderr)

    if shutil.which("prometheus"):
        config = os.path.join(tap.TMP, "prometheus.yml")
        with open(config, "w") as file:
            file.write("global: {scrape_interval: 1s}\nscrape_configs:\n"
                       "- job_name: perfharness\n  static_configs:\n"
                       "  - targets: ['127.0.0.1:%d']\n" % port)
        web = free_port()
        prometheus = subprocess.Popen(
            ["prometheus", "--config.file=" + config, "--web.listen-address=127.0.0.1:%d" % web,
             "--storage.tsdb.path=" + os.path.join(tap.TMP, "tsdb")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        result, end = [], time.monotonic() + 900
        while not result and time.monotonic() < end:
            time.sleep(0.5)
            try:
                with urllib.request.urlopen("http://127.0.0.1:%d/api/v1/query?query="
                                            "test_heap_allocations_total" % web, timeout=5) as reply:
                    result = json.load(reply)["data"]["result"]
            except (OSError, ValueError):
                pass
        tap.equal(sorted((r["metric"]["name"], r["value"][1]) for r in result),
                  [("_Total", "250"), ("app:4711:arena", "90"), ("app:4711:pool", "50"),
                   ("schön:7:大きい", "130")], "a real Prometheus scrapes it")
    else:
        tap.skip("a real Prometheus scrapes it", "prometheus is not installed")
finally:
    if prometheus:
        prometheus.terminate()
        prometheus.wait(30)
    status = stop(server)
tap.equal(status, 0, "Ctrl-C ends the server cleanly")

# ---- a provider that hangs -----------------------------------------------------------------------
# Its own limit is longer than the reader's, so the reader gets only the objects of the other provider.
reg = fake.registry(fake.service("slow", 3000, linkage=["hang"], Open_Timeout="dword:00000fa0"),
                      fake.service("sound", 3100))
server, port = serving("--registry", reg, "--library-path", fake.FAULTY, "serve")
try:
    text = ""
    # the first scrape may come before the provider's process has started
    while 'perfharness_provider_up{provider="sound"} 1' not in text:
        _, text = get(port, X_Prometheus_Scrape_Timeout_Seconds="1", Accept="application/openmetrics-text")
        text = text.decode()
    tap.ok('perfharness_provider_up{provider="slow"} 0' in text and
           'perfharness_provider_up{provider="sound"} 1' in text and "object_3100_" in text and
           "object_3000_" not in text, "a provider that hangs costs its own objects only", text)
    failed = 'perfharness_provider_last_failure_event_id{provider="slow"} 2002'
    while failed not in text:
        text = get(port, X_Prometheus_Scrape_Timeout_Seconds="1")[1].decode()
    tap.ok(failed in text and 'perfharness_provider_up{provider="slow"} 0' in text,
           "its event is a metric when it has reached its own limit", text)

    # ---- hostile clients: more idle connections than there may be at once ----
    idle = [socket.create_connection(("127.0.0.1", port), timeout=900) for _ in range(100)]
    for i, one in enumerate(idle):
        one.sendall(b"" if i % 2 else b"GET /metrics HTTP/1.1\r\nX-Slow: ")
    text = get(port, X_Prometheus_Scrape_Timeout_Seconds="1")[1].decode()
    tap.ok("perfharness_build_info{" in text, "100 connections that never finish a request keep no client out")
    idle[0].settimeout(900)
    try:
        closed = idle[0].recv(1) == b""
    except ConnectionResetError:
        closed = True
    tap.ok(closed, "the oldest of them was closed")
    for one in idle:
        one.close()
finally:
    status = stop(server)
tap.equal(status, 0, "the server ends although a provider hangs")

# ---- alert rules ---------------------------------------------------------------------------------
if shutil.which("promtool"):
    folder = "scripts/packaging/prometheus"
    done = subprocess.run(["promtool", "check", "rules", "alerts.yml"], cwd=folder, capture_output=True, text=True)
    tap.equal(done.returncode, 0, "promtool accepts the alert rules")
    done = subprocess.run(["promtool", "test", "rules", "alerts_test.yml"], cwd=folder, capture_output=True, text=True)
    tap.ok(done.returncode == 0, "the alert rules pass their unit tests", done.stdout, done.stderr)
    with open(folder + "/alerts.yml", encoding="utf-8") as file:
        named = set(re.findall(r"\b(?:custom_heap|perfharness)_\w+", file.read()))
    with open("registry/heapctrs_metrics.def", encoding="utf-8") as file:
        known = {name + end for name in re.findall(r'"(custom_heap_\w+)"', file.read()) for end in ("", "_total")}
    with open("harness/cli/remote_write.c", encoding="utf-8") as file:
        known |= {name + end for name in re.findall(r'"(perfharness_remote_write_\w+)"', file.read()) for end in ("", "_total")}
    tap.equal(sorted(named - known - set(re.findall(r"\bperfharness_provider_\w+", text))), [],
              "the alert rules name no metric that is not there")
else:
    tap.skip("the alert rules pass their unit tests", "promtool is not installed")

# ---- an alert on what a real program exports ------------------------------------------------------
# glibc lists its arenas on request only: the exporter asks, and no other reader does here.
if shutil.which("promtool"):
    env = {"HEAPCTRS_DIR": os.path.join(tap.TMP, "arenas")}
    preload = os.path.abspath(os.path.join(tap.BUILD, "libheaptracker-preload.so"))
    program = subprocess.Popen([os.path.join(tap.BUILD, "programs/memory_faults_posix"), "arenas"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               env={**os.environ, **env, "LD_PRELOAD": preload})
    server = None
    try:
        program.stdout.readline()  # it has freed what it wants to
        server, port = serving("--registry", "registry/heapctrs.reg", "serve", env=env)
        exported, end = {}, time.monotonic() + 900
        while len(exported) < 3 and time.monotonic() < end:
            text = get(port)[1].decode()
            exported = dict(re.findall(r'^custom_heap_allocator_(arenas|held_bytes|free_elsewhere_bytes)'
                                       r'\{process="memory_faults_posix",pid="%d",heap="malloc"\} (\S+)$' % program.pid, text, re.M))
    finally:
        if server:
            stop(server)
        program.stdin.close()
        program.wait()
    tap.ok(len(exported) == 3, "the arenas of a program with glibc are exported: the exporter asks for them", text)
    labels = '{process="memory_faults_posix",pid="1",heap="malloc"}'
    rule = os.path.join(tap.TMP, "real_test.yml")
    with open(rule, "w", encoding="utf-8") as file:
        json.dump({"rule_files": [os.path.abspath("scripts/packaging/prometheus/alerts.yml")], "evaluation_interval": "1m", "tests": [{
            "interval": "1m",
            "input_series": [{"series": f"custom_heap_allocator_{name}{labels}", "values": f"{value}+0x30"}
                             for name, value in exported.items()],
            "promql_expr_test": [{"eval_time": "25m", "expr": 'count(ALERTS{alertname="ArenasHoldFreeMemory"})',
                                  "exp_samples": [{"value": 1}]}]}]}, file)
    done = subprocess.run(["promtool", "test", "rules", rule], capture_output=True, text=True)
    tap.ok(done.returncode == 0, "and the rule about arenas alerts on them", done.stdout, done.stderr, exported)
else:
    tap.skip("the rule about arenas alerts on what is exported", "promtool is not installed")

# ---- without process ids -------------------------------------------------------------------------
ENV = {"HEAPCTRS_DIR": os.path.join(tap.TMP, "regions")}
os.mkdir(ENV["HEAPCTRS_DIR"])
HEAPCTRS = ["--registry", "registry/heapctrs.reg"]


def publisher():
    """A program that has allocated 1,000 blocks of one heap; it ends when its input does."""
    process = Publisher(env=ENV)
    process("open pool")
    for i in range(1000):
        process(f"allocate 0 {4096 * (i + 1)} 100")
    return process


def value(text, metric):
    found = re.search(r'^%s\{process="[^"]*scripted_publis[^"]*",heap="pool"\} (\S+)$' % metric, text, re.M)
    return int(found.group(1)) if found else None


server, port = serving(*HEAPCTRS, "serve", "--without-pid", env=ENV)
try:
    first, second = publisher(), publisher()
    text = get(port)[1].decode()
    tap.ok(value(text, "custom_heap_allocations_total") == 2000 and value(text, "custom_heap_blocks_in_use") == 2000 and
           "pid=" not in text, "--without-pid: one series for all processes of a name", text)
    tap.ok("custom_heap_in_use_bytes{" in text and "custom_heap_allocator_" not in text,
           "a heap whose allocator reports nothing has no series of it", text)
    rows = json.loads(tap.run([PROGRAM, "heaps", "--format", "json"], env=ENV).stdout)["heaps"]
    answer = json.loads(tap.run([PROGRAM, *HEAPCTRS, "query", "--format", "json"], env=ENV).stdout)
    heap, = [entry for entry in answer["objects"] if entry["name"] == "Custom Heap"]
    figures = [str(counter["index"]) for counter in heap["counters"]  # the age is a time
               if re.match(r"Allocator (?!Figures Age)", counter["name"] or "")]
    tap.ok(rows and {row[key] for row in rows for key in row if key.startswith("allocator")} == {None} and len(figures) == 8 and
           {instance["values"][key] for instance in heap["instances"] if "pool" in instance["name"] for key in figures} == {0},
           "null in JSON, and 0 in the counters", rows, heap)
    totals = [2000]
    for one in (first, second):
        one.end()
    while value(text, "custom_heap_blocks_in_use") is not None:
        text = get(port)[1].decode()
        totals.append(value(text, "custom_heap_allocations_total"))
    for _ in range(3):
        totals.append(value(get(port)[1].decode(), "custom_heap_allocations_total"))
    third = publisher()
    totals.append(value(get(port)[1].decode(), "custom_heap_allocations_total"))
    third.end()
    tap.ok(set(totals[:-1]) == {2000} and totals[-1] == 3000, "--without-pid: no total falls when processes end",
           totals)
finally:
    stop(server)
run = tap.run([PROGRAM, *HEAPCTRS, "export", "--without-pid", "--textfile", path], env=ENV)
tap.ok(run.status == 2 and "--interval" in run.stderr, "a single export refuses --without-pid", run.stderr)
tap.done()
