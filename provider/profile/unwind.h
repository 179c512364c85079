/* SPDX-License-Identifier: MIT
 *
 * Whole call stacks, from within an event: no lock, no memory from malloc, no call of the loader that
 * waits. unwind_posix.c walks by cached rows of .eh_frame, unwind_win.c asks the system.
 */
#ifndef UNWIND_H
#define UNWIND_H

#include <stddef.h>
#include <stdint.h>

#define UNWIND_FRAMES 64u /* at most */

/** What is remembered of a thread's stack between walks; zeroed at first. */
struct unwind_thread {
    uintptr_t stack_begin, stack_end; /* the mapping that its stack pointer was in */
    uint32_t look_count;
};

/** Get ready: may allocate. Call it without any lock. */
void unwind_prepare(void);

/**
 * The return addresses above the caller, innermost first.
 *
 * @param site    a return address where the stack is to begin; if it is not on the stack, or 0, the
 *                stack begins with the caller
 * @param frames  room for UNWIND_FRAMES
 * @return how many
 */
size_t unwind_here(struct unwind_thread *thread, uintptr_t site, uintptr_t frames[]);

/** A library was unloaded: what was known of its code is forgotten. */
void unwind_forget(void);

#endif /* UNWIND_H */
