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
                         text=True, timeout=300)
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
