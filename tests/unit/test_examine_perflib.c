/* SPDX-License-Identifier: MIT
 *
 * examine_perflib.c: Perflib's own numbers and settings, and the V2 providers.
 */
#include "examined_machine.h"

#define OFF "Disable Performance Counters"
#define V2 REG_PERFLIB "\\_V2Providers"
#define PROVIDER V2 "\\{1}"

static const char *findings_of(size_t count)
{
    begin_examination(count);
    assert_int_equal(examine_claims(&examination), ERROR_SUCCESS);
    examine_perflib(&examination);
    return show_findings();
}

static void set_last(uint32_t counter, uint32_t help)
{
    add_number(0, REG_PERFLIB, "Base Index", 1847);
    add_number(0, REG_PERFLIB, "Last Counter", counter);
    add_number(0, REG_PERFLIB, "Last Help", help);
}

/* ---- switches and settings ----------------------------------------------------------------- */

static void the_switch_of_perflib_is_0_or_1(void **state)
{
    static const struct {
        uint32_t number;
        const char *findings;
    } cases[] = {
        { 0, "" },
        { 1, "all-disabled - Perflib " OFF ":  [1->0]; enable-all: " OFF "=0\n" },
        { 2, "disable-ignored - Perflib " OFF
             ": only 0 and 1 mean something here [2->?]; remove-switch?: " OFF "-\n" },
        { 3, "all-disabled - Perflib " OFF ":  [3->0]; enable-all: " OFF "=0\n" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        add_number(0, REG_PERFLIB, OFF, cases[i].number);
        assert_string_equal(findings_of(1), cases[i].findings);
    }
    add_text(0, REG_PERFLIB, OFF, REG_SZ, "1|", 0);
    assert_string_equal(findings_of(1),
                        "disable-ignored - Perflib " OFF
                        ": it is not a REG_DWORD ['1'->?]; remove-switch?: " OFF "-\n");
}

static void settings_are_numbers_in_their_range(void **state)
{
    static const struct {
        const char *name;
        uint32_t number;
        const char *findings;
    } cases[] = {
        { "ExtCounterTestLevel", 0,
          "setting-malformed - Perflib ExtCounterTestLevel: only 1 to 4 are valid [0->?]\n" },
        { "extcountertestlevel", 1, "" },
        { "ExtCounterTestLevel", 4, "" },
        { "ExtCounterTestLevel", 5,
          "setting-malformed - Perflib ExtCounterTestLevel: only 1 to 4 are valid [5->?]\n" },
        { "Configuration Flags", 0, "" },
        { "Configuration Flags", UINT32_MAX, "" },
        { "EventLogLevel", UINT32_MAX, "" },
        { "Other", UINT32_MAX, "" },
        { "DisablePerformanceCounters", 0,
          "disable-ignored - Perflib DisablePerformanceCounters: its name must have two blanks "
          "[0->?]; remove-switch?: DisablePerformanceCounters-\n" },
    };

    (void)state;
    add_key(1, REG_SERVICES); /* an input without Perflib */
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        clear_inputs();
        add_number(0, REG_PERFLIB, cases[i].name, cases[i].number);
        assert_string_equal(findings_of(2), cases[i].findings);
    }
    clear_inputs();
    add_text(1, REG_PERFLIB, "EventLogLevel", REG_SZ, "1|", 0);
    assert_string_equal(
        findings_of(2),
        "setting-malformed - Perflib EventLogLevel: it is not a REG_DWORD (type 1) ['1'->?]\n");
    inputs[1].kind = MACHINE_INPUT_QUERY;
    assert_string_equal(findings_of(2), "");
}

