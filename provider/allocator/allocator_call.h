/* SPDX-License-Identifier: MIT
 *
 * Whether this thread is inside the allocator. The preload library marks each call of it, so that the
 * allocator is never asked for its figures while the thread may hold one of its locks: an event can come
 * from a signal handler, or from the allocator itself.
 */
#ifndef ALLOCATOR_CALL_H
#define ALLOCATOR_CALL_H

#include <stdatomic.h>
#include <stdbool.h>

/** Whether a call is marked on this thread. Where no library marks them: false. */
bool allocator_call_is_running(void);

/* In the thread's static block, so that a mark never allocates and costs one instruction. */
extern _Thread_local volatile bool allocator_call_mark
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* A signal handler, or the allocator itself, can call the allocator during another call. Such a nested
   call must not change the mark. So a caller first asks whether its call is nested, and writes the call
   twice: with allocator_call_begin and _end around it, and without them. */
static inline bool allocator_call_is_nested(void)
{
    return __builtin_expect(allocator_call_mark, 0);
}

static inline void allocator_call_begin(void)
{
    allocator_call_mark = true;
    atomic_signal_fence(memory_order_seq_cst);
}

static inline void allocator_call_end(void)
{
    atomic_signal_fence(memory_order_seq_cst);
    allocator_call_mark = false;
}

#endif /* ALLOCATOR_CALL_H */
