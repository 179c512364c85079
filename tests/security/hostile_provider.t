#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# needs: asan
"""A provider that attacks the harness through the memory that its process shares with it. The harness
survives and ends in time. (With BUILD=build/asan the reports of sanitizers on the provider's process do not
matter; a report on the harness itself makes the status 99.)"""
import os
import subprocess
import sys

sys.path.insert(0, "tests")
import tap  # noqa: E402

# Find the shared memory among the process's own mappings; the attack follows.
COMMON = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "provider_exchange.h"
static unsigned char *shared[16];
static size_t sizes[16];
static int count;
static unsigned char *payload; /* the mapping after the header: the buffers */
static struct exchange *exchange; /* the header */
static void find(void)
{
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    count = 0;
    while (maps && fgets(line, sizeof(line), maps)) {
        unsigned long begin, end, offset;
        if (count < 16 && strstr(line, "memfd:provider-process") &&
            sscanf(line, "%lx-%lx %*s %lx", &begin, &end, &offset) == 3) {
            if (offset)
                payload = (unsigned char *)begin;
            else
                exchange = (struct exchange *)begin;
            shared[count] = (unsigned char *)begin;
            sizes[count++] = end - begin;
        }
    }
    if (maps)
        fclose(maps);
}
static void fill(int value)
{
    find();
    for (int i = 0; i < count; i++)
        for (size_t at = 0; at < sizes[i]; at++)
            shared[i][at] = value < 0 ? (unsigned char)rand() : (unsigned char)value;
}
/* All but each slot's state, which says that the call is over: the words are kept that are small. */
static void spoil(uint64_t value)
{
    find();
    for (int i = 0; i < count; i++)
        for (size_t at = 0; at + 8 <= sizes[i]; at += 8) {
            uint64_t word;
            memcpy(&word, shared[i] + at, 8);
            if (word > 2)
                memcpy(shared[i] + at, &value, 8);
        }
}
static void *always(void *spoiler)
{
    for (;;) {
        ((void (*)(void))spoiler)();
        usleep(200);
    }
}
static void cut(void)
{
    char path[64], target[256];
    for (int file = 0; file < 64; file++) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
        ssize_t length = readlink(path, target, sizeof(target) - 1);
        if (length > 0 && (target[length] = 0, strstr(target, "memfd:provider-process")))
            (void)!ftruncate(file, 0);
    }
}
/* Where the buffer of this call is said to lie: in memory that only this process has. */
static void aim(uint64_t buffer_size)
{
    static unsigned char space[1 << 20];
    find();
    for (int i = 0; i < count; i++)
        for (size_t at = 0; at + 16 <= sizes[i] && shared[i] != payload; at += 8) {
            uint64_t words[2];
            memcpy(words, shared[i] + at, 16);
            if (words[1] == buffer_size && words[0] % 16 == 0 && words[0] < 4096) {
                words[0] = (uint64_t)(uintptr_t)space - (uint64_t)(uintptr_t)payload;
                memcpy(shared[i] + at, words, 8);
            }
        }
}
/* The main thread is no longer woken by the parent; this thread answers calls in its place. */
static void sleep_for_ever(int signal)
{
    (void)signal;
    for (;;)
        pause();
}
static void *answer_all(void *nothing)
{
    (void)nothing;
    find();
    signal(SIGUSR1, sleep_for_ever);
    syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
    for (;;)
        for (int i = 0; i < PROVIDER_THREADS; i++)
            if (exchange->slots[i].state == EXCHANGE_ASKED) {
                memset(&exchange->slots[i].observation, 0, sizeof(exchange->slots[i].observation));
                exchange->slots[i].state = EXCHANGE_DONE;
                send(3, "", 1, MSG_DONTWAIT);
            }
}
/* What this call was to be is changed, and then it never comes back. */
static void change_order(void)
{
    find();
    for (int i = 0; i < PROVIDER_THREADS; i++)
        exchange->slots[i].order.call.repeat = UINT32_MAX;
    for (;;)
        pause();
}
static void any_words(void)
{
    static uint64_t words[] = { UINT64_MAX, 1, 1ull << 40, 0x7fffffff, 4096, 1ull << 63 };
    spoil(words[rand() % 6]);
}
/* Only what the harness reads of a call that is over, or has failed. */
static void fill_words(void *data, size_t size)
{
    static uint64_t words[] = { UINT64_MAX, 1, 0, 1ull << 40, 0x7fffffff, 4096, 1ull << 63 };
    uint64_t *at = data;
    for (size_t i = 0; i < size / 8; i++)
        at[i] = rand() % 8 == 7 ? (uint64_t)rand() << 33 ^ (uint64_t)rand() : words[rand() % 7];
}
static void any_answer(void)
{
    find();
    for (int i = 0; i < PROVIDER_THREADS; i++)
        fill_words(&exchange->slots[i].observation, sizeof(exchange->slots[i].observation));
    fill_words(&exchange->fault, sizeof(exchange->fault));
    exchange->fault_count = (uint32_t)rand() % 2;
}
unsigned O(const void *c) { (void)c; AT_OPEN; return 0; }
unsigned C(const void *q, void **d, unsigned *s, unsigned *n)
{
    (void)q;
    AT_COLLECT;
    if (*s < 64)
        return 234;
    memset(*d, 64, 64);
    *d = (char *)*d + 64;
    *s = 64;
    *n = 1;
    return 0;
}
unsigned E(void) { return 0; }
"""
INCLUDES = ["-Iinclude", *(f"-Iharness/{name}" for name in ("child", "registration", "v2", "perfdata", "text")),
            "-Iprovider/os"]
ONCE = "static int begun; pthread_t t; if (!begun++) pthread_create(&t, NULL, %s)"
THREAD = ONCE % "always, (void *)%s"
ATTACKS = [
    ("fills it with 0xFF", "", "fill(0xFF)"),
    ("fills it with zeros", "", "fill(0)"),
    ("fills it with anything", "", "fill(-1)"),
    ("makes every number huge", "", "spoil(UINT64_MAX)"),
    ("makes every offset far", "", "spoil((uint64_t)1 << 40)"),
    ("says that its answer is elsewhere", "", "aim(*s)"),
    ("cuts it off", "", "cut()"),
    ("cuts it off at once", "cut()", ""),
    ("changes it all the time", THREAD % "any_words", ""),
    ("changes it at each call", "any_words()", "any_words()"),
    ("changes all answers", "", THREAD % "any_answer"),
    ("changes what it was asked and never comes back", "", "change_order()"),
    ("answers in the harness's place", "", ONCE % "answer_all, NULL"),
]

for name, at_open, at_collect in ATTACKS:
    source = os.path.join(tap.TMP, "attack.c")
    library = os.path.join(tap.TMP, "attack.so")
    with open(source, "w", encoding="utf-8") as file:
        file.write(COMMON.replace("AT_OPEN", at_open).replace("AT_COLLECT", at_collect))
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-w", *INCLUDES, "-o", library, source],
                   check=True)
    run = tap.run([tap.BUILD + "/perfharness", "check", library, "--open", "O", "--collect", "C",
                   "--close", "E", "--time", "1"], timeout=900, env={"ASAN_OPTIONS": "detect_leaks=0:exitcode=99"})
    tap.ok(run.status in (0, 1, 2, 3),
           f"a provider that {name} does not harm the harness", f"status {run.status}",
           run.stderr[-3000:], run.stdout[-300:])
    if "never comes back" in name:
        tap.like(run.stdout, "heap-damage", "it is not waited for until its time is up")
    tap.diag((run.stdout + run.stderr)[-160:])
tap.done()
