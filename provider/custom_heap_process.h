/* SPDX-License-Identifier: MIT
 *
 * The object "Custom Heap Process": `_Total` always comes first, then one instance for each process
 * that publishes heaps and can be inspected, by process id. Its values come from
 * process_snapshots.h.
 *
 * Rule: an object that is expensive to collect answers Costly and its own index only, and lowers
 * the priority of the collecting thread while it works (PM_COLLECT_PROC). Time is limited too: if
 * none is left for a process, its values come from its previous snapshot and are marked as stale.
 */
#ifndef CUSTOM_HEAP_PROCESS_H
#define CUSTOM_HEAP_PROCESS_H

#include "buffer_writer.h"
#include "process_snapshots.h"

/**
 * Write the object, after taking the snapshots.
 *
 * @param perf_time  os_clock_ticks of this answer
 * @return ERROR_SUCCESS; ERROR_MORE_DATA: the object does not fit. If the buffer is too small for
 *         the known processes, no snapshot is taken.
 */
DWORD custom_heap_process_write(struct buffer_writer *writer,
                                const struct object_definition *definition, uint64_t perf_time,
                                struct region_reader *reader, struct process_snapshots *snapshots);

#endif /* CUSTOM_HEAP_PROCESS_H */
