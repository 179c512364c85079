/* SPDX-License-Identifier: MIT
 *
 * Finds where the indices of a service may really be: from its other numbers, from its Object List, and
 * from the names that no service owns.
 */
#include "range_candidates.h"

#include <assert.h>
#include <stdlib.h>

static unsigned count_changes(const struct machine_service *service, uint32_t first, uint32_t last)
{
    const uint32_t wanted[RANGE_VALUE_COUNT] = { first, last, first + 1, last + 1 };
    unsigned changes = 0;

    for (size_t i = 0; i < RANGE_VALUE_COUNT; i++)
        changes += !service->values[i].is_number || service->values[i].number != wanted[i];
    return changes;
}

bool range_candidates_has_objects(const struct machine_service *service, uint32_t first,
                                  uint32_t last)
{
    for (size_t i = 0; i < service->object_count; i++)
        if (service->objects[i] < first || service->objects[i] > last)
            return false;
    return service->object_count > 0;
}

static void add_candidate(struct range_candidates *candidates, uint32_t first, uint32_t last,
                          bool is_guess)
{
    const struct examination *examination = candidates->examination;
    bool has_names = examination->names_are_believed;

    if (!machine_range_is_sane(first, last, first + 1, last + 1) ||
        name_ranges_overlap(&examination->ranges, first, last, candidates->service))
        return;
    if (has_names && (!machine_table_find(&examination->names->table, first) ||
                      !machine_table_find(&examination->names->table, last)))
        return;
    for (size_t i = 0; i < candidates->count; i++)
        if (candidates->items[i].first == first && candidates->items[i].last == last)
            return;
    assert(candidates->count < RANGE_CANDIDATES_LIMIT);
    candidates->items[candidates->count++] = (struct range_candidate){
        .first = first,
        .last = last,
        .changes = count_changes(candidates->service, first, last),
        .is_guess = is_guess,
        .lacks_objects = candidates->service->object_count &&
                         !range_candidates_has_objects(candidates->service, first, last),
        .owned =
            has_names ? machine_table_count_between(&examination->names->table, first, last) : 0,
    };
}

/* Where a service begins and ends by its own numbers, as indices of names. */
struct own_indices {
    uint32_t first[3], last[2]; /* Counter, Help, and what the Object List begins with */
    size_t first_count, last_count;
};

/* Whether a range that follows from names only would take an index that the broken numbers of
   another service contain. Then the other service is repaired first. If both services have the
   first index, the user chooses. */
static bool takes_hint(const struct range_candidates *candidates, const struct own_indices *own,
                       uint32_t first, uint32_t last)
{
    const struct examination *examination = candidates->examination;
    size_t low = 0, high = examination->hint_count;
    uint32_t from = first;

    for (size_t i = 0; i < own->first_count; i++)
        from = own->first[i] == first ? first + 1 : from;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (examination->hints[middle].index < from)
            low = middle + 1;
        else
            high = middle;
    }
    /* A service has at most five of them, so this ends soon. */
    for (; low < examination->hint_count && examination->hints[low].index <= last; low++)
        if (examination->hints[low].service != candidates->service)
            return true;
    return false;
}

static void add_candidate_of_names(struct range_candidates *candidates,
                                   const struct own_indices *own, uint32_t first, uint32_t last,
                                   bool is_guess)
{
    if (!takes_hint(candidates, own, first, last))
        add_candidate(candidates, first, last, is_guess);
}

bool range_candidates_is_run_shared(const struct examination *examination,
                                    const struct name_run *run,
                                    const struct examined_service *except)
{
    if (examination->stale_count > EXAMINATION_MOST_STALE)
        return true;
    for (size_t i = 0; i < examination->stale_count; i++) {
        const struct examined_service *other = examination->stale[i];
        if (other != except &&
            other->service->last - other->service->first == run->last - run->first)
            return true;
    }
    return false;
}

/* A help index of 0 becomes UINT32_MAX, which is in no range. */
static void add_index(const struct machine_service *service, enum service_value which,
                      uint32_t *indices, size_t *count)
{
    uint32_t is_help = which == MACHINE_SERVICE_FIRST_HELP || which == MACHINE_SERVICE_LAST_HELP;

    if (service->values[which].is_number)
        indices[(*count)++] = service->values[which].number - is_help;
}

static struct own_indices own_indices(const struct machine_service *service)
{
    struct own_indices own = { .first_count = 0 };
    uint32_t lowest = UINT32_MAX; /* which is odd */

