#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
# alone
"""Publishers that are killed at random, that fork, or that are hostile, while consumers collect; some
consumers are killed, too. `make storm STORM_SECONDS=60` runs it at length; here it is short."""
import os
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, "tests")
import tap  # noqa: E402

LONG = "STORM_SECONDS" in os.environ
SECONDS = float(os.environ.get("STORM_SECONDS", 3))
PROGRAMS = tap.BUILD + "/programs/"
LIBRARY = os.path.abspath(tap.BUILD + "/heapctrs.so")
choice = random.Random(int(os.environ.get("STORM_SEED", 1)))


class Storm:
    """A folder of regions, the processes in it, and how they ended."""

    def __init__(self, name, uid=None):
        self.folder = os.path.join(tap.TMP, name)
        os.mkdir(self.folder, 0o755)
        self.marks = self.folder + ".marks"
        self.environment = dict(os.environ, HEAPCTRS_DIR=self.folder)
        self.publishers, self.consumers = [], []
        self.started = self.killed = self.killed_consumers = 0
        self.reports = []
        self.witness = self.publish("witness", stdout=subprocess.PIPE)
        self.witness.stdout.readline()

    def start(self, program, *arguments, **options):
        return subprocess.Popen([PROGRAMS + program, *arguments], env=self.environment, text=True,
                                stdin=subprocess.DEVNULL, **options)

    def publish(self, kind, **options):
        self.started += 1
        return self.start("storm_publisher_posix", self.marks, kind, **options)

    def attack(self):
        self.started += 1
        return self.start("hostile_publisher_posix", self.marks, str(choice.randrange(1 << 30)))

    def consume(self):
        return self.start("storm_consumer_posix", LIBRARY, self.marks, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)

    def rage(self, kinds, publishers, consumers, seconds):
        """Keep that many of each running, and kill some at random."""
        end = time.monotonic() + seconds
        self.consumers = [self.consume() for _ in range(consumers)]
        while time.monotonic() < end:
            self.publishers = [p for p in self.publishers if p.poll() is None]
            while len(self.publishers) < publishers:
                kind = choice.choice(kinds)
                self.publishers.append(self.attack() if kind == "hostile" else self.publish(kind))
            for _ in range(choice.randrange(6)):
                choice.choice(self.publishers).kill()
                self.killed += 1
            if choice.random() < 0.05:
                at = choice.randrange(consumers)
                self.consumers[at].kill()
                self.consumers[at].communicate()
                self.consumers[at] = self.consume()
                self.killed_consumers += 1
            time.sleep(choice.random() / 10)
        for publisher in self.publishers:
            publisher.kill()
            publisher.wait()
        # They are informed first, so that the end of the witness is not a fault.
        for consumer in self.consumers:
            consumer.send_signal(signal.SIGTERM)
        self.witness.kill()
        self.witness.wait()
        for consumer in self.consumers:
            self.reports.append((*consumer.communicate(timeout=900), consumer.returncode))
        # Files that a publisher had not finished when it was killed are removed by the next reader.
        subprocess.run([tap.BUILD + "/perfharness", "heaps"], env=self.environment,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=900)

    def judge(self, name):
        bad = [f"status {status}: {out}{err}" for out, err, status in self.reports if status]
        tap.equal(bad, [], name)
        for out, _, _ in self.reports[:4]:
            tap.diag(out.strip())
        tap.diag(f"{self.started} publishers, {self.killed} of them killed; "
                 f"{self.killed_consumers} consumers killed")


storm = Storm("killed")
storm.rage(["busy", "threads", "short"], 64 if LONG else 24, 16 if LONG else 6, SECONDS)
storm.judge("publishers that are killed at random leave no torn figure and no stale instance")
tap.equal(os.listdir(storm.folder), [], "nor a file")

storm = Storm("forks")
storm.rage(["forks", "forks", "busy"], 12, 4, SECONDS)
storm.judge("nor do those that fork children who allocate, and become other programs, exit or die")
tap.equal(os.listdir(storm.folder), [], "whose files go with them, too")

storm = Storm("hostile")
storm.rage(["hostile", "hostile", "busy"], 12, 8, SECONDS)
storm.judge("hostile publishers harm no consumer and touch no other heap's figures")
tap.done()
