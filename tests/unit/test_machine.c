/* SPDX-License-Identifier: MIT
 *
 * machine.c: what is combined from several inputs, and what is read from the values of a service.
 */
#include "unit.h"

#include "failing_memory.h"
#include "machine.h"
#include "perf_names.h"
#include "registration.h"

#define INPUTS 3
#define A REG_SERVICES "\\A\\Performance"
#define ENGLISH REG_PERFLIB "\\009"

static struct machine_input inputs[INPUTS];
static struct machine machine;
static long blocks; /* that were there before the test */

static int begin(void **state)
{
    (void)state;
    memset(inputs, 0, sizeof(inputs));
    blocks = failing_memory_blocks;
    return 0;
}

static int end(void **state)
{
    (void)state;
    machine_release(&machine);
    for (size_t i = 0; i < INPUTS; i++)
        machine_input_release(&inputs[i]);
    return failing_memory_blocks == blocks ? 0 : -1;
}

static struct reg_key *add_key(size_t input, const char *path)
{
    struct reg_key *key = reg_tree_add_key(&inputs[input].tree, path);

    assert_non_null(key);
    return key;
}

static void add_value(size_t input, const char *path, const char *name, uint32_t type,
                      const void *data, size_t size)
{
    assert_int_equal(
        reg_tree_set(&inputs[input].tree, add_key(input, path), name, type, data, size), 0);
}

static void add_number(size_t input, const char *path, const char *name, uint32_t number)
{
    add_value(input, path, name, REG_DWORD, &number, sizeof(number));
}

/* A table; '|' is a zero character. */
static void add_table(size_t input, const char *path, const char *name, const char *text)
{
    WCHAR units[100];
    size_t length = 0;

    for (; text[length]; length++)
        units[length] = text[length] == '|' ? 0 : (WCHAR)text[length];
    add_value(input, path, name, REG_MULTI_SZ, units, length * sizeof(*units));
}

static void gather(size_t count)
{
    machine_release(&machine);
    assert_int_equal(machine_gather(inputs, count, &machine), ERROR_SUCCESS);
}

/* ---- Object List ------------------------------------------------------------------------- */

/* The numbers of an Object List, each with a blank after it, then "bad" if it is; '|' is a zero. */
static const char *objects_of(uint32_t type, const char *text, size_t cut)
{
    static char shown[200];
    WCHAR units[100];
    size_t length = 0;

    for (; text[length]; length++)
        units[length] = text[length] == '|' ? 0 : (WCHAR)text[length];
    add_value(0, A, "Object List", type, units, length * sizeof(*units) - cut);
    gather(1);
    assert_int_equal(machine.service_count, 1);
    const struct machine_service *service = &machine.services[0];
    *shown = 0;
    for (size_t i = 0; i < service->object_count; i++)
        sprintf(shown + strlen(shown), "%u ", (unsigned)service->objects[i]);
    if (service->is_object_list_bad)
        strcat(shown, "bad");
    return shown;
}

static void an_object_list_has_numbers_between_blanks_or_zeros(void **state)
{
    static const struct {
        uint32_t type;
        const char *text;
        size_t cut;
        const char *objects;
    } cases[] = {
        { REG_SZ, "", 0, "" },
        { REG_SZ, "2", 0, "2 " },
        { REG_SZ, "12", 0, "12 " },
        { REG_SZ, "1 2 3", 0, "1 2 3 " },
        { REG_SZ, "1 2 3|", 0, "1 2 3 " },
        { REG_SZ, "1 2 3 ", 0, "1 2 3 " },
        { REG_SZ, " \t1  2\t3", 0, "1 2 3 " },
        { REG_EXPAND_SZ, "1 2", 0, "1 2 " },
        { REG_MULTI_SZ, "1|2||", 0, "1 2 " },
        { REG_BINARY, "1 2", 0, "bad" },
        { REG_SZ, "1 x 3", 0, "1 3 bad" },
        { REG_SZ, "x", 0, "bad" },
        { REG_SZ, "4294967295", 0, "4294967295 " },
        { REG_SZ, "4294967296", 0, "bad" },
        { REG_SZ, "1 23", 1, "1 2 " }, /* half a character at the end */
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *shown = objects_of(cases[i].type, cases[i].text, cases[i].cut);
        if (strcmp(shown, cases[i].objects) != 0)
            fail_msg("case %zu: %s", i, shown);
    }
}

