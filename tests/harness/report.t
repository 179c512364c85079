#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
"""perfharness report: a page that needs no other file and that a browser can show."""
import html
import json
import os
import re
import shutil
import subprocess
import sys

sys.path[:0] = ["tests", "tests/buffers"]
import blob
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
REG = ["--registry", "tests/buffers/many-types.reg"]
EVIL = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"


def save(step):
    path = os.path.join(tap.TMP, "sample-%d.bin" % step)
    heap = [blob.Counter(2002, blob.LARGE_RAWCOUNT), blob.Counter(2004, blob.BULK_COUNT)]
    names = ["app:1:pool", EVIL] + (["late:2:x"] if step > 2 else [])
    with open(path, "wb") as file:
        file.write(blob.Blob([blob.Object(2000, heap, [
            blob.Instance(n, [1000 * step + len(n), 500 * step * step]) for n in names])],
            perf_time=10**9 + step * 10**7, time_100ns=133500000000000000 + step * 10**7).bytes())
    return path


blobs = [save(step) for step in range(6)]
page = os.path.join(tap.TMP, "report.html")
run = tap.run([PROGRAM, *REG, "report", *blobs, "-o", page])
text = open(page, encoding="utf-8").read()
tap.ok(run.status == 0 and not run.stdout and not run.stderr, "a report of blobs", run.stderr)
outside = re.sub(r'(?s)(id="data">).*?(</script>)', r"\1\2", text)
tap.unlike(outside, r"(src|href)\s*=|https?://(?!www\.w3\.org/)|@import|url\(|fetch\(|XMLHttp",
           "the page asks for nothing from outside")
tap.ok(EVIL not in text and text.count("</script>") == 2 and "<img" not in text,
       "text out of a data block cannot become markup")


# Figures of how a page looks in a browser's window.
FACTS = """<script>
const facts = { overflow: document.documentElement.scrollWidth - innerWidth, width: innerWidth, cells: 0, hidden: [], colours: {} };
for (const cell of document.querySelectorAll(".table td")) {
  const box = cell.getBoundingClientRect(), holder = cell.closest(".table").getBoundingClientRect();
  facts.cells++;
  if (!box.width || !box.height || box.right > holder.right + 1 || box.left < holder.left - 1 || !cell.textContent) facts.hidden.push(cell.textContent.slice(0, 30));
}
for (const mark of document.querySelectorAll("[data-instance]")) {
  const name = mark.dataset.instance.slice(0, 20), colour = getComputedStyle(mark)[mark.tagName === "path" ? "stroke" : "backgroundColor"];
  (facts.colours[name] ??= []).includes(colour) || facts.colours[name].push(colour);
}
facts.order = [...document.querySelectorAll(".charts, .table")].map(e => e.className.split(" ").at(-1));
facts.flat = [...document.querySelectorAll("details")].map(e => e.open + ": " + e.querySelector("summary").textContent);
facts.axis = [...document.querySelectorAll("svg .axis")].map(e => e.textContent);
facts.sub = document.getElementById("sub").textContent;
const frames = [...document.querySelectorAll(".frame")], holder = document.querySelector(".frames")?.getBoundingClientRect();
facts.frames = frames.map(e => e.textContent);
facts.outside = frames.filter(e => { const box = e.getBoundingClientRect(); return !box.height || box.left < holder.left - 1 || box.right > holder.right + 1 || box.bottom > holder.bottom + 1; }).length;
facts.functions = [...document.querySelectorAll(".wide tbody tr")].map(e => [...e.cells].map(cell => cell.textContent));
facts.widths = frames.slice(0, 3).map(e => Math.round(e.getBoundingClientRect().width / holder.width * 100));
const search = document.getElementById("search");
if (search) {
  search.value = "IMAGE";
  search.dispatchEvent(new Event("input"));
  facts.found = [document.getElementById("found").textContent, [...document.querySelectorAll(".frame.found")].map(e => e.textContent), document.querySelectorAll(".wide tbody tr").length];
  [...document.querySelectorAll(".frame")].find(e => e.textContent.startsWith("decode"))?.click();
  const whole = document.querySelector(".frames").getBoundingClientRect().width;
  facts.zoomed = [...document.querySelectorAll(".frame")].map(e => Math.round(e.getBoundingClientRect().width / whole * 100));
}
document.title = "FACTS" + JSON.stringify(facts) + "FACTS";
</script></body>"""


