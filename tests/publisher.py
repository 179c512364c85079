# SPDX-License-Identifier: MIT
"""scripted_publisher as an object, for tests of every kind. With "tests" in sys.path:

    from publisher import Publisher

    publisher = Publisher()
    publisher("open pool")              # a command of the program, and its result
    publisher("allocate 0 4096 100")
    publisher.end()
"""
import os
import subprocess

import tap


class Publisher:
    """A process that publishes the heaps that its commands open.

    heap     if given, a heap of this name with one block of 100 bytes is opened at once
    wrapper  words before the program: wine, setpriv, unshare, valgrind …
    program  another copy of it, or that of another build
    env      is added to the environment
    options  of subprocess.Popen
    """

    def __init__(self, heap=None, wrapper=(), program=None, env=None, **options):
        program = os.path.abspath(program or f"{tap.BUILD}/programs/scripted_publisher")
        self.process = subprocess.Popen([*wrapper, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env={**os.environ, **(env or {})}, **options)
        self.pid = self.process.pid
        if heap is not None:
            self(f"open {heap}")
            self("allocate 0 4096 100")

    def send(self, command):
        """Begin a command without waiting for its result."""
        line = command if isinstance(command, bytes) else command.encode("utf-8", "surrogatepass")
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def __call__(self, command):
        """Run a command, text or bytes, and return its result: 0, or an error."""
        self.send(command)
        return int(self.process.stdout.readline())

    def name(self, heap):
        """The name of the instance of a heap."""
        return f"scripted_publisher:{self.pid}:{heap}"

    def end(self):
        """Let it close its heaps and end; its exit status."""
        self.process.stdin.close()
        return self.process.wait(timeout=900)

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=900)
