#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
# variants: native
"""When the preload library asks an allocator for its figures: an allocator of the test's own answers mallctl as
jemalloc does, and ends the program if it is asked within itself, in a signal handler during one of its calls, or
in a child of a process with threads. And what asking costs the program's own counts: nothing."""
import json
import os
import subprocess
import sys

sys.path.insert(0, "tests")
import tap

PROGRAM = os.path.join(tap.BUILD, "perfharness")
PRELOAD = os.path.abspath(os.path.join(tap.BUILD, "libheaptracker-preload.so"))
ENV = {**os.environ, "HEAPCTRS_DIR": os.path.join(tap.TMP, "regions")}


def build(name, text, *words):
    source, output = (os.path.join(tap.TMP, name + end) for end in (".c", ""))
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    subprocess.run(["gcc", "-O1", "-fno-builtin", *words, source, "-o", output, "-lpthread"], check=True)
    return output


ALLOCATOR = build("allocator.so", r"""
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);
static __thread int inside, depth;
static volatile int first_process;
volatile long asked, nested;   /* how often it was asked, and how often a call was made within one */
int interrupts;                /* raise a signal within malloc */
int calls_itself;              /* call the program's malloc within malloc */

static void check(void)
{
    static const char text[] = "asked within itself or in a child\n";
    if (!first_process)
        first_process = getpid();
    if (!inside && getpid() == first_process)
        return;
    write(2, text, sizeof(text) - 1);
    _exit(9);
}

void *malloc(size_t size)
{
    inside++;
    if (depth == 0 && (interrupts || calls_itself)) {
        depth++;
        nested++;
        if (interrupts)
            raise(SIGUSR1);
        if (calls_itself) {
            extern void *program_malloc(size_t) __attribute__((weak));
            extern void program_free(void *) __attribute__((weak));
            if (program_malloc)
                program_free(program_malloc(70000));
        }
        depth--;
    }
    void *block = __libc_malloc(size);
    inside--;
    return block;
}
void *calloc(size_t n, size_t m) { return __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { return __libc_realloc(p, n); }
void *memalign(size_t a, size_t n) { return __libc_memalign(a, n); }
void free(void *p) { inside++; __libc_free(p); inside--; }
size_t malloc_usable_size(void *p) { return p ? (((size_t *)p)[-1] & ~(size_t)15) - 8 : 0; }

int mallctl(const char *name, void *old, size_t *size, void *new, size_t new_size)
{
    static const struct { const char *name; size_t value; } figures[] = {
        { "arenas.page", 4096 }, { "stats.resident", 1 << 30 }, { "stats.metadata", 1 << 20 },
        { "stats.allocated", 300 << 20 }, { "stats.arenas.4096.tcache_bytes", 5 << 20 },
        { "stats.arenas.4096.pdirty", 1000 },
    };
    (void)new, (void)new_size;
    check();
    if (strcmp(name, "epoch") == 0) {
        asked++;
        return 0;
    }
    for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
        if (strcmp(name, figures[i].name) == 0 && *size == sizeof(size_t)) {
            memcpy(old, &figures[i].value, sizeof(size_t));
            return 0;
        }
    return 2;
}
""", "-shared", "-fPIC")

WORKER = build("worker", r"""
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
extern volatile long asked __attribute__((weak)), nested __attribute__((weak));
extern int interrupts __attribute__((weak)), calls_itself __attribute__((weak));
static void *volatile kept;
void *program_malloc(size_t size) { return malloc(size); }
void program_free(void *block) { free(block); }
static void churn(int count) { for (int i = 0; i < count; i++) { kept = malloc(70000); free(kept); } }
static void on_signal(int number) { (void)number; churn(3); }
static void *wait_for_ever(void *unused) { (void)unused; for (;;) pause(); }
int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    char line[16];
    pthread_t thread;
    int turns = 0;
    setvbuf(stdin, NULL, _IONBF, 0);
    setvbuf(stdout, NULL, _IONBF, 0);
    signal(SIGUSR1, on_signal);
    churn(10);
    if (strcmp(what, "signal") == 0)
        interrupts = 1;
    if (strcmp(what, "within") == 0)
        calls_itself = 1;
    if (strcmp(what, "threads") == 0)
        pthread_create(&thread, NULL, wait_for_ever, NULL);
    printf("ready\n");
    while (fgets(line, sizeof(line), stdin)) {
        churn(2000);
        if (strcmp(what, "threads") == 0 || strcmp(what, "vfork") == 0) {
            pid_t child = strcmp(what, "threads") == 0 ? fork() : vfork();
            if (child == 0) {
                /* The first one lives long enough for a refresh without a request. */
                for (time_t end = time(NULL) + 3; !turns && what[0] == 't' && time(NULL) < end;)
                    churn(100);
                churn(2000);
                _exit(0);
            }
            int status;
            waitpid(child, &status, 0);
            if (status)
                return 8;
        }
        turns++;
        printf("%ld\n", &asked ? asked : 0);
    }
    return &nested && (interrupts || calls_itself) && nested < 1000 ? 7 : 0;
}
""", "-rdynamic")


