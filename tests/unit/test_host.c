/* SPDX-License-Identifier: MIT
 *
 * Tests of host.c and hosted_provider.c with the fake provider, tests/faulty/plain_fake.c.
 */
#include "host_fixture.h"

#include "provider_process.h"
#include "text.h"
#include "winperf.h"

/* A registration of up to four services. */
struct bench {
    struct service services[4];
    struct registration registration;
    struct host_options options;
    struct fixture_events events;
    struct host *host;
};

static void set_up(struct bench *bench, size_t count)
{
    memset(bench, 0, sizeof(*bench));
    for (size_t i = 0; i < count; i++)
        bench->services[i] = fixture_fake(i == 0   ? "first"
                                          : i == 1 ? "second"
                                          : i == 2 ? "third"
                                                   : "fourth",
                                          (uint32_t)(3000 + i * 100));
    bench->registration.services = bench->services;
    bench->registration.service_count = count;
    bench->registration.test_level = 4;
    bench->options.library_path = fixture_folder();
    bench->options.on_event = fixture_keep_event;
    bench->options.event_context = &bench->events;
}

static void start(struct bench *bench)
{
    assert_int_equal(host_open(&bench->host, &bench->registration, &bench->options), 0);
}

/* Title indices of the objects in an answer, in their order. */
static size_t objects_of(const BYTE *data, DWORD size, uint32_t indices[8])
{
    PERF_DATA_BLOCK header;
    size_t at, count = 0;

    assert_true(size >= sizeof(header));
    memcpy(&header, data, sizeof(header));
    assert_int_equal(header.TotalByteLength, size);
    for (at = header.HeaderLength; count < header.NumObjectTypes && count < 8; count++) {
        PERF_OBJECT_TYPE object;
        assert_true(at + sizeof(object) <= size);
        memcpy(&object, data + at, sizeof(object));
        indices[count] = object.ObjectNameTitleIndex;
        at += object.TotalByteLength;
    }
    assert_int_equal(at, size);
    return count;
}

/* Make a query and compare the objects; `expected` ends with 0. */
static void expect(struct bench *bench, const WCHAR *query, const uint32_t *expected,
                   const char *name)
{
    uint32_t found[8] = { 0 };
    BYTE *data;
    DWORD size, type = 0;

    assert_int_equal(host_query_growing(bench->host, query, &type, &data, &size), 0);
    assert_int_equal(type, REG_BINARY);
    size_t count = objects_of(data, size, found), wanted = 0;
    while (expected[wanted])
        wanted++;
    if (count != wanted || memcmp(found, expected, count * sizeof(*found)) != 0)
        fail_msg("%s: %u objects, the first %u", name, (unsigned)count, (unsigned)found[0]);
    free(data);
}

/* The object of service i is at 3000 + 100 * i: see set_up. */
static const uint32_t none[] = { 0 }, first_only[] = { 3000, 0 }, second_only[] = { 3100, 0 },
                      both[] = { 3000, 3100, 0 };

static void every_query_string_is_answered(void **state)
{
    static const struct {
        const char *name;
        const WCHAR *query;
        const uint32_t *objects;
    } cases[] = {
        { "Global", TEXT16("Global"), both },
        { "mixed case", TEXT16("gLoBaL"), both },
        { "old", TEXT16("OLD_Global"), both },
        { "metadata without opting in", TEXT16("MetadataGlobal"), both },
        { "first index", TEXT16("3000"), first_only },
        { "second index", TEXT16("3100"), second_only },
        { "two indices", TEXT16("3100 3000"), both },
        { "duplicates", TEXT16("3000 3000"), first_only },
        { "tabs and blanks", TEXT16(" \t3000\t "), first_only },
        { "unknown index", TEXT16("4"), none },
        { "index that contains ours", TEXT16("13000"), none },
        { "garbage", TEXT16("invalid counter name"), none },
        { "empty", TEXT16(""), none },
        { "NULL", NULL, none },
        { "Costly", TEXT16("Costly"), none },
        { "Foreign", TEXT16("Foreign"), none },
    };
    struct bench bench;

    (void)state;
    set_up(&bench, 2);
    start(&bench);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        expect(&bench, cases[i].query, cases[i].objects, cases[i].name);
    assert_int_equal(bench.events.count, 0);
    host_close(bench.host);
}

