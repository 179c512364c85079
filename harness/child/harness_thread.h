/* SPDX-License-Identifier: MIT
 *
 * Threads for the provider's child, and gates to hold them at.
 */
#ifndef HARNESS_THREAD_H
#define HARNESS_THREAD_H

#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** A gate lets one thread through for each time that it was opened. */
struct harness_gate {
    void *os_gate;
};

DWORD harness_gate_init(struct harness_gate *gate);
void harness_gate_open(struct harness_gate *gate);
void harness_gate_wait(struct harness_gate *gate);

/** Threads that can be started in all. */
#define HARNESS_THREADS 32

/**
 * Start a thread; nobody waits for it.
 *
 * @param ended  called with `context`, in that thread or another, when the thread has ended before
 *               `run` returned: by ExitThread, pthread_exit, or the system
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD harness_thread_start(void (*run)(void *context), void (*ended)(void *context), void *context);

#endif /* HARNESS_THREAD_H */
