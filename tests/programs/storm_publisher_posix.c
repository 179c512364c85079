/* SPDX-License-Identifier: MIT
 *
 * An honest publisher of a storm, to be killed at any moment:
 *
 *     storm_publisher_posix MARKS (witness | busy | threads | forks | short)
 *
 * Heap "<n>" has blocks of STORM_BLOCK_SIZE(n) bytes only. `witness` acts as described in
 * storm_marks_posix.h, then sleeps; `threads` works with three threads on one heap; `forks` starts
 * children that work on the heaps that they inherit, and exit, are killed, or become another
 * program; `short` ends by itself soon. They end with their parent.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "heaptracker.h"
#include "storm_marks_posix.h"

enum { HEAPS = 3, SLOTS = 500 };

static volatile unsigned char *marks;
static heap_tracker heaps[HEAPS];
static unsigned numbers[HEAPS];

static void *address(unsigned thread, unsigned slot)
{
    return (void *)(uintptr_t)(0x100000u * (thread + 1) + 16u * slot);
}

static void open_heaps(unsigned first)
{
    for (unsigned i = 0; i < HEAPS; i++) {
        char name[16];

        numbers[i] = first + i;
        snprintf(name, sizeof(name), "%u", numbers[i]);
        heaps[i] = heap_tracker_open(name, NULL);
    }
}

static void rest(unsigned microseconds)
{
    const struct timespec time = { 0, (long)microseconds * 1000 };

    nanosleep(&time, NULL);
}

/* Fill and empty the slots again and again: about a thousand events between pauses. */
static void work(unsigned thread, unsigned rounds)
{
    for (unsigned round = 0; round < rounds; round++) {
        unsigned heap = round % HEAPS;
        unsigned slots = (round * 7 + thread) % SLOTS;

        for (unsigned i = 0; i < slots; i++)
            heap_tracker_allocate(heaps[heap], address(thread, heap * SLOTS + i),
                                  STORM_BLOCK_SIZE(numbers[heap]));
        for (unsigned i = 0; i < slots; i++)
            heap_tracker_free(heaps[heap], address(thread, heap * SLOTS + i));
        rest(2000 + round % 5 * 3000);
    }
}

static void *work_always(void *thread)
{
    work((unsigned)(uintptr_t)thread, UINT32_MAX);
    return NULL;
}

static void work_in_threads(void)
{
    pthread_t thread;

    for (uintptr_t i = 1; i < 3; i++)
        pthread_create(&thread, NULL, work_always, (void *)i);
    work(0, UINT32_MAX);
}

static void child(const char *program, const char *marks_path, unsigned round)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    marks[getpid()] = MARK_HONEST;
    work(5 + round % 3, 1 + round % 4);
    switch (round % 4) {
    case 0:
        execl(program, program, marks_path, "short", (char *)NULL);
        _exit(3);
    case 1:
        _exit(0);
    case 2:
        exit(0);
    default:
        raise(SIGKILL);
    }
}

static void fork_always(const char *program, const char *marks_path)
{
    for (unsigned round = 0;; round++) {
        pid_t process = fork();

        if (process == 0)
            child(program, marks_path, round);
        work(0, 1);
        if (round % 3 == 2) /* so that a few of them live at the same time */
            while (waitpid(-1, NULL, 0) > 0)
                continue;
    }
}

static void witness(void)
{
    heap_tracker heap = heap_tracker_open("witness", NULL);

    for (unsigned i = 0; i < WITNESS_ALLOCATIONS; i++)
        heap_tracker_allocate(heap, address(0, i), STORM_BLOCK_SIZE(WITNESS_HEAP));
    for (unsigned i = 0; i < WITNESS_FREES; i++)
        heap_tracker_free(heap, address(0, i));
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}

int main(int argc, char *argv[])
{
    const char *kind = argc == 3 ? argv[2] : "";

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!*kind) {
        fprintf(stderr, "usage: storm_publisher_posix MARKS (witness|busy|threads|forks|short)\n");
        return 2;
    }
    marks = storm_marks_open(argv[1]);
    marks[getpid()] = MARK_HONEST;
    if (strcmp(kind, "witness") == 0)
        witness();
    bool is_short = strcmp(kind, "short") == 0;
    /* A process that becomes another program keeps its id: its heaps get other names. */
    open_heaps((unsigned)getpid() % 50 + (is_short ? 50 : 0));
    if (strcmp(kind, "threads") == 0)
        work_in_threads();
    else if (strcmp(kind, "forks") == 0)
        fork_always(argv[0], argv[1]);
    else
        work(0, is_short ? 5 : UINT32_MAX);
    return 0;
}
