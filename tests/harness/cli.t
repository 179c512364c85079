#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""perfharness itself: commands, options, help, exit statuses, and where the answer goes."""
import os
import re
import subprocess
import sys

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
REG = "registry/heapctrs.reg"


def run(*arguments, env=None):
    return tap.run([PROGRAM, *arguments], env={"PERFHARNESS_REGISTRY": "", **(env or {})})


help_ = run("--help")
tap.equal((help_.status, help_.stderr), (0, ""), "--help succeeds")
with open("harness/cli/commands.def") as file:
    commands = re.findall(r"^COMMAND\((\w+)\)", file.read(), re.M)
for command in commands:
    tap.like(help_.stdout, rf"^  {command} ", f"--help lists {command}")
    own = run(command, "--help")
    tap.ok(own.status == 0 and own.stdout.startswith(f"usage: perfharness {command}"),
           f"{command} --help shows its usage", own.stdout, own.stderr)
    tap.equal(run("--help", command).stdout, own.stdout, f"--help {command} says the same")
tap.like(run("--version").stdout, r"^perfharness \d", "--version prints it")

BAD = [
    ([], "no command given"),
    (["lsit"], 'unknown command "lsit"; did you mean "list"?'),
    (["frobnicate"], 'unknown command "frobnicate"; perfharness --help'),
    (["list", "--formt", "json"], "unknown option --formt; did you mean --format?"),
    (["list", "--frobnicate"], "unknown option --frobnicate; --help"),
    (["list", "-z"], "unknown option -z"),
    (["--registri", "x", "list"], "did you mean --registry?"),
    (["list", "--format"], "--format needs a value: table|json"),
    (["list", "--format", "xml"], '--format: "xml" is not one of table|json'),
    (["list", "--format="], '--format: "" is not one of'),
    (["list", "--help-text=yes"], "--help-text takes no value"),
    (["--test-level", "5", "list"], "--test-level: 5 is out of range; allowed are 1 to 4"),
    (["--test-level", "x", "list"], '"x" is not a number'),
    (["--test-level", "99999999999999999999999", "list"], "is not a number"),
    (["list", "--test-level=0"], "out of range"),
    (["--registry"], "--registry needs a value"),
    (["list", "a", "b"], "name one service"),
]
for arguments, message in BAD:
    bad = run(*arguments)
    tap.ok(bad.status == 2 and bad.stdout == "" and message in bad.stderr,
           f"bad usage has a status of its own: perfharness {' '.join(arguments)}", bad.status, bad.stderr)

plain = run("--registry", REG, "list")
tap.equal(plain.status, 0, "global options stand in front of the command")
for arguments in (["list", "--registry", REG], ["list", f"--registry={REG}"],
                  ["list", "--format", "table", "--registry", REG, "heapctrs"],
                  ["list", "-f", "table", "--registry", REG], ["list", "-ftable", "--registry", REG],
                  ["--registry", "none", "list", "--registry", REG],
                  ["list", "--registry", REG, "--", "heapctrs"]):
    tap.equal(run(*arguments).stdout, plain.stdout, f"the same: {' '.join(arguments)}")
tap.equal(run("list", "--registry", REG, "--", "--format").status, 3,
          "after -- nothing is an option: --format is a service that does not exist")
tap.equal(run("list", env={"PERFHARNESS_REGISTRY": REG}).stdout, plain.stdout,
          "PERFHARNESS_REGISTRY replaces --registry")
tap.equal(run("--registry", REG, "list", env={"PERFHARNESS_REGISTRY": "none"}).status, 0,
          "and --registry goes before it")
strange = run("list", "--registry", "no\x1b[31m\u0085such")
tap.ok(strange.status == 2 and "\x1b" not in strange.stderr and "\u0085" not in strange.stderr,
       "control characters in a message do not reach the terminal", strange.stderr)

if os.path.exists("/dev/full"):
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "list", "--registry", REG], stdout=full,
                              stderr=subprocess.PIPE)
    tap.ok(done.returncode == 2 and b"could not be written" in done.stderr,
           "a full disk is noticed", done.returncode, done.stderr)
read, write = os.pipe()
os.close(read)
done = subprocess.run([PROGRAM, "list", "--registry", REG], stdout=write, stderr=subprocess.PIPE)
os.close(write)
tap.equal((done.returncode, done.stderr), (2, b""), "a reader that went away is no reason to complain")
tap.done()
