#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
"""Performance Co-Pilot reads `serve` through its OpenMetrics agent, with our configuration. The tests do not install
PCP: Debian's package configures itself only where systemd runs."""
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path[:0] = ["tests", "tests/harness"]
import fake
import tap
from publisher import Publisher

PROGRAM = os.path.join(tap.BUILD, "perfharness")
PMCD, AGENT = "/usr/lib/pcp/bin/pmcd", "/var/lib/pcp/pmdas/openmetrics/pmdaopenmetrics.python"
PMDA = "/var/lib/pcp/pmdas/pmcd/pmda_pmcd.so"
PYTHON = "/usr/bin/python3"  # Debian's packages of Python are only importable by Debian's Python
PATIENCE = 300  # seconds for a condition; only ends a run that hangs

if not all(map(os.path.exists, (PMCD, AGENT, PMDA, PYTHON))) or not shutil.which("pminfo") or \
        subprocess.run([PYTHON, "-c", "import requests, pcp.pmda"], capture_output=True).returncode:
    tap.skip("PCP reads serve", "pcp, python3-pcp and python3-requests are not installed")
    tap.done()
    sys.exit()

here = os.path.join(tap.TMP, "pcp")
config = os.path.join(here, "config.d")
regions = os.path.join(here, "regions")
os.makedirs(config)
os.mkdir(regions)
env = {**os.environ, "HEAPCTRS_DIR": regions, "PCP_LOG_DIR": here, "PCP_RUN_DIR": here, "no_proxy": "*"}

# A provider that hangs takes as long as the reader waits: the agent must have said how long that is.
reg = fake.registry(fake.service("slow", 3000, linkage=["hang"], Open_Timeout="dword:00001770"),
                    fake.service("sound", 3100))
servers = []


def serve(name, *words):
    server = subprocess.Popen([PROGRAM, *words, "serve", "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True, env=env)
    servers.append(server)
    port = re.search(r"http://127\.0\.0\.1:(\d+)/metrics", server.stderr.readline()).group(1)
    with open("scripts/packaging/prometheus/pcp/perfharness.url", encoding="utf-8") as file:
        text = file.read()
    assert ":9182/" in text
    with open(os.path.join(config, name + ".url"), "w", encoding="utf-8") as file:
        file.write(text.replace(":9182/", f":{port}/"))


publisher = Publisher(env={"HEAPCTRS_DIR": regions})
publisher("open pool")
for i in range(7):
    publisher(f"allocate 0 {4096 * (i + 1)} 100")
serve("perfharness", "--registry", "registry/heapctrs.reg")
serve("hanging", "--registry", reg, "--library-path", fake.FAULTY)

with open(os.path.join(here, "pmcd.conf"), "w", encoding="utf-8") as file:
    file.write(f"pmcd 2 dso pmcd_init {PMDA}\n"
               f"openmetrics 144 pipe binary notready {PYTHON} {AGENT} -c {config} -l {here}/agent.log\n"
               "[access]\nallow \"local:*\" : all;\n")
with open(os.path.join(here, "names"), "w", encoding="utf-8") as file:
    file.write("root {\n pmcd 2:*:*\n openmetrics 144:*:*\n}\n")
pmcd = subprocess.Popen([PMCD, "-f", "-A", "-q", "60", "-t", "60", "-p", "0", "-c", "pmcd.conf", "-n", "names",
                         "-l", "pmcd.log", "-s", os.path.join(here, "socket")], cwd=here, env=env,
                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def pminfo(*words):
    return tap.run(["pminfo", "-h", "unix:" + os.path.join(here, "socket"), *words])


def value_of(metric, instance=""):
    found = re.search(rf'or "{instance}[^"]*"\] value (.*)' if instance else r"value (.*)",
                      pminfo("-f", metric).stdout)
    return found.group(1) if found else None


try:
    end = time.monotonic() + PATIENCE
    blocks = None
    while not blocks and time.monotonic() < end:
        time.sleep(0.5)
        blocks = value_of("openmetrics.perfharness.custom_heap_blocks_in_use", r"\d+ heap:pool pid:\d+ process:")
    tap.equal(blocks, "7", "a value of a heap, with its labels as the instance")
    run = pminfo("-dT", "openmetrics.perfharness.custom_heap_allocations_total")
    tap.ok("Semantics: counter" in run.stdout and "Blocks allocated since the heap was opened." in run.stdout,
           "a total is a counter, and has its help", run.stdout)
    run = pminfo("-d", "openmetrics.perfharness.custom_heap_in_use_bytes")
    tap.ok("Semantics: instant" in run.stdout and "Units: byte" in run.stdout, "a size is in bytes", run.stdout)
    publisher("allocate 0 4194304 100")
    tap.equal(value_of("openmetrics.perfharness.custom_heap_blocks_in_use", r"\d+ heap:pool"), "8", "it is read again each time")
    up = None
    while up != ("0", "1") and time.monotonic() < end:
        up = tuple(value_of("openmetrics.hanging.perfharness_provider_up", rf"\d+ provider:{name}") for name in ("slow", "sound"))
    tap.equal(up, ("0", "1"), "a provider that hangs does not cost the others: the answer comes within the agent's limit")
finally:
    pmcd.terminate()
    pmcd.wait(PATIENCE)
    publisher.end()
    for server in servers:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=PATIENCE)
tap.done()
