#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Users see of each other's regions what permissions allow, and cannot pose as each other.
As root, in a /dev/shm of its own: root and two users without any rights publish and query."""
import fcntl
import json
import os
import shutil
import struct
import subprocess
import sys

if os.geteuid() != 0:
    print("1..0 # SKIP needs root, to be other users")
    sys.exit(0)
if "OWN_SHARED_MEMORY" not in os.environ:
    mount = "mount -t tmpfs -o mode=1777 none /dev/shm"
    own = ["unshare", "--mount", "--propagation", "private", "sh", "-c"]
    if subprocess.run([*own, mount], capture_output=True).returncode != 0:
        print("1..0 # SKIP this system gives no mount namespace")
        sys.exit(0)
    os.environ["OWN_SHARED_MEMORY"] = "yes"
    os.execvp(own[0], [*own, mount + ' && exec "$0" "$@"', sys.executable, *sys.argv])

sys.path.insert(0, "tests")
import tap  # noqa: E402
from publisher import Publisher  # noqa: E402

ROOT, USER, OTHER = 0, 65534, 65533
BIN = "/dev/shm/bin"
os.environ.pop("HEAPCTRS_DIR", None)
os.mkdir(BIN, 0o755)
for name in ("perfharness", "heapctrs.so", "heapctrs.reg", "programs/scripted_publisher"):
    shutil.copy(os.path.join(tap.BUILD, name), BIN)
    os.chmod(os.path.join(BIN, os.path.basename(name)), 0o755)


def as_user(uid, *command):
    return tap.as_user(*command, uid=uid)


def publish(uid, heap, umask=0o022):
    return Publisher(heap, as_user(uid), BIN + "/scripted_publisher", cwd="/dev/shm",
                     preexec_fn=lambda: os.umask(umask))


def query(uid, *arguments):
    run = subprocess.run(as_user(uid, BIN + "/perfharness", "query", "--format", "json", *arguments),
                         capture_output=True, text=True, cwd="/dev/shm", timeout=900)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)["objects"]


def seen_by(uid):
    """The heaps that a user's query shows."""
    heaps, = [o for o in query(uid) if o["name"] == "Custom Heap"]
    return sorted(i["name"].split(":", 2)[2] for i in heaps["instances"] if i["name"] != "_Total")


def files_of(uid):
    folder = f"/dev/shm/heapctrs-{uid}"
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return [os.path.join(folder, name) for name in names if not name.endswith(".private")]


root, user = publish(ROOT, "of root"), publish(USER, "of user")
tap.equal(seen_by(ROOT), ["of root", "of user"], "root sees everybody's heaps")
tap.equal(seen_by(USER), ["of root", "of user"], "who has no rights sees those that are readable")
shut = publish(OTHER, "of other", umask=0o077)
tap.equal(seen_by(OTHER), ["of other", "of root", "of user"], "a user's umask keeps nothing from him")
tap.equal(seen_by(USER), ["of root", "of user"], "but all of it from others")
tap.equal(seen_by(ROOT), ["of other", "of root", "of user"], "and nothing from root")
for path in files_of(ROOT):
    os.chmod(path, 0o400)
tap.equal(seen_by(USER), ["of user"], "a region that its owner has made private is not seen")
tap.equal(seen_by(ROOT), ["of other", "of root", "of user"], "except by those who may read it")
for path in files_of(ROOT):
    os.chmod(path, 0o444)
for publisher in (root, shut):
    publisher.end()

run = tap.run(as_user(USER, "sh", "-c", "ln -s /etc/passwd /dev/shm/heapctrs-0/x.region; "
                      "touch /dev/shm/heapctrs-0/1-1.region"))
tap.equal(files_of(ROOT), [], "no user's file is in another user's directory")



