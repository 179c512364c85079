/* SPDX-License-Identifier: MIT
 *
 * examine_services.c: switches, libraries, procedures, Object List, and names that differ only in brackets.
 */
#include "examined_machine.h"

#define OFF "Disable Performance Counters"
#define LINKAGE REG_SERVICES "\\A\\Linkage"

/* Examine the services of `count` inputs; what was found. */
static const char *findings_of(size_t count)
{
    begin_examination(count);
    assert_int_equal(examine_claims(&examination), ERROR_SUCCESS);
    examine_services(&examination);
    return show_findings();
}

/* A service that is complete, without names. */
static void add_service(const char *path, uint32_t first, uint32_t last)
{
    add_library(0, path);
    add_range(0, path, first, last);
}

/* ---- switches ---------------------------------------------------------------------------- */

static void a_switch_is_0_1_2_4_or_both_bits(void **state)
{
    static const struct {
        uint32_t number;
        const char *findings;
    } cases[] = {
        { 0, "" },
        { 1, "service-disabled A Performance " OFF ":  [1->-]; enable-A: " OFF "-\n" },
        { 2, "half-disabled A Performance " OFF
             ": 2 switches it off for 32-bit readers [2->-]; enable-A: " OFF "-\n" },
        { 3, "service-disabled A Performance " OFF ":  [3->-]; enable-A: " OFF "-\n" },
        { 4, "half-disabled A Performance " OFF
             ": 4 switches it off for 64-bit readers [4->-]; enable-A: " OFF "-\n" },
        { 6, "service-disabled A Performance " OFF ":  [6->-]; enable-A: " OFF "-\n" },
        { 8, "disable-ignored A Performance " OFF
             ": only 0, 1, 2 and 4 mean something [8->?]; remove-switch-A?: " OFF "-\n" },
        { 10, "disable-ignored A Performance " OFF
              ": only 0, 1, 2 and 4 mean something [10->?]; remove-switch-A?: " OFF "-\n" },
    };

    (void)state;
    add_service(A, 1848, 1850);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        add_number(0, A, OFF, cases[i].number);
        assert_string_equal(findings_of(1), cases[i].findings);
    }
    add_text(0, A, OFF, REG_SZ, "0|", 0);
    assert_string_equal(findings_of(1),
                        "disable-ignored A Performance " OFF
                        ": it is not a REG_DWORD ['0'->?]; remove-switch-A?: " OFF "-\n");
}

