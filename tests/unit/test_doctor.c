/* SPDX-License-Identifier: MIT
 *
 * doctor.c: what a running Windows shows and a file of its registry does not: files that are missing,
 * names that cannot be read, libraries.
 */
#include "unit.h"

#include <string.h>

#include "doctor.h"
#include "failing_memory.h"
#include "registration.h"

/* 0x737 is 1847, the last index of Windows itself, so the service begins with 1848. */
static const char healthy[] =
    "Windows Registry Editor Version 5.00\n\n"
    "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\A\\Performance]\n"
    "\"Library\"=\"a.dll\"\n\"Open\"=\"O\"\n\"Collect\"=\"C\"\n\"Close\"=\"D\"\n"
    "\"First Counter\"=dword:738\n\"Last Counter\"=dword:73a\n"
    "\"First Help\"=dword:739\n\"Last Help\"=dword:73b\n\n"
    "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Perflib]\n"
    "\"Base Index\"=dword:737\n\"Last Counter\"=dword:73a\n\"Last Help\"=dword:73b\n\n"
    "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows "
    "NT\\CurrentVersion\\Perflib\\_V2Providers\\{1}]\n"
    "\"ApplicationIdentity\"=\"C:\\\\v2.exe\"\n";

static struct machine_input input;
static struct diagnosis diagnosis;

static int open_input(void **state)
{
    struct registration_error error;

    (void)state;
    if (machine_input_parse(healthy, sizeof(healthy) - 1, "t.reg", &input, &error))
        return -1;
    input.is_system = input.is_live = true;
    for (size_t i = 0; i < MACHINE_FILE_COUNT; i++)
        input.files[i] = i == MACHINE_FILE_PENDING ? MACHINE_FILE_GONE : MACHINE_FILE_THERE;
    return 0;
}

static int close_input(void **state)
{
    (void)state;
    diagnosis_release(&diagnosis);
    machine_input_release(&input);
    return 0;
}

/* Examine; the only fault, or "" without a fault. */
static const char *only_fault(const struct doctor_options *options)
{
    const char *found = "";
    size_t count = 0;

    diagnosis_release(&diagnosis);
    assert_int_equal(doctor_examine(&input, 1, options, &diagnosis), 0);
    for (size_t i = 0; i < diagnosis.finding_count; i++)
        if (doctor_faults[diagnosis.findings[i].fault].severity != FAULT_NOTE) {
            found = doctor_faults[diagnosis.findings[i].fault].id;
            count++;
        }
    assert_true(count <= 1);
    return found;
}

/* Windows allows 255 characters in the name of a service. */
static void a_service_with_a_long_name_may_be_off_for_one_bitness(void **state)
{
    static const struct doctor_options options;
    struct registration_error error;
    char name[256], text[2 * sizeof(healthy)];

    (void)state;
    for (size_t length = 198; length <= 255; length++) {
        memset(name, 'n', length);
        name[length] = 0;
        snprintf(text, sizeof(text),
                 "%s\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\%s\\Performance]\n"
                 "\"Library\"=\"a.dll\"\n\"Open\"=\"O\"\n\"Collect\"=\"C\"\n\"Close\"=\"D\"\n"
                 "\"Disable Performance Counters\"=dword:2\n",
                 healthy, name);
        machine_input_release(&input);
        assert_int_equal(machine_input_parse(text, strlen(text), "t.reg", &input, &error), 0);
        diagnosis_release(&diagnosis);
        assert_int_equal(doctor_examine(&input, 1, &options, &diagnosis), 0);
        size_t count = 0;
        for (size_t i = 0; i < diagnosis.finding_count; i++)
            if (!strcmp(doctor_faults[diagnosis.findings[i].fault].id, "half-disabled")) {
                assert_int_equal(diagnosis.findings[i].actual.number, 2);
                count++;
            }
        assert_int_equal(count, 1);
    }
}

