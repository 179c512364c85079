/* SPDX-License-Identifier: MIT
 *
 * doctor_bundle.c: which keys and values of a registry another person receives, and what is masked in them.
 */
#include "unit.h"

#include "doctor.h"
#include "doctor_bundle.h"
#include "failing_memory.h"
#include "registration.h"

#define PERFLIB "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Perflib]\r\n"
#define LANGUAGE(name)                                                                             \
    "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Perflib\\" name "]\r\n"
#define SERVICE(name) "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\" name "]\r\n"
#define INSTALLED "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Nls\\Language]\r\n"

static struct machine_input inputs[2];
static struct diagnosis diagnosis;
static struct output output;
static long blocks; /* that were there before the test */

static void release(void)
{
    output_release(&output);
    diagnosis_release(&diagnosis);
    for (size_t i = 0; i < UNIT_COUNT(inputs); i++)
        machine_input_release(&inputs[i]);
}

static int begin(void **state)
{
    (void)state;
    blocks = failing_memory_blocks;
    return 0;
}

static int end(void **state)
{
    (void)state;
    release();
    return failing_memory_blocks == blocks ? 0 : -1;
}

/* Read a .reg file without its first line. */
static void parse(size_t input, const char *text)
{
    static char file[5000];
    struct registration_error error;

    snprintf(file, sizeof(file), "Windows Registry Editor Version 5.00\r\n\r\n%s", text);
    assert_int_equal(machine_input_parse(file, strlen(file), "t.reg", &inputs[input], &error), 0);
}

/* The bundle of the inputs, as ASCII, without line breaks inside values. */
static const char *written(size_t count)
{
    static const struct doctor_options options;
    static char text[20000];

    assert_int_equal(doctor_examine(inputs, count, &options, &diagnosis), 0);
    const struct doctor_report report = { .diagnosis = &diagnosis,
                                          .inputs = inputs,
                                          .input_count = count };
    doctor_bundle_write(&report, &output);
    assert_false(output.is_lost);
    assert_true(output.size > 2 && output.size / 2 < sizeof(text));
    assert_memory_equal(output.data, "\xFF\xFE", 2);
    size_t length = 0;
    for (size_t i = 2; i < output.size; i += 2) {
        text[length++] = (char)(output.data[i + 1] ? '?' : output.data[i]);
        if (length >= 5 && memcmp(text + length - 5, "\\\r\n  ", 5) == 0)
            length -= 5;
    }
    text[length] = 0;
    return text;
}

/* The keys of the bundle of one file: what follows the report. */
static const char *bundled(const char *text)
{
    release();
    parse(0, text);
    const char *keys = strstr(written(1), "\r\n[");
    return keys ? keys + 2 : "";
}

static void check_bundled(const char *text, const char *bundle)
{
    assert_string_equal(bundled(text), bundle);
}

static void only_values_of_counters_are_bundled(void **state)
{
    (void)state;
    check_bundled(PERFLIB "\"Last Counter\"=dword:00000738\r\n"
                          "\"Password\"=\"x\"\r\n"
                          "\"Base Index\"=dword:00000737\r\n",
                  PERFLIB "\"Base Index\"=dword:00000737\r\n"
                          "\"Last Counter\"=dword:00000738\r\n");
    check_bundled(SERVICE("A\\Performance") "\"Library\"=\"a.dll\"\r\n"
                                            "\"Password\"=\"x\"\r\n"
                                            "\"First Counter\"=dword:00000738\r\n",
                  SERVICE("A\\Performance") "\"Library\"=\"a.dll\"\r\n"
                                            "\"First Counter\"=dword:00000738\r\n");
    check_bundled(SERVICE("A\\Performance") "\"DisablePerformanceCounters\"=dword:00000001\r\n",
                  SERVICE("A\\Performance") "\"DisablePerformanceCounters\"=dword:00000001\r\n");
    check_bundled(SERVICE("A") "\"ImagePath\"=\"a.exe\"\r\n", "");
    check_bundled(SERVICE("A\\Parameters") "\"Open\"=\"O\"\r\n", "");
}

static void of_a_service_its_performance_and_exported_linkage_are_bundled(void **state)
{
    (void)state;
    check_bundled(SERVICE("A\\Linkage") "\"Export\"=\"a\"\r\n", "");
    check_bundled(SERVICE("A\\Linkage") "\"Export\"=\"a\"\r\n\r\n" SERVICE("A\\Performance"),
                  SERVICE("A\\Performance") "\r\n" SERVICE("A\\Linkage") "\"Export\"=\"a\"\r\n");
    check_bundled(SERVICE("A\\Linkage") "\"Bind\"=\"a\"\r\n\r\n" SERVICE("A\\Performance"),
                  SERVICE("A\\Performance"));
}