static void the_size_protocol_is_that_of_windows(void **state)
{
    static const WCHAR *const queries[] = { NULL, TEXT16(""), TEXT16("Global"), TEXT16("2"),
                                            TEXT16("garbage") };
    struct bench bench;
    BYTE *data;
    BYTE small[8] = { 0 };
    DWORD size, needed, type;

    (void)state;
    set_up(&bench, 1);
    start(&bench);
    for (size_t i = 0; i < UNIT_COUNT(queries); i++)
        for (DWORD garbage = 0; garbage < 2; garbage++) {
            size = garbage * 0xDEAD;
            type = 99;
            assert_int_equal(host_query_value(bench.host, queries[i], &type, NULL, &size),
                             ERROR_MORE_DATA);
            assert_int_equal(size, 0);
            assert_int_equal(type, REG_BINARY);
        }
    for (size_t i = 0; i < UNIT_COUNT(queries); i++) {
        size = sizeof(small);
        type = 99;
        assert_int_equal(host_query_value(bench.host, queries[i], &type, small, &size),
                         ERROR_MORE_DATA);
        assert_int_equal(size, sizeof(small));
        assert_int_equal(type, REG_BINARY);
    }

    /* The query succeeds from the exact size on, and not with one byte less. */
    assert_int_equal(host_query_growing(bench.host, TEXT16("Global"), NULL, &data, &needed), 0);
    size = needed;
    assert_int_equal(host_query_value(bench.host, TEXT16("Global"), NULL, data, &size), 0);
    assert_int_equal(size, needed);
    size = needed - 1;
    assert_int_equal(host_query_value(bench.host, TEXT16("Global"), NULL, data, &size),
                     ERROR_MORE_DATA);
    assert_int_equal(size, needed - 1);
    free(data);
    host_close(bench.host);
}

static void an_object_list_filters_indices_only(void **state)
{
    uint32_t list[] = { 3000 };
    struct bench bench;

    (void)state;
    set_up(&bench, 2);
    bench.services[0].has_object_list = true;
    bench.services[0].object_list = list;
    bench.services[0].object_list_count = 1;
    bench.services[1].has_object_list = true; /* an empty list */
    start(&bench);
    expect(&bench, TEXT16("3000"), first_only, "listed");
    expect(&bench, TEXT16("3100"), none, "not listed");
    expect(&bench, TEXT16("Global"), both, "Global");
    host_close(bench.host);
}

static void disabled_and_broken_services_are_not_called(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, 3);
    bench.services[0].disabled = 1;
    bench.services[2].problem = (char *)(uintptr_t) "Library is missing";
    start(&bench);
    expect(&bench, TEXT16("Global"), second_only, "one of three");
    bench.registration.disabled = 1;
    expect(&bench, TEXT16("Global"), none, "Perflib disabled");
    host_close(bench.host);
}

