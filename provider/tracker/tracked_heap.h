/* SPDX-License-Identifier: MIT
 *
 * The life of a tracked heap of this process: how it is opened and closed, and what happens to all
 * heaps at fork, exit and unload.
 */
#ifndef TRACKED_HEAP_H
#define TRACKED_HEAP_H

#include "heap_state.h"
#include "heaptracker.h"

/** Open a heap; see heap_tracker_open. */
heap_tracker tracked_heap_open(const char *name, uint32_t flags);

/** Close a heap. ERROR_INVALID_HANDLE if it is not open. */
uint32_t tracked_heap_close(heap_tracker handle);

/**
 * The program's name in the names of its heaps, UTF-8, cut if it does not fit; "process" before the
 * first heap was opened.
 */
void tracked_heap_process_name(char *name, size_t size);

/** Add 1 to one of the rare totals, here and in the record. */
void tracked_heap_add_rare(struct tracked_heap *heap, _Atomic uint64_t *total,
                           _Atomic uint64_t *shared);

/** Count an event that could not be recorded. */
void tracked_heap_lost(struct tracked_heap *heap);

/** Whether the heaps belong to this process: false in a forked child until tracked_heap_fork. */
bool tracked_heap_is_own(void);

/** Whether any heap is open. */
bool tracked_heap_has_any(void);

/**
 * In a forked child, by its only thread: give the heaps new names, write their records, and publish
 * them.
 */
void tracked_heap_fork(void);

/** The region was made again, and all events are locked out: write all records and publish them. */
void tracked_heap_rewrite(void);

/**
 * Forget all heaps and everything else of the tracker, because it belongs to the parent process.
 * The slots' lock is free afterwards.
 */
void tracked_heap_forget_all(void);

/**
 * The process ends without its destructors (_exit): remove its files. This does nothing in a child of vfork or clone,
 * whose memory is its parent's, nor in a process that confines itself.
 */
void tracked_heap_end_process(void);

#endif /* TRACKED_HEAP_H */