static void how_the_services_of_readers_start_is_bundled(void **state)
{
    (void)state;
    check_bundled(SERVICE("perfhost") "\"Start\"=dword:00000004\r\n\"Type\"=dword:00000010\r\n",
                  SERVICE("perfhost") "\"Start\"=dword:00000004\r\n");
    check_bundled(SERVICE("RemoteRegistry") "\"Start\"=dword:00000004\r\n",
                  SERVICE("RemoteRegistry") "\"Start\"=dword:00000004\r\n");
    check_bundled(SERVICE("RemoteRegistry"), "");
    check_bundled(SERVICE("Spooler") "\"Start\"=dword:00000004\r\n", "");
}

static void the_language_of_the_installation_is_bundled(void **state)
{
    (void)state;
    check_bundled(INSTALLED "\"InstallLanguage\"=\"0409\"\r\n\"Default\"=\"0407\"\r\n",
                  INSTALLED "\"InstallLanguage\"=\"0409\"\r\n");
}

static void v2_providers_are_bundled(void **state)
{
    (void)state;
    check_bundled(LANGUAGE("_V2Providers\\{1}") "\"ProviderName\"=\"p\"\r\n\"Other\"=\"x\"\r\n",
                  PERFLIB "\r\n" LANGUAGE("_V2Providers") "\r\n" LANGUAGE(
                      "_V2Providers\\{1}") "\"ProviderName\"=\"p\"\r\n");
}

/* The table 2, "a". */
#define TABLE "\"Counter\"=hex(7):32,00,00,00,61,00,00,00,00,00\r\n"

/* A language's key with a table. '|' is a zero. */
static const char *table_of(const char *language, const char *names)
{
    static char texts[4][600];
    static unsigned next;
    char *text = texts[next++ % 4];
    size_t length = (size_t)sprintf(text, LANGUAGE("%s") "\"Counter\"=hex(7):", language);

    for (; *names; names++)
        length += (size_t)sprintf(text + length, "%02x,00%s", *names == '|' ? 0 : *names,
                                  names[1] ? "," : "\r\n");
    return text;
}

/* Which of the languages are in the bundle, with a blank after each. */
static const char *languages_in(const char *text)
{
    static const char *const languages[] = { "007", "008", "009", "CurrentLanguage", "Other" };
    static char found[100];
    char key[200];

    *found = 0;
    text = bundled(text);
    for (size_t i = 0; i < UNIT_COUNT(languages); i++) {
        snprintf(key, sizeof(key), LANGUAGE("%s") "\"Counter\"=", languages[i]);
        if (strstr(text, key))
            sprintf(found + strlen(found), "%s ", languages[i]);
    }
    return found;
}

static void english_names_and_languages_with_a_finding_are_bundled(void **state)
{
    char text[4000];

    (void)state;
    sprintf(text, "%s\r\n%s\r\n%s", table_of("009", "2|System|4|Memory||"),
            table_of("007", "2|System|4|Speicher||"), table_of("Other", "2|System||"));
    assert_string_equal(languages_in(text), "009 ");
    /* a list that has no end */
    sprintf(text, "%s\r\n%s\r\n%s", table_of("009", "2|System|4|Memory||"),
            table_of("007", "2|System|4|Speicher"), table_of("008", "2|System|4|M||"));
    assert_string_equal(languages_in(text), "007 009 ");
    /* Wine has English names in another key */
    sprintf(text, "%s\r\n%s", table_of("CurrentLanguage", "2|System||"),
            table_of("007", "2|System||"));
    assert_string_equal(languages_in(text), "CurrentLanguage ");
    sprintf(text, LANGUAGE("009") "\r\n%s", table_of("CurrentLanguage", "2|System||"));
    assert_string_equal(languages_in(text), "CurrentLanguage ");
    sprintf(text, "%s\r\n%s", table_of("009", "2|System||"),
            table_of("CurrentLanguage", "2|System||"));
    assert_string_equal(languages_in(text), "009 ");
    /* the names of CurrentLanguage are those of no language */
    sprintf(text, "%s\r\n%s\r\n%s", table_of("009", "2|System|4|Memory||"),
            table_of("CurrentLanguage", "2|x|4|y||"), table_of("007", "2|System|4|Speicher||"));
    assert_string_equal(languages_in(text), "007 009 CurrentLanguage ");
    /* a language has names above Last Counter */
    sprintf(text,
            PERFLIB "\"Base Index\"=dword:00000737\r\n\"Last Counter\"=dword:00000738\r\n"
                    "\"Last Help\"=dword:00000739\r\n\r\n%s\r\n%s\r\n%s\r\n%s",
            table_of("009", "2|System||"), table_of("007", "2|System|1850|b||"),
            table_of("008", "2|System||"), table_of("Other", "2|System||"));
    assert_string_equal(languages_in(text), "007 008 009 ");
    /* a note is no finding that another person needs */
    sprintf(
        text,
        "%s\r\n%s\r\n" SERVICE(
            "A\\Performance") "\"First Counter\"=dword:00000738\r\n"
                              "\"Last Counter\"=dword:00000738\r\n\"First Help\"=dword:00000739\r\n"
                              "\"Last Help\"=dword:00000739\r\n",
        table_of("009", "2|System|1848|a||"), table_of("007", "2|System|4|b||"));
    assert_string_equal(languages_in(text), "009 ");
    assert_true(diagnosis.counts[FAULT_language_lacks_names] > 0);
}

