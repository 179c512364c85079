#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: win64
# timeout: 1500
"""Every command that README.md shows runs as it is there, unless SKIPPED says why not: those in blocks of shell, those
in the text, and the transcripts, whose output is compared. The list of events is that of the two tables."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, "tests")
import tap

ROOT = os.getcwd()

# What cannot run here, and why.
SKIPPED = [
    (r"(mine|their)\.(so|dll)|waves\.so", "it stands for the reader's own provider"),
    (r"^perfharness serve", "it runs until it is stopped; tests/harness/metrics.t scrapes it"),
    (r"pkg-config", "it is for an installed library; tests/scripts/libraries.t runs it"),
    (r"^perfharness doctor$", "it examines the registry of a Windows machine"),
    (r"PerfStringBackup\.INI", "it needs a file of a Windows machine"),
    (r"^perfharness \w+ --self|^(un)?install\.cmd", "it is for Windows; tests/wine/self_install.t runs it"),
    (r"^(reg import|lodctr|unlodctr)\b", "it is for Windows, and Wine has none"),
    (r"^apt install|^bin/perfharness", "it is for what make release writes; scripts/packaging/test-release runs it"),
    (r"^systemctl", "no systemd runs here; scripts/packaging/test-release has systemd-analyze read the unit"),
    (r"^make release", "it takes many minutes; scripts/packaging/test-release uses what it writes"),
    (r"^make (install|uninstall)", "it is scripts/install; tests/scripts/packaging.t and test-release run it"),
    (r"^make docs", "tests/harness/manuals.t runs it"),
    (r"^make demo", "tests/scripts/demo.t runs it"),
    (r"^make( win64 win32)?$", "it is what built the tree"),
    (r"^make test|^scripts/test", "it runs this test"),
    (r"^make (registry|rules)", "it changes the tree; tests/scripts/adding.t runs it in a copy"),
    (r"^make truth", "it changes the tree; tests/harness/truth.t runs scripts/truth in a copy"),
    (r"^perfharness new NAME|^make (windows|-C shop)", "tests/harness/new.t runs it"),
    (r"^make check-dll", "tests/wine/new_dll.t runs it"),
    (r"^perfharness heaps profile", "it waits for what the program allocates; tests/leaks/profile.t runs it"),
    (r"^perfharness bench$", "it is about a provider of the reader's; tests/harness/bench.t runs it"),
    (r"^perfharness check$", "it is about a provider of the reader's"),
]
# A command in the text, in `…`, begins with one of these.
COMMANDS = r"(perfharness|systemctl|make|scripts/test|apt|reg|lodctr|unlodctr|install\.cmd|uninstall\.cmd|bin/perfharness)(?![\w/.-])"
# What a reader puts in place of a word, and a shorter time.
REPLACED = {"--pid N": "--pid $PID", "help COMMAND": "help query", "--seconds 30": "--seconds 1"}
# Commands whose status may report a finding.
MAY_FIND = r"^perfharness doctor"


def commands(text):
    """The lines of ```sh blocks, without the comment at their end."""
    for block in re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            line = re.sub(r"\s+#\s.*$", "", line).strip()
            if line:
                yield line


def commands_in_text(text):
    """Code in the text that is a command, each once."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    return dict.fromkeys(span for span in re.findall(r"`([^`\n]+)`", prose) if re.match(COMMANDS, span))


def transcripts(text):
    """Pairs of a command and the lines that it prints, from indented blocks that begin with `$`."""
    result = []
    for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.M):
        command = None
        for line in (line[4:] for line in block.splitlines()):
            if line.startswith("$ "):
                command = line[2:]
                result.append((command, []))
            elif command:
                result[-1][1].append(line)
    return result


def without_figures(lines):
    """Counts, times and places differ from run to run, and from machine to machine."""
    text = "\n".join(line.rstrip() for line in lines if line.strip())
    text = re.sub(r"-I \S+", "-I FOLDER", text)
    return re.sub(r"\d+(\.\d+)?", "N", re.sub(r"\b(\d+) (byte|time)s?\b", r"\1 \2", text))


def run_transcripts(text, folder, env):
    """In one shell, so that `cd` counts for the next one."""
    mark = "end of a command"
    shown = transcripts(text)
    script = "".join(f"{command}\necho '{mark}'\n" for command, _ in shown)
    made = subprocess.run(
        ["bash", "-c", script.replace("build/demo/", os.path.join(folder, "demo/"))], cwd=folder, env=env,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=900, check=False,
    )
    printed = made.stdout.replace(os.path.join(folder, "demo/"), "build/demo/").split(mark + "\n")
    tap.ok(len(shown) >= 3, "README.md has transcripts")
    for (command, lines), output in zip(shown, printed):
        tap.equal(without_figures(output.splitlines()), without_figures(lines), f"$ {command}: it prints that")


def prepare(folder, text):
    for name in ("include", "build"):
        os.symlink(os.path.join(ROOT, name), os.path.join(folder, name))
    os.mkdir(os.path.join(folder, "bin"))
    os.symlink(os.path.join(ROOT, "build/native/perfharness"), os.path.join(folder, "bin/perfharness"))
    shutil.copy("registry/heapctrs.reg", os.path.join(folder, "export.reg"))
    with open(os.path.join(folder, "pool.c"), "w", encoding="utf-8") as file:
        file.write(re.search(r"^```c\n(.*?)^```$", text, re.M | re.S).group(1))
    env = dict(os.environ)
    env["PATH"] = os.path.join(folder, "bin") + ":" + env["PATH"]
    env["LD_LIBRARY_PATH"] = os.path.join(ROOT, "build/native")
    env.setdefault("HEAPCTRS_DIR", folder)
    os.mkdir(os.path.join(folder, "demo"))
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-g", "-I", "include/native", "-I", "include", "-o", os.path.join(folder, "demo/queues.so"),
         "tests/demo/queue_provider.c"], check=True,
    )
    subprocess.run(["perfharness", "query", "--format", "raw", "-o", "answer.bin"], cwd=folder, env=env, check=True)
    return env


