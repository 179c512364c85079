/* SPDX-License-Identifier: MIT
 *
 * Examines the ranges of services. Numbers that cannot be right are repaired from what is right:
 * the other numbers of the service, and the names that no service owns.
 */
#include "examination.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "perf_names.h"
#include "registration.h"
#include "text.h"

/* All are chosen. */
#define MOST_CANDIDATES 64 /* ranges that are considered for one service */
#define MOST_CHOICES 4     /* repairs that are offered: more cannot be compared at a glance */
#define MOST_STALE 200 /* services whose claims to ownerless names are compared with each other */

/* A range that a service may really have. */
struct candidate {
    uint32_t first, last;
    unsigned changes;   /* numbers that would change */
    bool is_guess;      /* where it ends follows from ownerless names that have gaps */
    bool lacks_objects; /* the Object List lies outside */
    bool shows_last;    /* another candidate begins with the same index: the id has the last, too */
    size_t owned;       /* ownerless names that would get an owner */
};

struct candidates {
    struct examination *examination;
    const struct machine_service *service;
    struct candidate items[MOST_CANDIDATES];
    size_t count;
};

static unsigned count_changes(const struct machine_service *service, uint32_t first, uint32_t last)
{
    const uint32_t wanted[RANGE_VALUE_COUNT] = { first, last, first + 1, last + 1 };
    unsigned changes = 0;

    for (size_t i = 0; i < RANGE_VALUE_COUNT; i++)
        changes += !service->values[i].is_number || service->values[i].number != wanted[i];
    return changes;
}

static size_t count_names(const struct examination *examination, uint32_t first, uint32_t last)
{
    const struct machine_table *names = &examination->names->table;

    return machine_table_from(names, last + 1) - machine_table_from(names, first);
}

static bool is_object_list_inside(const struct machine_service *service, uint32_t first,
                                  uint32_t last)
{
    for (size_t i = 0; i < service->object_count; i++)
        if (service->objects[i] < first || service->objects[i] > last)
            return false;
    return service->object_count > 0;
}