static void names_of_users_and_computers_are_masked(void **state)
{
    static const struct {
        const char *text, *masked;
    } cases[] = {
        { "", "" },
        { "a.dll", "a.dll" },
        { "C:\\Users\\anna\\a.dll", "C:\\Users\\*\\a.dll" },
        { "C:\\users\\anna b\\a.dll", "C:\\users\\*\\a.dll" },
        { "C:/Users/anna/a.dll", "C:/Users/*/a.dll" },
        { "C:\\Users\\anna", "C:\\Users\\*" },
        { "C:\\Users\\", "C:\\Users\\" },
        { "C:\\Users", "C:\\Users" },
        { "C:\\Usersx\\a", "C:\\Usersx\\a" },
        { "C:\\Documents and Settings\\anna\\a.dll", "C:\\Documents and Settings\\*\\a.dll" },
        { "/home/anna/a.so", "/home/*/a.so" },
        { "\\\\server\\share\\a.dll", "\\\\*\\share\\a.dll" },
        { "//server/share/a.dll", "//*/share/a.dll" },
        { "\\\\s", "\\\\*" },
        { "\\\\", "\\\\" },
        { "\\\\\\a", "\\\\\\a" },
        { "\\\\?\\C:\\a.dll", "\\\\?\\C:\\a.dll" },
        { "\\\\.\\pipe", "\\\\.\\pipe" },
        { "\\\\?\\UNC\\server\\share", "\\\\?\\UNC\\*\\share" },
        { "C:\\\\server\\a.dll", "C:\\\\server\\a.dll" },
        { "a \\\\server\\share,\\\\other\\share", "a \\\\*\\share,\\\\*\\share" },
        { "\\\\server\\\\x\\y", "\\\\*\\\\x\\y" },
        { "\\\\server\\Users\\anna\\x", "\\\\*\\Users\\*\\x" },
        { "\"C:\\Users\\anna\" b", "\"C:\\Users\\*\" b" },
    };
    char in[300], expected[300];

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *both[] = { cases[i].text, cases[i].masked };
        char *to[] = { in, expected };
        for (size_t k = 0; k < 2; k++) {
            size_t length = (size_t)sprintf(to[k], SERVICE("A\\Performance") "\"Library\"=\"");
            for (const char *at = both[k]; *at; at++) {
                if (*at == '\\' || *at == '"')
                    to[k][length++] = '\\';
                to[k][length++] = *at;
            }
            strcpy(to[k] + length, "\"\r\n");
        }
        if (strcmp(bundled(in), expected) != 0)
            fail_msg("%s: %s", cases[i].text, bundled(in));
    }
}

#define LIBRARY(data) SERVICE("A\\Performance") "\"Library\"=hex(" data "\r\n"
#define LIBRARY_BYTES SERVICE("A\\Performance") "\"Library\"=hex:"
#define USERS "5c,00,55,00,73,00,65,00,72,00,73,00,5c,00" /* \Users\ */

