/* SPDX-License-Identifier: MIT
 *
 * manifest_catalog.c: each part of a manifest in the catalog, and sets that cannot be registered.
 */
#include "unit.h"

#include "manifest.h"
#include "manifest_catalog.h"
#include "perflib_catalog.h"
#include "perflib_state.h"
#include "text.h"

static const struct manifest_word type = { "t", 0x1234, "T" }, detail = { "d", 200, "D" },
                                  multiple = { "m", PERF_COUNTERSET_MULTI_INSTANCES, "M" },
                                  sum = { "s", PERF_AGGREGATE_TOTAL, "S" };

static char provider_name[] = "Provider", set_name[] = "S\xC3\xA4tze",
            set_help[] = "Help of the set", name[] = "Name", help[] = "\xF0\x9F\x93\x88 help",
            empty[] = "";

/* A set with a counter that has everything, and one that has nothing that may be absent. */
static struct manifest_counter counters[] = {
    { .id = { 5, true },
      .name = name,
      .description = help,
      .type = &type,
      .detail_level = &detail,
      .base_id = { 6, true },
      .perf_time_id = { 7, true },
      .perf_freq_id = { 0, true },
      .multi_counter_id = { 9, true },
      .default_scale = -3,
      .aggregate = &sum,
      .attributes = PERF_ATTRIB_BY_REFERENCE },
    { .id = { 6, true },
      .type = &type,
      .detail_level = &detail,
      .base_id = { 1, false },
      .perf_time_id = { 2, false },
      .perf_freq_id = { 3, false },
      .multi_counter_id = { 4, false },
      .aggregate = &sum },
    { .id = { 7, true }, .name = empty, .type = &type, .detail_level = &detail, .aggregate = &sum },
};

static struct manifest_set sets[] = {
    { .guid = { 1, 2, 3, { 4 } },
      .name = set_name,
      .description = set_help,
      .instances = &multiple,
      .counters = counters,
      .counter_count = 2 },
    { .guid = { 2, 2, 3, { 4 } },
      .name = name,
      .description = empty,
      .instances = &multiple,
      .counters = counters + 1,
      .counter_count = 2 },
    { .guid = { 3, 2, 3, { 4 } }, .name = name, .instances = &multiple, .counters = counters },
};

static struct manifest manifest_of(size_t set_count)
{
    return (struct manifest){ .guid = { 9, 8, 7, { 6 } },
                              .provider_name = provider_name,
                              .sets = sets,
                              .set_count = set_count };
}

static void assert_text(const WCHAR *text, const char *expected)
{
    char utf8[64];

    assert_int_equal(text != NULL, expected != NULL);
    if (!expected)
        return;
    text_to_utf8(text, text_length(text), utf8, sizeof(utf8));
    assert_string_equal(utf8, expected);
}

/* A registered set, or NULL. The pointer is valid until the catalog is cleared: no other thread uses it. */
static const struct catalog_set *registered_at(size_t position)
{
    perflib_state_lock();
    const struct catalog_set *set = perflib_catalog_at(position);
    perflib_state_unlock();
    return set;
}

static int clear(void **state)
{
    (void)state;
    perflib_catalog_clear();
    return 0;
}