static void services_of_the_system_have_known_names_or_objects(void **state)
{
    static const struct {
        const char *objects;
        bool is_base;
    } cases[] = {
        { "", false },          { "2", true },          { "1847", true },      { "1848", false },
        { "1846 1848", false }, { "1848 1846", false }, { "230 238 2", true },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        objects_of(REG_SZ, cases[i].objects, 0);
        if (machine_service_is_base(&machine.services[0]) != cases[i].is_base)
            fail_msg("%s", cases[i].objects);
    }
    assert_true(machine_service_is_base(&(struct machine_service){ .name = "PERFos" }));
    assert_true(machine_service_is_base(&(struct machine_service){ .name = "Spooler" }));
    assert_false(machine_service_is_base(&(struct machine_service){ .name = "PerfO" }));
}

/* ---- ranges ------------------------------------------------------------------------------ */

static void a_range_is_even_in_order_and_above_the_base(void **state)
{
    (void)state;
    assert_true(machine_range_is_sane(1848, 1848, 1849, 1849));
    assert_true(machine_range_is_sane(1848, 1850, 1849, 1851));
    assert_false(machine_range_is_sane(1850, 1848, 1851, 1849));
    assert_false(machine_range_is_sane(1846, 1848, 1847, 1849));
    assert_false(machine_range_is_sane(1849, 1850, 1850, 1851));
    assert_false(machine_range_is_sane(1848, 1851, 1849, 1852));
    assert_false(machine_range_is_sane(1848, 1850, 1848, 1851));
    assert_false(machine_range_is_sane(1848, 1850, 1850, 1851));
    assert_false(machine_range_is_sane(1848, 1850, 1849, 1850));
    assert_false(machine_range_is_sane(1848, 1850, 1849, 1852));
    const uint32_t highest = PERF_HIGHEST_INDEX & ~1u;
    assert_true(machine_range_is_sane(1848, highest, 1849, highest + 1));
    assert_false(machine_range_is_sane(1848, highest + 2, 1849, highest + 3));
}

static void the_numbers_of_a_service_are_a_range_or_not(void **state)
{
    static const uint32_t numbers[] = { 1848, 1850, 1849, 1851 };

    (void)state;
    add_key(0, A);
    gather(1);
    assert_int_equal(machine.services[0].range, RANGE_NONE);
    add_number(0, A, "Disable Performance Counters", 1);
    gather(1);
    assert_int_equal(machine.services[0].range, RANGE_NONE);
    for (size_t i = 0; i < RANGE_VALUE_COUNT; i++) {
        add_number(0, A, machine_service_names[i], numbers[i]);
        gather(1);
        assert_int_equal(machine.services[0].range,
                         i + 1 < RANGE_VALUE_COUNT ? RANGE_PARTIAL : RANGE_SANE);
    }
    assert_int_equal(machine.services[0].first, 1848);
    assert_int_equal(machine.services[0].last, 1850);
    add_number(0, A, "Last Help", 1853);
    gather(1);
    assert_int_equal(machine.services[0].range, RANGE_MALFORMED);
    assert_int_equal(machine.services[0].last, 1850);
    add_value(0, A, "Last Help", REG_BINARY, numbers, 4);
    gather(1);
    assert_int_equal(machine.services[0].range, RANGE_PARTIAL);
    add_value(0, A, "Last Help", REG_DWORD, numbers, 3);
    gather(1);
    assert_int_equal(machine.services[0].range, RANGE_PARTIAL);
}

