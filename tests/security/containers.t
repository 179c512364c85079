#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Publishers and readers in different PID namespaces, as in containers, see each other's heaps.
unshare(1) makes the namespaces. HEAPCTRS_DIR is a folder that all of them share."""
import json
import os
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, "tests")
import tap  # noqa: E402
from publisher import Publisher  # noqa: E402

HARNESS = os.path.join(tap.BUILD, "perfharness")
PUBLISHER = os.path.join(tap.BUILD, "programs/scripted_publisher")
USER = ["--user", "--map-root-user"] if os.geteuid() != 0 else []
CONTAINER = ["unshare", *USER, "--pid", "--fork", "--mount-proc", "--kill-child"]
WITHOUT_PROC = ["unshare", *USER, "--pid", "--fork", "--kill-child"]
os.environ["HEAPCTRS_DIR"] = os.path.join(tap.TMP, "regions")

if not shutil.which("unshare") or subprocess.run([*CONTAINER, "true"],
                                                 capture_output=True).returncode != 0:
    print("1..0 # SKIP this system gives no PID namespace")
    sys.exit(0)


def publish(heap, container=()):
    """A program with one heap, in a container or not."""
    return Publisher(heap, container, PUBLISHER)


def rows(container=()):
    run = subprocess.run([*container, HARNESS, "heaps", "--format", "json"], capture_output=True,
                         text=True, timeout=900)
    return json.loads(run.stdout)["heaps"] if run.returncode == 0 else []


def heaps(container=()):
    return sorted(row["heap"] for row in rows(container))


def names(container=()):
    return [row["name"] for row in rows(container)]


def files():
    folder = os.environ["HEAPCTRS_DIR"]
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def regions():
    return [name for name in files() if name.endswith(".region")]


# A reader in a container, like a monitoring agent.
outside = publish("outside")
tap.equal(heaps(CONTAINER), ["outside"], "a reader in a container sees a publisher outside")
tap.equal(heaps(WITHOUT_PROC), ["outside"], "so it does if /proc is that of the host")
tap.equal(heaps(["unshare", *USER, "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"',
                 "sh"]), ["outside"], "and if there is no /proc")
tap.equal(len(regions()), 1, "none of them removes the region")
tap.equal(heaps([*CONTAINER, *CONTAINER]), ["outside"], "so does one in a container in a container")
tap.equal(heaps(), ["outside"], "and the reader outside still sees it")
outside.end()
tap.equal(files(), [], "the publisher removes its region itself")

# The other direction: the publisher is in a container, and the reader outside or in another one.
for name, container in (("in a container", CONTAINER), ("with the host's /proc", WITHOUT_PROC)):
    inside = publish("inside", container)
    tap.equal(heaps(), ["inside"], f"a reader outside sees a publisher {name}")
    tap.equal(heaps(CONTAINER), ["inside"], f"a reader in another container sees one {name}")
    other = publish("other", CONTAINER)
    tap.equal(heaps(), ["inside", "other"], f"and a further publisher leaves that {name} alone")
    other.end()
    inside.end()
tap.equal(files(), [], "each of them removed its region")

# A container in a container, and all three places at once.
NESTED = [*CONTAINER, *CONTAINER]
PLACES = (("outside", []), ("in a container", CONTAINER), ("in a nested one", NESTED))
publishers = [publish(name, place) for name, place in PLACES]
for name, place in PLACES:
    tap.equal(heaps(place), sorted(name for name, _ in PLACES), f"a reader {name} sees publishers in all three places")
tap.equal(len(regions()), 3, "and removes none of their regions")
for publisher in publishers:
    publisher.end()
tap.equal(files(), [], "each of them removed its region")

# Two containers that use the same process id.
same = [publish("pool", CONTAINER) for _ in range(3)]
first = f"scripted_publisher:{rows()[0]['pid']}:pool"
tap.equal(names(), [first, first + ":2", first + ":3"], "equal names get a suffix, the later ones")
tap.equal([names() for _ in range(3)], [names()] * 3, "every reader gives the same names")
tap.equal(names(CONTAINER), names(), "in a container as well")
for publisher in same:
    publisher.end()

# Private files: the process id in a name is that of the owner's own namespace.
def ask(words, container=()):
    more = [] if words[0] == "explain" else ["--no-symbols"]
    return subprocess.run([*container, HARNESS, "heaps", *words, *more], capture_output=True, text=True, timeout=900)


def private_files():
    return [os.path.join(os.environ["HEAPCTRS_DIR"], name) for name in files() if name.endswith(".private")]


inside = Publisher("inside", CONTAINER, PUBLISHER, env={"HEAPCTRS_PROFILE": "1", "HEAPCTRS_NAME": "elsewhere"})
name = rows()[0]["name"]
own = name.split(":")[1]  # its process id there is also that of a reader that begins another container
theirs, = private_files()
region, = regions()
for place, reader in (("outside", ()), ("in another container", CONTAINER)):
    for words in (["profile", own], ["profile", name], ["leaks", name], ["snapshot", name, "-o", "/dev/stdout"],
                  ["explain", own], ["explain", name]):
        run = ask(words, reader)
        tap.ok((run.returncode, run.stdout) == (3, "") and "PID namespace" in run.stderr,
               f"heaps {words[0]} {words[1]} {place} takes no process for another", run.returncode, run.stdout, run.stderr)

# However many files of other namespaces have the process id of a program, its own is found.
outside = Publisher("outside", (), PUBLISHER, env={"HEAPCTRS_PROFILE": "1"})
mine, = set(private_files()) - {theirs}
with open(theirs, "rb") as file:
    copy = file.read(4096)
with open(os.path.join(os.environ["HEAPCTRS_DIR"], region), "rb") as file:
    copied = bytearray(file.read())
copied[20:24] = outside.pid.to_bytes(4, "little")  # region_header.process_id; the heap has it in its name
was = f"elsewhere:{own}:"
elsewhere = "elsewhere"[:len(was) - 2 - len(str(outside.pid))]
copied = copied.replace(was.encode("utf-16-le"), f"{elsewhere}:{outside.pid}:".encode("utf-16-le"))
decoys = [f"{os.environ['HEAPCTRS_DIR']}/{outside.pid}-f{i}.private" for i in range(40)]
for path in decoys:
    with open(path, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(copy)
decoys.append(f"{os.environ['HEAPCTRS_DIR']}/{outside.pid}-f.region")
with open(decoys[-1], "wb") as file:
    file.write(copied)
with subprocess.Popen([sys.executable, "-c", """
import fcntl, struct, sys
files = [open(path, "rb") for path in sys.argv[1:]]
for file in files:
    fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 1 << 40, 0))
