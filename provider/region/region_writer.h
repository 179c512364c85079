/* SPDX-License-Identifier: MIT
 *
 * The publisher's side of the region file. There is one for this process, created with the first
 * heap, in which heap records and shards are assigned. Records and shards are never freed here:
 * their owner reuses them for the next heap or thread.
 *
 * There is also a store without a file, for heaps that could not be published (no directory, disk
 * full), so that their process can still read their figures. After a fork that could not be
 * published, the first store has no file either.
 *
 * Functions may be called from any thread, except those that say otherwise.
 */
#ifndef REGION_WRITER_H
#define REGION_WRITER_H

#include "region.h"

struct region_store;

/**
 * Create the process's region. Called for the first heap, by one thread at a time. On failure
 * nothing is published, and heaps come from the store without a file.
 */
void region_writer_open(void);

/**
 * Assign a new heap record, zeroed: in the region if possible, otherwise in the store without a
 * file.
 *
 * @param store  receives the store of the record
 * @return NULL if there is no memory
 */
struct region_heap *region_writer_add_heap(struct region_store **store);

/**
 * Assign REGION_SHARD_BLOCK new shards of the store, adjacent and zeroed.
 *
 * @param index  receives the index of the first one
 * @return NULL if there is no space
 */
struct region_shard *region_writer_add_shards(struct region_store *store, uint32_t *index);

/** The shard of an index. This is the region_shard_find of a store. */
const struct region_shard *region_writer_shard(void *store, uint32_t index);

/** Whether it is the store without a file. */
bool region_writer_is_private(const struct region_store *store);

/** Whether other processes can see the records of the store. */
bool region_writer_is_published(const struct region_store *store);

/** Announce to readers a change that no count of a shard shows. */
void region_writer_changed(void);

/** Count an event that was lost, or that concerns a heap that readers cannot see. */
void region_writer_lost(void);

/**
 * Count heaps that were opened, or closed (a negative number), and that readers cannot see although
 * the region exists. HEAPCTRS_DEBUG=1 reports the first one.
 */
void region_writer_count_unpublished(int32_t heaps);

/**
 * Remove the region, if it is this process's own. Called when the process ends or the library is
 * unloaded.
 */
void region_writer_close(void);

/** The same when the process ends at once: only the region's name is removed. */
void region_writer_end(void);

/**
 * Whether there is a region that was made by a process with this process's id, and the process does not confine itself.
 * The process may also be a child with its parent's id, in another PID namespace.
 */
bool region_writer_may_end(void);

/** Free the memory of records and shards. None of them may be in use any more. */
void region_writer_unmap(void);

/**
 * From now on, make no system call that a program in a sandbox (seccomp) may not be permitted to
 * make. The region cannot grow any more. When the process ends, its file is left for readers and
 * the next publisher to remove.
 */
void region_writer_confine(void);

/**
 * Whether readers have lost the region: its file was unlinked or shortened. The system is asked at
 * most once a second.
 */
bool region_writer_is_lost(void);

/** Lock and unlock around fork: no thread is inside the writer while it is locked. */
void region_writer_lock(void);
void region_writer_unlock(void);

/**
 * In a forked child: replace the parent's memory by private memory, which is empty, because it keeps the
 * parent's file locked. Nothing may use it before region_writer_remake.
 */
void region_writer_leave_parent(void);

/**
 * Replace the old region by an own one, at the same addresses, which is empty except for its
 * header. Called in a forked child, or in a process that lost its region, by the only thread or
 * with all events locked out. All records and shards must be written again, then
 * region_writer_publish is called.
 *
 * @param is_child  the old region is the parent's
 * @return false if even memory without a file failed: then the old one is still mapped, and in a
 *         child nothing here may be used any more
 */
bool region_writer_remake(bool is_child);

/** Make the region of region_writer_remake visible to readers. */
void region_writer_publish(void);

/** In a child of a bare clone(): release the parent's region and forget everything. */
void region_writer_abandon(void);

#endif /* REGION_WRITER_H */
