/* SPDX-License-Identifier: MIT
 *
 * One step of a walk: from the registers in a function to those in its caller, by a row of .eh_frame. It reads
 * only the part of the stack that the walk has not passed yet.
 */
#ifndef UNWIND_STEP_H
#define UNWIND_STEP_H

#include <stdbool.h>
#include <stdint.h>

#define UNWIND_LEAST_PC ((uintptr_t)4096) /* no code is in the first page */

struct unwind_registers {
    uintptr_t pc, stack, base;
};

/* A sanitizer would see the red zones between the variables of a frame. The fuzz target, whose stack has none,
   defines this as nothing. */
#ifndef UNWIND_STEP_UNCHECKED
#define UNWIND_STEP_UNCHECKED __attribute__((no_sanitize("address")))
#endif

static inline UNWIND_STEP_UNCHECKED uintptr_t unwind_word(uintptr_t address)
{
    return *(const volatile uintptr_t *)address;
}

/**
 * Go to the caller.
 *
 * @param is_of_rbp   whether cfa_offset is added to rbp; otherwise to rsp
 * @param cfa_offset  bytes from there to the caller's stack pointer
 * @param saved       bytes below the caller's stack pointer where its rbp is; 0: it is still in rbp
 * @param end         the end of what may be read of the stack
 * @return false if the walk ends: `at` may have changed
 */
static inline bool unwind_step(struct unwind_registers *at, bool is_of_rbp, uintptr_t cfa_offset,
                               uintptr_t saved, uintptr_t end)
{
    const uintptr_t cfa = (is_of_rbp ? at->base : at->stack) + cfa_offset;

    if (cfa <= at->stack || cfa - at->stack < 8 || cfa % 8 != 0 || cfa > end)
        return false;
    if (saved) {
        if (saved > cfa - at->stack || saved < 8)
            return false;
        at->base = unwind_word(cfa - saved);
    }
    at->pc = unwind_word(cfa - 8);
    at->stack = cfa;
    return at->pc >= UNWIND_LEAST_PC;
}

#endif /* UNWIND_STEP_H */
