/* SPDX-License-Identifier: MIT
 *
 * Finds the words on a stack that may be return addresses into the provider's code. The trap calls it
 * in the thread that failed: it allocates nothing and takes no lock.
 */
#ifndef STACK_SCAN_H
#define STACK_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "provider_observation.h"

struct stack_scan {
    uintptr_t stack;        /* the stack pointer at the fault */
    uintptr_t library;      /* the address of the provider's library */
    bool is_provider_fault; /* the fault happened in the provider's own code */

    /** Read words without the risk of a fault. Returns how many could be read. */
    size_t (*read_words)(uintptr_t from, uintptr_t *words, size_t count);
    /** Whether an address and the 8 bytes before it are code of the provider. */
    bool (*is_code)(uintptr_t address);
};

/**
 * Add the return addresses to a fault. If the fault happened in foreign code, the first one is its
 * caller. provider_answers.c decides which of the others are callers.
 */
void stack_scan_find_callers(const struct stack_scan *scan, struct provider_fault *fault);

#endif /* STACK_SCAN_H */
