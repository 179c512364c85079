/* SPDX-License-Identifier: MIT
 *
 * The words that attributes of a manifest may have, and their constants. Counter types are those of
 * counter_types.def; manifest_values.c refuses those that no manifest may use.
 */
#include "manifest.h"

#include "perflib_emulation.h"

/* `text` is the constant's name. The parser compares it in lower case. */
const struct manifest_word manifest_words_types[] = {
#define COUNTER_TYPE(name, value, formula, time_base, base, unit) { #name, value, #name },
#include "counter_types.def"
#undef COUNTER_TYPE
    { NULL, 0, NULL },
};

const struct manifest_word manifest_words_details[] = {
    { "standard", PERF_DETAIL_NOVICE, "PERF_DETAIL_NOVICE" },
    { "advanced", PERF_DETAIL_ADVANCED, "PERF_DETAIL_ADVANCED" },
    { NULL, 0, NULL },
};

const struct manifest_word manifest_words_instances[] = {
    { "single", PERF_COUNTERSET_SINGLE_INSTANCE, "PERF_COUNTERSET_SINGLE_INSTANCE" },
    { "multiple", PERF_COUNTERSET_MULTI_INSTANCES, "PERF_COUNTERSET_MULTI_INSTANCES" },
    { "globalAggregate", PERF_COUNTERSET_SINGLE_AGGREGATE, "PERF_COUNTERSET_SINGLE_AGGREGATE" },
    { "multipleAggregate", PERF_COUNTERSET_MULTI_AGGREGATE, "PERF_COUNTERSET_MULTI_AGGREGATE" },
    { "globalAggregateHistory", PERF_COUNTERSET_SINGLE_AGGREGATE_HISTORY,
      "PERF_COUNTERSET_SINGLE_AGGREGATE_HISTORY" },
    { NULL, 0, NULL },
};

const struct manifest_word manifest_words_aggregates[] = {
    { "undefined", PERF_AGGREGATE_UNDEFINED, "PERF_AGGREGATE_UNDEFINED" },
    { "sum", PERF_AGGREGATE_TOTAL, "PERF_AGGREGATE_TOTAL" },
    { "avg", PERF_AGGREGATE_AVG, "PERF_AGGREGATE_AVG" },
    { "min", PERF_AGGREGATE_MIN, "PERF_AGGREGATE_MIN" },
    { "max", PERF_AGGREGATE_MAX, "PERF_AGGREGATE_MAX" },
    { NULL, 0, NULL },
};

const struct manifest_word manifest_words_attributes[] = {
    { "reference", PERF_ATTRIB_BY_REFERENCE, "PERF_ATTRIB_BY_REFERENCE" },
    { "noDisplay", PERF_ATTRIB_NO_DISPLAYABLE, "PERF_ATTRIB_NO_DISPLAYABLE" },
    { "noDigitGrouping", PERF_ATTRIB_NO_GROUP_SEPARATOR, "PERF_ATTRIB_NO_GROUP_SEPARATOR" },
    { "displayAsReal", PERF_ATTRIB_DISPLAY_AS_REAL, "PERF_ATTRIB_DISPLAY_AS_REAL" },
    { "displayAsHex", PERF_ATTRIB_DISPLAY_AS_HEX, "PERF_ATTRIB_DISPLAY_AS_HEX" },
    { NULL, 0, NULL },
};

uint32_t manifest_words_value_size(const struct manifest_counter *counter)
{
    return (counter->type->value & PERF_SIZE_VARIABLE_LEN) == PERF_SIZE_LARGE ? 8 : 4;
}
