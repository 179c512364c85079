/* SPDX-License-Identifier: MIT
 *
 * The publisher's side of the region file: one for this process, made at the first heap, in which
 * heap records and shards are handed out. Records and shards are never taken back here: who has one
 * keeps it for the next heap or thread.
 *
 * There is also a store without a file: for heaps that could not be published (no directory, disk
 * full), so that their process can still read their figures. After a fork that could not be
 * published the first store is one of those too.
 *
 * Functions may be called from any thread, except those that say otherwise.
 */
#ifndef REGION_WRITER_H
#define REGION_WRITER_H

#include "region.h"

struct region_store;

/**
 * Make the process's region. At the first heap; one thread at a time.
 * On failure nothing is published, and heaps come from the store without a file.
 *
 * @param process_image  address of this process's struct process_image, for the header; 0 if none
 */
void region_writer_open(uint64_t process_image);

/**
 * A new heap record, zeroed: in the region if possible, else in the store without a file.
 *
 * @param store  receives where it stands
 * @return NULL when there is no memory
 */
struct region_heap *region_writer_add_heap(struct region_store **store);

/** New shards of a store, side by side, zeroed. */
struct region_shard_block {
    struct region_shard *shards;
    _Atomic uint64_t *change_counts;
    uint32_t index; /* of the first one */
};

/** REGION_SHARD_BLOCK new shards of the store; false when there is no room. */
bool region_writer_add_shards(struct region_store *store, struct region_shard_block *block);

/** The shard of an index: the region_shard_find of a store. */
const struct region_shard *region_writer_shard(void *store, uint32_t index);

/** Whether it is the store without a file. */
bool region_writer_is_private(const struct region_store *store);

/** Whether others can see what stands in the store. */
bool region_writer_is_published(const struct region_store *store);

/** Something changed that is not in the shards' copies and marks: tell the readers. */
void region_writer_changed(void);

/** An event was lost, or concerned a heap that readers cannot see. */
void region_writer_lost(void);

/**
 * Heaps were opened, or closed (a negative number), that readers cannot see although the region is
 * there. HEAPCTRS_DEBUG=1 reports the first one.
 */
void region_writer_count_unpublished(int32_t heaps);

/** The process ends or the library is unloaded, and the region is its own: remove it. */
void region_writer_close(void);

/** Nobody uses the records and shards any more: give back their memory. */
void region_writer_unmap(void);

/**
 * From now on make no system call that the program may not be permitted to make: it confines itself
 * (seccomp). The region cannot grow any more, and its file is left to readers and to the next
 * publisher when the process ends.
 */
void region_writer_confine(void);

/**
 * Whether readers have lost the region: its file was unlinked or cut short. The system is asked at
 * most once a second.
 */
bool region_writer_is_lost(void);

/** Around fork: no thread is inside the writer while it is locked. */
void region_writer_lock(void);
void region_writer_unlock(void);

/**
 * In a forked child, or in a process that lost its region: alone, or with all events locked out. A
 * region of its own takes the place of the parent's, at
 * the same addresses and empty but for its header. All records and shards must be written anew,
 * then region_writer_publish.
 *
 * @param is_child  the old region is the parent's
 * @return false when even memory without a file failed: the old one is still mapped, and in a child
 *         nothing here may be used any more
 */
bool region_writer_remake(bool is_child);

/** Let readers find what region_writer_remake made. */
void region_writer_publish(void);

/** In a child of a bare clone(): let go of the parent's region and forget everything. */
void region_writer_abandon(void);

#endif /* REGION_WRITER_H */