    add_index(service, MACHINE_SERVICE_FIRST_COUNTER, own.first, &own.first_count);
    add_index(service, MACHINE_SERVICE_FIRST_HELP, own.first, &own.first_count);
    add_index(service, MACHINE_SERVICE_LAST_COUNTER, own.last, &own.last_count);
    add_index(service, MACHINE_SERVICE_LAST_HELP, own.last, &own.last_count);
    for (size_t i = 0; i < service->object_count; i++)
        lowest = service->objects[i] < lowest ? service->objects[i] : lowest;
    if (lowest % 2 == 0)
        own.first[own.first_count++] = lowest;
    return own;
}

/* Whether an index is in the range of a service whose names are elsewhere. */
static bool is_of_stale(const struct examination *examination, uint32_t index)
{
    const struct name_range *range = name_ranges_overlap(&examination->ranges, index, index, NULL);

    return range && examination->services[range->service - examination->machine->services].is_stale;
}

/* Whether a run of ownerless names is next to the range of a stale service. Then the end of the run is
   unknown until that service is repaired. */
static bool is_beside_stale(const struct examination *examination, const struct name_run *run)
{
    return is_of_stale(examination, run->first - 2) || is_of_stale(examination, run->last + 2);
}

/* Ranges in the run of ownerless names around an index. If the run has gaps, the service may own all
   of it or only the part up to the next gap. */
static void add_run_candidates(struct range_candidates *candidates, const struct own_indices *own,
                               uint32_t index)
{
    const struct name_ranges *ranges = &candidates->examination->ranges;
    const struct name_run *run = name_ranges_run_at(ranges, index);
    const struct name_run *part = name_ranges_part_at(ranges, index);

    if (run && is_beside_stale(candidates->examination, run))
        return;
    bool has_list = candidates->service->object_count > 0;

    for (const struct name_run *at = run; at && part; at = at == run ? part : NULL) {
        bool is_guess = part->first != run->first || part->last != run->last;
        if (!has_list)
            add_candidate_of_names(candidates, own, at->first, at->last, is_guess);
        for (size_t i = 0; i < own->first_count; i++)
            add_candidate_of_names(candidates, own, own->first[i], at->last, is_guess);
        for (size_t i = 0; i < own->last_count; i++)
            add_candidate_of_names(candidates, own, at->first, own->last[i], is_guess);
    }
}

bool range_candidates_find_objects(const struct examination *examination,
                                   const struct machine_service *service, struct name_run *run)
{
    const struct name_ranges *ranges = &examination->ranges;
    uint32_t lowest = UINT32_MAX, highest = 0;

    for (size_t i = 0; i < service->object_count; i++) {
        lowest = service->objects[i] < lowest ? service->objects[i] : lowest;
        highest = service->objects[i] > highest ? service->objects[i] : highest;
    }
    const struct name_run *part = name_ranges_part_at(ranges, highest);
    const struct name_run *whole = name_ranges_run_at(ranges, lowest);
    if (!part || lowest % 2 || !name_ranges_part_at(ranges, lowest) ||
        whole != name_ranges_run_at(ranges, highest))
        return false;
    *run = (struct name_run){ .first = lowest, .last = part->last };
    uint64_t last = (uint64_t)lowest + (service->last - service->first);
    const struct name_run *end =
        last <= whole->last ? name_ranges_part_at(ranges, (uint32_t)last) : NULL;
    if (service->range == RANGE_SANE && last >= highest && end && end->last == last)
        run->last = (uint32_t)last;
    return true;
}

/* If there is one service without numbers and one run without an owner, they belong together, unless the
   run is as long as a stale service's range, or is WmiApRpl's from an earlier registration. */
static void add_only_run(struct range_candidates *candidates, const struct own_indices *own)
{
    const struct examination *examination = candidates->examination;
    const struct name_run *run = examination->ranges.runs;

    if (candidates->service->range != RANGE_NONE || candidates->service->object_count ||
        examination->ranges.part_count != 1 || examination->not_installed_count != 1)
        return;
    if (!range_candidates_is_run_shared(examination, run, NULL) &&
        !machine_table_is(&examination->names->table, run->first, "WMI Objects"))
        add_candidate_of_names(candidates, own, run->first, run->last, false);
}