/* Event numbers are in event_table.def. 13 is ERROR_INVALID_DATA, 0xC000003E STATUS_DATA_ERROR. */
static void each_fault_of_a_registration_is_the_documented_event(void **state)
{
    static const struct {
        const char *name;
        uint32_t faults;
        size_t count;
        uint32_t event;
        const char *strings;
    } cases[] = {
        { "a value of a wrong type", SERVICE_VALUE_DAMAGED, 1, 2001, "first|13|0xC000003E|" },
        { "a fault of no known kind", 0, 1, 2001, "first|13|0xC000003E|" },
        { "no Library", SERVICE_VALUE_MISSING, 1, 3004, "first|" },
        { "no Open", SERVICE_OPEN_MISSING, 1, 3003, "Open|first|" },
        { "no Collect", SERVICE_COLLECT_MISSING, 1, 3003, "Collect|first|" },
        { "no Close", SERVICE_CLOSE_MISSING, 1, 3003, "Close|first|" },
        { "too many objects", SERVICE_OBJECTS_TOO_MANY, 1, 3002, "" },
        { "two faults", SERVICE_VALUE_MISSING | SERVICE_OPEN_MISSING, 2, 3004, "first|" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct bench bench;

        set_up(&bench, 2);
        bench.services[0].problem = (char *)(uintptr_t) "a problem";
        bench.services[0].faults = cases[i].faults;
        start(&bench);
        expect(&bench, TEXT16("Global"), second_only, cases[i].name);
        expect(&bench, TEXT16("Global"), second_only, cases[i].name);
        if (bench.events.count != cases[i].count || bench.events.ids[0] != cases[i].event)
            fail_msg("%s: %zu events, the first is %u", cases[i].name, bench.events.count,
                     (unsigned)bench.events.ids[0]);
        assert_string_equal(bench.events.strings[0], cases[i].strings);
        host_close(bench.host);
    }
}

static void a_disabled_service_has_no_events(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, 2);
    bench.services[0].problem = (char *)(uintptr_t) "a problem";
    bench.services[0].disabled = 1;
    start(&bench);
    expect(&bench, TEXT16("Global"), second_only, "disabled");
    assert_int_equal(bench.events.count, 0);
    host_close(bench.host);
}

static void one_that_fails_costs_only_its_own_data(void **state)
{
    static const struct {
        const char *name, *open, *context;
        size_t context_length;
        uint32_t event;
    } cases[] = {
        { "Open fails", NULL, "return 5", 8, 1008 },
        { "Open crashes", NULL, "crash", 5, 1009 },
        { "Open exits", NULL, "exit 3", 6, 1009 },
        { "Open hangs", NULL, "hang", 4, 2002 },
        { "no such export", "NoSuchOpen", NULL, 0, 1005 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        WCHAR context[16] = { 0 };
        struct bench bench;

        set_up(&bench, 2);
        if (cases[i].open)
            bench.services[0].open = (char *)(uintptr_t)cases[i].open;
        if (cases[i].context) {
            text_from_utf8(cases[i].context, cases[i].context_length, context, 15);
            bench.services[0].linkage_export = context;
            /* with the two zeros that end a list of texts */
            bench.services[0].linkage_export_length = cases[i].context_length + 2;
        }
        bench.services[0].open_timeout_ms = cases[i].event == 2002 ? 300 : 20000;
        start(&bench);
        expect(&bench, TEXT16("Global"), second_only, cases[i].name);
        if (!fixture_has_event(&bench.events, cases[i].event))
            fail_msg("%s: no event %u", cases[i].name, (unsigned)cases[i].event);
        host_close(bench.host);
    }
}

static void a_missing_library_is_reported(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, 2);
    bench.services[0].library = (char *)(uintptr_t) "no_such_library.dll";
    start(&bench);
    expect(&bench, TEXT16("Global"), second_only, "missing library");
    assert_true(fixture_has_event(&bench.events, 1023));
    assert_non_null(strstr(bench.events.strings[0], "no_such_library"));
    host_close(bench.host);
}