def main():
    with open("README.md", encoding="utf-8") as file:
        text = file.read()
    found = list(commands(text))
    tap.ok(len(found) > 15, "README.md shows commands in blocks")
    in_text = commands_in_text(text)
    tap.ok(len(in_text) > 15, "and in its text")
    found += [command for command in in_text if command not in found]
    with tempfile.TemporaryDirectory() as folder:
        env = prepare(folder, text)
        # The program whose heaps the commands show.
        watched = subprocess.Popen(
            ["sqlite3", ":memory:"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=folder,
            env=dict(env, LD_PRELOAD="libheaptracker-preload.so", HEAPCTRS_PROFILE="1"),
        )
        try:
            watched.stdin.write(b"create table t(a);\n")
            watched.stdin.flush()
            while b"sqlite3" not in subprocess.run(
                ["perfharness", "heaps"], env=env, capture_output=True, check=False
            ).stdout:
                if watched.poll() is not None:
                    break
            for command in found:
                reason = next((why for pattern, why in SKIPPED if re.search(pattern, command)), None)
                if reason:
                    tap.skip(command, reason)
                    continue
                typed = command
                for word, value in REPLACED.items():
                    typed = typed.replace(word, value)
                made = subprocess.run(
                    ["bash", "-c", typed], cwd=folder, env=dict(env, PID=str(watched.pid)), capture_output=True, stdin=subprocess.DEVNULL,
                    timeout=900, check=False,
                )
                allowed = (0, 1) if re.search(MAY_FIND, command) else (0,)
                tap.ok(made.returncode in allowed, command, made.stderr.decode("utf-8", "replace"))
                if "-o before.snapshot" in command:
                    shutil.copy(os.path.join(folder, "before.snapshot"), os.path.join(folder, "after.snapshot"))
        finally:
            watched.stdin.close()
            watched.wait()

        run_transcripts(text, folder, env)

    shown = re.findall(r"^\| (\d+) \| (\w+) \| (.+?) \| .+ \|$", text, re.M)
    known = []
    for path, pattern, source in (
        ("provider/events.def", r"^EVENT\(\w+, (\d+), \w+,\s*((?:\"[^\"]*\"\s*)+)\)", "heapctrs"),
        ("harness/host/event_table.def", r"^EVENT\((\d+), \w+, \"[^\"]*\",\s*((?:\"[^\"]*\"\s*)+)\)", "perfharness"),
    ):
        with open(path, encoding="utf-8") as file:
            for number, literals in re.findall(pattern, file.read(), re.M):
                words = re.sub(r"%s|%\d", "…", "".join(re.findall(r"\"([^\"]*)\"", literals)))
                known.append((number, source, words))
    tap.ok(len(known) > 30, "the tables of events were read")
    tap.equal(sorted(shown), sorted(known), "every event is listed with its text and what to do, and no other")
    for target in re.findall(r"\]\(([^)#:]+)\)|srcset=\"([^\"]+)\"|src=\"([^\"]+)\"", text):
        path = "".join(target)
        tap.ok(os.path.exists(path), f"{path} is there")
    tap.done()


main()
