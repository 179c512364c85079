/* SPDX-License-Identifier: MIT
 *
 * Examines Perflib's own values: the switch, the base, and the last indices, which must be the
 * highest in use or above, the first even and the second one more.
 */
#include "examination.h"

#include "perf_names.h"
#include "registration.h"
#include "text.h"

#define V2_PROVIDERS REG_PERFLIB "\\_V2Providers"
#define LONGEST_SHOWN 60 /* units of a name in a message; chosen */

static size_t add(struct examination *examination, enum doctor_fault_id fault,
                  enum perflib_value which, struct diagnosis_fact expected, const char *detail)
{
    const struct machine_value *value = &examination->machine->perflib[which];

    return diagnosis_add(examination->diagnosis,
                         &(struct diagnosis_finding){
                             .fault = fault,
                             .key = REG_PERFLIB,
                             .value = machine_perflib_names[which],
                             .actual = diagnosis_value(examination->diagnosis, value->value),
                             .expected = expected,
                             .caused_by = DIAGNOSIS_NONE,
                             .detail = detail,
                         });
}

static void change(struct examination *examination, size_t repair, enum perflib_value which,
                   uint32_t number, const char *why)
{
    const struct diagnosis_target target = { REG_PERFLIB, machine_perflib_names[which],
                                             examination->machine->perflib[which].value };

    diagnosis_change_number(examination->diagnosis, repair, &target, number, why);
}

static void ignore_value(struct examination *examination, enum doctor_fault_id fault,
                         const struct reg_value *value, const char *detail)
{
    struct diagnosis *diagnosis = examination->diagnosis;
    size_t finding = diagnosis_add(diagnosis, &(struct diagnosis_finding){
                                                  .fault = fault,
                                                  .key = REG_PERFLIB,
                                                  .value = value->node.name,
                                                  .actual = diagnosis_value(diagnosis, value),
                                                  .caused_by = DIAGNOSIS_NONE,
                                                  .detail = detail,
                                              });

    if (fault != FAULT_disable_ignored)
        return;
    size_t repair = diagnosis_add_repair(diagnosis, finding, true, "remove-switch",
                                         "delete the value that Windows ignores");
    diagnosis_change_remove(diagnosis, repair, REG_PERFLIB, value,
                            "removes a value that Windows ignores");
}

static void examine_switch(struct examination *examination)
{
    const struct machine_value *value = &examination->machine->perflib[PERFLIB_DISABLED];

    if (!value->value || (value->is_number && !value->number))
        return;
    if (value->number & 1) {
        size_t finding =
            add(examination, FAULT_all_disabled, PERFLIB_DISABLED, diagnosis_number(0), "");
        size_t repair = diagnosis_add_repair(examination->diagnosis, finding, false, "enable-all",
                                             "switch legacy counters on");
        change(examination, repair, PERFLIB_DISABLED, 0,
               "switches legacy counters on again; it takes effect after a restart");
        return;
    }
    ignore_value(examination, FAULT_disable_ignored, value->value,
                 value->is_number ? "only 0 and 1 mean something here" : "it is not a REG_DWORD");
}

/* Report values of Perflib that Windows ignores: a misspelt switch, settings of another type or
   outside their range. */
static void examine_settings(struct examination *examination)
{
    static const struct {
        const char *name;
        uint32_t lowest, highest;
    } settings[] = {
        { "ExtCounterTestLevel", 1, 4 },
        { "Configuration Flags", 0, UINT32_MAX },
        { "EventLogLevel", 0, UINT32_MAX },
    };
    struct text_pool *pool = &examination->diagnosis->pool;

    for (size_t i = 0; i < examination->machine->input_count; i++) {
        const struct machine_input *input = examination->machine->ranked[i];
        const struct reg_key *perflib = reg_tree_find(&input->tree, REG_PERFLIB);
        const struct reg_value *value = perflib ? perflib->first_value : NULL;
        for (; value && input->kind == MACHINE_INPUT_REGISTRY; value = value->next) {
            uint32_t number = 0;
            bool is_number = registration_parse_dword(value, &number);
            if (examine_services_is_misspelt_switch(value->node.name))
                ignore_value(examination, FAULT_disable_ignored, value,
                             "its name must have two blanks");
            for (size_t k = 0; k < sizeof(settings) / sizeof(*settings); k++)
                if (text_utf8_equal_ignore_case(value->node.name, settings[k].name) &&
                    (!is_number || number < settings[k].lowest || number > settings[k].highest))
                    ignore_value(examination, FAULT_setting_malformed, value,
                                 is_number
                                     ? text_pool_format(pool, "only %u to %u are valid",
                                                        (unsigned)settings[k].lowest,
                                                        (unsigned)settings[k].highest)
                                     : text_pool_format(pool, "it is not a REG_DWORD (type %u)",
                                                        (unsigned)value->type));
        }
    }
}