static void the_service_that_is_being_installed_is_shown(void **state)
{
#define MAY(name)                                                                                  \
    ": service \"" name "\" may be being installed now ['" name                                    \
    "'->?]; remove-updating?: Updating-\n"
#define SIXTY "123456789 123456789 123456789 123456789 123456789 123456789 "
    static const struct {
        uint32_t type;
        const char *text;
        size_t cut;
        const char *findings;
    } cases[] = {
        { REG_SZ, "A|", 0, MAY("A") },        { REG_SZ, "Ab", 0, MAY("Ab") },
        { REG_SZ, "A|b", 0, MAY("A") },       { REG_SZ, "Ab", 1, MAY("A") },
        { REG_SZ, "", 0, MAY("") },           { REG_SZ, "|A", 0, MAY("") },
        { REG_SZ, SIXTY "1", 0, MAY(SIXTY) }, { REG_BINARY, "A|", 0, MAY("") },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char expected[400];
        add_text(0, REG_PERFLIB, "Updating", cases[i].type, cases[i].text, cases[i].cut);
        snprintf(expected, sizeof(expected), "updating - Perflib Updating%s", cases[i].findings);
        assert_string_equal(findings_of(1), expected);
    }
}

/* ---- the base and the last indices ----------------------------------------------------------- */

static void base_index_is_1847(void **state)
{
    (void)state;
    set_last(1846, 1847);
    assert_string_equal(findings_of(1), "");
    add_number(0, REG_PERFLIB, "Base Index", 1848);
    assert_string_equal(
        findings_of(1),
        "base-index - Perflib Base Index:  [1848->1847]; base-index: Base Index=1847\n");
    add_text(0, REG_PERFLIB, "Base Index", REG_SZ, "1847|", 0);
    assert_string_equal(findings_of(1), "base-index - Perflib Base Index: it is not a REG_DWORD "
                                        "['1847'->1847]; base-index: Base Index=1847\n");
    remove_value(0, REG_PERFLIB, "Base Index");
    assert_string_equal(
        findings_of(1),
        "base-index - Perflib Base Index: it is missing [-->1847]; base-index: Base Index=1847\n");
}

static void nothing_is_missing_where_nothing_was_installed(void **state)
{
    static const char *const names[] = { "Base Index", "Last Counter", "Last Help" };

    (void)state;
    add_number(0, REG_PERFLIB, "Other", 1);
    assert_string_equal(findings_of(1), "");
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        add_number(0, REG_PERFLIB, names[i], 0);
        findings_of(1);
        assert_int_equal(diagnosis.finding_count, 2);
        remove_value(0, REG_PERFLIB, names[i]);
    }
    add_library(0, A);
    assert_string_equal(findings_of(1), "");
    add_number(0, A, "First Help", 1849);
    findings_of(1);
    assert_int_equal(diagnosis.finding_count, 2);
    remove_value(0, REG_PERFLIB, "Other"); /* a key without values says nothing */
    assert_string_equal(findings_of(1), "");
}

/* The last indices that are written, "Last Counter Last Help"; '-' for one that is right. */
static const char *last_of(uint32_t counter, uint32_t help)
{
    set_last(counter, help);
    findings_of(1);
    *shown = 0;
    const char *const names[] = { "Last Counter", "Last Help" };
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        uint32_t number = 0;
        for (size_t k = 0; k < diagnosis.change_count; k++)
            if (strcmp(diagnosis.changes[k].value, names[i]) == 0)
                memcpy(&number, diagnosis.changes[k].after, sizeof(number));
        show(number ? "%u " : "- ", (unsigned)number);
    }
    return shown;
}

