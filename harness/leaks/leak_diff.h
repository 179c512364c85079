/* SPDX-License-Identifier: MIT
 *
 * What changed in a heap between two snapshots: growth by call site, and faults that were done
 * since. The snapshots may be of two runs of a program: a call site is the same when its module's
 * path and its offset in it are.
 */
#ifndef LEAK_DIFF_H
#define LEAK_DIFF_H

#include "leak_snapshot.h"

/** One call site that has more or fewer live blocks than before. */
struct leak_growth {
    const struct leak_snapshot *snapshot; /* that `place` is of */
    const struct leak_place *place;
    int64_t count_growth, bytes_growth;
    uint64_t count, bytes; /* in the newer snapshot */
};

/** One kind of fault at one call site, done more often than before. */
struct leak_fault_growth {
    const struct leak_snapshot *snapshot; /* the newer one */
    const struct leak_fault *fault;
    int64_t growth;
};

struct leak_diff {
    const struct leak_snapshot *before, *after;
    struct leak_growth *sites; /* most growth of bytes first, most shrinkage last */
    size_t site_count;
    struct leak_fault_growth *faults; /* most often first */
    size_t fault_count;
};

/**
 * Compare.
 *
 * @param before  and `after`: must live as long as the difference
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: nothing to release then
 */
DWORD leak_diff_init(struct leak_diff *diff, const struct leak_snapshot *before,
                     const struct leak_snapshot *after);
void leak_diff_release(struct leak_diff *diff);

#endif /* LEAK_DIFF_H */