static void a_switch_with_other_blanks_is_misspelt(void **state)
{
    static const struct {
        const char *name;
        bool is_misspelt;
    } cases[] = {
        { "Disable Performance Counters", false },
        { "disable performance counters", false },
        { "DisablePerformanceCounters", true },
        { "Disable_Performance-Counters", true },
        { " disable  performance counters", true },
        { "Disable Performance Counters ", true },
        { "Disable Performance Counter", false },
        { "Disable Performance Counterss", false },
        { "Enable Performance Counters", false },
        { "Disable Performance Countess", false },
        { "Disable.Performance.Counters", false },
        { "", false },
        { "_", false },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        if (examine_services_is_misspelt_switch(cases[i].name) != cases[i].is_misspelt)
            fail_msg("%s", cases[i].name);
    add_service(A, 1848, 1850);
    add_number(0, A, "Disable_Performance_Counters", 1);
    assert_string_equal(
        findings_of(1),
        "disable-ignored A Performance Disable_Performance_Counters: its name must "
        "have two blanks [1->?]; remove-switch-A?: Disable_Performance_Counters-\n");
}

/* The services that are off for one bitness, each with 'p' (a pair) or 'h' (a half) before its name. */
static const char *halves_of(const char *const *names, const uint32_t *masks, size_t count)
{
    clear_inputs();
    for (size_t i = 0; i < count; i++) {
        char path[1000];
        snprintf(path, sizeof(path), "%s\\%s\\Performance", REG_SERVICES, names[i]);
        add_number(0, path, OFF, masks[i]);
    }
    findings_of(1);
    *shown = 0;
    for (size_t i = 0; i < diagnosis.finding_count; i++)
        show("%c%s ", diagnosis.findings[i].fault == FAULT_disabled_pair ? 'p' : 'h',
             diagnosis.findings[i].service);
    return shown;
}

static void twins_have_the_same_name_without_the_bitness(void **state)
{
    static const struct {
        const char *names[3];
        uint32_t masks[3];
        const char *halves;
    } cases[] = {
        { { "A", "B", "C" }, { 0, 0, 0 }, "" },
        { { "A", "B", "C" }, { 0, 2, 4 }, "hB hC " },
        { { "A_64_2.0", "b", "a_2.0" }, { 2, 0, 4 }, "pA_64_2.0 pa_2.0 " },
        { { "A_2.0", "b", "A_64_2.0" }, { 4, 0, 2 }, "pA_2.0 pA_64_2.0 " },
        { { "A 32", "A64", "B" }, { 4, 2, 0 }, "pA 32 pA64 " },
        { { "A32", "A64", "B" }, { 4, 4, 0 }, "hA32 hA64 " },
        { { "A33", "A64", "B" }, { 4, 2, 0 }, "hA64 hA33 " },
        { { "A-32", "A64", "B" }, { 4, 2, 0 }, "hA64 hA-32 " },
        { { "A_", "A_64", "B" }, { 4, 2, 0 }, "hA_64 hA_ " },
        { { "A32", "A64", "A" }, { 2, 4, 2 }, "pA32 pA64 pA " },
        { { "32", "64", "_" }, { 2, 4, 2 }, "p32 p64 h_ " },
        { { "B", "A", "C" }, { 2, 2, 2 }, "hA hB hC " },
        { { "C", "B", "A" }, { 2, 4, 2 }, "hA hB hC " },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        assert_string_equal(halves_of(cases[i].names, cases[i].masks, 3), cases[i].halves);
}

/* Windows allows 255 characters in the name of a service. */
static void twins_are_compared_by_their_whole_names(void **state)
{
    char names[2][256] = { "", "" };
    const char *const both[] = { names[0], names[1] };
    char expected[600];

    (void)state;
    for (size_t length = 198; length <= 255; length++) {
        memset(names, 'n', sizeof(names));
        names[0][length] = names[1][length] = 0;
        names[0][length - 1] = 'a';
        snprintf(expected, sizeof(expected), "h%s h%s ", names[0], names[1]);
        assert_string_equal(halves_of(both, (const uint32_t[]){ 2, 4 }, 2), expected);
    }
}

/* ---- libraries and procedures -------------------------------------------------------------- */

static void a_name_of_a_library_is_a_text_that_is_not_empty(void **state)
{
    static const struct {
        uint32_t type;
        const char *text;
        size_t cut;
        const char *findings;
    } cases[] = {
        { REG_SZ, "x", 0, "" },
        { REG_SZ, "  x|", 0, "" },
        { REG_EXPAND_SZ, "x||", 0, "" },
        { REG_SZ, "x|", 1,
          "value-malformed A Performance Library: it has an odd number of bytes, which no text has "
          "['3 bytes of type 1'->?]\n" },
        { REG_SZ, "x|y|", 0,
          "value-malformed A Performance Library: it holds a zero or half a character "
          "['x'->?]\n" },
        { REG_SZ, "x^", 0,
          "value-malformed A Performance Library: it holds a zero or half a character "
          "['x\xEF\xBF\xBD'->?]\n" },
        { REG_SZ, "", 0,
          "library-missing A Performance Library: it is empty or not a text [''->?]\n" },
        { REG_SZ, "  ", 0,
          "library-missing A Performance Library: it is empty or not a text ['  '->?]\n" },
        { REG_SZ, " |x", 0,
          "library-missing A Performance Library: it is empty or not a text [' '->?]\n" },
        { REG_SZ, "x", 1,
          "library-missing A Performance Library: it is empty or not a text ['1 bytes of type "
          "1'->?]\n" },
        { REG_MULTI_SZ, "x||", 0,
          "library-missing A Performance Library: it is empty or not a text ['6 bytes of type "
          "7'->?]\n" },
    };

    (void)state;
    add_service(A, 1848, 1850);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        add_text(0, A, "Library", cases[i].type, cases[i].text, cases[i].cut);
        const char *found = findings_of(1);
        if (strcmp(found, cases[i].findings) != 0)
            fail_msg("case %zu: %s", i, found);
    }
}

static void the_library_and_three_procedures_are_needed(void **state)
{
    (void)state;
    add_key(0, A);
    assert_string_equal(findings_of(1), "");
    add_number(0, A, "Open Timeout", 1);
    assert_string_equal(findings_of(1), "");
    for (size_t i = MACHINE_SERVICE_LIBRARY; i <= MACHINE_SERVICE_CLOSE; i++) {
        clear_inputs();
        add_text(0, A, machine_service_names[i], REG_SZ, "x|", 0);
        findings_of(1);
        assert_int_equal(diagnosis.finding_count, 3);
        remove_value(0, A, machine_service_names[i]);
        add_library(0, A);
        assert_string_equal(findings_of(1), "");
        add_text(0, A, machine_service_names[i], REG_SZ, "x^", 0);
        findings_of(1);
        assert_int_equal(diagnosis.finding_count, 1);
        assert_int_equal(diagnosis.findings[0].fault, FAULT_value_malformed);
    }
    for (size_t i = 0; i < RANGE_VALUE_COUNT; i++) {
        clear_inputs();
        add_number(0, A, machine_service_names[i], 1848);
        findings_of(1);
        assert_int_equal(diagnosis.finding_count, 4);
    }
    clear_inputs();
    add_service(A, 1848, 1850);
    remove_value(0, A, "Library");
    add_text(0, A, "Open", REG_SZ, "", 0);
    remove_value(0, A, "Close");
    assert_string_equal(
        findings_of(1),
        "library-missing A Performance Library: it is missing [-->?]\n"
        "procedure-missing A Performance Open: Open is empty or not a text [''->?]\n"
        "procedure-missing A Performance Close: Close is missing [-->?]\n");
    inputs[0].kind = MACHINE_INPUT_BACKUP; /* which has no libraries */
    assert_string_equal(findings_of(1), "");
}

static enum doctor_library probe(void *context, const struct machine_service *service, char *detail,
                                 size_t detail_size)
{
    snprintf(detail, detail_size, "of %s", service->name);
    return *(const enum doctor_library *)context;
}

static void a_library_is_examined_on_its_own_machine(void **state)
{
    static const struct {
        enum doctor_library library;
        const char *findings;
    } cases[] = {
        { DOCTOR_LIBRARY_UNKNOWN, "" },
        { DOCTOR_LIBRARY_FINE, "" },
        { DOCTOR_LIBRARY_GONE, "library-gone A Performance Library: of A ['x'->?]\n" },
        { DOCTOR_LIBRARY_OTHER_BITNESS, "library-bitness A Performance Library: of A ['x'->?]\n" },
        { DOCTOR_LIBRARY_LACKS_EXPORT, "export-missing A Performance Library: of A ['x'->?]\n" },
        { DOCTOR_LIBRARY_UNTRUSTED, "library-untrusted A Performance Library: of A ['x'->?]\n" },
    };
    enum doctor_library library;

    (void)state;
    add_service(A, 1848, 1850);
    options.probe_context = &library;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        library = cases[i].library;
        options.probe = probe;
        inputs[0].is_system = true;
        assert_string_equal(findings_of(1), cases[i].findings);
        inputs[0].is_system = false;
        assert_string_equal(findings_of(1), "");
        options.probe = NULL;
        inputs[0].is_system = true;
        assert_string_equal(findings_of(1), "");
    }
    options.probe = probe;
    remove_value(0, A, "Library");
    assert_string_equal(findings_of(1),
                        "library-missing A Performance Library: it is missing [-->?]\n");
}

