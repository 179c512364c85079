#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
"""perfharness report: a page that stands alone, and that a browser can show."""
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
    path = os.path.join(tap.SCRATCH, "sample-%d.bin" % step)
    heap = [blob.Counter(2002, blob.LARGE_RAWCOUNT), blob.Counter(2004, blob.BULK_COUNT)]
    names = ["app:1:pool", EVIL] + (["late:2:x"] if step > 2 else [])
    with open(path, "wb") as file:
        file.write(blob.Blob([blob.Object(2000, heap, [
            blob.Instance(n, [1000 * step + len(n), 500 * step * step]) for n in names])],
            perf_time=10**9 + step * 10**7, time_100ns=133500000000000000 + step * 10**7).bytes())
    return path


blobs = [save(step) for step in range(6)]
page = os.path.join(tap.SCRATCH, "report.html")
run = tap.run([PROGRAM, *REG, "report", *blobs, "-o", page])
text = open(page, encoding="utf-8").read()
tap.ok(run.status == 0 and not run.stdout and not run.stderr, "a report of blobs", run.stderr)
outside = re.sub(r'(?s)(id="data">).*?(</script>)', r"\1\2", text)
tap.unlike(outside, r"(src|href)\s*=|https?://(?!www\.w3\.org/)|@import|url\(|fetch\(|XMLHttp",
           "the page asks for nothing from outside")
tap.ok(EVIL not in text and text.count("</script>") == 2 and "<img" not in text,
       "text out of a data block cannot become markup")

browser = shutil.which("chromium")
if browser:
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
               "--user-data-dir=" + os.path.join(tap.SCRATCH, "profile"), "--window-size=1280,1400"]
    shown = tap.run([*command, "--dump-dom", "file://" + page], timeout=300).stdout
    body = shown.split('id="content"')[-1].split("<noscript>")[0]
    tap.like(shown, r"<title>Performance counters . HOST</title>", "a browser runs its script")
    tap.equal(len(re.findall(r"<svg", body)), 2, "a chart for each counter")
    tap.equal(len(re.findall(r"<path d=\"M", body)), 6, "a line for each instance")
    tap.ok("&lt;/script&gt;&lt;script&gt;" in body and "owned" not in shown.split("<body>")[0],
           "hostile names are shown as text")
    tap.equal(len(re.findall(r"<tr>", body)), 4, "a table of the instances")
    picture = os.path.join(tap.SCRATCH, "shot.png")
    subprocess.run([*command, "--screenshot=" + picture, "file://" + page], capture_output=True,
                   timeout=300)
    tap.ok(os.path.exists(picture) and os.path.getsize(picture) > 20000, "it makes a picture")
else:
    tap.skip("a browser shows the page", "chromium is not installed")

broken = os.path.join(tap.SCRATCH, "broken.bin")
with open(broken, "wb") as file:
    file.write(open(blobs[1], "rb").read()[:-8])
run = tap.run([PROGRAM, *REG, "report", blobs[0], broken, blobs[2], "-o", page])
tap.ok(run.status == 1 and "rule data-total-length" in run.stderr and
       "sample 2, rule data-total-length" in open(page, encoding="utf-8").read(),
       "a malformed sample is on the page and makes the exit status 1", run.stderr)
os.mkdir(os.path.join(tap.SCRATCH, "regions"))
run = tap.run([PROGRAM, "--registry", "registry/heapctrs.reg", "report", "-n", "3", "-i", "0.1",
               "-o", page], env={"HEAPCTRS_DIR": os.path.join(tap.SCRATCH, "regions")})
taken = re.findall(r'"query_ms": ([0-9.e-]+)', open(page, encoding="utf-8").read())
tap.ok(run.status == 0 and len(taken) == 3 and all(float(ms) > 0 for ms in taken),
       "samples taken now, with the time each query took", run.stderr)
run = tap.run([PROGRAM, *REG, "report"])
tap.ok(run.status == 2 and not run.stdout, "a report of nothing is bad usage")
run = tap.run([PROGRAM, *REG, "report", os.path.join(tap.SCRATCH, "none"), "-o", page + "2"])
tap.ok(run.status == 3 and not os.path.exists(page + "2"), "a missing blob: exit status 3, no page")
tap.done()