def shown_in(page, width):
    with open(page, encoding="utf-8") as file:
        text = file.read()
    copy = os.path.join(tap.TMP, "facts.html")
    with open(copy, "w", encoding="utf-8") as file:
        file.write(text.replace("</body>", FACTS))
    dom = tap.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                   "--disable-background-networking", "--user-data-dir=" + os.path.join(tap.TMP, "profile"),
                   "--window-size=%d,1400" % width, "--dump-dom", "file://" + copy], timeout=900,
                  env={"TZ": "Asia/Kolkata"}).stdout
    return dom, json.loads(html.unescape(dom.split("FACTS")[1]))


def many(step, count):
    """A sample with long names, of which one counter is always zero."""
    path = os.path.join(tap.TMP, "many-%d-%d.bin" % (step, count))
    counters = [blob.Counter(2002 + 2 * i, blob.LARGE_RAWCOUNT) for i in range(12)]
    with open(path, "wb") as file:
        file.write(blob.Blob([blob.Object(2000, counters, [
            blob.Instance(("long-name-%04d-" % n) + "x" * 104, [0] + [(n + 1) * 1000 * k + step * n for k in range(1, 12)])
            for n in range(count)])], perf_time=10**9 + step * 10**7, time_100ns=133500000000000000 + step * 10**7).bytes())
    return path


def profile(stacks):
    """A snapshot with stacks: (live bytes, allocated bytes, functions from the innermost one)."""
    lines = ["heapctrs-snapshot 1", "heap app:1:malloc", "process 1", "time 134405349493711642",
             f"blocks {len(stacks)} {sum(live for live, _, _ in stacks)}", "unmatched 0", "lost 0", "missed 0", "rate 65536"]
    for live, allocated, functions in stacks:
        lines.append(f"site 1 {live} - 0x10 {functions[0]}")
        lines += [f"caller - 0x20 {name}" for name in functions[1:]]
        lines.append(f"allocated 2 {allocated}")
    path = os.path.join(tap.TMP, "profile.snapshot")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines + ["end", ""]))
    return path


tap.equal(subprocess.run(["scripts/report-page", "--check"]).returncode, 0, "the page is made of its source")
browser = shutil.which("chromium")
flame_page = os.path.join(tap.TMP, "flame.html")
run = tap.run([PROGRAM, *REG, "report", *blobs, "--profile", profile([
    (600, 900, ["operator new(unsigned long)", "decode_image (a.cpp:7)", "work (a.cpp:9)", "main (a.cpp:20)", "_start"]),
    (300, 300, [EVIL, "work (a.cpp:11)", "main (a.cpp:20)"]),
    (100, 5000, ["work (a.cpp:12)", "work (a.cpp:13)", "main (a.cpp:20)"])]), "-o", flame_page])
text = open(flame_page, encoding="utf-8").read()
tap.ok(run.status == 0 and EVIL not in text and text.count("</script>") == 2, "a report with a profile", run.stderr)
many_page = os.path.join(tap.TMP, "many.html")
run = tap.run([PROGRAM, "report", "--profile", profile([
    (n + 1, n + 1, [f"function_{n}_{k}_" + "x" * 80 for k in range(20)]) for n in range(5000)]), "-o", many_page])
tap.ok(run.status == 0 and os.path.getsize(many_page) < 2 << 20, "a profile of 100,000 frames fits into 2 MB",
       run.stderr, os.path.getsize(many_page))
long_page = os.path.join(tap.TMP, "long.html")
tap.run([PROGRAM, "report", *[many(step, 12) for step in range(4)], "-o", long_page])
large_page = os.path.join(tap.TMP, "large.html")
run = tap.run([PROGRAM, "report", *[many(step, 5000) for step in range(3)], "-o", large_page])
tap.ok(run.status == 0 and os.path.getsize(large_page) < 3 << 20, "5,000 instances fit into 3 MB",
       os.path.getsize(large_page))