def forge(process_id, owner):
    """A complete, locked region that claims to be that process's. Returns what holds its lock."""
    with open(own, "rb") as file:
        data = bytearray(file.read())
    # 19: the start time among the fields after the name. 20, 64: process_id and process_start, and the first of
    # heap_offsets, of struct region_header. 192, 194: name_length and name of struct region_heap.
    with open(f"/proc/{process_id}/stat", encoding="utf-8") as file:
        start = int(file.read().rpartition(")")[2].split()[19])
    name = f"x:{process_id}:forged".encode("utf-16-le")
    struct.pack_into("<IQ", data, 20, process_id, start)
    heap, = struct.unpack_from("<Q", data, 64)
    struct.pack_into("<H", data, heap + 192, len(name) // 2)
    data[heap + 194:heap + 194 + len(name)] = name
    path = os.path.join(os.path.dirname(own), f"{process_id}-1.region")
    file = open(path, "w+b", buffering=0)
    file.write(data)
    os.fchown(file.fileno(), owner, owner)
    fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 0, 0))  # F_OFD_SETLK
    return file


own, = files_of(USER)
with forge(user.pid, USER):
    tap.equal(seen_by(ROOT), ["forged", "of user"], "a user can forge a region of his own processes")
os.remove(files_of(USER)[0] if files_of(USER)[0] != own else files_of(USER)[1])
with forge(os.getpid(), USER):
    tap.equal(seen_by(ROOT), ["of user"], "but none of another user's process")
    tap.equal(seen_by(OTHER), ["of user"], "for every user")
os.remove(os.path.join(os.path.dirname(own), f"{os.getpid()}-1.region"))

# A private file that names a process of root, but belongs to USER. Root could open it, and must not believe it.
forged = os.path.join(os.path.dirname(own), f"{os.getpid()}-1.private")
with open(forged, "w+b", buffering=0) as file:
    file.write(b"forged" * 1000)
    os.fchmod(file.fileno(), 0o600)
    os.fchown(file.fileno(), USER, USER)
    fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 0, 0))
    run = tap.run([BIN + "/perfharness", "heaps", "profile", str(os.getpid())])
    tap.equal(run.status, 3, "nor a profile of one")
    tap.like(run.stderr, "has no profile", "for root")
os.remove(forged)
user.end()

# Directories with the names of users, made by other users.
shutil.rmtree("/dev/shm/heapctrs-0", ignore_errors=True)
shutil.rmtree(f"/dev/shm/heapctrs-{OTHER}", ignore_errors=True)
for uid in (ROOT, OTHER):
    os.mkdir(f"/dev/shm/heapctrs-{uid}", 0o777)
    os.chmod(f"/dev/shm/heapctrs-{uid}", 0o777)
    os.chown(f"/dev/shm/heapctrs-{uid}", USER, USER)
root = publish(ROOT, "trapped")
tap.equal(files_of(ROOT), [], "a user does not publish in a directory that another user made")
tap.equal(seen_by(ROOT), ["trapped"], "he publishes in one of another name, which is read")
tap.ok(os.path.isdir("/dev/shm/heapctrs-0.1"), "the name has a number")
root.end()
os.rmdir("/dev/shm/heapctrs-0")
os.symlink(f"/dev/shm/heapctrs-{USER}", "/dev/shm/heapctrs-0")
root = publish(ROOT, "trapped")
tap.equal([n for n in files_of(USER) if os.stat(n).st_uid == ROOT], [],
          "a link in the place of one's directory is not followed")
root.end()

os.environ["HEAPCTRS_DIR"] = "/dev/shm"
root, user = publish(ROOT, "of root"), publish(USER, "of user")
tap.equal(seen_by(OTHER), ["of root", "of user"],
          "in a directory that all share, as /tmp, each has his own files")
root.end()
user.end()
del os.environ["HEAPCTRS_DIR"]

root = publish(ROOT, "of root")
objects = {o["name"]: o for o in query(USER, "Costly")}
instances = objects["Custom Heap Process"]["instances"]
tap.ok(instances, "what needs rights over a process is asked for without them, and no fault follows")
run = subprocess.run(as_user(USER, BIN + "/perfharness", "check", BIN + "/heapctrs.so", "--time", "3"),
                     capture_output=True, text=True, cwd="/dev/shm", timeout=900)
tap.equal(run.returncode, 0, "the provider keeps every rule for who has no rights")
tap.diag(run.stdout[-300:])
root.end()
tap.done()
