/* SPDX-License-Identifier: MIT
 *
 * What changed in a heap between two snapshots: growth by call site, and new faults. The snapshots
 * may be from two runs of a program: a call site is the same if its module's path and its offset in
 * the module are the same, and a stack if that holds for all of its frames.
 */
#ifndef LEAK_DIFF_H
#define LEAK_DIFF_H

#include "leak_snapshot.h"

/** One call site or stack that has more or fewer live blocks in the newer snapshot. */
struct leak_growth {
    const struct leak_snapshot *snapshot; /* the snapshot of `site` */
    const struct leak_site *site;
    int64_t count_growth, bytes_growth;
    uint64_t count, bytes; /* in the newer snapshot */
};

/** One kind of fault at one call site that has become more frequent. */
struct leak_fault_growth {
    const struct leak_snapshot *snapshot; /* the newer snapshot */
    const struct leak_fault *fault;
    int64_t growth;
};

struct leak_diff {
    const struct leak_snapshot *before, *after;
    struct leak_growth *sites; /* largest growth of bytes first, largest shrinkage last */
    size_t site_count;
    struct leak_fault_growth *faults; /* most frequent first */
    size_t fault_count;
};

/**
 * Compare two snapshots.
 *
 * @param before  the older one; both must outlive the difference
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: then there is nothing to release
 */
DWORD leak_diff_init(struct leak_diff *diff, const struct leak_snapshot *before,
                     const struct leak_snapshot *after);
void leak_diff_release(struct leak_diff *diff);

#endif /* LEAK_DIFF_H */