/* ---- inputs ------------------------------------------------------------------------------ */

static void the_input_that_is_believed_most_gives_a_value(void **state)
{
    (void)state;
    inputs[0].kind = MACHINE_INPUT_ANSWER;
    inputs[1].kind = MACHINE_INPUT_BACKUP;
    inputs[2].kind = MACHINE_INPUT_QUERY;
    add_number(1, A, "First Counter", 1850);
    add_number(2, A, "First Counter", 1852);
    add_number(1, A, "First Help", 1851);
    add_number(1, REG_PERFLIB, "Last Counter", 1860);
    add_number(2, REG_PERFLIB, "Last Counter", 1862);
    add_number(1, REG_PERFLIB, "Last Help", 1861);
    gather(3);
    assert_ptr_equal(machine.ranked[0], &inputs[2]);
    assert_ptr_equal(machine.ranked[1], &inputs[1]);
    assert_ptr_equal(machine.ranked[2], &inputs[0]);
    assert_int_equal(machine.service_count, 1);
    const struct machine_service *service = &machine.services[0];
    assert_false(service->is_complete);
    assert_int_equal(service->values[MACHINE_SERVICE_FIRST_COUNTER].number, 1852);
    assert_ptr_equal(service->values[MACHINE_SERVICE_FIRST_COUNTER].input, &inputs[2]);
    assert_int_equal(service->values[MACHINE_SERVICE_FIRST_HELP].number, 1851);
    assert_true(machine.has_perflib);
    assert_int_equal(machine.perflib[PERFLIB_LAST_COUNTER].number, 1862);
    assert_null(machine.perflib[PERFLIB_LAST_HELP].value); /* the first has Perflib's numbers */
    assert_ptr_equal(machine_value_in(&inputs[1], A, "First Help"),
                     service->values[MACHINE_SERVICE_FIRST_HELP].value);
    assert_null(machine_value_in(&inputs[1], A, "Last Help"));
    assert_null(machine_value_in(&inputs[0], A, "First Help"));
}

static void a_key_of_perflib_without_values_is_none(void **state)
{
    (void)state;
    inputs[1].kind = MACHINE_INPUT_BACKUP;
    add_key(0, ENGLISH);
    gather(2);
    assert_false(machine.has_perflib);
    add_number(1, REG_PERFLIB, "Base Index", 1847);
    gather(2);
    assert_true(machine.has_perflib);
    assert_int_equal(machine.perflib[PERFLIB_BASE_INDEX].number, 1847);
}

static void a_registry_shows_all_values_of_a_service(void **state)
{
    (void)state;
    inputs[1].kind = inputs[2].kind = MACHINE_INPUT_BACKUP;
    add_number(0, A, "First Counter", 1848);
    add_number(1, A, "First Counter", 1850);
    add_number(1, A, "Last Counter", 1852);
    add_number(1, REG_SERVICES "\\B\\Performance", "First Counter", 1854);
    add_number(2, REG_SERVICES "\\B\\Performance", "Last Counter", 1856);
    add_key(2, REG_SERVICES "\\C\\Parameters");
    gather(3);
    assert_int_equal(machine.service_count, 2);
    assert_true(machine.services[0].is_complete);
    assert_string_equal(machine.services[0].name, "A");
    assert_ptr_equal(machine.services[0].performance, reg_tree_find(&inputs[0].tree, A));
    assert_int_equal(machine.services[0].values[MACHINE_SERVICE_FIRST_COUNTER].number, 1848);
    assert_null(machine.services[0].values[MACHINE_SERVICE_LAST_COUNTER].value);
    assert_string_equal(machine.services[1].name, "B");
    assert_int_equal(machine.services[1].values[MACHINE_SERVICE_FIRST_COUNTER].number, 1854);
    assert_int_equal(machine.services[1].values[MACHINE_SERVICE_LAST_COUNTER].number, 1856);
}