def heaps(pid):
    run = subprocess.run([PROGRAM, "heaps", "--pid", str(pid), "--format", "json"], capture_output=True, text=True, env=ENV)
    return json.loads(run.stdout)["heaps"][0]


class Worker:
    def __init__(self, what, *preload):
        self.process = subprocess.Popen([WORKER, what], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, bufsize=1,
                                        env={**ENV, "LD_PRELOAD": " ".join([PRELOAD, *preload])})
        self.process.stdout.readline()
        self.pid = self.process.pid

    def turn(self):
        """How often the allocator has been asked after 2,000 more events."""
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        line = self.process.stdout.readline()
        return int(line) if line else None

    def explain(self):
        """Turns go on until explain has its answer, so that there are events."""
        run = subprocess.Popen([PROGRAM, "heaps", "explain", str(self.pid), "--seconds", "1", "--format", "json"],
                               stdout=subprocess.PIPE, text=True, env=ENV)
        while run.poll() is None:
            if self.turn() is None:
                break
        return json.loads(run.stdout.read() or "{}")

    def stop(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended
        errors = self.process.stderr.read()
        return self.process.wait(), errors


for what, name in (("", "between its calls"), ("signal", "with signals within its calls"),
                   ("within", "with calls of malloc within its calls"),
                   ("threads", "with children of a process with threads"), ("vfork", "with children of vfork")):
    worker = Worker(what, ALLOCATOR)
    before = worker.turn()
    answer = worker.explain()
    after = worker.turn()
    row = heaps(worker.pid) if after is not None else {}
    status, errors = worker.stop()
    tap.equal((status, errors), (0, ""), f"the allocator is never asked where it must not be: {name}")
    # A program that is always within the allocator when it could ask is not asked at all.
    tap.ok(after is not None and (after > before or what in ("signal", "within")), f"but it is asked: {name}", before, after)
    if what == "":
        # What mallctl above answers: 1,000 dirty pages of 4,096 bytes can be released; free is what is resident,
        # less 300 MiB of blocks and 1 MiB of metadata.
        tap.equal([row.get(key) for key in ("allocator", "allocator_held_bytes", "allocator_cached_bytes",
                                            "allocator_releasable_bytes", "allocator_free_bytes")],
                  ["jemalloc", 1 << 30, 5 << 20, 4096000, (1 << 30) - (301 << 20)], "its answers are published")
        tap.equal(answer.get("allocator", {}).get("name"), "jemalloc", "and explained")

# ---- glibc, whose arenas are listed on request --------------------------------------------------------
worker = Worker("")
worker.turn()
before = heaps(worker.pid)
turns = 0
run = subprocess.Popen([PROGRAM, "heaps", "explain", str(worker.pid), "--seconds", "1", "--format", "json"],
                       stdout=subprocess.PIPE, text=True, env=ENV)
while run.poll() is None:
    worker.turn()
    turns += 1
answer = json.loads(run.stdout.read())
after = heaps(worker.pid)
tap.equal(before["allocator_arenas"], None, "glibc: arenas are not known before a reader asks")
tap.equal((after["allocator"], after["allocator_arenas"], answer["allocator"]["arenas"]), ("glibc", 1, 1),
          "and are after it")
tap.equal([after[key] - before[key] for key in ("allocation_count", "free_count", "lost_count")], [2000 * turns, 2000 * turns, 0],
          "what asking allocates is not counted as the program's")
later = after
while later["allocator_time"] == after["allocator_time"]:
    worker.turn()
    later = heaps(worker.pid)
tap.equal([later[key] for key in ("allocator_arenas", "allocator_free_elsewhere_bytes")],
          [after[key] for key in ("allocator_arenas", "allocator_free_elsewhere_bytes")],
          "they stay known when the allocator is asked again without a request")
worker.stop()
tap.done()