static void a_file_that_is_gone_or_empty_is_found(void **state)
{
    static const struct doctor_options options;
    static const struct {
        enum machine_file file;
        enum machine_file_state state;
        const char *fault;
    } cases[] = {
        { MACHINE_FILE_NAMES, MACHINE_FILE_THERE, "" },
        { MACHINE_FILE_NAMES, MACHINE_FILE_GONE, "names-file-missing" },
        { MACHINE_FILE_NAMES, MACHINE_FILE_EMPTY, "names-file-missing" },
        { MACHINE_FILE_NAMES, MACHINE_FILE_UNKNOWN, "" },
        { MACHINE_FILE_HELP, MACHINE_FILE_GONE, "names-file-missing" },
        { MACHINE_FILE_BACKUP, MACHINE_FILE_GONE, "backup-missing" },
        { MACHINE_FILE_BACKUP, MACHINE_FILE_UNKNOWN, "" },
        { MACHINE_FILE_PENDING, MACHINE_FILE_THERE, "backup-pending" },
        { MACHINE_FILE_PENDING, MACHINE_FILE_UNKNOWN, "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        enum machine_file_state before = input.files[cases[i].file];
        input.files[cases[i].file] = cases[i].state;
        assert_string_equal(only_fault(&options), cases[i].fault);
        input.files[cases[i].file] = before;
    }
}

static void names_that_cannot_be_read_are_distinguished_from_a_busy_system(void **state)
{
    static const struct doctor_options options;
    static const struct {
        uint32_t error;
        const char *fault;
    } cases[] = {
        { ERROR_SUCCESS, "" },
        { ERROR_BUSY, "busy" },
        { WAIT_TIMEOUT, "busy" },
        { ERROR_ACCESS_DENIED, "names-unreadable" },
        { ERROR_INVALID_PARAMETER, "names-unreadable" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        input.names_error = cases[i].error;
        assert_string_equal(only_fault(&options), cases[i].fault);
    }
    input.names_error = ERROR_FILE_NOT_FOUND;
    input.files[MACHINE_FILE_NAMES] = MACHINE_FILE_GONE; /* that is why */
    assert_string_equal(only_fault(&options), "names-file-missing");
}

static enum doctor_library say(void *context, const struct machine_service *service, char *detail,
                               size_t detail_size)
{
    (void)service;
    if (detail_size)
        *detail = 0;
    return *(const enum doctor_library *)context;
}

static bool is_gone(void *context, const struct reg_value *value)
{
    (void)value;
    return *(const enum doctor_library *)context == DOCTOR_LIBRARY_GONE;
}

static void libraries_are_looked_at_on_this_machine_only(void **state)
{
    static const struct {
        enum doctor_library library;
        const char *fault;
    } cases[] = {
        { DOCTOR_LIBRARY_UNKNOWN, "" },
        { DOCTOR_LIBRARY_FINE, "" },
        { DOCTOR_LIBRARY_GONE, "library-gone" },
        { DOCTOR_LIBRARY_OTHER_BITNESS, "library-bitness" },
        { DOCTOR_LIBRARY_LACKS_EXPORT, "export-missing" },
        { DOCTOR_LIBRARY_UNTRUSTED, "library-untrusted" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        enum doctor_library library = cases[i].library;
        struct doctor_options options = { .probe = say, .probe_context = &library };
        input.is_system = true;
        assert_string_equal(only_fault(&options), cases[i].fault);
        input.is_system = false;
        assert_string_equal(only_fault(&options), "");
    }
    enum doctor_library gone = DOCTOR_LIBRARY_GONE;
    struct doctor_options options = { .is_file_gone = is_gone, .probe_context = &gone };
    assert_string_equal(only_fault(&options), "");
    input.is_system = true;
    assert_string_equal(only_fault(&options), "v2-file-gone");
}

/* The Object List has 20000 bytes, more than a block of a text pool, and names an object of another range:
   deleting it is a repair that is made in memory. */
static void the_inputs_are_restored_or_lack_a_value_if_memory_runs_out(void **state)
{
    static const struct doctor_options options;
    static const char path[] = REG_SERVICES "\\A\\Performance";
    static const char name[] = "Object List";
    static WCHAR data[10000];
    struct reg_key *key = reg_tree_find(&input.tree, path);
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(data); i++)
        data[i] = i % 2 ? ' ' : '2';
    assert_int_equal(reg_tree_set(&input.tree, key, name, REG_SZ, data, sizeof(data)), 0);
    for (unsigned step = 1; error; step++) {
        diagnosis_release(&diagnosis);
        failing_memory_countdown = step;
        error = doctor_examine(&input, 1, &options, &diagnosis);
        const bool has_failed = !failing_memory_countdown;
        failing_memory_countdown = 0;
        assert_int_equal(error, has_failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
        const struct reg_value *value = reg_tree_value(&input.tree, key, name);
        assert_null(input.tree.top.first_value);
        if (!value) { /* there was no memory to restore it */
            assert_int_equal(error, ERROR_NOT_ENOUGH_MEMORY);
            assert_int_equal(reg_tree_set(&input.tree, key, name, REG_SZ, data, sizeof(data)), 0);
            continue;
        }
        assert_int_equal(value->size, sizeof(data));
        assert_memory_equal(value->data, data, sizeof(data));
    }
    assert_true(diagnosis.change_count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_service_with_a_long_name_may_be_off_for_one_bitness,
                                        open_input, close_input),
        cmocka_unit_test_setup_teardown(a_file_that_is_gone_or_empty_is_found, open_input,
                                        close_input),
        cmocka_unit_test_setup_teardown(
            names_that_cannot_be_read_are_distinguished_from_a_busy_system, open_input,
            close_input),
        cmocka_unit_test_setup_teardown(libraries_are_looked_at_on_this_machine_only, open_input,
                                        close_input),
        cmocka_unit_test_setup_teardown(the_inputs_are_restored_or_lack_a_value_if_memory_runs_out,
                                        open_input, close_input),
    };

    return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
