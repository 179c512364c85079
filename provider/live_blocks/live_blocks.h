/* SPDX-License-Identifier: MIT
 *
 * The live blocks of a heap by call site, and the faults of the heap's users. They are counted in
 * this process or read from another (live_blocks_reader.h), and written as a snapshot.
 *
 * A snapshot is UTF-8 text. Each line is a fact, and words are separated by one space. % and bytes
 * of control characters (and possibly others) in names, paths and symbols are written %XX. The
 * lines, in this order:
 *
 *     heapctrs-snapshot 1                    the kind of file, and the version of the format
 *     heap <process>:<pid>:<heap>            the heap's name, as readers show it
 *     process <pid>
 *     time <n>                               UTC, 100 ns since 1601-01-01
 *     blocks <count> <bytes>                 live blocks: the sum of all sites
 *     unmatched <n>                          frees of unknown blocks and similar faults
 *     lost <n>                               events that could not be recorded
 *     missed <n>                             parts of the heap (1 MiB each) that changed too fast
 *                                            to be read, and are left out
 *     rate <n>                               only if the sites are stacks of a profile: the mean
 *                                            distance of its samples in bytes. 1: every block is in
 *                                            it; otherwise all figures are estimates
 *     module <i> <begin> <path>              i counts from 0
 *     site <count> <bytes> <i> <offset> [<symbol>]
 *                                            most bytes first. The return address is that of module
 *                                            i plus the offset. If no module is known, i is "-" and
 *                                            the offset is the address, 0x0 if it was not recorded
 *     caller <i> <offset> [<symbol>]         after a site or another caller: what called it
 *     inlined <i> <offset> [<symbol>]        the function into which the compiler has put the one above
 *     allocated <count> <bytes>              after a site: what it has allocated since the profile began
 *     growth <bytes>                         after a site: how its live bytes changed while the profile
 *                                            was taken; may be negative
 *     fault <kind> <count> <address> <i> <offset> <first i> <first offset>
 *                                            kind: unknown-free, second-free, wrong-size,
 *                                            missed-free; the address of one such block; the place
 *                                            of the fault; the place where the block was first freed,
 *                                            or was allocated
 *     end                                    the last line: without it, the file is cut
 *
 * Addresses and offsets are hexadecimal with 0x, other numbers decimal.
 */
#ifndef LIVE_BLOCKS_H
#define LIVE_BLOCKS_H

#include "call_sites.h"
#include "faults.h"
#include "os_process.h"
#include "region_reader.h"

struct live_blocks_site {
    uint64_t address; /* return address; 0: not recorded */
    uint64_t count, bytes;
    /* The rest of a stack whose innermost address is `address`. Without a stack both are 0. */
    const uint64_t *callers; /* return addresses, outwards; not owned */
    uint32_t caller_count;
    uint64_t allocated_count, allocated_bytes;
    int64_t growth;
};

struct live_blocks_fault {
    enum fault_kind kind;
    uint64_t count, address, site, first_site;
};

/** This is large and lives in pages of its own: see live_blocks_new. */
struct live_blocks {
    char name[HEAP_NAME_UTF8_SIZE];
    uint32_t process_id;
    uint64_t time_100ns;
    uint64_t unmatched_count, lost_count;
    uint64_t missed_count; /* chunks */
    uint64_t rate;         /* of the profile whose stacks are the sites; 0: they are no stacks */
    bool has_growth;
    uint32_t fault_count;
    struct live_blocks_fault faults[FAULT_COUNT];
    uint32_t stack_count;
    struct live_blocks_site sites[CALL_SITE_COUNT]; /* by number; written in any order */
};

/**
 * Create an empty one with the current time. NULL if there is no memory. It does not use malloc.
 */
struct live_blocks *live_blocks_new(void);
void live_blocks_free(struct live_blocks *live);

/** Count a block. */
static inline void live_blocks_add(struct live_blocks *live, uint16_t site, uint64_t size)
{
    live->sites[site].count++;
    live->sites[site].bytes += size;
}

/** From now on the sites are stacks of a profile with that rate. Those that were added are forgotten. */
void live_blocks_begin_stacks(struct live_blocks *live, uint64_t rate);

/**
 * Add a stack. More than CALL_SITE_COUNT are left out.
 *
 * @param frames  return addresses, innermost first; they must exist until the snapshot is written
 * @param sums    its figures; address and callers are set here
 */
void live_blocks_add_stack(struct live_blocks *live, const uint64_t *frames, uint32_t count,
                           const struct live_blocks_site *sums);

/** Add the heap's entries of a table, which another process may have written. */
void live_blocks_take_faults(struct live_blocks *live, const struct fault_table *table,
                             uint32_t heap);

/** A text that is being written, in pages. */
struct live_blocks_text {
    char *data;
    size_t size, capacity;
    bool is_lost; /* there was no memory, and the text is incomplete */
};

/**
 * Write the snapshot. This sorts the sites.
 *
 * @param process  the process whose modules contain the addresses
 * @param text     zeroed; free it with live_blocks_text_release, also after a failure
 * @return false if there was no memory
 */
bool live_blocks_write(struct live_blocks *live, const struct os_process *process,
                       struct live_blocks_text *text);
void live_blocks_text_release(struct live_blocks_text *text);

/** The name of a kind of fault in snapshots; NULL if it is not a kind. */
const char *live_blocks_fault_name(unsigned kind);

#endif /* LIVE_BLOCKS_H */
