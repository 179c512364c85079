/* SPDX-License-Identifier: MIT
 *
 * The slots of the tracked heaps, and their handles. A slot is never freed, so a handle can be
 * looked up at any time. A handle contains the slot's index and the heap's number, and a number is
 * never used twice.
 *
 * In a child of a bare clone() all handles are invalid, so no event touches the parent's region. A
 * child of fork makes them valid again with heap_slot_fork.
 */
#ifndef HEAP_SLOT_H
#define HEAP_SLOT_H

#include "heaptracker.h"
#include "heap_state.h"

/** The lock of the slots. tracked_heap.c also uses it for names and records. */
void heap_slot_lock(void);
void heap_slot_unlock(void);

/* ---- with the lock held ---------------------------------------------------------------- */

/**
 * Prepare the slots for the first heap. A second call does nothing.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD heap_slot_init(void);

/** Whether this is a child of a bare clone(), whose slots belong to its parent. */
bool heap_slot_is_of_parent(void);

/** Take a free or new slot that has a record. NULL if there is no memory, or no slot. */
struct tracked_heap *heap_slot_take(void);

/** Release the slot of a closed heap. */
void heap_slot_give(struct tracked_heap *heap);

/** Call a function for each slot, open or not. */
void heap_slot_each(void (*act)(struct tracked_heap *heap));

/** The segments of slots, for another process: see process_image.h. */
const void *heap_slot_segments(void);

/** In a forked child: make the parent's handles valid. */
void heap_slot_fork(void);

/** Forget all slots, whose memory belongs to the page pool. The lock is free afterwards. */
void heap_slot_release(void);

/** The same without freeing memory, for a child: the memory is its parent's. */
void heap_slot_forget(void);

/* ---- without the lock ------------------------------------------------------------------ */

/** The heap in a slot, open or not; NULL if there is no such slot. */
struct tracked_heap *heap_slot_at(uint32_t index);

/**
 * The open heap of a handle; NULL if the handle is not valid.
 *
 * @param number  receives the heap's number. Every later step uses it, so that nothing happens to
 *                the next heap in the slot
 */
struct tracked_heap *heap_slot_find(heap_tracker handle, uint32_t *number);

/** The handle of an open heap. */
heap_tracker heap_slot_handle(const struct tracked_heap *heap);

/** What an event checks first. Its memory is zeroed in every child. A child of fork fills it again. */
struct heap_slot_state {
    _Atomic uint32_t is_alive; /* handles are valid */
    /* 1 or 0; at most one is 1: see heap_slot_set_malloc */
    _Atomic uint32_t is_usual_malloc, is_asked_malloc;
};
#pragma GCC visibility push(hidden) /* so that code needs no load from the global offset table */
extern struct heap_slot_state *volatile heap_slot_state;
#pragma GCC visibility pop

/** Whether handles are valid: they are not in a child of a bare clone(). */
static inline bool heap_slot_is_alive(void)
{
    return atomic_load_explicit(&heap_slot_state->is_alive, memory_order_relaxed) != 0;
}

/** How events of malloc and free may be counted. In such a child, it is HEAP_SLOT_MALLOC_SLOW. */
enum heap_slot_malloc {
    HEAP_SLOT_MALLOC_SLOW,  /* not as in malloc_event.h */
    HEAP_SLOT_MALLOC_USUAL, /* as in malloc_event.h; the size of a block is in its header */
    HEAP_SLOT_MALLOC_ASKED, /* as in malloc_event.h; the allocator is asked for the size */
};
void heap_slot_set_malloc(enum heap_slot_malloc way);

/** Whether it is HEAP_SLOT_MALLOC_USUAL: 1 or 0. */
static inline uint32_t heap_slot_is_usual_malloc(void)
{
    return atomic_load_explicit(&heap_slot_state->is_usual_malloc, memory_order_acquire);
}

/** Whether it is HEAP_SLOT_MALLOC_ASKED: 1 or 0. */
static inline uint32_t heap_slot_is_asked_malloc(void)
{
    return atomic_load_explicit(&heap_slot_state->is_asked_malloc, memory_order_acquire);
}

#endif /* HEAP_SLOT_H */