static void each_part_of_a_set_is_registered(void **state)
{
    const struct manifest manifest = manifest_of(2);

    (void)state;
    assert_int_equal(manifest_catalog_register(&manifest), ERROR_SUCCESS);
    const struct catalog_set *set = registered_at(0);
    assert_non_null(set);
    assert_memory_equal(&set->guid, &sets[0].guid, sizeof(set->guid));
    assert_memory_equal(&set->provider_guid, &manifest.guid, sizeof(set->provider_guid));
    assert_text(set->provider_name, provider_name);
    assert_text(set->name, set_name);
    assert_text(set->help, set_help);
    assert_int_equal(set->provider_type, PERF_PROVIDER_USER_MODE);
    assert_int_equal(set->instance_type, PERF_COUNTERSET_MULTI_INSTANCES);
    assert_int_equal(set->counter_count, 2);

    const PERF_COUNTER_REG_INFO *info = &set->counters[0].info;
    assert_int_equal(info->CounterId, 5);
    assert_int_equal(info->Type, 0x1234);
    assert_int_equal(info->Attrib, PERF_ATTRIB_BY_REFERENCE);
    assert_int_equal(info->DetailLevel, 200);
    assert_int_equal(info->DefaultScale, -3);
    assert_int_equal(info->BaseCounterId, 6);
    assert_int_equal(info->PerfTimeId, 7);
    assert_int_equal(info->PerfFreqId, 0); /* an id like any other */
    assert_int_equal(info->MultiId, 9);
    assert_int_equal(info->AggregateFunc, PERF_AGGREGATE_TOTAL);
    assert_text(set->counters[0].name, name);
    assert_text(set->counters[0].help, help);
}

static void what_a_manifest_lacks_is_absent(void **state)
{
    const struct manifest manifest = manifest_of(2);

    (void)state;
    assert_int_equal(manifest_catalog_register(&manifest), ERROR_SUCCESS);
    const struct catalog_counter *counter = &registered_at(0)->counters[1];
    assert_int_equal(counter->info.CounterId, 6);
    assert_int_equal(counter->info.BaseCounterId, PERFLIB_NO_COUNTER);
    assert_int_equal(counter->info.PerfTimeId, PERFLIB_NO_COUNTER);
    assert_int_equal(counter->info.PerfFreqId, PERFLIB_NO_COUNTER);
    assert_int_equal(counter->info.MultiId, PERFLIB_NO_COUNTER);
    assert_text(counter->name, NULL);
    assert_text(counter->help, NULL);
    assert_text(registered_at(1)->counters[1].name, ""); /* an empty text is one */
    assert_text(registered_at(1)->help, "");
}

static void all_sets_are_registered_and_no_more(void **state)
{
    const struct manifest manifest = manifest_of(1), both = manifest_of(2);

    (void)state;
    assert_int_equal(manifest_catalog_register(&manifest), ERROR_SUCCESS);
    assert_null(registered_at(1));
    perflib_catalog_clear();
    assert_int_equal(manifest_catalog_register(&both), ERROR_SUCCESS);
    assert_non_null(registered_at(1));
    assert_null(registered_at(2));
}

static void the_mode_of_the_provider_is_registered(void **state)
{
    struct manifest manifest = manifest_of(1);

    (void)state;
    manifest.is_kernel_mode = true;
    assert_int_equal(manifest_catalog_register(&manifest), ERROR_SUCCESS);
    assert_int_equal(registered_at(0)->provider_type, PERF_PROVIDER_KERNEL_MODE);
}

static void a_set_that_is_refused_ends_it(void **state)
{
    struct manifest manifest = manifest_of(1);

    (void)state;
    assert_int_equal(manifest_catalog_register(&manifest), ERROR_SUCCESS);
    manifest.set_count = 2; /* the first one is registered, the second is not reached */
    assert_int_equal(manifest_catalog_register(&manifest), ERROR_ALREADY_EXISTS);
    assert_null(registered_at(1));

    perflib_catalog_clear();
    manifest.set_count = 3; /* the last one has no counters */
    assert_int_equal(manifest_catalog_register(&manifest), ERROR_INVALID_PARAMETER);
    assert_non_null(registered_at(1));
    assert_null(registered_at(2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_part_of_a_set_is_registered, clear),
        cmocka_unit_test_teardown(what_a_manifest_lacks_is_absent, clear),
        cmocka_unit_test_teardown(all_sets_are_registered_and_no_more, clear),
        cmocka_unit_test_teardown(the_mode_of_the_provider_is_registered, clear),
        cmocka_unit_test_teardown(a_set_that_is_refused_ends_it, clear),
    };

    return cmocka_run_group_tests_name("manifest_catalog", tests, NULL, NULL);
}