static void the_last_indices_that_change_least_are_written(void **state)
{
    static const struct {
        uint32_t highest, counter, help;
        const char *last;
    } cases[] = {
        { 1862, 1862, 1863, "- - " },
        { 1862, 1870, 1871, "- - " },
        { 1862, 1860, 1861, "1862 1863 " },
        { 1862, 1862, 1861, "- 1863 " },
        { 1862, 1860, 1863, "1862 - " },
        { 1862, 1860, 1871, "1870 - " }, /* no name needs it, but one number stays */
        { 1862, 1870, 1872, "- 1871 " },
        { 1862, 1870, 1881, "1880 - " }, /* of two the higher one */
        { 1862, 1880, 1871, "- 1881 " },
        { 1862, 1870, 1869, "- 1871 " },
        { 1850, 1863, 1862, "1862 1863 " }, /* they are exchanged */
        { 1850, 1863, 1860, "1864 1865 " },
        { 1850, 1863, 1864, "1864 1865 " },
        { 1850, 1864, 1863, "- 1865 " },
        { 1870, 1863, 1862, "1870 1871 " },
        { 1862, 0, 0, "1862 1863 " },
        { 1862, 0, 1863, "1862 - " },
        { 1862, 1862, 0, "- 1863 " },
        { 1862, 0, UINT32_MAX, "1862 1863 " },
        { 1862, UINT32_MAX, UINT32_MAX, "1862 1863 " },
        { 1862, UINT32_MAX, 0, "1862 1863 " },
        { 1862, UINT32_MAX, UINT32_MAX - 1, "1862 1863 " },
        { 1862, PERF_HIGHEST_INDEX - 2, PERF_HIGHEST_INDEX - 1, "- - " },
        { 1862, PERF_HIGHEST_INDEX, PERF_HIGHEST_INDEX + 1, "1862 1863 " },
        { 1862, PERF_HIGHEST_INDEX - 3, 0, "2147483644 2147483645 " },
        { 1862, PERF_HIGHEST_INDEX - 1, 0, "1862 1863 " },
        { PERF_HIGHEST_INDEX - 2, 1848, 1849, "2147483644 2147483645 " },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        add_range(0, A, 1848, cases[i].highest);
        const char *last = last_of(cases[i].counter, cases[i].help);
        if (strcmp(last, cases[i].last) != 0)
            fail_msg("case %zu: %s", i, last);
    }
    add_range(0, A, 1848, 1862);
    set_last(0, 1871);
    add_text(0, REG_PERFLIB, "Last Counter", REG_SZ, "1862|", 0);
    assert_string_equal(findings_of(1),
                        "last-index-missing - Perflib Last Counter: it is not a REG_DWORD "
                        "['1862'->1870]; last-index: Last Counter=1870\n");
    set_last(1870, 0);
    remove_value(0, REG_PERFLIB, "Last Help");
    assert_string_equal(findings_of(1), "last-index-missing - Perflib Last Help: it is missing "
                                        "[-->1871]; last-index: Last Help=1871\n");
}

static void no_last_index_is_written_if_the_highest_one_is_in_use(void **state)
{
    (void)state;
    add_range(0, A, 1848, PERF_HIGHEST_INDEX);
    set_last(1862, 1863);
    assert_string_equal(findings_of(1),
                        "last-counter-low - Perflib Last Counter: service A has indices "
                        "up to 2147483646 [1862->?]\n");
    set_last(PERF_HIGHEST_INDEX, PERF_HIGHEST_INDEX + 1);
    assert_string_equal(findings_of(1),
                        "last-counter-high - Perflib Last Counter:  [2147483646->?]\n");
    remove_value(0, REG_PERFLIB, "Last Help");
    assert_string_equal(findings_of(1),
                        "last-index-missing - Perflib Last Help: it is missing [-->?]\n");
}

