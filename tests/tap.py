# SPDX-License-Identifier: MIT
"""TAP for tests written in Python. From a script tests/AREA/NAME.t:
    import sys
    sys.path.insert(0, "tests")
    import tap

    run = tap.run([tap.BUILD + "/perfharness", "query", "--format", "json"])
    tap.equal(run.status, 0, "a query of a good provider succeeds")
    tap.like(run.stdout, r"Custom Heap", "it shows the object")
    tap.done()

Each function that takes a name is one test; the name is the sentence that it proves. tap.TMP is a folder
of the test, which is removed at its end."""
import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

BUILD = os.environ.get("BUILD", "build/native")
TMP = tempfile.mkdtemp(prefix="tap.")
atexit.register(shutil.rmtree, TMP, ignore_errors=True)

_count = 0
_failed = 0


def diag(text):
    for line in str(text).splitlines():
        print("# " + line)
    sys.stdout.flush()


def ok(condition, name, *diagnosis):
    """One test: it passes if the condition holds."""
    global _count, _failed
    _count += 1
    if not condition:
        _failed += 1
    print(f"{'ok' if condition else 'not ok'} {_count} - {name}")
    if not condition:
        for text in diagnosis:
            diag(text)
    sys.stdout.flush()
    return bool(condition)


def equal(got, expected, name):
    return ok(got == expected, name, f"got:      {got!r}", f"expected: {expected!r}")


def unequal(got, unexpected, name):
    return ok(got != unexpected, name, f"got just that: {got!r}")


def like(text, pattern, name):
    """The regular expression matches somewhere in the text (^ and $ match at each line)."""
    found = re.search(pattern, text, re.M) is not None
    return ok(found, name, f"got: {text}", f"does not match: {pattern}")


def unlike(text, pattern, name):
    found = re.search(pattern, text, re.M) is not None
    return ok(not found, name, f"got: {text}", f"matches: {pattern}")


def skip(name, reason):
    """One test that cannot be run here."""
    global _count
    _count += 1
    print(f"ok {_count} - {name} # SKIP {reason}")
    sys.stdout.flush()


def prove(test):
    """Run a function as one test. The first line of its documentation is the sentence that it proves; it fails
    by an exception, and is skipped by returning the reason."""
    name = test.__doc__.strip().splitlines()[0].rstrip(".")
    try:
        reason = test()
    except Exception:
        ok(False, name, traceback.format_exc())
        return
    if isinstance(reason, str):
        skip(name, reason)
    else:
        ok(True, name)


def skip_all(reason):
    """The whole script cannot be run here."""
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


class Run:
    """The result of a command: status (negative: the signal), stdout and stderr as text and as bytes."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err
        self.stdout = out.decode("utf-8", "replace").replace("\r\n", "\n")
        self.stderr = err.decode("utf-8", "replace").replace("\r\n", "\n")


def run(command, timeout=900, env=None, stdin=b""):
    """Run a command to its end; `env` is added to the environment."""
    # Files instead of pipes: a service that Wine starts would keep a pipe open after the end.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        done = subprocess.run(
            [str(word) for word in command],
            input=stdin,
            stdout=out,
            stderr=err,
            timeout=timeout,
            env=dict(os.environ, **(env or {})),
        )
        out.seek(0)
        err.seek(0)
        return Run(done.returncode, out.read(), err.read())


def why_not_native():
    """Why the native perfharness cannot start here: it was linked with a newer C library (scripts/wine-matrix has
    older systems). None if that is not so."""
    if "GLIBC_" not in run(["build/native/perfharness", "--version"]).stderr:
        return None
    return "the native perfharness needs a newer C library than there is here"


NOBODY = 65534


def as_user(*command, uid=NOBODY):
    """A command for a test of permissions: if we are root, it is run by a user without rights."""
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--", *command]


def public_folder(*files):
    """A folder that every user may enter and that the user of as_user owns, with copies of the files."""
    folder = tempfile.mkdtemp(prefix="tap.", dir="/tmp")  # TMPDIR may be another user's
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.chmod(folder, 0o755)
    for file in files:
        os.chmod(shutil.copy(file, folder), 0o755)
    if os.geteuid() == 0:
        for path in [folder, *(os.path.join(folder, name) for name in os.listdir(folder))]:
            os.chown(path, NOBODY, NOBODY)
    return folder


def done():
    """Print the plan. Call this at the end: a script that ends without it has failed."""
    print(f"1..{_count}")
    sys.stdout.flush()
    sys.exit(1 if _failed else 0)


def _unexpected(kind, value, trace):
    print("Bail out! " + "".join(traceback.format_exception_only(kind, value)).strip())
    sys.stdout.flush()
    traceback.print_exception(kind, value, trace)


sys.excepthook = _unexpected