static void examine_updating(struct examination *examination)
{
    const struct machine_value *value = &examination->machine->perflib[PERFLIB_UPDATING];
    char who[3 * LONGEST_SHOWN + 1] = "";

    if (!value->value)
        return;
    if (value->value->type == REG_SZ) {
        const size_t length = value->value->size / sizeof(WCHAR);
        text_to_utf8((const WCHAR *)(const void *)value->value->data,
                     length < LONGEST_SHOWN ? length : LONGEST_SHOWN, who, sizeof(who));
    }
    size_t finding = add(examination, FAULT_updating, PERFLIB_UPDATING, diagnosis_unknown(),
                         text_pool_format(&examination->diagnosis->pool,
                                          "service \"%s\" may be being installed now", who));
    if (finding == DIAGNOSIS_NONE)
        return;
    examination->diagnosis->findings[finding].actual = diagnosis_text(examination->diagnosis, who);
    size_t repair = diagnosis_add_repair(examination->diagnosis, finding, true, "remove-updating",
                                         "delete Updating, if no installer runs");
    diagnosis_change_remove(examination->diagnosis, repair, REG_PERFLIB, value->value,
                            "ends the interrupted update; safe if no installer runs");
}

static void examine_base(struct examination *examination)
{
    const struct machine_value *base = &examination->machine->perflib[PERFLIB_BASE_INDEX];

    if (base->number == PERF_SYSTEM_LAST_INDEX)
        return;
    size_t finding = add(
        examination, FAULT_base_index, PERFLIB_BASE_INDEX, diagnosis_number(PERF_SYSTEM_LAST_INDEX),
        base->value ? (base->is_number ? "" : "it is not a REG_DWORD") : "it is missing");
    size_t repair =
        diagnosis_add_repair(examination->diagnosis, finding, false, "base-index", "write 1847");
    change(examination, repair, PERFLIB_BASE_INDEX, PERF_SYSTEM_LAST_INDEX,
           "1847 is the last index of the system's own counters on every version of Windows");
}

static bool is_possible_last(const struct examination *examination, uint64_t last)
{
    return last % 2 == 0 && last >= examination->highest && last < PERF_HIGHEST_INDEX;
}

/* Choose the last index that changes the fewest numbers. Of two such indices the higher one is
   safe in any case. 0: the indices in use leave none. A value that is not a number counts as 0, which is no
   last index. */
static uint32_t choose_last(const struct examination *examination)
{
    const uint64_t counter = examination->machine->perflib[PERFLIB_LAST_COUNTER].number;
    const uint64_t help = examination->machine->perflib[PERFLIB_LAST_HELP].number;
    const uint64_t candidates[] = {
        counter,
        help - 1,
        counter == help + 1 ? help : 0, /* they are exchanged */
        (counter + 1) & ~1ull,
        examination->highest,
    };
    uint64_t best = 0;
    int fewest = 3;

    for (size_t i = 0; i < sizeof(candidates) / sizeof(*candidates); i++) {
        uint64_t last = candidates[i];
        int changes = (counter != last) + (help != last + 1);
        if (!is_possible_last(examination, last))
            continue;
        if (changes < fewest || (changes == 1 && last > best)) {
            fewest = changes;
            best = last;
        }
    }
    return (uint32_t)best;
}

static void repair_last(struct examination *examination, size_t finding, uint32_t last)
{
    struct diagnosis *diagnosis = examination->diagnosis;

    if (last) {
        size_t repair = diagnosis_add_repair(diagnosis, finding, false, "last-index",
                                             "write Last Counter and Last Help");
        change(examination, repair, PERFLIB_LAST_COUNTER, last,
               "no name and no service has a higher index, so the next installation takes new "
               "ones");
        change(examination, repair, PERFLIB_LAST_HELP, last + 1,
               "help texts are one above their names");
    }
    if (diagnosis_find(diagnosis, FAULT_last_index_zero, NULL) == finding ||
        diagnosis_find(diagnosis, FAULT_last_index_missing, NULL) == finding ||
        diagnosis_find(diagnosis, FAULT_last_counter_low, NULL) == finding)
        examination->last_finding = finding;
}

/* What has the highest index in use. */
static const char *name_of_farthest(struct examination *examination)
{
    struct text_pool *pool = &examination->diagnosis->pool;
    const struct name_range *range =
        examination->ranges.range_count
            ? &examination->ranges
                   .ranges[examination->ranges.ranges[examination->ranges.range_count - 1].farthest]
            : NULL;

    if (range && range->last == examination->highest)
        return text_pool_format(pool, "service %.200s has indices up to %u", range->service->name,
                                (unsigned)range->last);
    if (examination->highest == PERF_SYSTEM_LAST_INDEX - 1)
        return "the system's own counters end at 1847";
    return text_pool_format(pool, "there are names up to %u", (unsigned)examination->highest);
}