void range_candidates_gather(struct range_candidates *candidates)
{
    const struct machine_service *service = candidates->service;
    const struct own_indices own = own_indices(service);

    for (size_t i = 0; i < own.first_count; i++)
        for (size_t k = 0; k < own.last_count; k++) {
            add_candidate(candidates, own.first[i], own.last[k], false);
            add_candidate(candidates, own.last[k], own.first[i], false); /* they were exchanged */
        }
    struct name_run run;
    if (range_candidates_find_objects(candidates->examination, service, &run)) {
        const struct name_run *whole =
            name_ranges_run_at(&candidates->examination->ranges, run.first);
        bool is_guess =
            whole->last != run.last && !takes_hint(candidates, &own, run.first, whole->last);
        add_candidate_of_names(candidates, &own, run.first, run.last, is_guess);
        add_candidate_of_names(candidates, &own, run.first, whole->last, is_guess);
    }
    for (size_t i = 0; i < own.first_count; i++)
        add_run_candidates(candidates, &own, own.first[i]);
    for (size_t i = 0; i < own.last_count; i++)
        add_run_candidates(candidates, &own, own.last[i]);
    add_only_run(candidates, &own);
}

/* Candidates that fit the Object List come first, then those that change fewer numbers, then those
   that give more names an owner. Guesses that change equally many numbers have the same rank. */
static int compare_ranks(const struct range_candidate *a, const struct range_candidate *b)
{
    if (a->lacks_objects != b->lacks_objects)
        return a->lacks_objects ? 1 : -1;
    if (a->changes != b->changes)
        return a->changes < b->changes ? -1 : 1;
    if (a->is_guess != b->is_guess)
        return a->is_guess ? 1 : -1;
    if (!a->is_guess && a->owned != b->owned)
        return a->owned > b->owned ? -1 : 1;
    return 0;
}

static int compare_candidates(const void *left, const void *right)
{
    const struct range_candidate *a = left, *b = right;

    int order = compare_ranks(a, b);

    if (order)
        return order;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return a->last < b->last ? -1 : 1; /* no two ranges are equal */
}

void range_candidates_add_repair(struct examination *examination,
                                 const struct machine_service *service, size_t finding,
                                 const struct range_candidate *range, bool is_optional)
{
    struct diagnosis *diagnosis = examination->diagnosis;
    struct text_pool *pool = &diagnosis->pool;
    const uint32_t wanted[RANGE_VALUE_COUNT] = { range->first, range->last, range->first + 1,
                                                 range->last + 1 };
    const char *named = "";

    if (finding == DIAGNOSIS_NONE)
        return;
    if (examination->names_are_believed) {
        const struct machine_name *name =
            machine_table_find(&examination->names->table, range->first);
        if (name)
            named = text_pool_format(pool, ", where its names begin with \"%s\"",
                                     machine_table_text(name, pool));
    }
    size_t repair = diagnosis_add_repair(
        diagnosis, finding, is_optional,
        range->shows_last
            ? text_pool_format(pool, "range-%.200s-%u-%u", service->name, (unsigned)range->first,
                               (unsigned)range->last)
            : text_pool_format(pool, "range-%.200s-%u", service->name, (unsigned)range->first),
        text_pool_format(pool, "give %.200s the indices %u to %u%s", service->name,
                         (unsigned)range->first, (unsigned)range->last, named));
    diagnosis_claim(diagnosis, repair, range->first, range->last);
    const char *key = examine_claims_key(examination, service);
    for (size_t i = 0; i < RANGE_VALUE_COUNT; i++)
        diagnosis_change_number(
            diagnosis, repair,
            &(struct diagnosis_target){ key, machine_service_names[i], service->values[i].value },
            wanted[i],
            text_pool_format(
                pool, "gives %.200s the range %u to %u%s; no other service has an index in it",
                service->name, (unsigned)range->first, (unsigned)range->last, named));
}

const struct range_candidate *range_candidates_offer(struct range_candidates *candidates,
                                                     size_t finding, bool is_optional)
{
    const struct range_candidate *best = candidates->items;

    if (!candidates->count)
        return NULL;
    qsort(candidates->items, candidates->count, sizeof(*candidates->items), compare_candidates);
    size_t equal = 0;
    while (equal < candidates->count && equal < RANGE_CANDIDATES_OFFERED &&
           compare_ranks(&candidates->items[equal], best) == 0)
        equal++;
    for (size_t i = 0; i < equal; i++) {
        for (size_t k = 0; k < equal; k++)
            candidates->items[i].shows_last |=
                k != i && candidates->items[k].first == candidates->items[i].first;
        range_candidates_add_repair(candidates->examination, candidates->service, finding,
                                    &candidates->items[i], is_optional);
    }
    return best;
}
