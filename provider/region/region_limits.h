/* SPDX-License-Identifier: MIT
 *
 * What one user may cost the readers of all others. When a budget is full, the oldest regions and
 * heaps stay, and those that are left out are counted: see struct region_counts.
 */
#ifndef REGION_LIMITS_H
#define REGION_LIMITS_H

/**
 * Directories of one owner. The limit is the number of names that a publisher tries: heapctrs-<uid>
 * and heapctrs-<uid>.1 to .7.
 */
#define LIMIT_DIRECTORIES 8u

/**
 * Regions of one process. It needs one. It has more only if several plug-ins each contain a copy of
 * the tracker.
 */
#define LIMIT_PROCESS_REGIONS 16u

/**
 * Regions of one owner. Linux's default allows a user tens of thousands of processes; each region
 * costs a reader one mapping, of which vm.max_map_count allows a process 65,530.
 */
#define LIMIT_REGIONS 4096u

/** Heaps of one owner: two regions as large as the layout allows (131,064 heaps). */
#define LIMIT_HEAPS 262144u

/** Bytes of an answer that shows the heaps of all owners: see region_reader_limit_answer. */
#define LIMIT_ANSWER (UINT64_C(64) << 20)

/**
 * The last of these bytes are reserved for owners that have fewer than LIMIT_FEW_HEAPS, so that no
 * owner hides the heaps of all others.
 */
#define LIMIT_KEPT_ANSWER (UINT64_C(4) << 20)
#define LIMIT_FEW_HEAPS 1000u

/**
 * Bytes mapped of one owner's regions. The largest honest region has 270 million bytes, of whose
 * shards few are ever used; 4,096 small ones have 24 million.
 */
#define LIMIT_MAPPED (UINT64_C(256) << 20)

/**
 * Files of one directory that are remembered as not being regions. Further files are not examined.
 */
#define LIMIT_REFUSED 4096u

/** Unfinished files of one directory that are examined in one listing. */
#define LIMIT_UNFINISHED 16u

#endif /* REGION_LIMITS_H */