print("locked", flush=True)
sys.stdin.read()""", *decoys], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as locker:
    locker.stdout.readline()
    for when in ("oldest", "newest"):  # file systems list either first
        for words in (["profile", str(outside.pid)], ["leaks", f"scripted_publisher:{outside.pid}:outside"]):
            run = ask([*words, "--format", "json"])
            tap.ok(run.returncode == 0 and '"bytes": 100' in run.stdout,
                   f"heaps {words[0]} finds the program's own file, the {when} of 41", run.returncode, run.stdout, run.stderr)
        tap.equal(sorted(set(row["process"] for row in rows() if row["pid"] == outside.pid)),
                  [elsewhere, "scripted_publisher"], "two heaps have its process id")
        run = ask(["explain", str(outside.pid), "--seconds", "0.1", "--format", "json"])
        tap.like(run.stdout, r'"process": *"scripted_publisher', "heaps explain takes its own, too")
        os.rename(mine, mine + ".aside")
        os.rename(mine + ".aside", mine)
    locker.stdin.close()
outside.end()
inside.end()
run = ask(["profile", str(outside.pid)])
tap.equal(run.returncode, 3, "after the end there is no profile")
for path in decoys:
    if os.path.exists(path):
        os.unlink(path)
tap.equal(files(), [], "each of them removed its files")

# User namespaces: a user without rights outside is root inside. Both directions, and nested, in a folder that
# all may share, and in a /dev/shm that they share.
INSIDE = ["unshare", "--user", "--map-root-user"]
if os.geteuid() != 0:
    tap.skip("user namespaces", "needs root, to be another user outside")
elif subprocess.run(tap.as_user(*INSIDE, "true"), capture_output=True).returncode != 0:
    tap.skip("user namespaces", "a user without rights gets none here")
else:
    public = tap.public_folder(HARNESS, PUBLISHER)
    HARNESS, PUBLISHER = public + "/perfharness", public + "/scripted_publisher"
    os.environ["HEAPCTRS_DIR"] = public + "/regions"
    os.mkdir(public + "/regions")
    os.chmod(public + "/regions", 0o1777)
    container = tap.as_user(*INSIDE, "--pid", "--fork", "--mount-proc", "--kill-child")
    inside, outside = publish("inside", container), publish("outside")
    for name, reader in (("outside", ()), ("inside", container), ("in another one", container),
                         ("in a nested one", [*container, *INSIDE])):
        tap.equal(heaps(reader), ["inside", "outside"], f"user namespaces: all is seen {name}")
    tap.equal(len(regions()), 2, "and no reader removes a live one")
    inside.end()
    outside.end()
    tap.equal(files(), [], "each of them removed its region")

    del os.environ["HEAPCTRS_DIR"]
    shared = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
              "mount -t tmpfs -o mode=1777 none /dev/shm; echo $$; read -r line"]
    with subprocess.Popen(shared, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as keeper:
        enter = ["nsenter", "--mount", "--target", keeper.stdout.readline().strip()]
        inside = publish("inside", [*enter, *tap.as_user(*INSIDE)])
        outside = publish("outside", enter)
        listed = subprocess.run([*enter, "ls", "/dev/shm"], capture_output=True, text=True).stdout
        tap.equal(sorted(listed.split()), ["heapctrs-0", "heapctrs-0.1"],
                  "one who is root only inside takes root's name in /dev/shm; root takes another")
        for name, reader in (("outside", enter), ("inside", [*enter, *tap.as_user(*INSIDE)])):
            tap.equal(heaps(reader), ["inside", "outside"], f"both are seen {name}")
        run = subprocess.run([*enter, HARNESS, "heaps"], capture_output=True, text=True)
        tap.like(run.stderr, rf"/dev/shm/heapctrs-0 of user {tap.NOBODY}: the folder has the name",
                 "and heaps says whose the folder is")
        inside.end()
        outside.end()
        publishers = [publish(name, [*enter, *place]) for name, place in PLACES]
        for name, place in PLACES:
            tap.equal(heaps([*enter, *place]), sorted(name for name, _ in PLACES),
                      f"with a shared /dev/shm, a reader {name} sees publishers in all three places")
        for publisher in publishers:
            publisher.end()
        keeper.stdin.close()
    os.environ["HEAPCTRS_DIR"] = public + "/regions"

# A process that was killed is removed by the lock, from everywhere.
inside = publish("inside", CONTAINER)
inside.process.send_signal(signal.SIGKILL)
inside.process.wait()
for _ in range(100):  # --kill-child ends the program a moment later
    if not heaps():
        break
tap.equal(heaps(), [], "the heaps of a killed container are gone")
tap.equal(files(), [], "and so is its file")
tap.done()