/* ---- other values ---------------------------------------------------------------------------- */

static void an_object_list_names_even_indices_of_the_range(void **state)
{
    static const struct {
        const char *list, *findings;
    } cases[] = {
        { "1850 1852 1854", "" },
        { "1848",
          "object-list A Performance Object List: 1848 is not an even index from 1850 to 1854 "
          "['1848'->?]; object-list-A: Object List-\n" },
        { "1851",
          "object-list A Performance Object List: 1851 is not an even index from 1850 to 1854 "
          "['1851'->?]; object-list-A: Object List-\n" },
        { "1850 1860 1858",
          "object-list A Performance Object List: 1860 is not an even index from 1850 "
          "to 1854; it is one of B, so the numbers of one of them may be wrong "
          "['1850 1860 1858'->?]; object-list-A?: Object List-\n" },
        { "1856",
          "object-list A Performance Object List: 1856 is not an even index from 1850 to 1854 "
          "['1856'->?]; object-list-A: Object List-\n" },
        { "1850 x", "value-malformed A Performance Object List: Object List must be text: decimal "
                    "numbers between blanks ['1850 x'->?]\n" },
        { "",
          "value-malformed A Performance Object List: Object List is empty: remove it, or name the "
          "objects [''->?]\n" },
    };

    (void)state;
    add_service(A, 1850, 1854);
    add_service(B, 1860, 1862);
    assert_string_equal(findings_of(1), "");
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        add_text(0, A, "Object List", REG_SZ, cases[i].list, 0);
        assert_string_equal(findings_of(1), cases[i].findings);
    }
    add_text(0, A, "Object List", REG_SZ, "1848", 0);
    add_number(0, A, "Last Counter", 1853);
    assert_string_equal(findings_of(1), "");
}

