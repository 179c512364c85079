/* SPDX-License-Identifier: MIT
 *
 * Whole call stacks, during an event: no lock, no memory from malloc, no call of the loader that
 * waits. unwind_posix.c walks by cached rows of .eh_frame; unwind_win.c asks the system.
 */
#ifndef UNWIND_H
#define UNWIND_H

#include <stddef.h>
#include <stdint.h>

#include "unwind_memory.h"

/** What is kept of a thread's stack between walks. It is zeroed first. */
struct unwind_thread {
    uintptr_t stack_begin, stack_end; /* the mapping that contained its stack pointer */
    uint32_t look_count;
    struct unwind_memory memory;
};

/** Prepare for walks. This may allocate; call it without any lock. */
void unwind_prepare(void);

/**
 * Walk from the caller on, and remember the walk. memory.change_count stays the same if it is that of the walk
 * before.
 */
void unwind_here(struct unwind_thread *thread);

/**
 * The return addresses of the last walk, innermost first.
 *
 * @param site    a return address at which the stack begins; if it is 0 or not on the stack, the
 *                stack begins with the caller of unwind_here
 * @param frames  receives at most UNWIND_FRAMES
 * @return how many
 */
size_t unwind_frames(const struct unwind_thread *thread, uintptr_t site, uintptr_t frames[]);

/** A library was unloaded: forget what is known of its code. */
void unwind_forget(void);

#endif /* UNWIND_H */