/* The words are those of plain_fake.c; event numbers are in event_table.def, 0: none. */
static void what_collect_does_wrong_becomes_the_documented_event(void **state)
{
    static const struct {
        const char *words;
        uint32_t level, event;
        bool has_data;
    } faults[] = {
        { "crash", 4, 1010, false },
        { "stack", 4, 1010, false },
        { "exit 1", 4, 1010, false },
        { "return 5", 4, 1014, false },
        { "hang", 4, 1015, false },
        { "overrun 1", 1, 1002, false },
        { "overrun 1", 2, 1002, false },
        { "overrun 1", 3, 0, true },
        { "overrun 1", 4, 0, true },
        { "underrun 8", 2, 1002, false },
        { "far 2000", 2, 1013, false }, /* bytes beyond the buffer, whose guard has 1,024 */
        { "far 2000", 3, 0, true },
        { "advance 8", 1, 2000, false },
        { "advance 8", 2, 2000, false },
        { "advance 8", 3, 0, true },
        { "claim 4000000", 4, 1020, false },
        { "broken-sum", 1, 1003, false },
        { "broken-sum", 2, 0, true },
        { "broken-instances", 1, 1004, false },
        { "broken-instances", 2, 0, true },
        { "odd", 4, 1016, true },
        { "odd", 2, 1016, true },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(faults); i++) {
        char line[64];
        WCHAR query[64];
        struct bench bench;
        BYTE data[65536];
        DWORD size = sizeof(data);
        PERF_DATA_BLOCK header;

        set_up(&bench, 1);
        bench.options.test_level = faults[i].level;
        bench.services[0].collect_timeout_ms = faults[i].event == 1015 ? 300 : 20000;
        start(&bench);
        /* The text after Foreign is passed on unchanged. */
        snprintf(line, sizeof(line), "Foreign %s", faults[i].words);
        text_from_utf8(line, strlen(line), query, 64);
        assert_int_equal(host_query_value(bench.host, query, NULL, data, &size), 0);
        memcpy(&header, data, sizeof(header));
        if ((header.NumObjectTypes != 0) != faults[i].has_data ||
            (faults[i].event ? !fixture_has_event(&bench.events, faults[i].event)
                             : bench.events.count != 0))
            fail_msg("%s at level %u: %u objects, %u events, the first %u", faults[i].words,
                     (unsigned)faults[i].level, (unsigned)header.NumObjectTypes,
                     (unsigned)bench.events.count, (unsigned)bench.events.ids[0]);
        host_close(bench.host);
    }
}

static void a_provider_that_crashed_is_called_again_only_on_request(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, 1);
    start(&bench);
    expect(&bench, TEXT16("Foreign crash"), none, "crash");
    assert_true(fixture_has_event(&bench.events, 1018));
    expect(&bench, TEXT16("Global"), none, "given up");
    host_close(bench.host);

    set_up(&bench, 1);
    bench.registration.configuration_flags = 2; /* CONFIGURATION_NO_DISABLING */
    start(&bench);
    expect(&bench, TEXT16("Foreign crash"), none, "crash");
    assert_false(fixture_has_event(&bench.events, 1018));
    expect(&bench, TEXT16("Global"), first_only, "not given up");
    host_close(bench.host);
}

static void one_that_always_needs_more_space_does_not_spoil_the_others(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, 2);
    bench.services[0].collect = (char *)(uintptr_t) "FakeCollectMore";
    start(&bench);
    expect(&bench, TEXT16("Global"), second_only, "always ERROR_MORE_DATA");
    assert_true(fixture_has_event(&bench.events, 1020));
    host_close(bench.host);
}

/* The value of the fake provider's counter: the number of collects since it was loaded. */
static uint64_t collects_of(struct bench *bench)
{
    BYTE *data;
    DWORD size;
    uint64_t value;

    assert_int_equal(host_query_growing(bench->host, TEXT16("3000"), NULL, &data, &size), 0);
    memcpy(&value, data + size - sizeof(value), sizeof(value));
    free(data);
    return value;
}

