/* SPDX-License-Identifier: MIT
 *
 * The callers of the function that called the tracker: a bounded walk up the stack, for call sites
 * of allocator functions. call_stack_posix.c and call_stack_win.c define the same functions.
 */
#ifndef CALL_STACK_H
#define CALL_STACK_H

#include <stdint.h>

#define CALL_STACK_DEPTH 8u /* most callers to walk up */

/**
 * Prepare for walks. This may allocate and load a library, so it is called outside of all locks,
 * when a heap is opened.
 */
void call_stack_prepare(void);

/**
 * The return address `depth` frames above the frame that returns to `site`.
 *
 * @param site   a return address on this thread's stack, at most 16 frames up
 * @param depth  1 to CALL_STACK_DEPTH
 * @return `site` if the stack is not that deep or cannot be walked. errno is unchanged.
 */
uintptr_t call_stack_above(uintptr_t site, unsigned depth);

#endif /* CALL_STACK_H */