if browser:
    shown, facts = shown_in(page, 1280)
    body = shown.split('id="content"')[-1].split("<noscript>")[0]
    tap.equal(len(re.findall(r"<svg", body)), 2, "a chart for each counter")
    tap.equal(len(re.findall(r"<path d=\"M", body)), 6, "a line for each instance")
    tap.ok("&lt;/script&gt;&lt;script&gt;" in body and "owned" not in shown.split("<body>")[0].replace("FACTS", ""),
           "hostile names are shown as text")
    tap.equal(len(re.findall(r"<tr>", body)), 4, "a table of the instances")
    tap.equal(facts["order"], ["charts", "table"], "charts come first")
    tap.like(facts["sub"], r"\(UTC\+05:30\)$", "the time zone is named")
    for width in (420, 1280):
        _, facts = shown_in(long_page, width)
        tap.ok(facts["overflow"] <= 0 and facts["width"] <= max(width, 500), "%d pixels: nothing overflows" % width, facts["width"])
        tap.ok(facts["cells"] == 12 * 13 and not facts["hidden"], "%d pixels: every value is visible" % width,
               facts["cells"], facts["hidden"][:3])
        colours = facts["colours"]
        tap.ok(len(colours) == 12 and all(len(c) == 1 for c in colours.values()) and
               len({c[0] for c in colours.values()}) == 12, "%d pixels: one colour for each instance" % width, colours)
    tap.ok(len(facts["flat"]) == 1 and facts["flat"][0].startswith("false: 1 counter is zero"),
           "what is zero all the time is collapsed", facts["flat"])
    marks = {mark for mark in facts["axis"] if not re.fullmatch(r"\d\d:\d\d:\d\d", mark)}
    tap.ok(marks and all(re.fullmatch(r"0|[\d.]+( k| M| KiB| MiB)?", mark) and
                         re.fullmatch(r"0|0?\.?[125]0*|[1-9]\d?(\.5)?|\d+0+", mark.split()[0]) for mark in marks),
           "the ticks of the axes are round and have units", sorted(marks))
    _, facts = shown_in(large_page, 1280)
    tap.ok(facts["cells"] == 200 * 13 and not facts["hidden"], "a page of 5,000 instances is drawn, 200 rows at first",
           facts["cells"])
    for width in (420, 1280):
        dom, facts = shown_in(flame_page, width)
        tap.ok(facts["overflow"] <= 0 and facts["outside"] == 0, "%d pixels: the flame graph fits" % width, facts["overflow"])
        tap.equal((facts["frames"][:4], facts["widths"]), (["all", "main", "work", "decode_image"], [100, 100, 100]),
                  "%d pixels: it begins with what called everything; the widest comes first" % width)
        tap.equal(facts["functions"][0], ["decode_image", "600 B", "600 B", "900 B", "900 B"], "its functions have a table")
        tap.equal(facts["functions"][2], ["work", "100 B", "1,000 B", "4.88 KiB", "6.05 KiB"], "in which recursion counts once")
        tap.equal(facts["found"], ["60% found", ["decode_image"], 1], "it can be searched, whatever the case")
        tap.equal(facts["zoomed"], [100, 100, 100, 100], "a function that was clicked on fills it, below its callers")
        tap.ok(not facts["hidden"], "every figure is visible", facts["hidden"])
    _, facts = shown_in(many_page, 420)
    tap.ok(facts["overflow"] <= 0 and 0 < len(facts["frames"]) <= 8000, "a large profile is drawn", len(facts["frames"]))
else:
    tap.skip("a browser shows the page", "chromium is not installed")

broken = os.path.join(tap.TMP, "broken.bin")
with open(broken, "wb") as file:
    file.write(open(blobs[1], "rb").read()[:-8])
run = tap.run([PROGRAM, *REG, "report", blobs[0], broken, blobs[2], "-o", page])
tap.ok(run.status == 1 and "rule data-total-length" in run.stderr and
       "sample 2, rule data-total-length" in open(page, encoding="utf-8").read(),
       "a malformed sample is on the page and makes the exit status 1", run.stderr)
os.mkdir(os.path.join(tap.TMP, "regions"))
run = tap.run([PROGRAM, "--registry", "registry/heapctrs.reg", "report", "-n", "3", "-i", "0.1",
               "-o", page], env={"HEAPCTRS_DIR": os.path.join(tap.TMP, "regions")})
taken = re.findall(r'"query_ms": ([0-9.e-]+)', open(page, encoding="utf-8").read())
tap.ok(run.status == 0 and len(taken) == 3 and all(float(ms) > 0 for ms in taken),
       "samples taken now, with the time each query took", run.stderr)
run = tap.run([PROGRAM, *REG, "report"])
tap.ok(run.status == 2 and not run.stdout, "a report of nothing is bad usage")
run = tap.run([PROGRAM, *REG, "report", os.path.join(tap.TMP, "none"), "-o", page + "2"])
tap.ok(run.status == 3 and not os.path.exists(page + "2"), "a missing blob: exit status 3, no page")
tap.done()
