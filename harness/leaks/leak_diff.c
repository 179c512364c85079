/* SPDX-License-Identifier: MIT
 *
 * Subtracts one snapshot from another: the entries of both are put into one array, sorted so that
 * equal ones are adjacent, then added up. Numbers are hostile: they may wrap, which does no harm.
 */
#include "leak_diff.h"

#include <stdlib.h>
#include <string.h>

/* Programs have other addresses in each run, so module and offset decide whether two places are
   the same. */
static int compare_places(const struct leak_snapshot *a, const struct leak_place *p,
                          const struct leak_snapshot *b, const struct leak_place *q)
{
    int has_p = p->module != LEAK_NO_MODULE, has_q = q->module != LEAK_NO_MODULE;
    int order = has_p - has_q;

    if (!order && has_p)
        order = strcmp(a->modules[p->module].path, b->modules[q->module].path);
    return order ? order : (p->offset > q->offset) - (p->offset < q->offset);
}

/* The next caller that is not inlined: only the names add those that are. */
static const struct leak_place *next_caller(const struct leak_site *site, size_t *index)
{
    while (*index < site->caller_count && site->callers[*index].is_inlined)
        ++*index;
    return *index < site->caller_count ? &site->callers[(*index)++] : NULL;
}

static int by_place(const void *left, const void *right)
{
    const struct leak_growth *a = left, *b = right;
    int order = compare_places(a->snapshot, &a->site->place, b->snapshot, &b->site->place);

    for (size_t i = 0, k = 0; !order;) {
        const struct leak_place *p = next_caller(a->site, &i), *q = next_caller(b->site, &k);
        if (!p && !q)
            break;
        order = p && q ? compare_places(a->snapshot, p, b->snapshot, q) : p ? 1 : -1;
    }
    return order;
}

static int by_growth(const void *left, const void *right)
{
    const struct leak_growth *a = left, *b = right;

    return a->bytes_growth != b->bytes_growth
               ? (a->bytes_growth < b->bytes_growth) - (a->bytes_growth > b->bytes_growth)
           : a->count_growth != b->count_growth
               ? (a->count_growth < b->count_growth) - (a->count_growth > b->count_growth)
               : by_place(left, right);
}

static void add_signed(int64_t *sum, int64_t more)
{
    *sum = (int64_t)((uint64_t)*sum + (uint64_t)more);
}

static size_t add_sites(struct leak_growth *all, size_t count, const struct leak_snapshot *snapshot,
                        uint64_t sign)
{
    for (size_t i = 0; i < snapshot->site_count; i++) {
        const struct leak_site *site = &snapshot->sites[i];
        all[count++] = (struct leak_growth){
            .snapshot = snapshot,
            .site = site,
            .count_growth = (int64_t)(sign * site->count),
            .bytes_growth = (int64_t)(sign * site->bytes),
            .count = sign == 1 ? site->count : 0,
            .bytes = sign == 1 ? site->bytes : 0,
        };
    }
    return count;
}

static size_t subtract_sites(struct leak_growth *all, const struct leak_snapshot *before,
                             const struct leak_snapshot *after)
{
    size_t count = add_sites(all, add_sites(all, 0, before, UINT64_MAX), after, 1), kept = 0;

    qsort(all, count, sizeof(*all), by_place);
    for (size_t i = 0; i < count;) {
        struct leak_growth sum = all[i++];
        for (; i < count && by_place(&sum, &all[i]) == 0; i++) {
            add_signed(&sum.count_growth, all[i].count_growth);
            add_signed(&sum.bytes_growth, all[i].bytes_growth);
            sum.count += all[i].count;
            sum.bytes += all[i].bytes;
        }
        if (sum.count_growth || sum.bytes_growth)
            all[kept++] = sum;
    }
    qsort(all, kept, sizeof(*all), by_growth);
    return kept;
}

/* ---- faults ------------------------------------------------------------------------------- */

/* By kind and places, so that the same fault of both snapshots compares as equal. */
static int by_fault(const void *left, const void *right)
{
    const struct leak_fault_growth *a = left, *b = right;
    int order = strcmp(a->fault->kind, b->fault->kind);

    if (!order)
        order = compare_places(a->snapshot, &a->fault->place, b->snapshot, &b->fault->place);
    if (!order)
        order = compare_places(a->snapshot, &a->fault->first, b->snapshot, &b->fault->first);
    return order;
}

static int by_times(const void *left, const void *right)
{
    const struct leak_fault_growth *a = left, *b = right;

    return a->growth != b->growth ? (a->growth < b->growth) - (a->growth > b->growth)
                                  : by_fault(left, right);
}

static size_t add_faults(struct leak_fault_growth *all, size_t count,
                         const struct leak_snapshot *snapshot, uint64_t sign)
{
    for (size_t i = 0; i < snapshot->fault_count; i++)
        all[count++] = (struct leak_fault_growth){ snapshot, &snapshot->faults[i],
                                                   (int64_t)(sign * snapshot->faults[i].count) };
    return count;
}

static size_t subtract_faults(struct leak_fault_growth *all, const struct leak_snapshot *before,
                              const struct leak_snapshot *after)
{
    size_t count = add_faults(all, add_faults(all, 0, before, UINT64_MAX), after, 1), kept = 0;

    qsort(all, count, sizeof(*all), by_fault);
    for (size_t i = 0; i < count;) {
        struct leak_fault_growth sum = all[i++];
        for (; i < count && by_fault(&sum, &all[i]) == 0; i++) {
            add_signed(&sum.growth, all[i].growth);
            if (all[i].snapshot == after) {
                sum.snapshot = after;
                sum.fault = all[i].fault;
            }
        }
        if (sum.growth > 0 && sum.snapshot == after)
            all[kept++] = sum;
    }
    qsort(all, kept, sizeof(*all), by_times);
    return kept;
}

DWORD leak_diff_init(struct leak_diff *diff, const struct leak_snapshot *before,
                     const struct leak_snapshot *after)
{
    struct leak_growth *sites = calloc(before->site_count + after->site_count + 1, sizeof(*sites));
    struct leak_fault_growth *faults =
        calloc(before->fault_count + after->fault_count + 1, sizeof(*faults));

    if (!sites || !faults) {
        free(sites);
        free(faults);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    *diff = (struct leak_diff){
        .before = before,
        .after = after,
        .sites = sites,
        .site_count = subtract_sites(sites, before, after),
        .faults = faults,
        .fault_count = subtract_faults(faults, before, after),
    };
    return ERROR_SUCCESS;
}

void leak_diff_release(struct leak_diff *diff)
{
    free(diff->sites);
    free(diff->faults);
    memset(diff, 0, sizeof(*diff));
}
