#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
"""Names from publishers and blobs cannot inject anything into the program's output.
The sources are a publisher with a hostile file name, hostile heap names and, written without the tracker, a
hostile region; and a blob with hostile instance names. Every command and format that shows names is tried."""
import csv
import html.parser
import io
import json
import mmap
import os
import pty
import re
import shutil
import subprocess
import sys
import urllib.request

sys.path.insert(0, "tests")
sys.path.insert(0, "tests/buffers")
import blob
import tap
from publisher import Publisher

PROGRAM = os.path.abspath(os.path.join(tap.BUILD, "perfharness"))
FOLDER = os.path.join(tap.TMP, "regions")
ENV = {"HEAPCTRS_DIR": FOLDER, "HEAPCTRS_PROFILE": "1"}
EVIL = ["=cmd|'/C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "a\"b\"\"c'd", "a,b;c", "<script>alert(1)</script>",
        "</script><img src=x onerror=alert(1)>", "<!--", "&lt;&amp;", "\x1b[31mred\x1b]0;title\x07\x08\x08", "\u009b31m",
        "\u202edrawkcab\u2066x", "\u2028\u2029\u061c", "x\"} 1\r# EOF", "a\\\"} 1", "%n%s%08x", "$(id)`id`", "{{1}}${1}",
        "😀\ufeffé", "x" * 1900, "]]>", "--", "'); DROP", "\x7f\x00"]
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
METRIC = re.compile(r'[A-Za-z_:][A-Za-z0-9_:]*(\{([A-Za-z_][A-Za-z0-9_]*="([^"\\\n]|\\["\\n])*",?)*\})? \S+( \S+)?')


class Tags(html.parser.HTMLParser):
    """The elements and attributes of a page, in their order."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, [name for name, _ in attributes]))


def problems(kind, data, plain):
    """The errors in an answer; `plain` is the same answer with harmless names, or None."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return [f"no UTF-8: {error}"]
    found = UNSAFE.search(text.replace("\r\n", "\n") if kind == "csv" else text)
    bad = [f"unsafe character at {found.start()}: {text[max(0, found.start() - 30):found.start() + 30]!r}"] if found else []
    if not text.strip():
        bad.append("empty")
    if kind == "json":
        json.loads(text)
    elif kind == "csv":
        rows = list(csv.reader(io.StringIO(text, newline="")))
        if {len(row) for row in rows} != {len(rows[0])}:
            bad.append("rows of different length")
        bad += [f"a formula: {cell[:40]!r}" for row in rows for cell in row if re.match(r"[=+\-@\t\r]", cell)]
    elif kind in ("openmetrics", "prometheus"):
        lines = text.splitlines() if "\r" not in text else ["\r"]
        bad += [f"no metric: {line[:80]!r}" for line in lines
                if not re.match(r"# (HELP|TYPE|UNIT) |# EOF$", line) and not METRIC.fullmatch(line)]
        if plain is not None and lines.count("# EOF") != plain.decode().splitlines().count("# EOF"):
            bad.append("an end of its own")
    elif kind == "html":
        if Tags(text).found != Tags(plain.decode()).found:
            bad.append("other elements than with harmless names")
    elif kind == "xml":
        __import__("xml.etree.ElementTree").etree.ElementTree.fromstring(text)
    elif kind == "tap" and [line for line in text.splitlines() if not re.match(r"(not )?ok |# |1\.\.|TAP ", line)]:
        bad.append("lines that are no TAP")
    return bad


def publish(file_name, heap_names):
    """A publisher of that name with these heaps. One line is one command, so a name has no line end."""
    program = os.path.join(tap.TMP, file_name)
    shutil.copy(os.path.join(tap.BUILD, "programs/scripted_publisher"), program)
    publisher = Publisher(program=program, env=ENV)
    for i, name in enumerate(heap_names):
        name = name if isinstance(name, bytes) else name.encode("utf-8", "surrogatepass")
        publisher(b"open " + name.replace(b"\n", b"?").replace(b"\0", b"?"))
        publisher(f"allocate {i} 4096 100")
    return publisher


def output_of(*words):
    return tap.run([PROGRAM, *words], env=ENV).out


def exported(*words):
    path = os.path.join(tap.TMP, "out.prom")
    tap.run([PROGRAM, "export", "--textfile", path, *words], env=ENV)
    return open(path, "rb").read()


def served(*words):
    server = subprocess.Popen([PROGRAM, "serve", "--listen", "127.0.0.1:0", *words], stderr=subprocess.PIPE, text=True,
                              env={**os.environ, **ENV})
    try:
        url = re.search(r"http://[\d.:]+", server.stderr.readline()).group(0) + "/metrics"
        return urllib.request.urlopen(url, timeout=900).read()
    finally:
        server.kill()
        server.wait()


