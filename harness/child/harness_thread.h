/* SPDX-License-Identifier: MIT
 *
 * Threads for the provider's child, and gates at which they wait.
 */
#ifndef HARNESS_THREAD_H
#define HARNESS_THREAD_H

#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** A gate lets one thread pass for each time that it is opened. */
struct harness_gate {
    void *os_gate;
};

DWORD harness_thread_gate_init(struct harness_gate *gate);
void harness_thread_gate_open(struct harness_gate *gate);
void harness_thread_gate_wait(struct harness_gate *gate);

/** Most threads that one process can start in all; chosen, twice PROVIDER_THREADS. */
#define HARNESS_THREADS 32

/**
 * Start a thread. It is never joined.
 *
 * @param ended  called with `context`, in that thread or another, if the thread ends before `run`
 *               returns: by ExitThread, pthread_exit, or the system
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD harness_thread_start(void (*run)(void *context), void (*ended)(void *context), void *context);

#endif /* HARNESS_THREAD_H */
