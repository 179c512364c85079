#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
"""perfharness serve --remote-write: what a receiver gets, whatever it answers; and Prometheus' own receiver."""
import http.server
import json
import os
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

sys.path[:0] = ["tests", "tests/harness"]
import tap
from publisher import Publisher

PROGRAM = os.path.join(tap.BUILD, "perfharness")
REPLAY = ["--registry", "tests/buffers/many-types.reg", "serve", "--replay", "tests/buffers/good-many-types.bin",
          "--replay", "tests/buffers/good-many-types-later.bin"]
STALE = 0x7ff0000000000002
PATIENCE = 300  # seconds for a condition; only ends a run that hangs
os.environ.update(no_proxy="*", NO_PROXY="*")


def unpack_snappy(data):
    """Snappy's block format. Rule: google/snappy, format_description.txt"""
    at, shift, size = 0, 0, 0
    while True:
        size |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            break
    plain = bytearray()
    while at < len(data):
        tag, kind = data[at], data[at] & 3
        at += 1
        if kind == 0:
            length = tag >> 2
            if length >= 60:
                count = length - 59
                length = int.from_bytes(data[at:at + count], "little")
                at += count
            plain += data[at:at + length + 1]
            at += length + 1
            continue
        if kind == 1:
            length, offset = 4 + (tag >> 2 & 7), (tag >> 5) << 8 | data[at]
            at += 1
        else:
            count = 2 if kind == 2 else 4
            length, offset = 1 + (tag >> 2), int.from_bytes(data[at:at + count], "little")
            at += count
        for _ in range(length):
            plain.append(plain[-offset])
    assert len(plain) == size, "the length that snappy gives"
    return bytes(plain)


def fields(data):
    """Number and value of each field of a message of protocol buffers."""
    def number():
        nonlocal at
        value = shift = 0
        while True:
            value |= (data[at] & 127) << shift
            shift, at = shift + 7, at + 1
            if data[at - 1] < 128:
                return value
    at = 0
    while at < len(data):
        key = number()
        if key & 7 == 0:
            yield key >> 3, number()
        elif key & 7 == 1:
            yield key >> 3, data[at:at + 8]
            at += 8
        else:
            assert key & 7 == 2, "a type of field"
            size = number()
            yield key >> 3, data[at:at + size]
            at += size


def unpack(body):
    """The samples of a request: labels as a list of pairs, time, bits of the value."""
    samples = []
    for field, series in fields(unpack_snappy(body)):
        assert field == 1
        labels = [tuple(part.decode() for _, part in fields(value)) for key, value in fields(series) if key == 1]
        for key, value in fields(series):
            if key == 2:
                sample = dict(fields(value))
                samples.append((labels, sample.get(2, 0), struct.unpack("<Q", sample.get(1, bytes(8)))[0]))
    return samples


