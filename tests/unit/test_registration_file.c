/* SPDX-License-Identifier: MIT
 *
 * Tests of registration_file.c, and with it of reg_text.c, reg_scan.c, reg_tree.c and
 * registration.c: the meaning of a .reg file.
 */
#include "unit.h"

#include "registration_file.h"
#include "registration.h"

#define V5 "Windows Registry Editor Version 5.00\r\n\r\n"
#define PERF "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\x\\Performance]\r\n"
#define CALLS "\"Library\"=\"x.dll\"\r\n\"Open\"=\"O\"\r\n\"Collect\"=\"C\"\r\n\"Close\"=\"D\"\r\n"
#define PERFLIB "[HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Perflib]\r\n"

static struct registration_error last_error;

/* Parse the bytes of a file. Returns the error code, and stores last_error. */
static DWORD read_bytes(const void *data, size_t size, struct registration *registration)
{
    struct reg_text text = { 0 };
    struct reg_tree tree = { 0 };
    DWORD error = reg_text_decode(data, size, "f.reg", "a .reg file", &text, &last_error);

    if (error)
        return error;
    error = registration_file_load(&text, "f.reg", &tree, &last_error);
    if (!error)
        error = registration_read(&tree, "f.reg", registration);
    reg_tree_release(&tree);
    reg_text_release(&text);
    return error;
}

static DWORD read_text(const char *text, struct registration *registration)
{
    memset(registration, 0, sizeof(*registration));
    return read_bytes(text, strlen(text), registration);
}

/* The only service of a file that must be valid. */
static const struct service *service_of(const char *text, struct registration *registration)
{
    if (read_text(text, registration))
        fail_msg("%s", last_error.message);
    assert_int_equal(registration->service_count, 1);
    return registration->services;
}

static void a_complete_service_is_read(void **state)
{
    struct registration registration;
    const struct service *service = service_of(
        V5 PERF CALLS
        "\"First Counter\"=dword:00000738\r\n\"Last Counter\"=dword:740\r\n"
        "\"First Help\"=dword:00000739\r\n\"Last Help\"=dword:00000741\r\n"
        "\"Object List\"=\"1848 1854\"\r\n\"Open Timeout\"=dword:7d0\r\n"
        "\"Collect Supports Metadata\"=dword:1\r\n\"Disable Performance Counters\"=dword:4\r\n"
        "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\x\\Linkage]\r\n"
        "\"Export\"=hex(7):61,00,00,00,62,00,00,00,00,00\r\n",
        &registration);

    (void)state;
    assert_string_equal(service->name, "x");
    assert_string_equal(service->library, "x.dll");
    assert_string_equal(service->open, "O");
    assert_string_equal(service->collect, "C");
    assert_string_equal(service->close, "D");
    assert_null(service->problem);
    assert_true(service->has_indices);
    assert_int_equal(service->first_counter, 1848);
    assert_int_equal(service->last_counter, 1856);
    assert_int_equal(service->first_help, 1849);
    assert_int_equal(service->last_help, 1857);
    assert_int_equal(service->object_list_count, 2);
    assert_int_equal(service->object_list[1], 1854);
    assert_int_equal(service->open_timeout_ms, 2000);
    assert_int_equal(service->collect_timeout_ms, 10000); /* the file has none: the default */
    assert_true(service->supports_metadata);
    assert_int_equal(service->disabled, 4);
    assert_int_equal(service->linkage_export_length, 5);
    assert_memory_equal(service->linkage_export, TEXT16("a\0b\0"), 10);
    registration_release(&registration);
}

