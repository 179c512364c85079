/* SPDX-License-Identifier: MIT
 *
 * The processes that publish heaps, and the newest snapshot of each (processsnapshot.h). Snapshots
 * cost time, so each collect has a limit. A process for which no time is left keeps its older
 * snapshot, and is the first one in the next collect.
 *
 * The memory of the walks comes from a tracked heap, which is therefore an instance of the object
 * "Custom Heap". A list is used by one thread at a time.
 */
#ifndef PROCESS_SNAPSHOTS_H
#define PROCESS_SNAPSHOTS_H

#include "process_memory.h"
#include "region_reader.h"

/** What a snapshot shows of its process. */
struct process_statistics {
    uint64_t private_bytes, mapped_bytes, image_bytes; /* committed, by type */
    uint64_t reserved_bytes;                           /* reserved and not committed */
    uint64_t largest_private_region;                   /* bytes */
    uint64_t largest_free_region;                      /* bytes */
    uint64_t regions;                                  /* regions that are not free */
    uint64_t handles;                                  /* of all types: the sum of the next four */
    uint64_t file_handles, section_handles, synchronization_handles, other_handles;
    uint64_t threads;
    struct process_memory memory;   /* resident bytes and the like */
    uint64_t snapshot_microseconds; /* duration of the snapshot */
};

struct process_snapshot {
    uint32_t process_id;
    bool is_publishing;  /* it publishes heaps in this collect */
    bool has_failed;     /* the last attempt failed; older statistics, if any, are stale */
    bool has_statistics; /* at least one attempt succeeded */
    uint64_t taken;      /* os_clock_ticks of the statistics */
    struct process_statistics statistics;
    WCHAR name[HEAP_NAME_LENGTH + 1]; /* <process>:<pid> */
    size_t name_length;               /* UTF-16 units */
};

/** The list, which is kept from one collect to the next. A zeroed list is empty. */
struct process_snapshots {
    struct process_snapshot *processes; /* by process id; from malloc */
    size_t count, capacity;
    size_t next; /* the first process of the next collect */
    void *heap;  /* heap_tracker of the walks' memory; NULL until it is opened */
};

/**
 * Bring the list up to date with the heaps of a reader. If there is no memory, new processes are
 * left out.
 */
void process_snapshots_update(struct process_snapshots *snapshots,
                              const struct region_reader *reader);

/** Take a snapshot of one process after the other, while there is time. */
void process_snapshots_take(struct process_snapshots *snapshots);

/** Free the list, and close the tracked heap. */
void process_snapshots_release(struct process_snapshots *snapshots);

#endif /* PROCESS_SNAPSHOTS_H */
