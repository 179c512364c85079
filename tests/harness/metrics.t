#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""perfharness serve and export: what Prometheus, promtool and textfile collectors get."""
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

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
REG = ["--registry", "tests/buffers/many-types.reg"]
REPLAY = ["--replay", "tests/buffers/good-many-types.bin",
          "--replay", "tests/buffers/good-many-types-later.bin"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# ---- export --------------------------------------------------------------------------------------
path = os.path.join(tap.SCRATCH, "heaps.prom")
run = tap.run([PROGRAM, *REG, "export", "--textfile", path, *REPLAY[:2]])
text = open(path, encoding="utf-8").read()
tap.ok(run.status == 0 and not run.stdout and text.endswith("# EOF\n"), "export writes the file",
       run.stderr)
tap.equal(os.listdir(tap.SCRATCH), ["heaps.prom"], "export leaves nothing beside it")
reader = open(path, encoding="utf-8")  # a collector that has just opened it
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
server = subprocess.Popen([PROGRAM, *REG, "serve", *REPLAY, "--listen", "127.0.0.1:0"],
                          stderr=subprocess.PIPE, text=True)
prometheus = None
try:
    line = server.stderr.readline()
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)/metrics", line).group(1))
    url = "http://127.0.0.1:%d" % port
    with urllib.request.urlopen(url + "/metrics", timeout=300) as reply:
        plain = reply.read()
        tap.equal(reply.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8",
                  "a reader that asks for nothing gets the text format")
    request = urllib.request.Request(url + "/metrics", headers={
        "Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"})
    with urllib.request.urlopen(request, timeout=300) as reply:
        strict = reply.read().decode()
        tap.like(reply.headers["Content-Type"], r"^application/openmetrics-text; version=1\.0\.0",
                 "a reader that accepts OpenMetrics gets it")
    tap.ok("# TYPE test_heap_allocations counter" in strict and
           "# UNIT test_heap_allocated_bytes bytes" in strict and
           'test_heap_allocations_total{name="_Total"} 250' in strict and
           strict.endswith("# EOF\n"), "OpenMetrics to the letter: family without, sample with _total")
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=plain, capture_output=True)
        tap.equal((done.returncode, done.stderr), (0, b""), "promtool has no complaint")
    else:
        tap.skip("promtool has no complaint", "promtool is not installed")
    try:
        from prometheus_client.openmetrics import parser
        families = {f.name: f for f in parser.text_string_to_metric_families(strict)}
        tap.ok(families["test_heap_allocations"].type == "counter" and
               families["test_heap_in_use_bytes"].unit == "bytes",
               "the reference parser of OpenMetrics accepts it")
    except ImportError:
        tap.skip("the reference parser of OpenMetrics accepts it", "prometheus_client is not there")

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    answers = []
    for method, where in (("GET", "/nothing"), ("POST", "/metrics"), ("HEAD", "/metrics"),
                          ("GET", "/")):
        connection.request(method, where, body="x" if method == "POST" else None)
        reply = connection.getresponse()
        reply.read()
        answers.append(reply.status)
    connection.close()
    tap.equal(answers, [404, 405, 200, 200], "other paths and methods are refused politely")
    with socket.create_connection(("127.0.0.1", port), timeout=300) as raw:
        raw.sendall(b"\x00garbage\r\n\r\n")
        raw.settimeout(300)
        raw.recv(1000)
    tap.equal(urllib.request.urlopen(url + "/metrics", timeout=300).status, 200,
              "garbage does not harm the server")
    second = tap.run([PROGRAM, *REG, "serve", *REPLAY, "--listen", "127.0.0.1:%d" % port])
    tap.ok(second.status == 2 and "in use" in second.stderr, "a port that is taken is told",
           second.stderr)
    for bad in ("here", "127.0.0.1:", "127.0.0.1:99999", "nowhere.example:80"):
        second = tap.run([PROGRAM, *REG, "serve", *REPLAY, "--listen", bad])
        tap.ok(second.status == 2 and not second.stdout, "--listen %s is bad usage" % bad,
               second.stderr)

    # A library of that name without the functions is as good as none.
    decoys = os.path.join(tap.SCRATCH, "decoys")
    os.mkdir(decoys)
    shutil.copy(os.path.join(tap.BUILD, "heapctrs.so"), os.path.join(decoys, "libmicrohttpd.so.12"))
    second = tap.run([PROGRAM, *REG, "serve", *REPLAY, "--listen", "127.0.0.1:0"],
                     env={"LD_LIBRARY_PATH": decoys})
    tap.ok(second.status == 2 and "libmicrohttpd is not installed" in second.stderr,
           "serve without libmicrohttpd says what to install", second.stderr)

    if shutil.which("prometheus"):
        config = os.path.join(tap.SCRATCH, "prometheus.yml")
        with open(config, "w") as file:
            file.write("global: {scrape_interval: 1s}\nscrape_configs:\n"
                       "- job_name: perfharness\n  static_configs:\n"
                       "  - targets: ['127.0.0.1:%d']\n" % port)
        web = free_port()
        prometheus = subprocess.Popen(
            ["prometheus", "--config.file=" + config, "--web.listen-address=127.0.0.1:%d" % web,
             "--storage.tsdb.path=" + os.path.join(tap.SCRATCH, "tsdb")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        result, end = [], time.monotonic() + 300
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
    server.send_signal(signal.SIGINT)
    server.communicate(timeout=300)
tap.equal(server.returncode, 0, "Ctrl-C ends the server cleanly")
tap.done()
