/* SPDX-License-Identifier: MIT
 *
 * The object "Custom Heap Process": `_Total` first, always, then one instance for each process that
 * publishes heaps and can be looked into, by process id. Its values come from a process snapshot
 * (processsnapshot.h); the memory of the walks comes from a tracked heap, which so appears as an
 * instance of "Custom Heap".
 *
 * Rule: an object that is expensive to collect answers Costly and its own index only, and lowers
 * the priority of the collecting thread while it works (PM_COLLECT_PROC). Time is bounded too: what
 * there is no time for is answered from the snapshot before, and marked as stale.
 */
#ifndef CUSTOM_HEAP_PROCESS_H
#define CUSTOM_HEAP_PROCESS_H

#include "buffer_writer.h"
#include "region_reader.h"

/** What is kept from one collect to the next. All zero: nothing yet. */
struct process_snapshots {
    struct process_snapshot *processes; /* by process id; from malloc */
    size_t count, room;
    size_t next; /* whose turn comes first when time is short */
    void *heap;  /* heap_tracker of the walks' memory; NULL until it is opened */
};

/**
 * Write the object, taking the snapshots first.
 *
 * @param perf_time  os_clock_ticks of this answer
 * @return ERROR_SUCCESS; ERROR_MORE_DATA: it does not fit. A buffer that cannot hold what is known
 *         already is refused before any snapshot is taken.
 */
DWORD custom_heap_process_write(struct buffer_writer *writer,
                                const struct object_definition *definition, uint64_t perf_time,
                                struct region_reader *reader, struct process_snapshots *snapshots);

/** Free what is kept, and close the tracked heap. */
void process_snapshots_release(struct process_snapshots *snapshots);

#endif /* CUSTOM_HEAP_PROCESS_H */