def on_terminal(*words):
    """What a terminal gets, without the sequences of the program itself."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(ENV, TERM="xterm")
        os.execv(PROGRAM, [PROGRAM, *words])
    data = b""
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:
            more = b""
        if not more:
            break
        data += more
    os.close(terminal)
    os.waitpid(child, 0)
    return re.sub(rb"\x1b\[(\?[0-9]+[hl]|[0-9;]*[HJKm])|\r(?=\n)", b"", data)


def answers(words):
    """Every format of the commands that show a data block; `words` name its source."""
    for kind in ("table", "json", "csv", "openmetrics", "prometheus", "hex"):
        yield f"query {kind}", kind, output_of("query", "-f", kind, *words)
    yield "query --cooked", "table", output_of("query", "--cooked", "0.01", *words)
    for kind in ("table", "csv", "openmetrics"):
        yield f"watch {kind}", kind, output_of("watch", "-f", kind, "-n", "2", "-i", "0.1", *words)
    yield "watch on a terminal", "table", on_terminal("watch", "-n", "2", "-i", "0.1", *words)
    yield "report", "html", output_of("report", "-n", "2", "-i", "0.05", *words)
    yield "export", "openmetrics", exported(*words)
    yield "serve", "openmetrics", served(*words)


def heap_answers(name):
    for kind in ("table", "json", "csv"):
        yield f"heaps {kind}", kind, output_of("heaps", "-f", kind)
    yield "list", "table", output_of("list")
    snapshot = output_of("heaps", "snapshot", name, "--no-symbols")
    if snapshot:  # not without the right to debug
        path = os.path.join(tap.TMP, "snapshot")
        open(path, "wb").write(snapshot)
        yield "heaps snapshot", "table", snapshot
        for kind in ("table", "json"):
            yield f"heaps leaks {kind}", kind, output_of("heaps", "leaks", path, "-f", kind)
            yield f"heaps diff {kind}", kind, output_of("heaps", "diff", path, path, "-f", kind)


def check_answers(what):
    for kind, option in (("table", "text"), ("json", "json"), ("tap", "tap"), ("xml", "junit")):
        run = tap.run([PROGRAM, "check", what, "--format", option, "--time", "0.1"], env=ENV, timeout=900)
        yield f"check {option}", kind, run.out
        yield f"check {option}, its messages", "table", run.err or b"none"


def judge(whose, plain, hostile):
    before = {label: data for label, _, data in plain}
    for label, kind, data in hostile:
        found = problems(kind, data, before.get(label))
        tap.ok(not found, f"{whose}: {label}", *found[:5])


# ---- publishers ----------------------------------------------------------------------------------
harmless = publish("harmless", [f"heap {i}" for i in range(len(EVIL) + 3)])
plain = list(answers([]))
harmless.end()

hostile = publish("=1+1\n\x1b]0;x\x07\"<script>\u202e", EVIL + [b"\xff\xfe\xc0\xaf\xed\xa0\x80", "lone \ud800", "\x1b" * 200])
first = json.loads(output_of("heaps", "-f", "json"))["heaps"]
tap.equal(len(first), len(EVIL) + 3, "every heap of the hostile publisher is shown")
judge("a hostile publisher", plain, answers([]))
judge("a hostile publisher", [], heap_answers(first[0]["name"]))
judge("a hostile publisher", [], check_answers("heapctrs"))

# Without the tracker: names that no tracker writes.
tap.equal(hostile("open PLACEHOLDER-0123456789"), 0, "a heap with a name to be changed")
index = len(EVIL) + 3
hostile(f"allocate {index} 4096 100")
worst = "\n\x1b[31m\ud800\u202e\"=1<\\/(#*)\r\0\u009b0123"
forged = 0
for path in [os.path.join(FOLDER, name) for name in os.listdir(FOLDER)]:
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as region:
        at = region.find("PLACEHOLDER-0123456789".encode("utf-16-le"))
        while at >= 0:
            region[at:at + 2 * 22] = worst.encode("utf-16-le", "surrogatepass")[:44]
            forged += 1
            at = region.find("PLACEHOLDER-0123456789".encode("utf-16-le"))
tap.ok(forged, "its name is forged in the region itself")
names = [heap["name"] for heap in json.loads(output_of("heaps", "-f", "json") or b'{"heaps": []}')["heaps"]]
tap.ok(not any("31m" in name and "0123" in name for name in names), "a forged name is not shown", *names)
judge("a forged region", plain, [answer for answer in answers([]) if answer[0] != "report"])
hostile.end()

# ---- blobs ---------------------------------------------------------------------------------------
NAMES = EVIL + ["line\nbreak", "lone \ud800 surrogate", "\udc00", "\x00behind a zero"]


def write_blob(name, instance_names, value):
    path = os.path.join(tap.TMP, name)
    counters = [blob.Counter(2002, blob.LARGE_RAWCOUNT), blob.Counter(2004, blob.TEXT, 64)]
    instances = [blob.Instance(text[:60], [value, "=1+1\x1b[31m\"<script>\u202e"]) for text in instance_names]
    with open(path, "wb") as file:
        file.write(blob.Blob([blob.Object(2000, counters, instances)]).bytes())
    return path


plain_words = ["--replay", write_blob("plain.bin", [f"i{i}" for i in range(len(NAMES))], 1)] * 2
words = ["--replay", write_blob("evil.bin", NAMES, 1), "--replay", write_blob("evil2.bin", NAMES, 2)]
judge("a hostile blob", answers(plain_words), answers(words))
judge("a hostile blob", [], check_answers(words[1]))
tap.done()