static void masked_values_keep_their_form(void **state)
{
    (void)state;
    check_bundled(LIBRARY("2):61,00,00,00"), LIBRARY("2):61,00,00,00"));
    check_bundled(LIBRARY("2):" USERS ",61,00,00,00,62,00"),
                  LIBRARY("2):" USERS ",2a,00,00,00,62,00,00,00"));
    check_bundled(LIBRARY("7):" USERS ",61,00,00,00," USERS ",62,00,00,00,00,00"),
                  LIBRARY("7):" USERS ",2a,00,00,00," USERS ",2a,00,00,00,00,00"));
    check_bundled(LIBRARY("2):" USERS ",61,00,00,00,00"), LIBRARY("2):" USERS ",2a,00,00"));
    check_bundled(LIBRARY("2):61"), LIBRARY("2):00"));
    check_bundled(LIBRARY("2):"), LIBRARY("2):00,00"));
    check_bundled(LIBRARY_BYTES USERS ",61,00\r\n", LIBRARY_BYTES USERS ",61,00\r\n");
}

static void the_report_is_a_masked_comment(void **state)
{
    (void)state;
    parse(0, SERVICE("A\\Performance") "\"Library\"=\"C:\\\\Users\\\\anna\\\\a.dll\"\r\n");
    const char *text = written(1);
    assert_non_null(strstr(text, "; Made by perfharness "));
    assert_non_null(strstr(text, "not-installed"));
    assert_null(strstr(text, "anna"));
}

static void the_input_that_is_believed_most_comes_last(void **state)
{
    (void)state;
    parse(0, SERVICE("A\\Performance") "\"Open\"=\"first\"\r\n");
    parse(1, SERVICE("A\\Performance") "\"Open\"=\"second\"\r\n");
    const char *text = written(2);
    assert_non_null(strstr(text, "first"));
    assert_true(strstr(text, "\"Open\"=\"first\"") > strstr(text, "\"Open\"=\"second\""));
    output_release(&output);
    diagnosis_release(&diagnosis);
    inputs[0].kind = MACHINE_INPUT_BACKUP;
    text = written(2);
    assert_true(strstr(text, "\"Open\"=\"first\"") < strstr(text, "\"Open\"=\"second\""));
    output_release(&output);
    diagnosis_release(&diagnosis);
    inputs[0].kind = MACHINE_INPUT_ANSWER;
    text = written(2);
    assert_non_null(strstr(text, "\"Open\"=\"first\""));
}

static void without_memory_a_report_of_any_form_is_lost(void **state)
{
    static void (*const forms[])(const struct doctor_report *, struct output *) = {
        doctor_bundle_write, doctor_report_text,      doctor_report_markdown,
        doctor_json_write,   doctor_json_write_sarif,
    };

    (void)state;
    /* a service above Last Counter is an effect of that number */
    parse(0, PERFLIB "\"Last Counter\"=dword:00000738\r\n\r\n" LANGUAGE("009") TABLE
          "\r\n" SERVICE("A\\Performance") "\"Library\"=\"a.dll\"\r\n\"Open\"=dword:1\r\n"
                                           "\"First Counter\"=dword:0000073a\r\n"
                                           "\"Last Counter\"=dword:0000073a\r\n"
                                           "\"First Help\"=dword:0000073b\r\n"
                                           "\"Last Help\"=dword:0000073b\r\n");
    written(1);
    const struct doctor_report report = { .diagnosis = &diagnosis,
                                          .inputs = inputs,
                                          .input_count = 1 };
    for (size_t i = 0; i < UNIT_COUNT(forms); i++) {
        bool has_failed = true;
        for (unsigned step = 1; has_failed; step++) {
            output_release(&output);
            failing_memory_countdown = step;
            forms[i](&report, &output);
            has_failed = !failing_memory_countdown;
            failing_memory_countdown = 0;
            if (output.is_lost != has_failed)
                fail_msg("form %zu, step %u", i, step);
        }
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_values_of_counters_are_bundled),
        TEST(of_a_service_its_performance_and_exported_linkage_are_bundled),
        TEST(how_the_services_of_readers_start_is_bundled),
        TEST(the_language_of_the_installation_is_bundled),
        TEST(v2_providers_are_bundled),
        TEST(english_names_and_languages_with_a_finding_are_bundled),
        TEST(names_of_users_and_computers_are_masked),
        TEST(masked_values_keep_their_form),
        TEST(the_report_is_a_masked_comment),
        TEST(the_input_that_is_believed_most_comes_last),
        TEST(without_memory_a_report_of_any_form_is_lost),
    };

    return cmocka_run_group_tests_name("doctor_bundle", tests, NULL, NULL);
}