static void perflib_and_its_name_tables_are_read(void **state)
{
    struct registration registration;

    (void)state;
    assert_int_equal(
        read_text(
            V5 PERFLIB
            "\"Last Counter\"=dword:73a\r\n\"Last Help\"=dword:73b\r\n\"Base Index\"=dword:737\r\n"
            "\"ExtCounterTestLevel\"=dword:1\r\n\"Configuration Flags\"=dword:2\r\n"
            "[HKLM\\Software\\microsoft\\WINDOWS NT\\CurrentVersion\\Perflib\\009]\r\n"
            "\"Counter\"=hex(7):32,00,00,00,53,00,\\\r\n  79,00,00,00,00,00\r\n"
            "\"Help\"=hex(7):33,00,00,00,48,00,00,00,00,00\r\n"
            "[HKLM\\Software\\microsoft\\WINDOWS NT\\CurrentVersion\\Perflib\\00C]\r\n"
            "\"Counters\"=hex(7):32,00,00,00,e9,00,00,00,00,00\r\n",
            &registration),
        0);
    assert_null(registration.problem);
    assert_true(registration.has_last_counter);
    assert_int_equal(registration.last_counter, 1850);
    assert_int_equal(registration.last_help, 1851);
    assert_int_equal(registration.base_index, 1847);
    assert_int_equal(registration.test_level, 1);
    assert_int_equal(registration.configuration_flags, 2);
    assert_int_equal(registration.event_log_level, 1);
    assert_string_equal(name_table_find(&registration.names, 9, NAME_TABLE_COUNTER, 2), "Sy");
    assert_string_equal(name_table_find(&registration.names, 9, NAME_TABLE_HELP, 3), "H");
    assert_string_equal(name_table_find(&registration.names, 12, NAME_TABLE_COUNTER, 2),
                        "\xC3\xA9");
    registration_release(&registration);
}

/* The same file in every supported encoding. */
static void every_encoding_says_the_same(void **state)
{
    static const char text[] = V5 PERF "\"Library\"=\"\xC3\xA4.dll\"\r\n\"Open\"=\"O\"\r\n"
                                       "\"Collect\"=\"C\"\r\n\"Close\"=\"D\"\r\n";
    static const char ansi[] = "REGEDIT4\r\n\r\n" PERF "\"Library\"=\"\xE4.dll\"\r\n"
                               "\"Open\"=hex(2):4f,00\r\n\"Collect\"=\"C\"\r\n\"Close\"=\"D\"\r\n";
    char marked[sizeof(text) + 3] = "\xEF\xBB\xBF", wide[2 * sizeof(text) + 2] = "\xFF\xFE";
    size_t at = 2, i;

    (void)state;
    memcpy(marked + 3, text, sizeof(text));
    for (i = 0; i < sizeof(text) - 1; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == 0xC3)
            byte = (unsigned char)(text[++i] + 0x40);
        wide[at++] = (char)byte;
        wide[at++] = 0;
    }
    const struct {
        const char *name, *data;
        size_t size;
    } cases[] = {
        { "UTF-8", text, sizeof(text) - 1 },    { "UTF-8 with mark", marked, sizeof(text) + 2 },
        { "UTF-16 with mark", wide, at },       { "UTF-16 without mark", wide + 2, at - 2 },
        { "REGEDIT4", ansi, sizeof(ansi) - 1 },
    };
    for (i = 0; i < UNIT_COUNT(cases); i++) {
        struct registration registration = { 0 };
        if (read_bytes(cases[i].data, cases[i].size, &registration))
            fail_msg("%s: %s", cases[i].name, last_error.message);
        if (registration.service_count != 1 || registration.services->problem ||
            strcmp(registration.services->library, "\xC3\xA4.dll") != 0 ||
            strcmp(registration.services->open, "O") != 0)
            fail_msg("%s: was misread", cases[i].name);
        registration_release(&registration);
    }
}

static void line_ends_blanks_comments_and_case_do_not_matter(void **state)
{
    struct registration registration;
    const struct service *service =
        service_of("\n Windows Registry Editor Version 5.00 ; so\n; a comment\n\n"
                   "  [hklm\\system\\currentcontrolset\\SERVICES\\x\\PERFORMANCE\\] ; more\n"
                   " \"LIBRARY\" = \"a;b\\\\c\\\"d.dll\" ; comment\n\"open\"=\"O\"\n"
                   "\"collect\"=\"C\"\n\"close\"=\"D\"\n@=\"default\"\n"
                   "\"open timeout\"=DWORD:0000000A\n\"Open Timeout\"=dword:b",
                   &registration);

    (void)state;
    assert_null(service->problem);
    assert_string_equal(service->library, "a;b\\c\"d.dll");
    assert_int_equal(service->open_timeout_ms, 11);
    registration_release(&registration);
}

