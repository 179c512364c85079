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

/**
 * Start a thread that runs until `run` returns; nobody waits for it.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD harness_thread_start(void (*run)(void *context), void *context);

#endif /* HARNESS_THREAD_H */