def number(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps requests; `answers` are used up one by one: a status, (status, headers), or None: the connection is
    closed without an answer. Then comes 204."""
    def __init__(self, answers=(), certificate=None):
        self.requests, self.answers = [], list(answers)  # of each request: path, headers, body, answer, time
        super().__init__(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate + ".pem", certificate + ".key")
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = "http%s://127.0.0.1:%d/api/v1/write" % ("s" if certificate else "", self.server_port)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def accepted(self):
        return [r for r in list(self.requests) if r[3] == 204]

    def samples(self):
        return [s for r in self.accepted() for s in unpack(r[2])]

    def handle_error(self, request, client_address):
        pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.answers.pop(0) if self.server.answers else 204
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        self.server.requests.append((self.path, self.headers, body, status, time.monotonic()))
        if status is None:
            self.close_connection = True
            return
        self.send_response(status)
        text = b"" if status == 204 else b"because\x1b[31m of me\nsecond line\n"
        self.send_header("Content-Length", str(len(text)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *words):
        pass


class Server:
    """perfharness serve; what it prints is kept."""
    def __init__(self, *words, env=None, before=()):
        self.process = subprocess.Popen([*before, PROGRAM, *words, "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, **(env or {})})
        line = self.process.stderr.readline()
        self.port = int(re.search(r"http://127\.0\.0\.1:(\d+)/metrics", line).group(1))
        self.lines = []
        self.reading = threading.Thread(target=self.lines.extend, args=(self.process.stderr,))
        self.reading.start()

    def metrics(self):
        with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % self.port, timeout=PATIENCE) as reply:
            return reply.read().decode()

    def count(self, name):
        found = re.search("^perfharness_remote_write_%s (\\S+)$" % re.escape(name), self.metrics(), re.M)
        return float(found.group(1))

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)
        self.reading.join()
        return self.process.returncode


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    return None


def series_of(samples):
    """Times and values by series."""
    series = {}
    for labels, stamp, bits in samples:
        series.setdefault(tuple(labels), []).append((stamp, bits))
    return series


# ---- bad usage -----------------------------------------------------------------------------------
probe = tap.run([PROGRAM, *REPLAY, "--remote-write", "ftp://127.0.0.1/write"])
if "not available in this build" in probe.stderr:
    tap.ok(probe.status == 2, "a build without the libraries says so", probe.stderr)
    tap.skip("what a receiver gets", "this build has no snappy, protobuf-c and libcurl")
    tap.done()
    sys.exit()
for url in ("ftp://127.0.0.1/write", "127.0.0.1:9090", "http://", "http://a b/", "", "file:///etc/passwd",
            "http://host\r\nX: y/"):
    run = tap.run([PROGRAM, *REPLAY, "--remote-write", url])
    tap.ok(run.status == 2 and not run.stdout and "http://" in run.stderr, "--remote-write %r is bad usage" % url,
           run.stderr)
for label in ("zone", "=x", "1a=x", "a-b=x", "__name__=x"):
    run = tap.run([PROGRAM, *REPLAY, "--remote-write", "http://127.0.0.1:9/", "--remote-label", label])
    tap.ok(run.status == 2 and "NAME=VALUE" in run.stderr, "--remote-label %s is bad usage" % label, run.stderr)
empty = os.path.join(tap.TMP, "empty")
open(empty, "w").close()
for path, word in ((empty, "first line"), (empty + "2", "no such file")):
    run = tap.run([PROGRAM, *REPLAY, "--remote-write", "http://127.0.0.1:9/", "--remote-authorization", path])
    tap.ok(run.status == 2 and path in run.stderr, "--remote-authorization %s is bad usage" % os.path.basename(path),
           run.stderr)
run = tap.run([PROGRAM, *REPLAY, "--remote-interval", "1"])
tap.ok(run.status == 2 and "--remote-write URL" in run.stderr, "--remote-interval alone is bad usage", run.stderr)
decoys = os.path.join(tap.TMP, "decoys")
os.mkdir(decoys)
for library, package in (("libsnappy.so.1", "libsnappy1v5"), ("libcurl.so.4", "libcurl4")):
    shutil.copy(os.path.join(tap.BUILD, "heapctrs.so"), os.path.join(decoys, library))
    run = tap.run([PROGRAM, *REPLAY, "--remote-write", "http://127.0.0.1:9/"], env={"LD_LIBRARY_PATH": decoys})
    tap.ok(run.status == 2 and package in run.stderr, "without %s it says what to install" % library, run.stderr)
    os.remove(os.path.join(decoys, library))

# ---- the protocol --------------------------------------------------------------------------------
token = os.path.join(tap.TMP, "token")
with open(token, "w") as file:
    file.write("Bearer abc\nX-Second: line\n")
receiver = Receiver()
server = Server(*REPLAY, "--remote-write", receiver.url, "--remote-interval", "0.1", "--remote-label", "zone=north",
                "--remote-label", "instance=one", "--remote-authorization", token)
wait_for(lambda: len(receiver.accepted()) >= 4)
text = server.metrics()
status = server.stop()
path, headers, body = receiver.requests[0][:3]
tap.equal((path, headers["Content-Type"], headers["Content-Encoding"], headers["X-Prometheus-Remote-Write-Version"],
           headers["Authorization"], headers["X-Second"], headers["User-Agent"].startswith("perfharness")),
          ("/api/v1/write", "application/x-protobuf", "snappy", "0.1.0", "Bearer abc", None, True),
          "path and headers are those of the protocol")
first = unpack(body)
names = [[name for name, _ in labels] for labels, _, _ in first]
tap.ok(all(n == sorted(set(n)) and "__name__" in n for n in names), "labels are sorted and unique", names)
tap.ok(all({("zone", "north"), ("instance", "one"), ("job", "perfharness")} <= set(labels) for labels, _, _ in first),
       "every series has the labels of the options", first[:3])
values = {tuple(labels): number(bits) for labels, _, bits in first}
tap.equal(values.get((("__name__", "test_heap_allocations_total"), ("instance", "one"), ("job", "perfharness"),
                      ("name", "schön:7:大きい"), ("zone", "north"))), 120.0, "a value and its labels arrive")
tap.equal(abs(first[0][1] / 1000 - time.time()) < 3600, True, "the time is in milliseconds since 1970")
scraped = {re.match(r"[^ ]*(?:\{.*\})?(?= )", line).group(0).split("{")[0] for line in text.splitlines()
           if line and line[0] != "#"}
tap.equal(sorted({dict(labels)["__name__"] for labels, _, _ in receiver.samples()} ^ scraped), [],
          "the same metrics are sent as are scraped")
series = series_of(receiver.samples())
tap.ok(all(s == sorted(set(s)) and len({t for t, _ in s}) == len(s) for s in series.values()),
       "the samples of a series come in their order, each time once")
tap.ok(status == 0 and all(s[-1][1] == STALE and STALE not in [b for _, b in s[:-1]] for s in series.values()),
       "at the end every series gets a stale marker, and only then")

# ---- a receiver that fails -----------------------------------------------------------------------
receiver = Receiver([500, None, (429, {"Retry-After": "1"}), (503, {"Retry-After": "nonsense"}), 204, 400, 302])
server = Server(*REPLAY, "--remote-write", receiver.url, "--remote-interval", "0.1")
wait_for(lambda: len(receiver.accepted()) >= 3)
# libcurl itself repeats a request whose connection was closed without an answer, if it had been used before.
tap.ok(server.count('requests_total{result="refused"}') == 2 and server.count("retries_total") in (3, 4),
       "5xx, 429 and a lost connection are tried again; other answers are not", server.metrics())
tap.ok(server.count('samples_total{result="sent"}') > 0 and server.count('samples_total{result="refused"}') > 0 and
       server.count('samples_total{result="dropped"}') == 0 and
       server.count("last_accepted_timestamp_seconds") > 1e9, "what became of the samples is a metric")
server.stop()
bodies = [r[2] for r in receiver.requests]
tap.ok(len(set(bodies[:5])) == 1, "what is sent again is the same bytes")
pause = receiver.requests[3][4] - receiver.requests[2][4]
tap.ok(pause >= 0.99, "Retry-After is waited for", pause)
tap.ok(bodies[5] not in bodies[6:] and bodies[6] not in bodies[7:], "a refused request is not sent again")
series = series_of(receiver.samples())
tap.ok(all(len({t for t, _ in s}) == len(s) and s == sorted(s) for s in series.values()),
       "no sample is accepted twice, and none before an older one")
messages = "".join(server.lines)
tap.ok("HTTP status 500: because\\x1B[31m of me" in messages and "accepts samples again" in messages and
       "refuses samples" in messages and "second line" not in messages and "\x1b" not in messages and
       len(server.lines) <= 5, "messages name the cause, once", messages)

# ---- a receiver that is silent -------------------------------------------------------------------
with socket.socket() as silent:
    silent.bind(("127.0.0.1", 0))
    silent.listen(1)
    server = Server(*REPLAY, "--remote-write", "http://user:secret@127.0.0.1:%d/" % silent.getsockname()[1],
                    "--remote-interval", "0.1")
    waiting = wait_for(lambda: server.count("queue_bytes") > 1000)
    tap.ok(waiting, "requests wait in the queue while a receiver is silent")
    status = server.stop()
    messages = "".join(server.lines)
    tap.ok(status == 0 and "could not be sent before the end" in messages and "secret" not in messages,
           "the program ends although the receiver is silent", messages)

# ---- a receiver with TLS -------------------------------------------------------------------------
SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def openssl(*words):
    return subprocess.run(["openssl", *words], cwd=tap.TMP, capture_output=True).returncode == 0


def make_certificate(name, places):
    """A certificate for these places, by the authority of this test; returns its path without suffix."""
    path = os.path.join(tap.TMP, name)
    with open(path + ".ext", "w") as file:
        file.write("subjectAltName=" + places)
    if not openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", path + ".key", "-out", path + ".csr", "-subj",
                   "/CN=" + name) or \
       not openssl("x509", "-req", "-in", path + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                   "-extfile", path + ".ext", "-out", path + ".pem"):
        raise RuntimeError("openssl made no certificate")
    return path


# The system's list is replaced in a name space of its own, by one with the authority of this test.
TRUSTING = ["unshare", "-rm", "sh", "-c",
            'mount --bind "$0" %s && exec "$@"' % SYSTEM_CERTIFICATES, os.path.join(tap.TMP, "ca.pem")]
if shutil.which("openssl") and os.path.exists(SYSTEM_CERTIFICATES) and \
   openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test",
           "-days", "2") and tap.run([*TRUSTING, "true"]).status == 0:
    here = make_certificate("here", "IP:127.0.0.1")
    elsewhere = make_certificate("elsewhere", "DNS:elsewhere.example")
    receiver = Receiver(certificate=here)
    server = Server(*REPLAY, "--remote-write", receiver.url, "--remote-interval", "0.1", before=TRUSTING)
    tap.ok(wait_for(lambda: len(receiver.accepted()) >= 3), "a receiver whose certificate is trusted gets the samples")
    status = server.stop()
    tap.ok(status == 0 and receiver.samples() and not server.lines, "and the program has nothing to say about it",
           server.lines)
    for title, certificate, before, problem in (
            ("by an unknown authority", here, (), "certificate problem"),
            ("for another host", elsewhere, TRUSTING, "127.0.0.1")):
        receiver = Receiver(certificate=certificate)
        server = Server(*REPLAY, "--remote-write", receiver.url, "--remote-interval", "0.1", before=before)
        wait_for(lambda: server.lines)
        server.stop()
        tap.ok(not receiver.requests and problem in server.lines[0], "a certificate %s is refused" % title, server.lines,
               receiver.requests)
else:
    tap.skip("a receiver with TLS", "openssl, the system's certificates or name spaces are missing")

# ---- heaps that end ------------------------------------------------------------------------------
ENV = {"HEAPCTRS_DIR": os.path.join(tap.TMP, "regions")}
os.mkdir(ENV["HEAPCTRS_DIR"])


def of_pool(samples):
    return [(stamp, bits) for labels, stamp, bits in samples
            if ("__name__", "custom_heap_blocks_in_use") in labels and ("heap", "pool") in labels]


receiver = Receiver()
server = Server("--registry", "registry/heapctrs.reg", "serve", "--remote-write", receiver.url, "--remote-interval", "0.1",
                env=ENV)
publisher = Publisher(env=ENV)
publisher("open pool")
publisher("allocate 0 4096 100")
wait_for(lambda: number(of_pool(receiver.samples())[-1][1]) == 1 if of_pool(receiver.samples()) else False)
publisher.end()
ended = wait_for(lambda: of_pool(receiver.samples())[-1][1] == STALE)
tap.ok(ended, "a heap that ends gets a stale marker")
server.stop()
tap.equal([b for _, b in of_pool(receiver.samples())].count(STALE), 1, "and gets it once")

# ---- Prometheus' own receiver ----------------------------------------------------------------------
if shutil.which("prometheus"):
    config = os.path.join(tap.TMP, "prometheus.yml")
    with open(config, "w") as file:
        file.write("global: {scrape_interval: 1s}\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        web = free.getsockname()[1]

    def start():
        return subprocess.Popen(["prometheus", "--config.file=" + config, "--web.enable-remote-write-receiver",
                                 "--web.listen-address=127.0.0.1:%d" % web,
                                 "--storage.tsdb.path=" + os.path.join(tap.TMP, "tsdb")],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def query(text):
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d/api/v1/query?" % web +
                                        urllib.parse.urlencode({"query": text}), timeout=5) as reply:
                return json.load(reply)["data"]["result"]
        except (OSError, ValueError):
            return []

    server = Server(*REPLAY, "--remote-write", "http://127.0.0.1:%d/api/v1/write" % web, "--remote-interval", "0.5",
                    "--remote-label", "instance=one")
    prometheus = None
    try:
        wait_for(lambda: server.count("queue_bytes") > 0)
        prometheus = start()
        found = wait_for(lambda: query('test_heap_allocations_total{name="_Total"} == 250'))
        tap.equal([r["metric"] for r in found or []],
                  [{"__name__": "test_heap_allocations_total", "instance": "one", "job": "perfharness", "name": "_Total"}],
                  "Prometheus has what was collected before it started, and after")
        everything = sorted(re.findall(r"^test_heap_allocations_total\{.*?name=\"([^\"]*)\".*?\} (\S+)$", server.metrics(), re.M))
        tap.equal(sorted((r["metric"]["name"], r["value"][1]) for r in query("test_heap_allocations_total")), everything,
                  "Prometheus has the values that a scrape has")
        prometheus.kill()
        prometheus.wait()
        wait_for(lambda: server.count("queue_bytes") > 0)
        sent = server.count('samples_total{result="sent"}')
        prometheus = start()
        wait_for(lambda: server.count('samples_total{result="sent"}') > sent and server.count("queue_bytes") == 0)
        tap.equal((server.count('samples_total{result="refused"}'), server.count('samples_total{result="dropped"}')), (0, 0),
                  "nothing is lost or refused when Prometheus is killed and started again")
        count = query("count_over_time(test_heap_allocations_total{name=\"_Total\"}[10m])")
        requests = server.count('requests_total{result="sent"}')
        tap.ok(count and requests - 3 <= int(count[0]["value"][1]) <= requests + 3,
               "it has one sample for each request: none is missing, none is there twice", count, requests)
        server.stop()
        gone = wait_for(lambda: not query("test_heap_allocations_total"))
        tap.ok(gone, "the series end when perfharness ends")
    finally:
        if prometheus:
            prometheus.kill()
            prometheus.wait()
        if server.process.poll() is None:
            server.stop()
else:
    tap.skip("Prometheus' own receiver", "prometheus is not installed")
tap.done()