static void later_lines_win_and_removals_count(void **state)
{
    struct registration registration;
    const struct service *service = service_of(
        V5 "[HKLM\\SYSTEM\\CurrentControlSet\\Services\\gone\\Performance]\r\n" CALLS
           "[-HKLM\\SYSTEM\\CurrentControlSet\\Services\\gone]\r\n" CALLS PERF CALLS
           "\"Object List\"=\"2\"\r\n\"Library\"=\"y.dll\"\r\n" PERF "\"object list\"=-\r\n",
        &registration);

    (void)state;
    assert_string_equal(service->name, "x");
    assert_string_equal(service->library, "y.dll");
    assert_false(service->has_object_list);
    registration_release(&registration);
}

static void the_current_control_set_is_that_which_select_names(void **state)
{
    static const char one[] = "[HKLM\\SYSTEM\\ControlSet001\\Services\\one\\Performance]\r\n" CALLS;
    static const char two[] = "[HKLM\\SYSTEM\\ControlSet002\\Services\\two\\Performance]\r\n" CALLS;
    static const char select[] = "[HKLM\\SYSTEM\\Select]\r\n\"Current\"=dword:2\r\n";
    struct registration registration;
    char text[1024];

    (void)state;
    snprintf(text, sizeof(text), "%s%s%s", V5, one, two);
    assert_string_equal(service_of(text, &registration)->name, "one");
    registration_release(&registration);
    snprintf(text, sizeof(text), "%s%s%s%s", V5, one, two, select);
    assert_string_equal(service_of(text, &registration)->name, "two");
    registration_release(&registration);
}

static void what_is_wrong_with_a_service_is_its_problem(void **state)
{
    static const struct {
        const char *lines, *problem;
        uint32_t faults;
    } cases[] = {
        { "\"Library\"=\"x\"\r\n\"Open\"=\"O\"\r\n\"Collect\"=\"C\"\r\n", "Close is missing",
          SERVICE_CLOSE_MISSING },
        { CALLS "\"Library\"=dword:1\r\n", "Library is not a REG_SZ", SERVICE_VALUE_DAMAGED },
        { CALLS "\"Library\"=\"\"\r\n", "Library is empty", SERVICE_VALUE_DAMAGED },
        { CALLS "\"Open\"=hex(1):41\r\n", "Open has an odd number of bytes",
          SERVICE_VALUE_DAMAGED },
        { CALLS "\"Open\"=hex(1):41,00,00,00,42,00\r\n", "Open holds a zero",
          SERVICE_VALUE_DAMAGED },
        { CALLS "\"First Counter\"=\"1848\"\r\n", "First Counter is not a REG_DWORD",
          SERVICE_VALUE_DAMAGED },
        { CALLS "\"First Counter\"=hex(4):01,02\r\n", "First Counter is not a REG_DWORD",
          SERVICE_VALUE_DAMAGED },
        { CALLS "\"First Counter\"=dword:2\r\n\"First Help\"=dword:3\r\n",
          "Last Counter is missing", SERVICE_VALUE_MISSING },
        { CALLS "\"Object List\"=\"12 x\"\r\n", "other than decimal numbers",
          SERVICE_VALUE_DAMAGED },
        { CALLS "\"Object List\"=\"99999999999\"\r\n", "other than decimal numbers",
          SERVICE_VALUE_DAMAGED },
        { CALLS "\"Object List\"=\"\"\r\n", "Object List is empty", SERVICE_VALUE_DAMAGED },
        { CALLS "\"Object List\"=dword:2\r\n", "Object List is not", SERVICE_VALUE_DAMAGED },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct registration registration;
        char text[1024];
        snprintf(text, sizeof(text), "%s%s%s", V5, PERF, cases[i].lines);
        const struct service *service = service_of(text, &registration);
        if (!service->problem || !strstr(service->problem, cases[i].problem))
            fail_msg("expected \"%s\", got \"%s\"", cases[i].problem,
                     service->problem ? service->problem : "");
        if ((service->faults & cases[i].faults) == 0)
            fail_msg("%s: faults %u", cases[i].problem, (unsigned)service->faults);
        registration_release(&registration);
    }
}

