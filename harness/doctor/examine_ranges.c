/* SPDX-License-Identifier: MIT
 *
 * Examines the ranges of services: which of them cannot be right, and which claim the same names.
 * range_candidates.c finds the ranges that could replace them.
 */
#include "examination.h"

#include <string.h>

#include "perf_names.h"
#include "range_candidates.h"
#include "registration.h"
#include "text.h"

static void set_stale(struct examination *examination, struct examined_service *examined)
{
    if (examined->is_stale)
        return;
    examined->is_stale = true;
    if (examination->stale_count < EXAMINATION_MOST_STALE)
        examination->stale[examination->stale_count] = examined;
    examination->stale_count++;
}

/* Record the first value that is wrong, and what it should be. Does nothing if the finding was not kept. */
static void set_facts(struct examination *examination, size_t position,
                      const struct machine_service *service, const struct range_candidate *range)
{
    if (position == DIAGNOSIS_NONE)
        return;
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
    finding->actual = diagnosis_number(service->values[MACHINE_SERVICE_FIRST_COUNTER].number);
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
    struct range_candidates candidates = { .examination = examination, .service = service };
    enum doctor_fault_id fault =
        service->range == RANGE_MALFORMED ? FAULT_range_malformed : FAULT_range_incomplete;
    size_t finding =
        add(examination, fault, examined, DIAGNOSIS_NONE,
            fault == FAULT_range_malformed ? describe_range(examination, service) : "");

    range_candidates_gather(&candidates);
    const struct range_candidate *best = range_candidates_offer(&candidates, finding, false);
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
    struct range_candidates candidates = { .examination = examination, .service = service };

    if (!examine_claims_wants_range(service))
        return;
    bool is_category = is_dotnet_category(service);
    size_t finding =
        add(examination, is_category ? FAULT_category_lost : FAULT_not_installed, examined,
            DIAGNOSIS_NONE, is_category ? "" : describe_ini(examination, service));
    range_candidates_gather(&candidates);
    const struct range_candidate *best = range_candidates_offer(&candidates, finding, false);
    set_facts(examination, finding, service, best);
}

/* Offer runs as long as the service's range, as repairs. True if there is exactly one, in *only. */
static bool offer_runs(struct examination *examination, struct examined_service *examined,
                       size_t finding, bool is_optional, struct range_candidate *only)
{
    const struct machine_service *service = examined->service;
    const struct name_run *run;
    struct name_run listed;
    size_t at = 0, offered = 0;

    if (range_candidates_find_objects(examination, service, &listed)) {
        const struct name_run *whole = name_ranges_run_at(&examination->ranges, listed.first);
        bool is_known = whole->last == listed.last ||
                        listed.last - listed.first == service->last - service->first;
        *only = (struct range_candidate){ .first = listed.first,
                                          .last = listed.last,
                                          .shows_last = !is_known };
        range_candidates_add_repair(examination, service, finding, only, false);
        if (is_known)
            return true;
        only->last = whole->last; /* names after a gap may be the service's, too */
        range_candidates_add_repair(examination, service, finding, only, false);
        return false;
    }

    while (offered < RANGE_CANDIDATES_OFFERED &&
           (run = name_ranges_run_of_span(&examination->ranges, service->last - service->first,
                                          &at))) {
        *only = (struct range_candidate){ .first = run->first, .last = run->last };
        bool is_shared = range_candidates_is_run_shared(examination, run, examined);
        range_candidates_add_repair(examination, service, finding, only, is_optional || is_shared);
        offered++;
    }
    return offered == 1;
}

/* The same for a finding about this service, which shows the only one. */
static void offer_and_show_runs(struct examination *examination, struct examined_service *examined,
                                size_t finding, bool is_optional)
{
    struct range_candidate only;

    if (offer_runs(examination, examined, finding, is_optional, &only))
        set_facts(examination, finding, examined->service, &only);
}

static bool has_run(const struct examination *examination, const struct machine_service *service)
{
    struct name_run run;
    size_t at = 0;

    if (range_candidates_find_objects(examination, service, &run))
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

    if (range_candidates_find_objects(examination, service, &listed))
        return true;
    while (
        tried++ < RANGE_CANDIDATES_OFFERED &&
        (run = name_ranges_run_of_span(&examination->ranges, service->last - service->first, &at)))
        if (range_candidates_has_objects(service, run->first, run->last))
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
        set_stale(examination, examined);
        size_t finding = add(examination, FAULT_range_stale, examined, DIAGNOSIS_NONE,
                             text_pool_format(pool, "its %s have no names", range));
        offer_and_show_runs(examination, examined, finding, false);
        return;
    }
    size_t finding = add(examination, FAULT_names_absent, examined, DIAGNOSIS_NONE, range);
    offer_and_show_runs(examination, examined, finding, true);
}