static void windows_keeps_a_provider_and_wine_does_not(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, 1);
    start(&bench);
    assert_int_equal(collects_of(&bench), 1);
    assert_int_equal(collects_of(&bench), 2);
    host_close_key(bench.host);
    assert_int_equal(collects_of(&bench), 1);
    host_close(bench.host);

    set_up(&bench, 1);
    bench.options.lifecycle = HOST_LIFECYCLE_WINE;
    start(&bench);
    assert_int_equal(collects_of(&bench), 1);
    assert_int_equal(collects_of(&bench), 1);
    host_close(bench.host);
}

static void a_crash_in_close_is_reported(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, 1);
    start(&bench);
    expect(&bench, TEXT16("Foreign close:crash"), none, "prepare");
    host_close_key(bench.host);
    assert_true(fixture_has_event(&bench.events, 1011));
    host_close(bench.host);
}

static void in_process_gives_the_same_answer(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, 2);
    bench.options.in_process = true;
    start(&bench);
    expect(&bench, TEXT16("3000"), first_only, "in-process");
    host_close(bench.host);
}

static void insertion_strings_stand_in_their_documented_order(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, 1);
    start(&bench);
    expect(&bench, TEXT16("Foreign return 5"), none, "return 5");
    assert_int_equal(bench.events.ids[0], 1014); /* Service, Library, Win32Error */
    assert_memory_equal(bench.events.strings[0], "first|", 6);
    assert_non_null(strstr(bench.events.strings[0], "plain_fake"));
    assert_non_null(strstr(bench.events.strings[0], "|5|"));
    expect(&bench, TEXT16("Foreign crash"), none, "crash"); /* Library, Service, code, address */
    assert_int_equal(bench.events.ids[1], 1010);
    assert_non_null(strstr(bench.events.strings[1], "|first|0xC0000005|0x"));
    assert_non_null(strstr(bench.events.texts[1], "misbehave"));
    host_close(bench.host);
}

static void the_event_log_level_decides_what_is_logged(void **state)
{
    (void)state;
    for (uint32_t level = 0; level <= 3; level++) {
        struct bench bench;
        set_up(&bench, 1);
        bench.registration.event_log_level = level;
        start(&bench);
        expect(&bench, TEXT16("Foreign return 5"), none, "a warning");
        expect(&bench, TEXT16("Foreign crash"), none, "an error");
        assert_int_equal(bench.events.ids[0], 1014);
        assert_int_equal(bench.events.is_logged[0], level >= 2);
        assert_int_equal(bench.events.ids[1], 1010);
        assert_int_equal(bench.events.is_logged[1], level >= 1);
        host_close(bench.host);
    }
}

static void a_test_level_above_4_is_refused(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench, 1);
    bench.options.test_level = 5;
    assert_int_equal(host_open(&bench.host, &bench.registration, &bench.options),
                     ERROR_INVALID_PARAMETER);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_query_string_is_answered),
        cmocka_unit_test(the_size_protocol_is_that_of_windows),
        cmocka_unit_test(an_object_list_filters_indices_only),
        cmocka_unit_test(disabled_and_broken_services_are_not_called),
        cmocka_unit_test(each_fault_of_a_registration_is_the_documented_event),
        cmocka_unit_test(a_disabled_service_has_no_events),
        cmocka_unit_test(one_that_fails_costs_only_its_own_data),
        cmocka_unit_test(a_missing_library_is_reported),
        cmocka_unit_test(what_collect_does_wrong_becomes_the_documented_event),
        cmocka_unit_test(a_provider_that_crashed_is_called_again_only_on_request),
        cmocka_unit_test(one_that_always_needs_more_space_does_not_spoil_the_others),
        cmocka_unit_test(windows_keeps_a_provider_and_wine_does_not),
        cmocka_unit_test(a_crash_in_close_is_reported),
        cmocka_unit_test(in_process_gives_the_same_answer),
        cmocka_unit_test(insertion_strings_stand_in_their_documented_order),
        cmocka_unit_test(the_event_log_level_decides_what_is_logged),
        cmocka_unit_test(a_test_level_above_4_is_refused),
    };
    int status;

    if (provider_child_main(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
