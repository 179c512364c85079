#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: win64 win32
"""perfharness.exe serve, through Windows' HTTP Server API as Wine implements it: Accept, methods and paths, a provider
that hangs, idle connections, headers that are too large, and what Windows builds do not have. It runs itself once more
for the 32-bit build."""
import http.client
import os
import shutil
import socket
import subprocess
import sys
import time

BITS = os.environ.get("HEAPCTRS_WINE_BITS", "64")  # scripts/wine32 sets it
if f"HEAPCTRS_WINE{BITS}_PREFIX" not in os.environ:
    os.execv("scripts/wine-prefix", ["scripts/wine-prefix", sys.argv[0]])
os.environ["BUILD"] = f"build/win{BITS}"
sys.path[:0] = ["tests", "tests/harness"]
import fake
import tap

PROGRAM = f"build/win{BITS}/perfharness.exe"
PATIENCE = 300  # seconds for a condition; only ends a run that hangs
if not shutil.which("wine") or not os.path.exists(PROGRAM):
    tap.skip_all(f"wine or build/win{BITS} is missing")
REPLAY = ["--registry", "tests/buffers/many-types.reg", "serve", "--replay", "tests/buffers/good-many-types.bin"]


def run(*words):
    return tap.run(["wine", PROGRAM, *words])


def serving(*words):
    """A server and its port. The port was free a moment before: the API does not choose one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(["wine", PROGRAM, *words, "--listen", "127.0.0.1:%d" % port], stderr=subprocess.PIPE, text=True)
    line = server.stderr.readline()
    return server, port, line


def get(port, method="GET", path="/metrics", **headers):
    """Status, headers and body; underscores in the names of headers become dashes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    reply = connection.getresponse()
    body = reply.read().decode()
    connection.close()
    return reply.status, reply.headers, body


# ---- bad usage -----------------------------------------------------------------------------------
done = run(*REPLAY, "--remote-write", "http://127.0.0.1:9/")
tap.ok(done.status == 2 and "not available in this build" in done.stderr, "--remote-write is not available", done.stderr)
done = run(*REPLAY, "--listen", "127.0.0.1:0")
tap.ok(done.status == 2 and not done.stdout, "port 0 is refused: the API chooses no port", done.stderr)

# ---- answers -------------------------------------------------------------------------------------
server, port, line = serving(*REPLAY)
tap.like(line, r"serving http://127\.0\.0\.1:%d/metrics" % port, "serve says where it listens")
status, headers, plain = get(port)
tap.equal((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"),
          "a reader that asks for nothing gets the text format")
status, headers, strict = get(port, Accept="text/plain;q=0.5, application/openmetrics-text;version=1.0.0;q=0.9")
tap.ok(status == 200 and headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0") and
       strict.endswith("# EOF\n"), "a reader that prefers OpenMetrics gets it", headers, strict[-200:])
_, headers, _ = get(port, Accept="text/plain;q=0.5, application/openmetrics-text;version=1.0.0;q=0.4")
tap.like(headers["Content-Type"], r"^text/plain", "a reader that prefers the text format gets that")
_, headers, packed = get(port, Accept_Encoding="gzip")
tap.ok(not headers["Content-Encoding"] and "test_heap_allocations_total{" in packed, "nothing is compressed")
tap.ok("# TYPE test_heap_allocations_total counter" in plain and 'perfharness_provider_up{provider="replay"} 1' in plain,
       "the metrics are those of the native build")
if tap.why_not_native():
    tap.skip("to the last value", tap.why_not_native())
else:
    native = tap.run(["build/native/perfharness", "--registry", "tests/buffers/many-types.reg", "decode", "--format", "prometheus",
                      "tests/buffers/good-many-types.bin"])
    lines = [l for l in native.stdout.splitlines() if l.startswith("test_")]
    tap.ok(lines and not set(lines) - set(plain.splitlines()), "to the last value", set(lines) - set(plain.splitlines()))
tap.equal([get(port, *request)[0] for request in (("GET", "/nothing"), ("POST", "/metrics"), ("GET", "/"), ("GET", "/metrics?x=1"))],
          [404, 405, 200, 200], "other paths and methods are refused politely")

# ---- hostile clients -----------------------------------------------------------------------------
idle = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(100)]
for i, one in enumerate(idle):
    one.sendall(b"" if i % 2 else b"GET /metrics HTTP/1.1\r\nX-Slow: ")
tap.equal(get(port)[0], 200, "100 connections that never finish a request keep no client out")
for one in idle:
    one.close()
for name, request in (("garbage", b"\x00garbage\r\n\r\n"),
                      ("headers of 40 KB", b"GET /metrics HTTP/1.1\r\nHost: x\r\n" + b"X-Large: " + b"x" * 40000 + b"\r\n\r\n"),
                      ("an Accept of 5,000 characters", b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: " +
                       b"text/plain," * 500 + b"\r\n\r\n")):
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as raw:
        raw.settimeout(2)  # an answer is no condition: the next request is
        try:
            raw.sendall(request)
            raw.recv(100)
        except OSError:
            pass
    tap.equal(get(port)[0], 200, "%s: the server goes on" % name)
# The last step: Wine's http.sys (8.0) then also closes the socket of the server that has the port.
second = run(*REPLAY, "--listen", "127.0.0.1:%d" % port)
tap.ok(second.status == 2 and not second.stdout, "a port that is in use is reported", second.stderr)
server.kill()
server.communicate()

# ---- a provider that hangs -----------------------------------------------------------------------
reg = fake.registry(fake.service("slow", 3000, linkage=["hang"], Open_Timeout="dword:00001770"), fake.service("sound", 3100))
server, port, line = serving("--registry", reg, "--library-path", fake.FAULTY, "serve")
text = ""
end = time.monotonic() + PATIENCE
while 'perfharness_provider_up{provider="sound"} 1' not in text and time.monotonic() < end:
    text = get(port, X_Prometheus_Scrape_Timeout_Seconds="1")[2]
tap.ok('perfharness_provider_up{provider="slow"} 0' in text and 'perfharness_provider_up{provider="sound"} 1' in text and
       "object_3100_" in text and "object_3000_" not in text, "a provider that hangs costs its own objects only", text)
server.kill()
server.communicate()

# ---- the 32-bit build ----------------------------------------------------------------------------
if BITS == "64":
    if subprocess.run(["scripts/wine32", "--check"], capture_output=True).returncode == 0:
        done = tap.run(["scripts/wine32", sys.argv[0]])
        tap.ok(done.status == 0 and "\nok " in done.stdout, "win32: the same", done.stdout, done.stderr)
    else:
        tap.skip("win32: the same", "32-bit Wine cannot run here: scripts/wine32 --check")
tap.done()
