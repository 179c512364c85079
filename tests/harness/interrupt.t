#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# goals: programs
"""perfharness check of a provider that never comes back: what is seen on a terminal meanwhile, Ctrl-C, and
what else a provider writes there."""
import os
import pty
import re
import select
import signal
import subprocess
import sys

sys.path.insert(0, "tests")
import tap

PROGRAM = f"{tap.BUILD}/perfharness"
MARK = os.path.join(tap.TMP, "called")
# Collect answers Global without its outputs set, and hangs at Costly.
SOURCE = r"""
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
unsigned OpenSlow(const void *context)
{
    NOISE;
    return 0;
}
unsigned CollectSlow(const unsigned short *query, void **data, unsigned *size, unsigned *count)
{
    if (!query || query[0] != 'C')
        return *size = 0, *count = 7, 0;
    close(open(MARK, O_CREAT | O_WRONLY, 0600));
    for (;;)
        HANG;
}
unsigned CloseSlow(void) { return 0; }
"""


def build(name, hang="pause()", noise=""):
    source, library = (os.path.join(tap.TMP, name + suffix) for suffix in (".c", ".so"))
    with open(source, "w", encoding="utf-8") as file:
        file.write(SOURCE.replace("HANG", hang).replace("NOISE", noise))
    subprocess.run(["gcc", "-shared", "-fPIC", "-w", f'-DMARK="{MARK}"', "-o", library, source], check=True)
    return library


def read_until(terminal, pattern, text=""):
    """What is written to a terminal, until it matches or ends."""
    while not re.search(pattern, text, re.S):
        ready, _, _ = select.select([terminal], [], [], 120)
        try:
            part = os.read(terminal, 65536) if ready else b""
        except OSError:  # its other end is closed
            part = b""
        if not part:
            break
        text += part.decode("utf-8", "replace")
    return text


# ---- Ctrl-C while a call hangs: far before its time is up -------------------------------------------
library = build("slow")
run = subprocess.Popen([PROGRAM, "check", "--timeout", "600", library], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True)
while not os.path.exists(MARK) and run.poll() is None:
    select.select([], [], [], 0.01)
run.send_signal(signal.SIGINT)
out, err = run.communicate(timeout=900)
tap.equal(run.returncode, 1, "Ctrl-C ends the run with what was found so far")
tap.like(out, "^error +no-data-outputs", "it is printed")
tap.like(out, 'interrupted at "', "and that the run was interrupted")
tap.unlike(out, r"\bhang\b", "a call that was interrupted is not said to hang")

# ---- a terminal ------------------------------------------------------------------------------------------
os.remove(MARK)
process, terminal = pty.fork()
if process == 0:
    os.execv(PROGRAM, [PROGRAM, "check", "--timeout", "600", library])
text = read_until(terminal, r"\d+ calls, \d+ findings")
tap.like(text, r"\rwhich queries have an answer +\d+ calls, 1 findings, last no-data-outputs",
         "a terminal shows how far the run is while a call hangs")
while not os.path.exists(MARK):
    select.select([], [], [], 0.01)
os.write(terminal, b"\x03")
text = read_until(terminal, r"answers examined", text)
tap.like(text, "interrupted at", "Ctrl-C on the terminal ends it")
os.close(terminal)
os.waitpid(process, 0)

# ---- the first verdict ------------------------------------------------------------------------------------
run = tap.run([PROGRAM, "check", "--timeout", "0.2", library])
tap.like(run.stderr, r"^slow\.so: no-data-outputs: .*; the run goes on$",
         "the first verdict about a provider that hangs is said at once")
tap.equal(run.stderr.count("the run goes on"), 1, "and only once")
tap.equal(len(re.findall(r"is not back after", run.stdout)), 1, "the hang is one finding")

# ---- output -----------------------------------------------------------------------------------------------
noisy = build("noisy", noise=r'printf("one\n\033[2Jtwo\r\xe2\x80\xae""three\n"); fflush(stdout);'
              r'fprintf(stderr, "perfharness: nothing is broken\n"); write(2, "unended", 7)')
run = tap.run([PROGRAM, "check", "--timeout", "0.2", noisy])
lines = run.stderr.splitlines()
tap.ok("output of noisy.so: one" in lines and "output of noisy.so: perfharness: nothing is broken" in lines,
       "what a provider writes says whose it is", run.stderr)
tap.ok("output of noisy.so: unended" in lines, "also a line without an end")
tap.unlike(run.stderr, "[\x1b\r\u202e]", "nothing in it moves the cursor or turns the text")
tap.like(run.stderr, r"^output of noisy\.so: \\x1B\[2Jtwo\\x0D\\u202Ethree$", "it is made visible")
tap.unlike(run.stdout, "output of|nothing is broken", "nothing of it is in the report")

flood = build("flood", noise='for (int i = 0; i < 200000; i++) printf("line %d of a flood\\n", i); fflush(stdout)')
run = tap.run([PROGRAM, "check", "--timeout", "0.2", flood])
tap.equal(run.stderr.count("of a flood"), 50, "a flood is cut off")
tap.like(run.stderr, r"^output of flood\.so: \(it writes more, which is left out\)$", "which is said")
endless = build("endless", hang='printf("endless"), fflush(stdout)')
run = tap.run([PROGRAM, "check", "--timeout", "0.2", endless])
tap.like(run.stdout, "^error +hang", "one that writes for ever hangs")
tap.ok(len(run.stderr) < 50000, "and its output is limited")

# ---- children that are no provider's ------------------------------------------------------------------
run = tap.run(["bash", "-c", f"sleep 300 >/dev/null 2>&1 & exec {PROGRAM} check {tap.BUILD}/faulty/sound.so"])
tap.equal(run.status, 0, "a child that the program has from the shell before it is not the provider's")
tap.unlike(run.stdout, "left-behind", "and is not said to be")
tap.done()