static void an_object_list_has_at_most_4096_indices(void **state)
{
    static const char end[] = "\"\r\n";

    (void)state;
    for (size_t count = SERVICE_OBJECTS_LIMIT; count <= SERVICE_OBJECTS_LIMIT + 1; count++) {
        const size_t head = strlen(V5) + strlen(PERF) + strlen(CALLS);
        char *text = malloc(head + 32 + 2 * count + sizeof(end));
        struct registration registration;
        size_t used = (size_t)sprintf(text, "%s%s%s\"Object List\"=\"2", V5, PERF, CALLS);

        for (size_t i = 1; i < count; i++)
            used += (size_t)sprintf(text + used, " 4");
        memcpy(text + used, end, sizeof(end));
        const struct service *service = service_of(text, &registration);
        assert_int_equal(service->object_list_count, SERVICE_OBJECTS_LIMIT);
        assert_int_equal(service->faults,
                         count > SERVICE_OBJECTS_LIMIT ? SERVICE_OBJECTS_TOO_MANY : 0);
        registration_release(&registration);
        free(text);
    }
}

static void a_linkage_without_terminators_gets_them(void **state)
{
    struct registration registration;
    const struct service *service =
        service_of(V5 PERF CALLS "[HKLM\\SYSTEM\\CurrentControlSet\\Services\\x\\Linkage]\r\n"
                                 "\"Export\"=hex(7):61,00\r\n",
                   &registration);

    (void)state;
    assert_int_equal(service->linkage_export_length, 3);
    assert_memory_equal(service->linkage_export, TEXT16("a\0"), 6);
    registration_release(&registration);
}

static void bad_files_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *text;
        size_t size; /* 0: up to the terminator */
        const char *message;
    } cases[] = {
        { "", 0, "f.reg:1: the file is empty" },
        { "\r\n\r\n", 0, "f.reg:3: the file is empty" },
        { "hello\n", 0, "f.reg:1: \"hello\": not a .reg file" },
        { "\177ELF\002\001\001\000\000", 9, "f.reg:1: a zero character" },
        { "Windows Registry Editor Version 6.00\n", 0, "f.reg:1: \"Windows Registry" },
        { "WINE REGISTRY Version 2\n", 0, "wine regedit /E" },
        { V5 "[HKLM\\\xE4]\r\n", 0, "f.reg:1: the file has version 5.00 and an 8-bit encoding" },
        { "\xFE\xFF\0W", 4, "big-endian" },
        { "\xFF\xFEW\0i", 5, "half a character" },
        { V5 "[HKLM\\SYSTEM", 0, "f.reg:3: the key's name has no \"]\"" },
        { V5 "[HKEY_MACHINE\\SYSTEM]", 0, "f.reg:3: the key \"HKEY_MACHINE\\SYSTEM\" does not" },
        { V5 "[HKLM\\\\SYSTEM]", 0, "has an empty part" },
        { V5 "[HKLM\\SYSTEM] x", 0, "f.reg:3: \"x\" after the key's name" },
        { V5 "\"a\"=\"b\"", 0, "f.reg:3: a value before any key" },
        { V5 PERF "\"a", 0, "f.reg:4: the value's name has no closing quotation mark" },
        { V5 PERF "\"a\"", 0, "f.reg:4: there is no \"=\"" },
        { V5 PERF "\"a\"=", 0, "f.reg:4: no data after" },
        { V5 PERF "\"a\"=\"b", 0, "f.reg:4: the text has no closing quotation mark" },
        { V5 PERF "\"a\"=\"b\n\"c\"=\"d\"\n", 0, "f.reg:5: \"c" },
        { V5 PERF "\"a\"=\"C:\\perf\"\n", 0, "f.reg:4: \"\\perf\"\" is not an escape" },
        { V5 PERF "\"a\"=dword:\n", 0, "f.reg:4: dword: needs" },
        { V5 PERF "\"a\"=dword:123456789\n", 0, "f.reg:4: dword: needs" },
        { V5 PERF "\"a\"=dword:12x\n", 0, "f.reg:4: \"x\" after the value" },
        { V5 PERF "\"a\"=hex:0g\n", 0, "f.reg:4: \"g\" where hexadecimal bytes" },
        { V5 PERF "\"a\"=hex:00,\n", 0, "f.reg:4: hexadecimal data end in a comma" },
        { V5 PERF "\"a\"=hex:00,\\\n  11,\\\n", 0, "f.reg:5: the value continues in a line" },
        { V5 PERF "\"a\"=hex:00,1", 0, "f.reg:4: the file ends in half a hexadecimal byte" },
        { V5 PERF "\"a\"=hex:00,\\ x\n", 0,
          "f.reg:4: a \\ in hexadecimal data must be at the end" },
        { V5 PERF "\"a\"=hex(:00\n", 0, "f.reg:4: hex( needs a type" },
        { V5 PERF "\"a\"=hex 00\n", 0, "f.reg:4: hex needs a colon" },
        { V5 PERF "\"a\"=qword:1\n", 0, "f.reg:4: \"qword:1\" is not data" },
        { V5 PERF "First Counter=1\n", 0, "f.reg:4: \"First Counter=1\" is neither" },
        { V5 PERF "\"a\"=\"b\0c\"\n", sizeof(V5 PERF "\"a\"=\"b\0c\"\n") - 1,
          "f.reg:4: a zero character" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct registration registration;
        memset(&registration, 0xA5, sizeof(registration));
        struct registration before = registration;
        DWORD error = read_bytes(
            cases[i].text, cases[i].size ? cases[i].size : strlen(cases[i].text), &registration);
        if (error != ERROR_INVALID_DATA)
            fail_msg("case %zu (%s): error %lu", i, cases[i].message, (unsigned long)error);
        if (!strstr(last_error.message, cases[i].message))
            fail_msg("expected \"%s\", got \"%s\"", cases[i].message, last_error.message);
        assert_memory_equal(&registration, &before, sizeof(before));
    }
}