static void a_wrong_range_causes_a_wrong_object_list(void **state)
{
    (void)state;
    add_service(A, 1850, 1854);
    add_text(0, A, "Object List", REG_SZ, "1848", 0);
    begin_examination(1);
    assert_int_equal(examine_claims(&examination), ERROR_SUCCESS);
    examination.services[0].finding = diagnosis_add(
        &diagnosis,
        &(struct diagnosis_finding){
            .fault = FAULT_range_stale, .key = "k", .caused_by = DIAGNOSIS_NONE, .detail = "" });
    examine_services(&examination);
    assert_string_equal(
        show_findings(),
        "range-stale - k -:  [?->?]\n"
        "object-list A Performance Object List: 1848 is not an even index from 1850 to "
        "1854 ['1848'->?] by range-stale\n");
}

static void values_have_the_type_that_windows_expects(void **state)
{
    static const struct {
        const char *name;
        uint32_t type;
    } values[] = {
        { "Open Timeout", REG_DWORD },
        { "collect timeout", REG_DWORD },
        { "Close Timeout", REG_DWORD },
        { "Collect Supports Metadata", REG_DWORD },
        { "Library Validation Code", REG_BINARY },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(values); i++) {
        clear_inputs();
        add_service(A, 1848, 1850);
        add_text(0, A, values[i].name, values[i].type, "xy", 0);
        assert_string_equal(findings_of(1), "");
        add_text(0, A, values[i].name, values[i].type, "xy", 1);
        findings_of(1);
        assert_int_equal(diagnosis.finding_count, values[i].type == REG_DWORD);
        add_text(0, A, values[i].name, REG_SZ, "xy", 0);
        findings_of(1);
        assert_int_equal(diagnosis.finding_count, 1);
        assert_int_equal(diagnosis.findings[0].fault, FAULT_value_malformed);
    }
    assert_string_equal(
        findings_of(1),
        "value-malformed A Performance Library Validation Code: it is not a REG_BINARY "
        "(type 1, 4 bytes) ['xy'->?]\n");
}

static void export_of_linkage_is_a_list_of_texts(void **state)
{
    (void)state;
    add_service(A, 1848, 1850);
    add_key(0, LINKAGE);
    assert_string_equal(findings_of(1), "");
    add_text(0, LINKAGE, "Other", REG_SZ, "x", 0);
    assert_string_equal(findings_of(1), "");
    add_text(0, LINKAGE, "Export", REG_MULTI_SZ, "x||", 0);
    assert_string_equal(findings_of(1), "");
    add_text(0, LINKAGE, "Export", REG_MULTI_SZ, "x||", 1);
    assert_string_equal(
        findings_of(1),
        "value-malformed A Linkage Export: Linkage\\Export is not a REG_MULTI_SZ (type "
        "7, 5 bytes) ['5 bytes of type 7'->?]\n");
    add_text(0, LINKAGE, "Export", REG_SZ, "x|", 0);
    assert_string_equal(
        findings_of(1),
        "value-malformed A Linkage Export: Linkage\\Export is not a REG_MULTI_SZ (type "
        "1, 4 bytes) ['x'->?]\n");
}