static void each_fault_of_the_last_indices_has_its_words(void **state)
{
    static const struct {
        uint32_t counter, help;
        const char *findings;
        bool is_cause;
    } cases[] = {
        { 0, 0,
          "last-index-zero - Perflib Last Counter: service A has indices up to 1850 [0->1850]; "
          "last-index: Last Counter=1850 Last Help=1851\n",
          true },
        { 1848, 1849,
          "last-counter-low - Perflib Last Counter: service A has indices up to 1850 [1848->1850]; "
          "last-index: Last Counter=1850 Last Help=1851\n",
          true },
        { 0, 1,
          "last-counter-low - Perflib Last Counter: service A has indices up to 1850 [0->1850]; "
          "last-index: Last Counter=1850 Last Help=1851\n",
          true },
        { 1, 0,
          "last-counter-low - Perflib Last Counter: service A has indices up to 1850 [1->1850]; "
          "last-index: Last Counter=1850 Last Help=1851\n",
          true },
        { PERF_HIGHEST_INDEX - 1, 0,
          "last-counter-high - Perflib Last Counter:  [2147483645->1850]; last-index: Last "
          "Counter=1850 Last Help=1851\n",
          false },
        { 1851, 1852,
          "last-counter-odd - Perflib Last Counter:  [1851->1852]; last-index: Last Counter=1852 "
          "Last "
          "Help=1853\n",
          false },
        { 1850, 1853,
          "last-help-differs - Perflib Last Counter: Last Counter is 1850, Last Help 1853 "
          "[1850->1852]; last-index: Last Counter=1852\n",
          false },
        { 1852, 1851,
          "last-help-differs - Perflib Last Help: Last Counter is 1852, Last Help 1851 "
          "[1851->1853]; "
          "last-index: Last Help=1853\n",
          false },
        { 1852, 1853, "", false },
    };

    (void)state;
    add_range(0, A, 1848, 1850);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        set_last(cases[i].counter, cases[i].help);
        assert_string_equal(findings_of(1), cases[i].findings);
        assert_int_equal(examination.last_finding, cases[i].is_cause ? 0 : DIAGNOSIS_NONE);
    }
    remove_value(0, REG_PERFLIB, "Last Help");
    findings_of(1);
    assert_int_equal(examination.last_finding, 0);
}

/* The names of A are there, those of B not: it is not believed. */
static void what_needs_the_last_index_is_named(void **state)
{
    (void)state;
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "1|1847|2|System||", 0);
    set_last(1844, 1845);
    assert_string_equal(
        findings_of(1),
        "last-counter-low - Perflib Last Counter: the system's own counters end at 1847 "
        "[1844->1846]; last-index: Last Counter=1846 Last Help=1847\n");
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "1|1847|1848|A|1850|B||", 0);
    assert_string_equal(findings_of(1),
                        "last-counter-low - Perflib Last Counter: there are names up to "
                        "1850 [1844->1850]; last-index: Last Counter=1850 Last "
                        "Help=1851\n");
    add_range(0, A, 1848, 1848);
    assert_string_equal(findings_of(1),
                        "last-counter-low - Perflib Last Counter: there are names up to "
                        "1850 [1844->1850]; last-index: Last Counter=1850 Last "
                        "Help=1851\n");
    add_range(0, A, 1848, 1850);
    add_range(0, B, 1850, 1850);
    assert_string_equal(findings_of(1),
                        "last-counter-low - Perflib Last Counter: service A has indices "
                        "up to 1850 [1844->1850]; last-index: Last Counter=1850 Last "
                        "Help=1851\n");
    set_last(1850, 1851);
    add_text(0, REG_PERFLIB "\\007", "Counter", REG_MULTI_SZ, "1848|A|1852|B||", 0);
    assert_string_equal(
        findings_of(1),
        "language-above-last-counter - Perflib Last Counter: another language has names "
        "up to 1852, English up to 1850 [1850->1852]; last-index: Last Counter=1852 "
        "Last Help=1853\n");
    assert_int_equal(examination.last_finding, DIAGNOSIS_NONE);
    set_last(1852, 1853);
    assert_string_equal(findings_of(1), "");
    set_last(1854, 1855);
    assert_string_equal(
        findings_of(1),
        "last-counter-above - Perflib Last Counter: the highest index in use is 1852 [1854->?]\n");
}

/* ---- V2 providers ------------------------------------------------------------------------------ */

static bool is_gone(void *context, const struct reg_value *value)
{
    (void)value;
    return *(const bool *)context;
}

static void v2_providers_that_are_not_there_are_missing(void **state)
{
    (void)state;
    add_key(0, REG_PERFLIB);
    assert_string_equal(findings_of(1), "");
    inputs[0].is_live = true;
    assert_string_equal(
        findings_of(1),
        "v2-providers-missing - Perflib -: the key _V2Providers is missing [?->?]\n");
    add_key(0, V2);
    assert_string_equal(
        findings_of(1),
        "v2-providers-missing - _V2Providers -: the key _V2Providers is empty [?->?]\n");
    inputs[0].is_live = false;
    assert_string_equal(
        findings_of(1),
        "v2-providers-missing - _V2Providers -: the key _V2Providers is empty [?->?]\n");
    add_key(0, V2)->is_partial = true; /* its subkeys may not be read */
    assert_string_equal(findings_of(1), "");
    add_key(0, V2)->is_partial = false;
    inputs[0].kind = MACHINE_INPUT_BACKUP;
    assert_string_equal(findings_of(1), "");
}