static void examine_last(struct examination *examination)
{
    const struct machine_value *counter = &examination->machine->perflib[PERFLIB_LAST_COUNTER];
    const struct machine_value *help = &examination->machine->perflib[PERFLIB_LAST_HELP];
    const uint32_t best = choose_last(examination);
    const struct diagnosis_fact expected = best ? diagnosis_number(best) : diagnosis_unknown();
    const struct diagnosis_fact expected_help =
        best ? diagnosis_number(best + 1) : diagnosis_unknown();
    size_t finding;

    if (!counter->is_number || !help->is_number) {
        enum perflib_value which = counter->is_number ? PERFLIB_LAST_HELP : PERFLIB_LAST_COUNTER;
        finding = add(examination, FAULT_last_index_missing, which,
                      which == PERFLIB_LAST_HELP ? expected_help : expected,
                      examination->machine->perflib[which].value ? "it is not a REG_DWORD"
                                                                 : "it is missing");
    } else if (!counter->number && !help->number) {
        finding = add(examination, FAULT_last_index_zero, PERFLIB_LAST_COUNTER, expected,
                      name_of_farthest(examination));
    } else if (counter->number < examination->highest_english) {
        finding = add(examination, FAULT_last_counter_low, PERFLIB_LAST_COUNTER, expected,
                      name_of_farthest(examination));
    } else if (counter->number < examination->highest) {
        finding =
            add(examination, FAULT_language_above_last_counter, PERFLIB_LAST_COUNTER, expected,
                text_pool_format(&examination->diagnosis->pool,
                                 "another language has names up to %u, English up to %u",
                                 (unsigned)examination->highest,
                                 (unsigned)examination->highest_english));
    } else if (counter->number >= PERF_HIGHEST_INDEX - 1) {
        finding = add(examination, FAULT_last_counter_high, PERFLIB_LAST_COUNTER, expected, "");
    } else if (counter->number % 2) {
        finding = add(examination, FAULT_last_counter_odd, PERFLIB_LAST_COUNTER, expected, "");
    } else if (help->number != counter->number + 1) {
        finding =
            add(examination, FAULT_last_help_differs,
                best == counter->number ? PERFLIB_LAST_HELP : PERFLIB_LAST_COUNTER,
                best == counter->number ? expected_help : expected,
                text_pool_format(&examination->diagnosis->pool, "Last Counter is %u, Last Help %u",
                                 (unsigned)counter->number, (unsigned)help->number));
    } else {
        if (counter->number > examination->highest && examination->names)
            add(examination, FAULT_last_counter_above, PERFLIB_LAST_COUNTER, diagnosis_unknown(),
                text_pool_format(&examination->diagnosis->pool, "the highest index in use is %u",
                                 (unsigned)examination->highest));
        return;
    }
    repair_last(examination, finding, best);
}

/* Examine V2 providers: their registrations may be missing, or lack the file of their names. */
static void examine_v2(struct examination *examination)
{
    const struct doctor_options *options = examination->options;

    for (size_t i = 0; i < examination->machine->input_count; i++) {
        const struct machine_input *input = examination->machine->ranked[i];
        const struct reg_key *providers = reg_tree_find(&input->tree, V2_PROVIDERS);
        if (input->kind != MACHINE_INPUT_REGISTRY)
            continue;
        /* Providers that may not be read are not missing. */
        if (providers ? !providers->first_child && !providers->is_partial : input->is_live)
            diagnosis_add(examination->diagnosis,
                          &(struct diagnosis_finding){
                              .fault = FAULT_v2_providers_missing,
                              .key = providers ? V2_PROVIDERS : REG_PERFLIB,
                              .caused_by = DIAGNOSIS_NONE,
                              .detail = providers ? "the key _V2Providers is empty"
                                                  : "the key _V2Providers is missing",
                          });
        for (const struct reg_key *key = providers ? providers->first_child : NULL; key;
             key = key->next) {
            const struct reg_value *file = reg_tree_value(&input->tree, key, "ApplicationIdentity");
            bool is_gone = file && input->is_system && options->is_file_gone &&
                           options->is_file_gone(options->probe_context, file);
            if (file && !is_gone)
                continue;
            diagnosis_add(examination->diagnosis,
                          &(struct diagnosis_finding){
                              .fault = is_gone ? FAULT_v2_file_gone : FAULT_v2_resource,
                              .key = text_pool_format(&examination->diagnosis->pool, "%s\\%.200s",
                                                      V2_PROVIDERS, key->node.name),
                              .value = "ApplicationIdentity",
                              .actual = diagnosis_value(examination->diagnosis, file),
                              .caused_by = DIAGNOSIS_NONE,
                              .detail = is_gone ? "" : "the value is missing",
                          });
        }
    }
}

/* Whether nothing was ever installed in Perflib, as under Wine. */
static bool is_unused(const struct machine *machine)
{
    for (size_t i = 0; i < machine->service_count; i++)
        if (machine->services[i].range != RANGE_NONE)
            return false;
    return !machine->perflib[PERFLIB_BASE_INDEX].value &&
           !machine->perflib[PERFLIB_LAST_COUNTER].value &&
           !machine->perflib[PERFLIB_LAST_HELP].value;
}

void examine_perflib(struct examination *examination)
{
    examine_switch(examination);
    examine_settings(examination);
    examine_updating(examination);
    examine_v2(examination);
    if (!examination->machine->has_perflib || is_unused(examination->machine))
        return;
    examine_base(examination);
    examine_last(examination);
}