static void services_that_readers_need_are_not_off(void **state)
{
    static const char *const needed[] = { "PerfHost", "pla", "wmiApSrv" };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(needed); i++) {
        char path[200], expected[200];
        snprintf(path, sizeof(path), "%s\\%s", REG_SERVICES, needed[i]);
        snprintf(expected, sizeof(expected),
                 "helper-off %s %s Start:  [4->3]; start-%s?: Start=3\n", needed[i], needed[i],
                 needed[i]);
        clear_inputs();
        add_number(1, path, "Start", 4);
        assert_string_equal(findings_of(1), "");
        assert_string_equal(findings_of(2), expected);
        add_number(0, path, "Start", 3);
        assert_string_equal(findings_of(2), "");
        add_number(0, path, "Start", 5);
        assert_string_equal(findings_of(2), "");
        add_text(0, path, "Start", REG_SZ, "4|", 0);
        assert_string_equal(findings_of(2), "");
    }
}

/* ---- names that differ only in brackets -------------------------------------------------------- */

static void names_that_differ_only_in_brackets_are_ambiguous(void **state)
{
    static const struct {
        const char *names[4]; /* 1850 to 1856; of A the middle two, of B all */
        const char *a, *b;
    } cases[] = {
        { { "n", "x", "y", "m" }, "", "" },
        { { "n", "x", "<x>", "m" }, "1852 and 1854", "1852 and 1854" },
        { { "n", "<x", "x", "m" }, "1852 and 1854", "1852 and 1854" },
        { { "n", "x", "x>", "m" }, "1852 and 1854", "1852 and 1854" },
        { { "n", "x", "y>", "m" }, "", "" },
        { { "n", "<x>", "<x>", "m" }, "", "" },
        { { "n", "<x>", "<x<", "m" }, "1852 and 1854", "1852 and 1854" },
        { { "n", "x", "xy>", "m" }, "", "" },
        { { "n", "x<y", "x", "m" }, "", "" },
        { { "n", "(x)", "x", "m" }, "", "" },
        { { "<x", "x", "y", "m" }, "", "1850 and 1852" },
        { { "n", "y", "<x", "x" }, "", "1854 and 1856" },
        { { "x", "y", "z", "x>" }, "", "1850 and 1856" },
        { { "x", "x", "x", "x>" }, "", "1854 and 1856" },
        { { "x<", "x", "x", "x" }, "", "1850 and 1852" },
        { { "x", "y", "<y", "x>" }, "1852 and 1854", "1852 and 1854" },
        { { "x", "y", "x>", "y>" }, "", "1850 and 1854" },
        { { "x>", "x<", "y>", "y<" }, "", "1850 and 1852" },
        { { "<", ">", "a", "b" }, "", "1850 and 1852" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char table[200], expected[300] = "";
        const char *const *names = cases[i].names;
        clear_inputs();
        add_service(A, 1852, 1854);
        add_service(B, 1850, 1856);
        snprintf(table, sizeof(table),
                 "1|1847|2|<System|4|System|1850|%s|1852|%s|1854|%s|1856|%s||", names[0], names[1],
                 names[2], names[3]);
        add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, table, 0);
        if (*cases[i].a)
            snprintf(expected, sizeof(expected),
                     "name-ambiguous A Performance -: names %s [?->?]\n", cases[i].a);
        if (*cases[i].b)
            snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected),
                     "name-ambiguous B Performance -: names %s [?->?]\n", cases[i].b);
        const char *found = findings_of(1);
        if (strcmp(found, expected) != 0)
            fail_msg("case %zu: %s", i, found);
    }
}

static void ambiguous_names_are_reported_if_the_range_and_the_names_are_believed(void **state)
{
    (void)state;
    add_service(A, 1850, 1852);
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "1|1847|1850|x|1852|<x||", 0);
    findings_of(1);
    assert_int_equal(diagnosis.finding_count, 1);
    begin_examination(1);
    assert_int_equal(examine_claims(&examination), ERROR_SUCCESS);
    examination.names_are_believed = false;
    examine_services(&examination);
    assert_int_equal(diagnosis.finding_count, 0);
    add_range(0, A, 1850, 1854); /* whose last name is missing */
    findings_of(1);
    assert_int_equal(diagnosis.finding_count, 0);
}