/* The number of services if input 0 shows some, and input 1 another one. */
static size_t services_with(enum machine_input_kind kind, bool is_system, bool is_named)
{
    struct reg_key *services = reg_tree_find(&inputs[0].tree, REG_SERVICES);

    inputs[0].kind = kind;
    inputs[0].is_system = is_system;
    if (services)
        services->is_named = is_named;
    gather(2);
    return machine.service_count;
}

static void a_registry_that_shows_the_key_of_all_services_decides(void **state)
{
    (void)state;
    inputs[1].kind = MACHINE_INPUT_BACKUP;
    add_key(1, REG_SERVICES "\\B\\Performance");
    assert_int_equal(services_with(MACHINE_INPUT_REGISTRY, true, true), 1);
    add_key(0, REG_SERVICES);
    assert_int_equal(services_with(MACHINE_INPUT_REGISTRY, true, true),
                     1); /* it shows no service */
    assert_false(machine.shows_all_services);
    add_key(0, A);
    assert_int_equal(services_with(MACHINE_INPUT_REGISTRY, false, false), 2);
    assert_false(machine.shows_all_services);
    assert_int_equal(services_with(MACHINE_INPUT_REGISTRY, true, false), 1);
    assert_true(machine.shows_all_services);
    assert_int_equal(services_with(MACHINE_INPUT_REGISTRY, false, true), 1);
    assert_true(machine.shows_all_services);
    assert_int_equal(services_with(MACHINE_INPUT_QUERY, true, true), 2);
    assert_false(machine.shows_all_services);
}

static void a_registry_may_have_a_service_that_it_does_not_show(void **state)
{
    (void)state;
    gather(1);
    assert_false(machine_may_have_service(&machine, "A"));
    add_key(0, REG_SERVICES "\\A\\Parameters");
    gather(1);
    assert_false(machine_may_have_service(&machine, "A"));
    assert_false(machine_may_have_service(&machine, "B"));
    reg_tree_find(&inputs[0].tree, REG_SERVICES "\\A")->is_partial = true;
    assert_true(machine_may_have_service(&machine, "A"));
    reg_tree_find(&inputs[0].tree, REG_SERVICES "\\A")->is_partial = false;
    add_key(0, A);
    assert_true(machine_may_have_service(&machine, "A"));
    inputs[0].kind = MACHINE_INPUT_BACKUP;
    gather(1);
    assert_false(machine_may_have_service(&machine, "A"));
}

/* ---- tables ------------------------------------------------------------------------------ */

static void the_first_table_of_a_language_and_kind_is_chosen(void **state)
{
    (void)state;
    inputs[1].kind = MACHINE_INPUT_BACKUP;
    add_table(0, ENGLISH, "Counter", "1|1847|2|System||");
    add_table(0, ENGLISH, "Help", "3|text||");
    add_table(0, REG_PERFLIB "\\007", "Counters", "2|System||");
    add_table(0, REG_PERFLIB "\\x", "Counter", "2|System||");
    add_table(1, ENGLISH, "Counter", "4|Memory||");
    add_value(1, REG_PERFLIB "\\00C", "Counter", REG_SZ, TEXT16("2\0x"), 8);
    gather(2);
    assert_int_equal(machine.names_count, 5);
    assert_ptr_equal(machine_find_names(&machine, 9, false), &machine.names[0]);
    assert_int_equal(machine.names[0].table.count, 2);
    assert_ptr_equal(machine_find_names(&machine, 9, true), &machine.names[1]);
    assert_true(machine.names[1].table.is_help);
    assert_ptr_equal(machine_find_names(&machine, 7, false), &machine.names[2]);
    assert_null(machine_find_names(&machine, 7, true));
    assert_false(machine.names[3].is_chosen);
    assert_ptr_equal(machine.names[3].value.input, &inputs[1]);
    assert_int_equal(machine.names[3].table.count, 1);
    assert_int_equal(machine.names[4].table.count, 0); /* no REG_MULTI_SZ: an empty table */
    assert_string_equal(machine.names[4].key, "00C");
}