/* Whether the Object List lies outside the range that the service has, and inside one that it may
   have. This proves that the numbers are wrong and not the names. */
static bool is_object_list_elsewhere(const struct range_candidates *candidates)
{
    const struct machine_service *service = candidates->service;

    if (!service->object_count ||
        range_candidates_has_objects(service, service->first, service->last))
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
    struct range_candidates candidates = { .examination = examination, .service = service };
    bool reaches_too_far =
        (service->last > last->number && last->number >= examination->highest) ||
        name_ranges_overlap(&examination->ranges, service->first, service->last, service);
    size_t finding =
        add(examination, FAULT_range_end, examined, DIAGNOSIS_NONE,
            text_pool_format(&examination->diagnosis->pool, "of the indices %u to %u, %s",
                             (unsigned)service->first, (unsigned)service->last,
                             examined->lacks_first && examined->lacks_last
                                 ? "neither the first nor the last has a name"
                             : examined->lacks_first ? "the first has no name"
                                                     : "the last has no name"));

    range_candidates_gather(&candidates);
    reaches_too_far = reaches_too_far || is_object_list_elsewhere(&candidates);
    const struct range_candidate *best =
        range_candidates_offer(&candidates, finding, !reaches_too_far);
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
                 const struct machine_service *other, struct range_candidate *left)
{
    size_t at;

    if (!examination->names_are_believed)
        return false;
    const struct machine_table *names = &examination->names->table;
    if (service->last <= other->last) {
        at = machine_table_from(names, other->first);
        *left = (struct range_candidate){ .first = service->first,
                                          .last = at > 0 ? names->names[at - 1].index : 0 };
    } else if (service->first >= other->first) {
        at = machine_table_from(names, other->last + 1);
        *left = (struct range_candidate){ .first = at < names->count ? names->names[at].index : 0,
                                          .last = service->last };
    } else {
        return false;
    }
    return machine_range_is_sane(left->first, left->last, left->first + 1, left->last + 1);
}

static void report_overlap(struct examination *examination, const struct machine_service *service,
                           const struct machine_service *other)
{
    struct examined_service *both[] = { examined_of(examination, service),
                                        examined_of(examination, other) };
    bool are_runs = both[0]->is_stale; /* and so is the other */
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
    set_facts(examination, finding, service, NULL);
    if (finding != DIAGNOSIS_NONE)
        examination->diagnosis->findings[finding].other =
            text_pool_format(&examination->diagnosis->pool, "%s", other->name);
    for (size_t i = 0; i < 2; i++) {
        struct range_candidate left;
        if (are_runs)
            offer_runs(examination, both[i], finding, false, &left);
        else if (trim(examination, both[i]->service, both[1 - i]->service, &left))
            range_candidates_add_repair(examination, both[i]->service, finding, &left, true);
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

    offer_and_show_runs(examination, examined, finding, false);
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
            if (has_run(examination, service))
                set_stale(examination, examined_of(examination, service));
            if (has_run(examination, farthest))
                set_stale(examination, examined_of(examination, farthest));
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
    size_t found =
        machine_table_count_between(&examination->names->table, service->first, service->last);

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
        const char *key = "", *detail = "";
        /* Services and languages multiply, so texts are made only for findings that are kept. */
        if (!diagnosis_is_full(examination->diagnosis, FAULT_language_lacks_names)) {
            key = text_pool_format(&examination->diagnosis->pool, "%s\\%.20s", REG_PERFLIB,
                                   names->key);
            detail = text_pool_format(&examination->diagnosis->pool,
                                      "language %.20s lacks the indices %u to %u", names->key,
                                      (unsigned)service->first, (unsigned)service->last);
        }
        diagnosis_add(examination->diagnosis,
                      &(struct diagnosis_finding){ .fault = FAULT_language_lacks_names,
                                                   .service = service->name,
                                                   .key = key,
                                                   .value = "Counter",
                                                   .caused_by = DIAGNOSIS_NONE,
                                                   .detail = detail });
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
                (unsigned)numbers[MACHINE_SERVICE_LAST_COUNTER], machine_table_text(name, pool)),
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
    note_ownerless(examination);
}