/* ---- limits -------------------------------------------------------------------------------------- */

static void make_one_of_each_fault(void)
{
    static char name[20000], path[sizeof(name) + 200]; /* more than a block of a text pool */

    memset(name, 'C', sizeof(name) - 1);
    snprintf(path, sizeof(path), "%s\\%s\\Performance", REG_SERVICES, name);
    clear_inputs();
    add_service(A, 1850, 1854);
    add_service(B, 1850, 1854);
    add_number(0, A, OFF, 1);
    add_number(0, B, OFF, 2);
    add_number(0, path, OFF, 2);
    add_number(0, A, "DisablePerformanceCounters", 2);
    add_text(0, A, "Library", REG_MULTI_SZ, "x", 0);
    add_text(0, A, "Open", REG_MULTI_SZ, "x", 0);
    add_text(0, A, "Object List", REG_SZ, "1848", 0);
    add_text(0, LINKAGE, "Export", REG_SZ, "x", 0);
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "1|1847|1850|x|1852|<x|1854|y||", 0);
    add_number(0, REG_SERVICES "\\pla", "Start", 4);
}

static void faults_beyond_the_limit_have_no_repair(void **state)
{
    (void)state;
    make_one_of_each_fault();
    findings_of(1);
    assert_int_equal(diagnosis.finding_count, 11);
    assert_int_equal(diagnosis.repair_count, 6);
    assert_int_equal(diagnosis.change_count, 6);
    begin_examination(1);
    assert_int_equal(examine_claims(&examination), ERROR_SUCCESS);
    for (size_t i = 0; i < DOCTOR_FAULT_COUNT; i++)
        diagnosis.counts[i] = DIAGNOSIS_MOST_OF_A_FAULT;
    examine_services(&examination);
    assert_int_equal(diagnosis.finding_count, 0);
    assert_int_equal(diagnosis.repair_count, 0);
    assert_int_equal(diagnosis.change_count, 0);
}

static void lost_memory_is_noted(void **state)
{
    bool has_failed = true;

    (void)state;
    make_one_of_each_fault();
    for (unsigned step = 1; has_failed; step++) {
        begin_examination(1);
        assert_int_equal(examine_claims(&examination), ERROR_SUCCESS);
        failing_memory_countdown = step;
        examine_services(&examination);
        has_failed = !failing_memory_countdown;
        failing_memory_countdown = 0;
        assert_int_equal(diagnosis.is_lost || diagnosis.pool.is_lost, has_failed);
    }
    assert_int_equal(diagnosis.finding_count, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_switch_is_0_1_2_4_or_both_bits, begin, end),
        cmocka_unit_test_setup_teardown(a_switch_with_other_blanks_is_misspelt, begin, end),
        cmocka_unit_test_setup_teardown(twins_have_the_same_name_without_the_bitness, begin, end),
        cmocka_unit_test_setup_teardown(twins_are_compared_by_their_whole_names, begin, end),
        cmocka_unit_test_setup_teardown(a_name_of_a_library_is_a_text_that_is_not_empty, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_library_and_three_procedures_are_needed, begin, end),
        cmocka_unit_test_setup_teardown(a_library_is_examined_on_its_own_machine, begin, end),
        cmocka_unit_test_setup_teardown(an_object_list_names_even_indices_of_the_range, begin, end),
        cmocka_unit_test_setup_teardown(a_wrong_range_causes_a_wrong_object_list, begin, end),
        cmocka_unit_test_setup_teardown(values_have_the_type_that_windows_expects, begin, end),
        cmocka_unit_test_setup_teardown(export_of_linkage_is_a_list_of_texts, begin, end),
        cmocka_unit_test_setup_teardown(services_that_readers_need_are_not_off, begin, end),
        cmocka_unit_test_setup_teardown(names_that_differ_only_in_brackets_are_ambiguous, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            ambiguous_names_are_reported_if_the_range_and_the_names_are_believed, begin, end),
        cmocka_unit_test_setup_teardown(faults_beyond_the_limit_have_no_repair, begin, end),
        cmocka_unit_test_setup_teardown(lost_memory_is_noted, begin, end),
    };

    return cmocka_run_group_tests_name("examine_services", tests, NULL, NULL);
}