/* A text made of a head, a unit that is repeated, and a tail; from malloc. */
static char *long_text(const char *head, const char *unit, size_t count, const char *tail)
{
    const size_t size = strlen(unit);
    char *text = malloc(strlen(head) + size * count + strlen(tail) + 1);

    assert_non_null(text);
    char *at = text + sprintf(text, "%s", head);
    for (size_t i = 0; i < count; i++, at += size)
        memcpy(at, unit, size);
    strcpy(at, tail);
    return text;
}

/* "HKLM\" has 5 of the units of a path, and is a level by itself. */
static void each_limit_is_kept_and_one_more_is_refused(void **state)
{
    static const struct {
        const char *name, *head, *unit;
        size_t limit; /* how often `unit` is allowed */
        const char *tail, *message;
    } cases[] = {
        { "units of a key's path", V5 "[HKLM\\", "x", 8192 - 5, "]\n",
          "f.reg:3: the key's name is longer than 8192 characters" },
        { "units of a key's path, without those that end it", V5 "[HKLM\\", "x", 8192 - 5, "\\]\n",
          "f.reg:3: the key's name is longer than 8192 characters" },
        { "levels of a key", V5 "[HKLM", "\\x", 512 - 1, "]\n", "has more than 512 levels" },
        { "digits of a number", V5 PERF "\"a\"=dword:", "0", 8, "\n", "f.reg:4: dword: needs" },
        { "digits of a type", V5 PERF "\"a\"=hex(", "0", 8, "):00\n",
          "f.reg:4: hex( needs a type" },
        { "digits of a byte", V5 PERF "\"a\"=hex:", "0", 2, "\n", "f.reg:4: \"0\" where" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (size_t more = 0; more < 2; more++) {
            char *text =
                long_text(cases[i].head, cases[i].unit, cases[i].limit + more, cases[i].tail);
            struct registration registration = { 0 };
            const DWORD error = read_text(text, &registration);

            if (error != (more ? ERROR_INVALID_DATA : ERROR_SUCCESS) ||
                (more && !strstr(last_error.message, cases[i].message)))
                fail_msg("%s, limit + %zu: error %lu, \"%s\"", cases[i].name, more,
                         (unsigned long)error, last_error.message);
            free(text);
            registration_release(&registration);
        }
}

/* The longest path in the registry of counters has 2048 bytes with its terminator. A key with a longer
   path is passed over. */
static void a_key_with_a_path_that_no_counter_has_is_passed_over(void **state)
{
    static const char head[] = V5 "[HKLM\\SYSTEM\\CurrentControlSet\\Services\\";
    const size_t before = strlen("HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\");
    const size_t most = 2047 - before - strlen("\\Performance");

    (void)state;
    for (size_t more = 0; more < 2; more++) {
        char *text = long_text(head, "x", most + more, "\\Performance]\n" CALLS);
        struct registration registration;

        assert_int_equal(read_text(text, &registration), ERROR_SUCCESS);
        assert_int_equal(registration.service_count, more ? 0 : 1);
        free(text);
        registration_release(&registration);
    }
}

static void every_prefix_of_a_file_is_read_or_refused(void **state)
{
    static const char text[] =
        V5 PERF CALLS "\"First Counter\"=dword:00000738\r\n\"e\"=hex(2):41,00,\\\r\n  00,00\r\n"
                      "[-HKLM\\SYSTEM\\CurrentControlSet\\Services\\y]\r\n\"z\"=-\r\n";

    (void)state;
    for (size_t size = 0; size < sizeof(text); size++) {
        struct registration registration = { 0 };
        char *exact = malloc(size + 1); /* so that a sanitizer sees every read after it */
        memcpy(exact, text, size);
        DWORD error = read_bytes(exact, size, &registration);
        assert_true(error == ERROR_SUCCESS || error == ERROR_INVALID_DATA);
        free(exact);
        registration_release(&registration);
    }
}

static void damaged_name_tables_are_perflibs_problem(void **state)
{
    static const struct {
        const char *value, *problem;
    } cases[] = {
        { "\"Counter\"=\"2\"\r\n", "Perflib\\009 Counter is not a REG_MULTI_SZ" },
        { "\"Help\"=hex(7):33,00,00\r\n", "Perflib\\009 Help is not a REG_MULTI_SZ" },
        { "\"Counter\"=hex(7):32,00,00,00,53,00,00,00\r\n", "lacks its terminators" },
        { "\"Counter\"=hex(7):78,00,00,00,53,00,00,00,00,00\r\n",
          "has no pair of index and text at character 0" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct registration registration;
        char text[512];
        snprintf(text, sizeof(text),
                 "%s[HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Perflib\\009]\r\n%s",
                 V5, cases[i].value);
        assert_int_equal(read_text(text, &registration), 0);
        if (!registration.problem || !strstr(registration.problem, cases[i].problem))
            fail_msg("expected \"%s\", got \"%s\"", cases[i].problem,
                     registration.problem ? registration.problem : "");
        registration_release(&registration);
    }
}

static void a_missing_file_is_named(void **state)
{
    struct registration registration = { 0 };

    (void)state;
    assert_int_equal(registration_file_read("no/such.reg", &registration, &last_error),
                     ERROR_FILE_NOT_FOUND);
    assert_string_equal(last_error.message, "no/such.reg: no such file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_complete_service_is_read),
        cmocka_unit_test(perflib_and_its_name_tables_are_read),
        cmocka_unit_test(every_encoding_says_the_same),
        cmocka_unit_test(line_ends_blanks_comments_and_case_do_not_matter),
        cmocka_unit_test(later_lines_win_and_removals_count),
        cmocka_unit_test(the_current_control_set_is_that_which_select_names),
        cmocka_unit_test(what_is_wrong_with_a_service_is_its_problem),
        cmocka_unit_test(an_object_list_has_at_most_4096_indices),
        cmocka_unit_test(a_linkage_without_terminators_gets_them),
        cmocka_unit_test(bad_files_are_refused_with_their_line),
        cmocka_unit_test(each_limit_is_kept_and_one_more_is_refused),
        cmocka_unit_test(a_key_with_a_path_that_no_counter_has_is_passed_over),
        cmocka_unit_test(every_prefix_of_a_file_is_read_or_refused),
        cmocka_unit_test(damaged_name_tables_are_perflibs_problem),
        cmocka_unit_test(a_missing_file_is_named),
    };

    return cmocka_run_group_tests_name("registration_file", tests, NULL, NULL);
}