static void add_candidate(struct candidates *candidates, uint64_t first, uint64_t last,
                          bool is_guess)
{
    const struct examination *examination = candidates->examination;
    bool has_names = examination->names_are_believed;

    if (first > PERF_HIGHEST_INDEX || last > PERF_HIGHEST_INDEX ||
        candidates->count == MOST_CANDIDATES)
        return;
    uint32_t from = (uint32_t)first, to = (uint32_t)last;
    if (!machine_range_is_sane(from, to, from + 1, to + 1) ||
        name_ranges_overlap(&examination->ranges, from, to, candidates->service))
        return;
    if (has_names && (!machine_table_find(&examination->names->table, from) ||
                      !machine_table_find(&examination->names->table, to)))
        return;
    for (size_t i = 0; i < candidates->count; i++)
        if (candidates->items[i].first == from && candidates->items[i].last == to)
            return;
    candidates->items[candidates->count++] = (struct candidate){
        .first = from,
        .last = to,
        .changes = count_changes(candidates->service, from, to),
        .is_guess = is_guess,
        .lacks_objects = candidates->service->object_count &&
                         !is_object_list_inside(candidates->service, from, to),
        .owned = has_names ? count_names(examination, from, to) : 0,
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
static bool takes_hint(const struct candidates *candidates, const struct own_indices *own,
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

static void add_candidate_of_names(struct candidates *candidates, const struct own_indices *own,
                                   uint32_t first, uint32_t last, bool is_guess)
{
    if (first <= last && last <= PERF_HIGHEST_INDEX && !takes_hint(candidates, own, first, last))
        add_candidate(candidates, first, last, is_guess);
}

static void set_stale(struct examination *examination, struct examined_service *examined,
                      bool is_stale)
{
    examination->stale_count += is_stale && !examined->is_stale;
    examined->is_stale = is_stale;
}

/* Whether another stale service has the same run as a candidate. With very many of them the owner
   cannot be decided. */
static bool is_run_shared(const struct examination *examination, const struct name_run *run,
                          const struct examined_service *except)
{
    if (examination->stale_count > MOST_STALE)
        return true;
    for (size_t i = 0, seen = 0;
         i < examination->machine->service_count && seen < examination->stale_count; i++) {
        const struct examined_service *other = &examination->services[i];
        seen += other->is_stale;
        if (other != except && other->is_stale &&
            other->service->last - other->service->first == run->last - run->first)
            return true;
    }
    return false;
}

static void add_index(const struct machine_service *service, enum service_value which,
                      uint32_t *indices, size_t *count)
{
    uint32_t is_help = which == MACHINE_SERVICE_FIRST_HELP || which == MACHINE_SERVICE_LAST_HELP;

    if (service->values[which].is_number && service->values[which].number >= is_help)
        indices[(*count)++] = service->values[which].number - is_help;
}

static struct own_indices own_indices(const struct machine_service *service)
{
    struct own_indices own = { .first_count = 0 };
    uint32_t lowest = UINT32_MAX;

    add_index(service, MACHINE_SERVICE_FIRST_COUNTER, own.first, &own.first_count);
    add_index(service, MACHINE_SERVICE_FIRST_HELP, own.first, &own.first_count);
    add_index(service, MACHINE_SERVICE_LAST_COUNTER, own.last, &own.last_count);
    add_index(service, MACHINE_SERVICE_LAST_HELP, own.last, &own.last_count);
    for (size_t i = 0; i < service->object_count; i++)
        lowest = service->objects[i] < lowest ? service->objects[i] : lowest;
    if (lowest > PERF_SYSTEM_LAST_INDEX && lowest % 2 == 0 && service->object_count)
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
static void add_run_candidates(struct candidates *candidates, const struct own_indices *own,
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

/* Find the service's names from its Object List. In nearly every service the first object is the
   first name. The names end where the length of the registered range says, if ownerless names end
   there too; otherwise at the end of the part of the run that has the last object. */
static bool objects_run(const struct examination *examination,
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
    if (!service->object_count || !part || lowest % 2 || !name_ranges_part_at(ranges, lowest) ||
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
static void add_only_run(struct candidates *candidates, const struct own_indices *own)
{
    const struct examination *examination = candidates->examination;
    const struct name_run *run = examination->ranges.runs;

    if (candidates->service->range != RANGE_NONE || candidates->service->object_count ||
        examination->ranges.run_count != 1 || examination->ranges.part_count != 1 ||
        examination->not_installed_count != 1)
        return;
    if (!is_run_shared(examination, run, NULL) &&
        !machine_table_is(&examination->names->table, run->first, "WMI Objects"))
        add_candidate_of_names(candidates, own, run->first, run->last, false);
}

static void gather_candidates(struct candidates *candidates)
{
    const struct machine_service *service = candidates->service;
    const struct own_indices own = own_indices(service);

    for (size_t i = 0; i < own.first_count; i++)
        for (size_t k = 0; k < own.last_count; k++) {
            add_candidate(candidates, own.first[i], own.last[k], false);
            add_candidate(candidates, own.last[k], own.first[i], false); /* they were exchanged */
        }
    struct name_run run;
    if (objects_run(candidates->examination, service, &run)) {
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
static int compare_ranks(const struct candidate *a, const struct candidate *b)
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
    const struct candidate *a = left, *b = right;

    int order = compare_ranks(a, b);

    if (order)
        return order;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return a->last < b->last ? -1 : a->last > b->last;
}

/* Add a repair that gives a service a range. */
static void repair_range(struct examination *examination, const struct machine_service *service,
                         size_t finding, const struct candidate *range, bool is_optional)
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

/* The best candidates as repairs: one, or several of equal rank to choose from. */
static const struct candidate *offer_candidates(struct candidates *candidates, size_t finding,
                                                bool is_optional)
{
    const struct candidate *best = candidates->items;

    if (!candidates->count)
        return NULL;
    qsort(candidates->items, candidates->count, sizeof(*candidates->items), compare_candidates);
    size_t equal = 0;
    while (equal < candidates->count && equal < MOST_CHOICES &&
           compare_ranks(&candidates->items[equal], best) == 0)
        equal++;
    for (size_t i = 0; i < equal; i++) {
        for (size_t k = 0; k < equal; k++)
            candidates->items[i].shows_last |=
                k != i && candidates->items[k].first == candidates->items[i].first;
        repair_range(candidates->examination, candidates->service, finding, &candidates->items[i],
                     is_optional);
    }
    return best;
}

/* Record the first value that is wrong, and what it should be. */
static void set_facts(struct examination *examination, size_t position,
                      const struct machine_service *service, const struct candidate *range)
{
    struct diagnosis_finding *finding = &examination->diagnosis->findings[position];

    for (size_t i = 0; i < RANGE_VALUE_COUNT; i++) {
        const struct machine_value *value = &service->values[i];
        uint32_t wanted = !range                               ? 0
                          : i == MACHINE_SERVICE_FIRST_COUNTER ? range->first
                          : i == MACHINE_SERVICE_LAST_COUNTER  ? range->last
                          : i == MACHINE_SERVICE_FIRST_HELP    ? range->first + 1
                                                               : range->last + 1;
        if (range ? value->is_number && value->number == wanted : value->is_number)
            continue;
        finding->value = machine_service_names[i];
        finding->actual = diagnosis_value(examination->diagnosis, value->value);
        if (range)
            finding->expected = diagnosis_number(wanted);
        return;
    }
    finding->value = machine_service_names[MACHINE_SERVICE_FIRST_COUNTER];
    if (service->values[0].is_number)
        finding->actual = diagnosis_number(service->values[0].number);
}

static size_t add(struct examination *examination, enum doctor_fault_id fault,
                  struct examined_service *examined, size_t caused_by, const char *detail)
{
    size_t finding = diagnosis_add(examination->diagnosis,
                                   &(struct diagnosis_finding){
                                       .fault = fault,
                                       .service = examined->service->name,
                                       .key = examine_claims_key(examination, examined->service),
                                       .caused_by = caused_by,
                                       .detail = detail,
                                   });

    if (examined->finding == DIAGNOSIS_NONE)
        examined->finding = finding;
    return finding;
}

/* The rule that a number of a malformed range breaks, in words. */
static const char *describe_range(struct examination *examination,
                                  const struct machine_service *service)
{
    const struct machine_value *values = service->values;
    uint32_t first = values[MACHINE_SERVICE_FIRST_COUNTER].number,
             last = values[MACHINE_SERVICE_LAST_COUNTER].number;
    uint32_t first_help = values[MACHINE_SERVICE_FIRST_HELP].number;
    uint32_t last_help = values[MACHINE_SERVICE_LAST_HELP].number;
    const char *rule = first > last            ? "the last index is before the first"
                       : first % 2 || last % 2 ? "names must have even indices"
                       : first <= PERF_SYSTEM_LAST_INDEX
                           ? "it lies in the system's own range, up to 1847"
                       : first_help % 2 == 0 || last_help % 2 == 0 ? "help must have odd indices"
                       : first_help != first + 1 ? "First Help must be First Counter + 1"
                       : last_help != last + 1   ? "Last Help must be Last Counter + 1"
                                                 : "the indices are too high";

    return text_pool_format(&examination->diagnosis->pool, "names %u to %u, help %u to %u: %s",
                            (unsigned)first, (unsigned)last, (unsigned)first_help,
                            (unsigned)last_help, rule);
}

static void examine_broken(struct examination *examination, struct examined_service *examined)
{
    const struct machine_service *service = examined->service;
    struct candidates candidates = { .examination = examination, .service = service };
    enum doctor_fault_id fault =
        service->range == RANGE_MALFORMED ? FAULT_range_malformed : FAULT_range_incomplete;
    size_t finding =
        add(examination, fault, examined, DIAGNOSIS_NONE,
            fault == FAULT_range_malformed ? describe_range(examination, service) : "");

    gather_candidates(&candidates);
    const struct candidate *best = offer_candidates(&candidates, finding, false);
    if (finding != DIAGNOSIS_NONE)
        set_facts(examination, finding, service, best);
}

/* Whether a .NET program made the service: .NET stores values of its own beside the numbers. Categories of
   .NET itself have an .ini file of their own. */
static bool is_dotnet_category(const struct machine_service *service)
{
    static const char *const names[] = { "Counter Names", "Counter Types", "CategoryOptions" };
    static const char own[] = ".NET ";

    if (strlen(service->name) >= strlen(own) &&
        text_utf8_compare_ignore_case(service->name, strlen(own), own, strlen(own)) == 0)
        return false;
    for (const struct reg_value *value = service->performance->first_value; value;
         value = value->next)
        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
            if (text_utf8_equal_ignore_case(value->node.name, names[i]))
                return true;
    return false;
}

/* Which .ini file the service was installed from, if its key says so. */
static const char *describe_ini(struct examination *examination,
                                const struct machine_service *service)
{
    for (const struct reg_value *value = service->performance->first_value; value;
         value = value->next) {
        if (!text_utf8_equal_ignore_case(value->node.name, "PerfIniFile"))
            continue;
        struct diagnosis_fact ini = diagnosis_value(examination->diagnosis, value);
        if (ini.text)
            return text_pool_format(&examination->diagnosis->pool,
                                    "its .ini is %.200s, see %%windir%%\\inf\\%.200s", ini.text,
                                    service->name);
    }
    return "";
}

static void examine_uninstalled(struct examination *examination, struct examined_service *examined)
{
    const struct machine_service *service = examined->service;
    struct candidates candidates = { .examination = examination, .service = service };

    if (!examine_claims_wants_range(service))
        return;
    bool is_category = is_dotnet_category(service);
    size_t finding =
        add(examination, is_category ? FAULT_category_lost : FAULT_not_installed, examined,
            DIAGNOSIS_NONE, is_category ? "" : describe_ini(examination, service));
    gather_candidates(&candidates);
    const struct candidate *best = offer_candidates(&candidates, finding, false);
    if (finding != DIAGNOSIS_NONE)
        set_facts(examination, finding, service, best);
}

/* Runs as long as the service's range, as repairs. */
static bool offer_runs(struct examination *examination, struct examined_service *examined,
                       size_t finding, bool is_optional)
{
    const struct machine_service *service = examined->service;
    const struct candidate *shown = NULL;
    struct candidate range = { 0 };
    const struct name_run *run;
    struct name_run listed;
    size_t at = 0, offered = 0;

    if (objects_run(examination, service, &listed)) {
        const struct name_run *whole = name_ranges_run_at(&examination->ranges, listed.first);
        bool is_known = whole->last == listed.last ||
                        listed.last - listed.first == service->last - service->first;
        range = (struct candidate){ .first = listed.first,
                                    .last = listed.last,
                                    .shows_last = !is_known };
        repair_range(examination, service, finding, &range, false);
        if (is_known && finding != DIAGNOSIS_NONE)
            set_facts(examination, finding, service, &range);
        range.last = whole->last;
        if (!is_known) /* names after a gap may be the service's, too */
            repair_range(examination, service, finding, &range, false);
        return true;
    }

    while (offered < MOST_CHOICES &&
           (run = name_ranges_run_of_span(&examination->ranges, service->last - service->first,
                                          &at))) {
        range = (struct candidate){ .first = run->first, .last = run->last };
        bool is_shared = is_run_shared(examination, run, examined);
        repair_range(examination, service, finding, &range, is_optional || is_shared);
        shown = &range;
        offered++;
    }
    if (finding != DIAGNOSIS_NONE && shown && offered == 1)
        set_facts(examination, finding, service, shown);
    return offered > 0;
}

static bool has_run(const struct examination *examination, const struct machine_service *service)
{
    struct name_run run;
    size_t at = 0;

    if (objects_run(examination, service, &run))
        return true;
    return name_ranges_run_of_span(&examination->ranges, service->last - service->first, &at) !=
           NULL;
}

/* Whether the Object List lies in a run of ownerless names. This proves that they are the
   service's. */
static bool object_list_names_run(const struct examination *examination,
                                  const struct machine_service *service)
{
    const struct name_run *run;
    struct name_run listed;
    size_t at = 0, tried = 0;

    if (objects_run(examination, service, &listed))
        return true;
    while (
        tried++ < MOST_CHOICES &&
        (run = name_ranges_run_of_span(&examination->ranges, service->last - service->first, &at)))
        if (is_object_list_inside(service, run->first, run->last))
            return true;
    return false;
}

/* If the English names end below the ranges of several services, the table is broken and not the
   services. */
static void examine_short_names(struct examination *examination)
{
    const struct machine *machine = examination->machine;
    uint32_t highest = examination->names_are_believed ? examination->names->table.highest : 0;
    uint32_t wanted = 0;
    size_t count = 0;

    for (size_t i = 0; i < machine->service_count && highest; i++) {
        const struct examined_service *examined = &examination->services[i];
        if (!examined->lacks_all || examined->service->first < highest ||
            has_run(examination, examined->service) ||
            text_utf8_equal_ignore_case(examined->service->name, "WmiApRpl"))
            continue;
        wanted = examined->service->last > wanted ? examined->service->last : wanted;
        count++;
    }
    if (count < 2)
        return;
    bool is_file = examination->names->value.input->kind == MACHINE_INPUT_TABLE;
    examination->short_names_finding = diagnosis_add(
        examination->diagnosis,
        &(struct diagnosis_finding){
            .fault = FAULT_names_cut,
            .key = is_file ? examination->names->value.input->name : REG_PERFLIB "\\009",
            .value = "Counter",
            .actual = diagnosis_number(highest),
            .expected = diagnosis_number(wanted),
            .caused_by = DIAGNOSIS_NONE,
            .detail = text_pool_format(&examination->diagnosis->pool,
                                       "its names end at %u, below the indices of %zu services: it "
                                       "is an older state, or lost its end",
                                       (unsigned)highest, count),
        });
}

static void examine_nameless(struct examination *examination, struct examined_service *examined)
{
    const struct machine_service *service = examined->service;
    struct text_pool *pool = &examination->diagnosis->pool;
    const char *range = text_pool_format(pool, "indices %u to %u", (unsigned)service->first,
                                         (unsigned)service->last);

    if (examination->short_names_finding != DIAGNOSIS_NONE &&
        service->first > examination->names->table.highest) {
        add(examination, FAULT_names_absent, examined, examination->short_names_finding, range);
        return;
    }
    if (text_utf8_equal_ignore_case(service->name, "WmiApRpl")) {
        add(examination, FAULT_wmi_provider_unloaded, examined, DIAGNOSIS_NONE, range);
        return;
    }
    if (object_list_names_run(examination, service)) {
        set_stale(examination, examined, true);
        size_t finding = add(examination, FAULT_range_stale, examined, DIAGNOSIS_NONE,
                             text_pool_format(pool, "its %s have no names", range));
        offer_runs(examination, examined, finding, false);
        return;
    }
    size_t finding = add(examination, FAULT_names_absent, examined, DIAGNOSIS_NONE, range);
    offer_runs(examination, examined, finding, true);
}

/* Whether the Object List lies outside the range that the service has, and inside one that it may
   have. This proves that the numbers are wrong and not the names. */
static bool is_object_list_elsewhere(const struct candidates *candidates)
{
    const struct machine_service *service = candidates->service;

    if (!service->object_count || is_object_list_inside(service, service->first, service->last))
        return false;
    for (size_t i = 0; i < candidates->count; i++)
        if (!candidates->items[i].lacks_objects)
            return true;
    return false;
}

/* Report a first or last index without a name: the numbers reach too far, or names are missing. */
static void examine_end(struct examination *examination, struct examined_service *examined)
{
    const struct machine_service *service = examined->service;
    const struct machine_value *last = &examination->machine->perflib[PERFLIB_LAST_COUNTER];
    struct candidates candidates = { .examination = examination, .service = service };
    bool reaches_too_far =
        (last->is_number && service->last > last->number && last->number >= examination->highest) ||
        name_ranges_overlap(&examination->ranges, service->first, service->last, service);
    size_t finding = add(examination, FAULT_range_end, examined, DIAGNOSIS_NONE,
                         text_pool_format(&examination->diagnosis->pool,
                                          "of the indices %u to %u, %s has no name",
                                          (unsigned)service->first, (unsigned)service->last,
                                          examined->lacks_first && examined->lacks_last
                                              ? "neither the first nor the last"
                                          : examined->lacks_first ? "the first"
                                                                  : "the last"));

    gather_candidates(&candidates);
    reaches_too_far = reaches_too_far || is_object_list_elsewhere(&candidates);
    const struct candidate *best = offer_candidates(&candidates, finding, !reaches_too_far);
    if (finding != DIAGNOSIS_NONE)
        set_facts(examination, finding, service, reaches_too_far ? best : NULL);
    if (finding != DIAGNOSIS_NONE && !reaches_too_far) {
        struct diagnosis_finding *added = &examination->diagnosis->findings[finding];
        size_t which =
            examined->lacks_first ? MACHINE_SERVICE_FIRST_COUNTER : MACHINE_SERVICE_LAST_COUNTER;
        added->value = machine_service_names[which];
        added->actual = diagnosis_number(service->values[which].number);
    }
}

/* ---- overlaps ---------------------------------------------------------------------------- */

static struct examined_service *examined_of(struct examination *examination,
                                            const struct machine_service *service)
{
    return &examination->services[service - examination->machine->services];
}

/* Set *left to the part of a service's range that another range, which overlaps with one of its
   ends, does not cover. False if there is no such part. */
static bool trim(const struct examination *examination, const struct machine_service *service,
                 const struct machine_service *other, struct candidate *left)
{
    size_t at;

    if (!examination->names_are_believed)
        return false;
    const struct machine_table *names = &examination->names->table;
    if (service->first < other->first && service->last <= other->last) {
        at = machine_table_from(names, other->first);
        *left = (struct candidate){ .first = service->first,
                                    .last = at > 0 ? names->names[at - 1].index : 0 };
    } else if (service->first >= other->first && service->last > other->last) {
        at = machine_table_from(names, other->last + 1);
        *left = (struct candidate){ .first = at < names->count ? names->names[at].index : 0,
                                    .last = service->last };
    } else {
        return false;
    }
    return left->first >= service->first && left->last <= service->last &&
           machine_range_is_sane(left->first, left->last, left->first + 1, left->last + 1);
}

static void report_overlap(struct examination *examination, const struct machine_service *service,
                           const struct machine_service *other)
{
    struct examined_service *both[] = { examined_of(examination, service),
                                        examined_of(examination, other) };
    bool are_runs = both[0]->is_stale && both[1]->is_stale;
    size_t finding =
        add(examination, FAULT_ranges_overlap, both[0], DIAGNOSIS_NONE,
            text_pool_format(
                &examination->diagnosis->pool, "%.200s has %u to %u, %.200s has %u to %u%s",
                service->name, (unsigned)service->first, (unsigned)service->last, other->name,
                (unsigned)other->first, (unsigned)other->last,
                text_utf8_equal_ignore_case(service->name, "WmiApRpl") ||
                        text_utf8_equal_ignore_case(other->name, "WmiApRpl")
                    ? "; WmiApRpl is registered again by wmiadap /f and winmgmt /resyncperf"
                    : ""));

    both[1]->finding = both[1]->finding == DIAGNOSIS_NONE ? finding : both[1]->finding;
    if (finding != DIAGNOSIS_NONE) {
        set_facts(examination, finding, service, NULL);
        examination->diagnosis->findings[finding].other =
            text_pool_format(&examination->diagnosis->pool, "%s", other->name);
    }
    for (size_t i = 0; i < 2; i++) {
        struct candidate left;
        if (are_runs)
            offer_runs(examination, both[i], finding, false);
        else if (trim(examination, both[i]->service, both[1 - i]->service, &left))
            repair_range(examination, both[i]->service, finding, &left, true);
    }
}

static void report_stale(struct examination *examination, struct examined_service *examined,
                         const struct machine_service *other)
{
    size_t finding =
        add(examination, FAULT_range_stale, examined, DIAGNOSIS_NONE,
            text_pool_format(&examination->diagnosis->pool,
                             "its indices %u to %u lie in the range of %.200s, %u to %u; its names "
                             "are elsewhere, without an owner",
                             (unsigned)examined->service->first, (unsigned)examined->service->last,
                             other->name, (unsigned)other->first, (unsigned)other->last));

    offer_runs(examination, examined, finding, false);
}

/* Find services whose names are elsewhere. One walk in the order of first indices is enough: a
   range that overlaps with any earlier one overlaps with the one that ends last. */
static void find_stale(struct examination *examination)
{
    const struct name_ranges *ranges = &examination->ranges;
    const struct machine_service *farthest = NULL;

    for (size_t i = 0; i < ranges->range_count; i++) {
        const struct machine_service *service = ranges->ranges[i].service;
        if (farthest && service->first <= farthest->last) {
            set_stale(examination, examined_of(examination, service),
                      has_run(examination, service));
            set_stale(examination, examined_of(examination, farthest),
                      has_run(examination, farthest));
        }
        if (!farthest || service->last > farthest->last)
            farthest = service;
    }
}

/* Report overlaps in the same walk, after the stale services are known. */
static void examine_overlaps(struct examination *examination)
{
    const struct name_ranges *ranges = &examination->ranges;
    const struct machine_service *farthest = NULL;

    for (size_t i = 0; i < ranges->range_count; i++) {
        const struct machine_service *service = ranges->ranges[i].service;
        if (farthest && service->first <= farthest->last) {
            struct examined_service *left = examined_of(examination, farthest);
            struct examined_service *right = examined_of(examination, service);
            if (left->is_stale != right->is_stale &&
                (left->is_stale ? left : right)->finding != DIAGNOSIS_NONE)
                ; /* another overlap reports it */
            else if (left->is_stale != right->is_stale)
                report_stale(examination, left->is_stale ? left : right,
                             left->is_stale ? service : farthest);
            else
                report_overlap(examination, service, farthest);
        }
        if (!farthest || service->last > farthest->last)
            farthest = service;
    }
}

/* Note names that are missing inside a range. This is healthy, also if a language lacks all
   names. */
static void note_gaps(struct examination *examination, struct examined_service *examined)
{
    const struct machine_service *service = examined->service;
    size_t expected = (size_t)(service->last - service->first) / 2 + 1;
    size_t found = count_names(examination, service->first, service->last);

    if (found < expected)
        diagnosis_add(
            examination->diagnosis,
            &(struct diagnosis_finding){
                .fault = FAULT_names_gap,
                .service = service->name,
                .key = examine_claims_key(examination, service),
                .caused_by = DIAGNOSIS_NONE,
                .detail = text_pool_format(&examination->diagnosis->pool,
                                           "%zu of %zu indices have a name", found, expected),
            });
}

/* Note each language that has no name of a service. */
static void note_languages(struct examination *examination, const struct examined_service *examined)
{
    const struct machine_service *service = examined->service;

    for (size_t i = 0; i < examination->machine->names_count; i++) {
        const struct machine_names *names = &examination->machine->names[i];
        size_t from = machine_table_from(&names->table, service->first);
        if (!names->is_chosen || names->table.is_help || names->table.count < 2 ||
            names->table.language == PERF_ENGLISH ||
            (from < names->table.count && names->table.names[from].index <= service->last))
            continue;
        diagnosis_add(
            examination->diagnosis,
            &(struct diagnosis_finding){
                .fault = FAULT_language_lacks_names,
                .service = service->name,
                .key = text_pool_format(&examination->diagnosis->pool, "%s\\%.20s", REG_PERFLIB,
                                        names->key),
                .value = "Counter",
                .caused_by = DIAGNOSIS_NONE,
                .detail = text_pool_format(&examination->diagnosis->pool,
                                           "language %.20s lacks the indices %u to %u", names->key,
                                           (unsigned)service->first, (unsigned)service->last),
            });
    }
}

static void note_ownerless(struct examination *examination)
{
    const struct name_ranges *ranges = &examination->ranges;
    size_t count = 0;

    for (size_t i = 0; i < ranges->run_count; i++)
        count += ranges->runs[i].count;
    if (count)
        diagnosis_add(examination->diagnosis,
                      &(struct diagnosis_finding){
                          .fault = FAULT_names_ownerless,
                          .key = REG_PERFLIB "\\009",
                          .value = "Counter",
                          .actual = diagnosis_number(ranges->runs[0].first),
                          .caused_by = DIAGNOSIS_NONE,
                          .detail = text_pool_format(
                              &examination->diagnosis->pool, "%zu name%s between %u and %u", count,
                              count == 1 ? "" : "s", (unsigned)ranges->runs[0].first,
                              (unsigned)ranges->runs[ranges->run_count - 1].last),
                      });
}

/* A service of whose range the damaged table has no name: report this as a consequence of the
   damage. */
static void examine_consequences(struct examination *examination, struct examined_service *examined)
{
    const struct machine_service *service = examined->service;
    const struct machine_table *names = &examination->names->table;
    size_t from = machine_table_from(names, service->first);

    if (from < names->count && names->names[from].index <= service->last)
        return;
    add(examination, FAULT_names_absent, examined, examination->names_finding,
        text_pool_format(&examination->diagnosis->pool, "indices %u to %u",
                         (unsigned)service->first, (unsigned)service->last));
}

static void report_missing_key(struct examination *examination, const struct machine_input *input,
                               const char *service, const uint32_t numbers[RANGE_VALUE_COUNT])
{
    struct text_pool *pool = &examination->diagnosis->pool;
    const struct machine_name *name =
        machine_table_find(&examination->names->table, numbers[MACHINE_SERVICE_FIRST_COUNTER]);

    diagnosis_add(
        examination->diagnosis,
        &(struct diagnosis_finding){
            .fault = FAULT_performance_key_missing,
            .service = service,
            .key = text_pool_format(pool, "%s\\%.900s\\Performance", REG_SERVICES, service),
            .actual = diagnosis_absent(),
            .caused_by = DIAGNOSIS_NONE,
            .detail = text_pool_format(
                pool, "%.200s shows that it has the indices %u to %u, named \"%s\" and on",
                input->name, (unsigned)numbers[MACHINE_SERVICE_FIRST_COUNTER],
                (unsigned)numbers[MACHINE_SERVICE_LAST_COUNTER],
                name ? machine_table_text(name, pool) : ""),
        });
}

/* Services that a backup or a paste shows and the registry lacks, although their names are there. */
static void examine_missing_keys(struct examination *examination)
{
    const struct machine *machine = examination->machine;

    for (size_t i = 0; i < machine->input_count; i++) {
        const struct machine_input *input = machine->ranked[i];
        const struct reg_key *services = reg_tree_find(&input->tree, REG_SERVICES);
        uint32_t numbers[RANGE_VALUE_COUNT];
        if (input->kind != MACHINE_INPUT_BACKUP && input->kind != MACHINE_INPUT_QUERY)
            continue;
        for (const struct reg_key *key = services ? services->first_child : NULL; key;
             key = key->next)
            if (examine_inputs_is_key_missing(examination, input, key->node.name, numbers) &&
                !name_ranges_overlap(&examination->ranges, numbers[MACHINE_SERVICE_FIRST_COUNTER],
                                     numbers[MACHINE_SERVICE_LAST_COUNTER], NULL) &&
                diagnosis_find(examination->diagnosis, FAULT_performance_key_missing,
                               key->node.name) == DIAGNOSIS_NONE)
                report_missing_key(examination, input, key->node.name, numbers);
    }
}

void examine_ranges(struct examination *examination)
{
    const struct machine_value *last = &examination->machine->perflib[PERFLIB_LAST_COUNTER];

    find_stale(examination);
    examine_short_names(examination);
    for (size_t i = 0; i < examination->machine->service_count; i++) {
        struct examined_service *examined = &examination->services[i];
        const struct machine_service *service = examined->service;
        if (service->range == RANGE_NONE) {
            examine_uninstalled(examination, examined);
        } else if (service->range != RANGE_SANE) {
            examine_broken(examination, examined);
        } else if (examined->lacks_all) {
            examine_nameless(examination, examined);
        } else if (!examined->is_trusted) {
            examine_end(examination, examined);
        } else {
            if (last->is_number && service->last > last->number &&
                examination->last_finding != DIAGNOSIS_NONE)
                add(examination, FAULT_range_above_last_counter, examined,
                    examination->last_finding,
                    text_pool_format(&examination->diagnosis->pool, "it ends at %u",
                                     (unsigned)service->last));
            if (examination->names_finding != DIAGNOSIS_NONE && !examination->names_are_of_backup)
                examine_consequences(examination, examined);
            if (examination->names_are_believed)
                note_gaps(examination, examined);
            note_languages(examination, examined);
        }
    }
    examine_overlaps(examination);
    if (examination->names_are_believed)
        examine_missing_keys(examination);
    if (examination->names_are_believed)
        note_ownerless(examination);
}
