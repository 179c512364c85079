/* SPDX-License-Identifier: MIT
 *
 * What a thread remembers of its last walk: see unwind_walk.h.
 */
#ifndef UNWIND_MEMORY_H
#define UNWIND_MEMORY_H

#include <stdint.h>

#define UNWIND_FRAMES 64u     /* most frames of a stack; chosen */
#define UNWIND_OWN_FRAMES 16u /* most frames of this library, before `site`; chosen */
/* The first state is in this library, and has no frame. */
#define UNWIND_STATES (1 + UNWIND_OWN_FRAMES + UNWIND_FRAMES)

/** A function on a stack. */
struct unwind_state {
    uintptr_t pc;
    uint32_t below; /* words of 8 bytes from its stack pointer to the end of the stack */
    uint32_t row;   /* how to go on to its caller, packed: see unwind_walk.h */
};

/** The last walk of a thread. */
struct unwind_memory {
    uint64_t generation;   /* of the rows */
    uint64_t change_count; /* grows with each walk that differs from the one before */
    uint32_t count;        /* 0: nothing is remembered */
    struct unwind_state states[UNWIND_STATES];
};

#endif /* UNWIND_MEMORY_H */