static void a_v2_provider_names_a_file(void **state)
{
    bool gone = true;

    (void)state;
    options.probe_context = &gone;
    add_key(0, PROVIDER);
    assert_string_equal(findings_of(1),
                        "v2-resource - {1} ApplicationIdentity: the value is missing [-->?]\n");
    add_text(0, PROVIDER, "ApplicationIdentity", REG_SZ, "x|", 0);
    assert_string_equal(findings_of(1), "");
    options.is_file_gone = is_gone;
    assert_string_equal(findings_of(1), "");
    inputs[0].is_system = true;
    assert_string_equal(findings_of(1), "v2-file-gone - {1} ApplicationIdentity:  ['x'->?]\n");
    add_key(0, V2 "\\{2}");
    assert_string_equal(findings_of(1),
                        "v2-file-gone - {1} ApplicationIdentity:  ['x'->?]\n"
                        "v2-resource - {2} ApplicationIdentity: the value is missing [-->?]\n");
    gone = false;
    assert_string_equal(findings_of(1),
                        "v2-resource - {2} ApplicationIdentity: the value is missing [-->?]\n");
    options.is_file_gone = NULL;
    gone = true;
    assert_string_equal(findings_of(1),
                        "v2-resource - {2} ApplicationIdentity: the value is missing [-->?]\n");
}

/* ---- limits -------------------------------------------------------------------------------------- */

static void faults_beyond_the_limit_have_no_repair(void **state)
{
    (void)state;
    set_last(0, 0);
    add_number(0, REG_PERFLIB, OFF, 1);
    add_number(0, REG_PERFLIB, "DisablePerformanceCounters", 1);
    add_number(0, REG_PERFLIB, "Base Index", 1);
    add_number(0, REG_PERFLIB, "Updating", 1);
    findings_of(1);
    assert_int_equal(diagnosis.finding_count, 5);
    assert_int_equal(diagnosis.repair_count, 5);
    begin_examination(1);
    assert_int_equal(examine_claims(&examination), ERROR_SUCCESS);
    for (size_t i = 0; i < DOCTOR_FAULT_COUNT; i++)
        diagnosis.counts[i] = DIAGNOSIS_MOST_OF_A_FAULT;
    examine_perflib(&examination);
    assert_int_equal(diagnosis.finding_count, 0);
    assert_int_equal(diagnosis.repair_count, 0);
    assert_int_equal(diagnosis.change_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_switch_of_perflib_is_0_or_1, begin, end),
        cmocka_unit_test_setup_teardown(settings_are_numbers_in_their_range, begin, end),
        cmocka_unit_test_setup_teardown(the_service_that_is_being_installed_is_shown, begin, end),
        cmocka_unit_test_setup_teardown(base_index_is_1847, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_missing_where_nothing_was_installed, begin, end),
        cmocka_unit_test_setup_teardown(the_last_indices_that_change_least_are_written, begin, end),
        cmocka_unit_test_setup_teardown(no_last_index_is_written_if_the_highest_one_is_in_use,
                                        begin, end),
        cmocka_unit_test_setup_teardown(each_fault_of_the_last_indices_has_its_words, begin, end),
        cmocka_unit_test_setup_teardown(what_needs_the_last_index_is_named, begin, end),
        cmocka_unit_test_setup_teardown(v2_providers_that_are_not_there_are_missing, begin, end),
        cmocka_unit_test_setup_teardown(a_v2_provider_names_a_file, begin, end),
        cmocka_unit_test_setup_teardown(faults_beyond_the_limit_have_no_repair, begin, end),
    };

    return cmocka_run_group_tests_name("examine_perflib", tests, NULL, NULL);
}
