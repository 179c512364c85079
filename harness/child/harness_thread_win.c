/* SPDX-License-Identifier: MIT
 *
 * harness_thread.h for Windows and Wine.
 */
#include "harness_thread.h"

#include <stdbool.h>
#include <stdlib.h>

#define RETURNED 0x52455455 /* exit code of a thread whose function returned */

struct start {
    void (*run)(void *context);
    void *context;
};

/* Threads, and the thread that watches them: a thread can end without calling anything of ours. */
struct watched {
    HANDLE thread;
    void (*ended)(void *context);
    void *context;
};

static struct watched watched[HARNESS_THREADS];
static LONG watched_count;
static HANDLE watched_changed;

DWORD harness_thread_gate_init(struct harness_gate *gate)
{
    gate->os_gate = CreateSemaphoreW(NULL, 0, 0x7FFFFFFF, NULL);
    return gate->os_gate ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

void harness_thread_gate_open(struct harness_gate *gate)
{
    ReleaseSemaphore(gate->os_gate, 1, NULL);
}

void harness_thread_gate_wait(struct harness_gate *gate)
{
    WaitForSingleObject(gate->os_gate, INFINITE);
}

static DWORD WINAPI run_thread(LPVOID context)
{
    struct start start = *(struct start *)context;

    free(context);
    start.run(start.context);
    return RETURNED;
}

static DWORD WINAPI watch(LPVOID unused)
{
    HANDLE handles[HARNESS_THREADS + 1] = { watched_changed };
    bool is_over[HARNESS_THREADS] = { false };

    (void)unused;
    for (;;) {
        DWORD count = 1;
        LONG numbers[HARNESS_THREADS + 1] = { -1 }, all = InterlockedOr(&watched_count, 0);

        for (LONG i = 0; i < all; i++)
            if (!is_over[i]) {
                numbers[count] = i;
                handles[count++] = watched[i].thread;
            }
        DWORD found = WaitForMultipleObjects(count, handles, FALSE, INFINITE);
        if (found == WAIT_FAILED || found >= count)
            /* the provider has closed a handle of ours: only the parent's time-out remains */
            return 0;
        if (found > 0) {
            const struct watched *it = &watched[numbers[found]];
            DWORD code = 0;
            is_over[numbers[found]] = true;
            if (GetExitCodeThread(it->thread, &code) && code != RETURNED)
                it->ended(it->context);
        }
    }
}

/* The first thread also starts the watching one. */
static bool start_watching(void)
{
    if (watched_changed)
        return true;
    watched_changed = CreateEventW(NULL, FALSE, FALSE, NULL);
    HANDLE watcher = watched_changed ? CreateThread(NULL, 0, watch, NULL, 0, NULL) : NULL;
    if (watcher)
        CloseHandle(watcher);
    return watcher != NULL;
}

DWORD harness_thread_start(void (*run)(void *context), void (*ended)(void *context), void *context)
{
    if (watched_count == HARNESS_THREADS || !start_watching())
        return ERROR_NOT_ENOUGH_MEMORY;

    struct start *start = malloc(sizeof(*start));

    if (!start)
        return ERROR_NOT_ENOUGH_MEMORY;
    start->run = run;
    start->context = context;
    HANDLE thread = CreateThread(NULL, 0, run_thread, start, 0, NULL);
    if (!thread) {
        free(start);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    watched[watched_count] = (struct watched){ thread, ended, context };
    InterlockedIncrement(&watched_count);
    SetEvent(watched_changed);
    return ERROR_SUCCESS;
}