/* Whether names of CurrentLanguage are the English ones. */
static bool is_wine(const char *key, uint32_t type, const char *text)
{
    char path[200];

    snprintf(path, sizeof(path), REG_PERFLIB "\\%s", key);
    add_table(0, path, "Counter", text);
    reg_tree_value(&inputs[0].tree, add_key(0, path), "Counter")->type = type;
    gather(1);
    reg_tree_remove_key(&inputs[0].tree, add_key(0, path));
    return machine.names_count == 1;
}

static void names_of_wine_are_values_of_current_language(void **state)
{
    (void)state;
    assert_true(is_wine("CurrentLanguage", REG_MULTI_SZ, "2|System||"));
    assert_true(is_wine("CURRENTLANGUAGE", REG_MULTI_SZ, "4|Memory||"));
    assert_false(is_wine("CurrentLanguage", REG_MULTI_SZ, "2|Systeme||"));
    assert_false(is_wine("CurrentLanguage", REG_SZ, "2|System||"));
    assert_false(is_wine("Current", REG_MULTI_SZ, "2|System||"));
    add_key(0, ENGLISH);
    assert_true(is_wine("CurrentLanguage", REG_MULTI_SZ, "2|System||"));
    add_number(0, ENGLISH, "x", 1);
    assert_false(is_wine("CurrentLanguage", REG_MULTI_SZ, "2|System||"));
    add_number(0, REG_PERFLIB "\\CurrentLanguage", "x", 1);
    gather(1);
    assert_int_equal(machine.names_count, 0);
    machine_release(&machine);
    reg_tree_remove_key(&inputs[0].tree, add_key(0, ENGLISH));
    gather(1); /* CurrentLanguage has no names */
    assert_int_equal(machine.names_count, 0);
}

static void more_than_512_tables_are_not_read(void **state)
{
    char path[200];

    (void)state;
    for (unsigned i = 1; i <= 513; i++) {
        snprintf(path, sizeof(path), REG_PERFLIB "\\%04X", i);
        add_table(0, path, "Counter", "2|x||");
        if (i < 511)
            continue;
        gather(1);
        assert_int_equal(machine.names_count, i < 512 ? i : 512);
        assert_null(machine_find_names(&machine, 1, true));
    }
}

static void every_allocation_may_fail(void **state)
{
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    long before;
    unsigned step;

    (void)state;
    add_table(0, REG_PERFLIB "\\007", "Counters", "2|System||");
    add_table(0, REG_PERFLIB "\\CurrentLanguage", "Counter", "2|System||");
    add_table(0, A, "Object List", "1|2");
    before = failing_memory_blocks;
    for (step = 1; error; step++) {
        failing_memory_countdown = step;
        error = machine_gather(inputs, 1, &machine);
        const bool has_failed = !failing_memory_countdown;
        failing_memory_countdown = 0;
        assert_int_equal(error, has_failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
        if (error)
            assert_int_equal(failing_memory_blocks, before);
    }
    assert_true(step > 5);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_object_list_has_numbers_between_blanks_or_zeros),
        TEST(services_of_the_system_have_known_names_or_objects),
        TEST(a_range_is_even_in_order_and_above_the_base),
        TEST(the_numbers_of_a_service_are_a_range_or_not),
        TEST(the_input_that_is_believed_most_gives_a_value),
        TEST(a_key_of_perflib_without_values_is_none),
        TEST(a_registry_shows_all_values_of_a_service),
        TEST(a_registry_that_shows_the_key_of_all_services_decides),
        TEST(a_registry_may_have_a_service_that_it_does_not_show),
        TEST(the_first_table_of_a_language_and_kind_is_chosen),
        TEST(names_of_wine_are_values_of_current_language),
        TEST(more_than_512_tables_are_not_read),
        TEST(every_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
