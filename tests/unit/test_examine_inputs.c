/* SPDX-License-Identifier: MIT
 *
 * examine_inputs.c: differences between inputs of one machine, backups that are cut, saved answers.
 */
#include "examined_machine.h"

#include "object_walk.h"
#include "winperf.h"

#define OFF "Disable Performance Counters"
#define GERMAN REG_PERFLIB "\\007"

static const char *findings_of(size_t count)
{
    begin_examination(count);
    examine_inputs(&examination);
    return show_findings();
}

/* The detail of a finding of one fault; "" without it. */
static const char *detail_of(size_t count, enum doctor_fault_id fault)
{
    findings_of(count);
    const size_t finding = diagnosis_find(&diagnosis, fault, NULL);
    return finding == DIAGNOSIS_NONE ? "" : diagnosis.findings[finding].detail;
}

/* The key of all services, so that a service that it lacks is missing. */
static void name_services(size_t input)
{
    add_key(input, REG_SERVICES)->is_named = true;
    add_key(input, REG_SERVICES "\\Other");
}

/* ---- numbers ----------------------------------------------------------------------------- */

static void numbers_of_perflib_are_compared(void **state)
{
    static const char *const names[] = { "Base Index", "Last Counter", "Last Help" };

    (void)state;
    inputs[1].kind = MACHINE_INPUT_QUERY;
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        char expected[200];
        snprintf(
            expected, sizeof(expected),
            "inputs-disagree - second -: %s of Perflib is 10 in first, but 8 in second. 1 number "
            "and 0 texts differ [?->?]\n",
            names[i]);
        add_number(0, REG_PERFLIB, names[i], 10);
        assert_string_equal(findings_of(2), "");
        add_number(1, REG_PERFLIB, names[i], 10);
        assert_string_equal(findings_of(2), "");
        add_number(1, REG_PERFLIB, names[i], 8);
        assert_string_equal(findings_of(2), expected);
        remove_value(0, REG_PERFLIB, names[i]);
        assert_string_equal(findings_of(2), "");
        remove_value(1, REG_PERFLIB, names[i]);
    }
    add_number(0, REG_PERFLIB, OFF, 0);
    add_number(1, REG_PERFLIB, OFF, 1);
    assert_string_equal(findings_of(2), "");
}

static void values_of_other_types_differ(void **state)
{
    static const char differs[] =
        "inputs-disagree - second -: Last Counter of Perflib differs between "
        "first and second. 1 number and 0 texts differ [?->?]\n";
    static const struct {
        const char *first, *second;
        bool is_same;
    } cases[] = {
        { "x", "x", true },    { "x", "x|", true },  { "x||", "x", true }, { "x", "y", false },
        { "", "", true },      { "", "|", true },    { "x", "", false },   { "x", "xy", false },
        { "x", "x|y", false }, { "|x", "x", false }, { "|", "", true },
    };

    (void)state;
    inputs[1].kind = MACHINE_INPUT_QUERY;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        add_text(0, REG_PERFLIB, "Last Counter", REG_SZ, cases[i].first, 0);
        add_text(1, REG_PERFLIB, "Last Counter", REG_SZ, cases[i].second, 0);
        if (strcmp(findings_of(2), cases[i].is_same ? "" : differs) != 0)
            fail_msg("case %zu: %s", i, shown);
    }
    /* 0x00FF and 0xFF00 each have a zero byte, and are no terminators. */
    add_value(0, REG_PERFLIB, "Last Counter", REG_SZ, "x\0\xFF", 4);
    add_value(1, REG_PERFLIB, "Last Counter", REG_SZ, "x\0", 2);
    assert_string_equal(findings_of(2), differs);
    add_value(0, REG_PERFLIB, "Last Counter", REG_SZ, "x\0\0\xFF", 4);
    assert_string_equal(findings_of(2), differs);
    add_value(1, REG_PERFLIB, "Last Counter", REG_SZ, "x\0\0\xFF", 4);
    add_value(0, REG_PERFLIB, "Last Counter", REG_SZ, "x\0", 2);
    assert_string_equal(findings_of(2), differs);
    add_value(1, REG_PERFLIB, "Last Counter", REG_SZ, "x\0\xFF", 4);
    assert_string_equal(findings_of(2), differs);
    add_value(0, REG_PERFLIB, "Last Counter", REG_SZ, "\0", 1);
    add_value(1, REG_PERFLIB, "Last Counter", REG_SZ, "", 0);
    assert_string_equal(findings_of(2), differs);
    add_value(1, REG_PERFLIB, "Last Counter", REG_SZ, "\0", 1);
    add_value(0, REG_PERFLIB, "Last Counter", REG_SZ, "", 0);
    assert_string_equal(findings_of(2), differs);
    add_number(0, REG_PERFLIB, "Last Counter", 'x');
    add_text(1, REG_PERFLIB, "Last Counter", REG_SZ, "x|", 0);
    assert_string_equal(findings_of(2), differs);
    add_number(1, REG_PERFLIB, "Last Counter", 'x');
    add_text(0, REG_PERFLIB, "Last Counter", REG_SZ, "x|", 0);
    assert_string_equal(findings_of(2), differs);
}

static void the_last_indices_of_a_backup_may_be_older(void **state)
{
    static const struct {
        const char *name;
        uint32_t registry, backup;
        bool is_outdated;
    } cases[] = {
        { "Last Counter", 10, 8, false },  { "Last Counter", 10, 12, true },
        { "Last Counter", 10, 10, false }, { "Last Help", 10, 9, false },
        { "Last Help", 10, 11, true },     { "Base Index", 10, 8, true },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        clear_inputs();
        inputs[1].kind = MACHINE_INPUT_BACKUP;
        add_number(0, REG_PERFLIB, cases[i].name, cases[i].registry);
        add_number(1, REG_PERFLIB, cases[i].name, cases[i].backup);
        findings_of(2);
        if ((diagnosis.counts[FAULT_backup_outdated] != 0) != cases[i].is_outdated)
            fail_msg("case %zu: %s", i, shown);
    }
    remove_value(1, REG_PERFLIB, cases[5].name);
    assert_string_equal(detail_of(2, FAULT_backup_outdated), "");
    remove_value(0, REG_PERFLIB, cases[5].name);
    add_number(0, REG_PERFLIB, "Last Help", 10); /* which the backup lacks */
    assert_string_equal(detail_of(2, FAULT_backup_outdated), "");
    add_text(0, REG_PERFLIB, "Last Counter", REG_SZ, "10", 0);
    add_number(1, REG_PERFLIB, "Last Counter", 0);
    findings_of(2);
    assert_int_equal(diagnosis.counts[FAULT_backup_outdated], 1);
    clear_inputs();
    inputs[1].kind = MACHINE_INPUT_BACKUP;
    add_number(0, REG_PERFLIB, "Last Counter", 10);
    add_text(1, REG_PERFLIB, "Last Counter", REG_SZ, "8", 0);
    findings_of(2);
    assert_int_equal(diagnosis.counts[FAULT_backup_outdated], 1);
}

static void numbers_of_services_are_compared(void **state)
{
    (void)state;
    inputs[1].kind = MACHINE_INPUT_QUERY;
    add_range(0, A, 1848, 1850);
    add_range(1, A, 1848, 1850);
    assert_string_equal(findings_of(2), "");
    for (size_t i = 0; i < RANGE_VALUE_COUNT; i++) {
        char expected[200];
        snprintf(
            expected, sizeof(expected),
            "inputs-disagree - second -: %s of A is %u in first, but 7 in second. 1 number and 0 "
            "texts differ [?->?]\n",
            machine_service_names[i],
            i < 2 ? 1848 + 2 * (unsigned)i : 1849 + 2 * ((unsigned)i - 2));
        add_range(1, A, 1848, 1850);
        add_number(1, A, machine_service_names[i], 7);
        assert_string_equal(findings_of(2), expected);
    }
    add_range(1, A, 2000, 2002);
    add_number(1, REG_PERFLIB, "Last Help", 5);
    add_number(0, REG_PERFLIB, "Last Help", 6);
    assert_string_equal(findings_of(2),
                        "inputs-disagree - second -: Last Help of Perflib is 6 in first, but 5 in "
                        "second. 5 numbers and 0 texts differ [?->?]\n");
}

static void a_service_is_on_or_off_in_the_output_of_lodctr(void **state)
{
    static const struct {
        int registry, query; /* -1: no such value */
        const char *detail;
    } cases[] = {
        { -1, -1, "" },
        { 0, -1, "" },
        { 2, -1, "" },
        { 1, 1, "" },
        { 3, 1, "" },
        { 1, -1,
          "A is switched off by the registry, but second shows it switched on. 1 number and 0 "
          "texts "
          "differ" },
        { -1, 1,
          "A is switched on by the registry, but second shows it switched off. 1 number and 0 "
          "texts "
          "differ" },
        { 0, 1,
          "A is switched on by the registry, but second shows it switched off. 1 number and 0 "
          "texts "
          "differ" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        clear_inputs();
        inputs[1].kind = MACHINE_INPUT_QUERY;
        add_key(0, A);
        add_key(1, A);
        if (cases[i].registry >= 0)
            add_number(0, A, OFF, (uint32_t)cases[i].registry);
        if (cases[i].query >= 0)
            add_number(1, A, OFF, (uint32_t)cases[i].query);
        assert_string_equal(detail_of(2, FAULT_inputs_disagree), cases[i].detail);
    }
    /* The first input has nothing to be compared with. */
    clear_inputs();
    inputs[0].kind = MACHINE_INPUT_QUERY;
    inputs[1].kind = MACHINE_INPUT_BACKUP;
    add_key(0, A);
    add_number(1, A, OFF, 1);
    assert_string_equal(detail_of(2, FAULT_inputs_disagree), "");
    clear_inputs();
    add_number(0, A, OFF, 1);
    add_key(1, A);
    assert_string_equal(findings_of(2), ""); /* another kind of input */
    inputs[1].kind = MACHINE_INPUT_QUERY;
    findings_of(2);
    assert_int_equal(diagnosis.finding_count, 1);
    reg_tree_remove_key(&inputs[1].tree, add_key(1, A));
    assert_string_equal(findings_of(2), ""); /* a service that it does not show */
    add_text(0, A, OFF, REG_SZ, "1|", 0);    /* Windows ignores it */
    add_key(1, A);
    assert_string_equal(findings_of(2), "");
    /* Only the first difference is described. */
    add_number(0, A, OFF, 1);
    add_number(0, B, OFF, 1);
    add_key(1, B);
    assert_string_equal(
        detail_of(2, FAULT_inputs_disagree),
        "A is switched off by the registry, but second shows it switched on. 2 numbers "
        "and 0 texts differ");
    add_number(0, REG_PERFLIB, "Last Help", 1);
    add_number(1, REG_PERFLIB, "Last Help", 2);
    assert_string_equal(
        detail_of(2, FAULT_inputs_disagree),
        "Last Help of Perflib is 1 in first, but 2 in second. 3 numbers and 0 texts differ");
}

/* ---- texts ------------------------------------------------------------------------------- */

static void texts_with_the_same_index_are_compared(void **state)
{
#define AND_TEXTS ". 0 numbers and 1 text differ"
    static const struct {
        enum machine_input_kind kind;
        const char *first, *second, *detail;
    } cases[] = {
        { MACHINE_INPUT_BACKUP, "2|a|4|b||", "2|a|4|b||", "" },
        { MACHINE_INPUT_BACKUP, "2|a|4|b||", "4|b||", "" },
        { MACHINE_INPUT_BACKUP, "4|b||", "2|a|4|b|6|c||", "" },
        { MACHINE_INPUT_BACKUP, "2|a|4|b||", "2|a|4|c||",
          "text 4 of language 009 differs between first and second" AND_TEXTS },
        { MACHINE_INPUT_BACKUP, "2|a|4|b||", "2|a|4|bc||",
          "text 4 of language 009 differs between first and second" AND_TEXTS },
        { MACHINE_INPUT_BACKUP, "2|a|4|b||", "2|b|4|c||",
          "text 2 of language 009 differs between first and second. 0 numbers and 2 texts differ" },
        { MACHINE_INPUT_BACKUP, "2|a|4|b|", "2|b||", "" }, /* one of them is damaged */
        { MACHINE_INPUT_BACKUP, "2|a|4|b||", "2|b|", "" },
        { MACHINE_INPUT_BACKUP, "2|a||", "2|a|4294967295|b||", "" },
        { MACHINE_INPUT_BACKUP, "2|a|4294967295|b||", "2|a||", "" },
        { MACHINE_INPUT_BACKUP, "2|a||", "||", "" },
        { MACHINE_INPUT_TABLE, "2|a|4|b||", "2|a|4|b||", "" },
        { MACHINE_INPUT_TABLE, "2|a|4|b||", "4|b||",
          "text 2 of language 009 is in first but not in second" AND_TEXTS },
        { MACHINE_INPUT_TABLE, "4|b||", "2|a|4|b||",
          "text 2 of language 009 is not in first but in second" AND_TEXTS },
        { MACHINE_INPUT_TABLE, "4|b||", "4|b|6|c||",
          "text 6 of language 009 is not in first but in second" AND_TEXTS },
        { MACHINE_INPUT_TABLE, "4|b|6|c||", "4|b||",
          "text 6 of language 009 is in first but not in second" AND_TEXTS },
        { MACHINE_INPUT_TABLE, "2|a||", "2|a|4294967295|b||",
          "text 4294967295 of language 009 is not in first but in second" AND_TEXTS },
        { MACHINE_INPUT_TABLE, "2|a|4294967295|b||", "2|a||",
          "text 4294967295 of language 009 is in first but not in second" AND_TEXTS },
        { MACHINE_INPUT_TABLE, "||", "2|a||",
          "text 2 of language 009 is not in first but in second" AND_TEXTS },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const bool is_backup = cases[i].kind == MACHINE_INPUT_BACKUP;
        clear_inputs();
        inputs[1].kind = cases[i].kind;
        add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, cases[i].first, 0);
        add_text(1, ENGLISH, "Counter", REG_MULTI_SZ, cases[i].second, 0);
        const char *detail =
            detail_of(2, is_backup ? FAULT_backup_outdated : FAULT_inputs_disagree);
        if (strcmp(detail, cases[i].detail) != 0)
            fail_msg("case %zu: %s", i, detail);
    }
    /* The English table of the second input is the chosen one; the third has another language and help texts. */
    clear_inputs();
    inputs[1].kind = inputs[2].kind = MACHINE_INPUT_TABLE;
    add_text(1, ENGLISH, "Counter", REG_MULTI_SZ, "2|a||", 0);
    add_text(2, GERMAN, "Counter", REG_MULTI_SZ, "2|b||", 0);
    add_text(2, ENGLISH, "Help", REG_MULTI_SZ, "2|c||", 0);
    assert_string_equal(findings_of(3), "");
    add_text(2, ENGLISH, "Counter", REG_MULTI_SZ, "2|d||", 0);
    add_number(1, REG_PERFLIB, "Last Help", 1);
    add_number(2, REG_PERFLIB, "Last Help", 2);
    assert_string_equal(
        findings_of(3),
        "inputs-disagree - third -: Last Help of Perflib is 1 in second, but 2 in third. "
        "1 number and 1 text differ [?->?]\n");
}

/* ---- services that one input lacks --------------------------------------------------------- */

static void a_service_may_be_in_another_input_only(void **state)
{
    static const char lacks[] =
        "B is in second, but not in the registry. 1 number and 0 texts differ";

    (void)state;
    inputs[1].kind = MACHINE_INPUT_QUERY;
    add_range(0, A, 1848, 1850);
    add_range(1, B, 1852, 1854);
    assert_string_equal(findings_of(2), ""); /* the registry shows only some services */
    name_services(0);
    assert_string_equal(detail_of(2, FAULT_inputs_disagree), lacks);
    inputs[1].kind = MACHINE_INPUT_REGISTRY;
    assert_string_equal(findings_of(2), "");
    inputs[1].kind = MACHINE_INPUT_QUERY;
    add_number(1, B, "Last Help", 1854);
    assert_string_equal(findings_of(2), ""); /* not a range */
    add_range(1, B, 1852, 1854);
    add_key(0, B); /* without numbers */
    assert_string_equal(findings_of(2), "");
    reg_tree_remove_key(&inputs[0].tree, add_key(0, REG_SERVICES "\\B"));
    /* Its names are there: the key is missing, which is examined later. */
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "1852|B|1854|b||", 0);
    assert_string_equal(findings_of(2), "");
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "1852|B||", 0);
    assert_string_equal(detail_of(2, FAULT_inputs_disagree), lacks);
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "1854|b||", 0);
    assert_string_equal(detail_of(2, FAULT_inputs_disagree), lacks);
    add_range(1, REG_SERVICES "\\C\\Performance", 1856, 1858);
    assert_string_equal(detail_of(2, FAULT_inputs_disagree),
                        "B is in second, but not in the registry. 2 numbers and 0 texts differ");
    add_number(0, REG_PERFLIB, "Last Help", 1);
    add_number(1, REG_PERFLIB, "Last Help", 2);
    assert_string_equal(
        detail_of(2, FAULT_inputs_disagree),
        "Last Help of Perflib is 1 in first, but 2 in second. 3 numbers and 0 texts differ");
}

static void the_key_of_a_service_is_missing_if_its_names_are_there(void **state)
{
    uint32_t numbers[RANGE_VALUE_COUNT];

    (void)state;
    inputs[1].kind = MACHINE_INPUT_QUERY;
    add_range(1, B, 1852, 1854);
    name_services(0);
    begin_examination(2);
    assert_false(examine_inputs_is_key_missing(&examination, &inputs[1], "B", numbers));
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "1852|B|1854|b||", 0);
    begin_examination(2);
    assert_true(examine_inputs_is_key_missing(&examination, &inputs[1], "B", numbers));
    assert_int_equal(numbers[0], 1852);
    assert_int_equal(numbers[3], 1855);
    assert_false(examine_inputs_is_key_missing(&examination, &inputs[1], "A", numbers));
    add_key(0, B);
    begin_examination(2);
    assert_false(examine_inputs_is_key_missing(&examination, &inputs[1], "B", numbers));
    reg_tree_remove_key(&inputs[0].tree, add_key(0, REG_SERVICES "\\B"));
    add_key(0, REG_SERVICES)->is_named = false;
    begin_examination(2);
    assert_false(examine_inputs_is_key_missing(&examination, &inputs[1], "B", numbers));
}

static void a_range_has_four_numbers(void **state)
{
    uint32_t numbers[RANGE_VALUE_COUNT];

    (void)state;
    for (size_t i = 0; i < RANGE_VALUE_COUNT; i++) {
        add_range(0, A, 1852, 1854);
        assert_true(examine_inputs_has_range(&inputs[0], "A", numbers));
        add_text(0, A, machine_service_names[i], REG_SZ, "ab", 0);
        assert_false(examine_inputs_has_range(&inputs[0], "A", numbers));
        remove_value(0, A, machine_service_names[i]);
        assert_false(examine_inputs_has_range(&inputs[0], "A", numbers));
    }
    add_range(0, A, 1852, 1854);
    add_number(0, A, "Last Help", 1856);
    assert_false(examine_inputs_has_range(&inputs[0], "A", numbers));
}

/* A path that is too long for the buffer of the comparison belongs to no service of Windows. */
static void services_with_long_names_are_compared_up_to_a_limit(void **state)
{
    const size_t around = strlen(REG_SERVICES "\\\\Performance"), limit = 1200 - 1;
    char name[1300], path[1400];
    uint32_t numbers[RANGE_VALUE_COUNT];

    (void)state;
    for (size_t length = limit - around; length <= limit - around + 1; length++) {
        const bool is_compared = length + around <= limit;
        clear_inputs();
        inputs[1].kind = MACHINE_INPUT_QUERY;
        memset(name, 'n', length);
        name[length] = 0;
        snprintf(path, sizeof(path), "%s\\%s\\Performance", REG_SERVICES, name);
        add_range(0, path, 1848, 1850);
        add_range(1, path, 1852, 1854);
        path[limit] = 0; /* a key that the path would be if it were cut */
        add_range(0, path, 1848, 1850);
        add_range(1, path, 1852, 1854);
        assert_int_equal(examine_inputs_has_range(&inputs[0], name, numbers), is_compared);
        findings_of(2);
        assert_int_equal(diagnosis.finding_count, is_compared);
    }
}

static void a_service_may_be_missing_from_a_backup(void **state)
{
    static const char lacks[] =
        "A has the indices 1848 to 1850, but is not in second. 1 number and 0 texts differ";

    (void)state;
    inputs[1].kind = MACHINE_INPUT_BACKUP;
    add_range(0, A, 1848, 1850);
    assert_string_equal(detail_of(2, FAULT_backup_outdated), ""); /* it shows no services */
    add_range(1, B, 1852, 1854);
    assert_string_equal(detail_of(2, FAULT_backup_outdated), lacks);
    add_range(1, A, 1848, 1850);
    assert_string_equal(detail_of(2, FAULT_backup_outdated), "");
    reg_tree_remove_key(&inputs[1].tree, add_key(1, REG_SERVICES "\\A"));
    inputs[1].kind = MACHINE_INPUT_QUERY;
    assert_string_equal(detail_of(2, FAULT_inputs_disagree), "");
    inputs[1].kind = MACHINE_INPUT_BACKUP;
    inputs[1].is_cut = true; /* it may have had the service */
    assert_string_equal(detail_of(2, FAULT_backup_outdated), "");
    inputs[1].is_cut = false;
    strcpy(inputs[1].damage, "x");
    assert_string_equal(detail_of(2, FAULT_backup_outdated), "");
    *inputs[1].damage = 0;
    add_number(0, A, "Last Help", 1852); /* not a range */
    assert_string_equal(detail_of(2, FAULT_backup_outdated), "");
    add_range(0, A, 1848, 1850);
    add_range(0, REG_SERVICES "\\WmiApRpl\\Performance", 1856, 1858); /* no backup has it */
    add_range(0, REG_SERVICES "\\C\\Performance", 1860, 1862);
    assert_string_equal(
        detail_of(2, FAULT_backup_outdated),
        "A has the indices 1848 to 1850, but is not in second. 2 numbers and 0 texts differ");
    add_number(0, REG_PERFLIB, "Base Index", 1);
    add_number(1, REG_PERFLIB, "Base Index", 2);
    assert_string_equal(
        detail_of(2, FAULT_backup_outdated),
        "Base Index of Perflib is 1 in first, but 2 in second. 3 numbers and 0 texts differ");
    /* What only another backup has is not what the registry has. */
    clear_inputs();
    inputs[0].kind = inputs[1].kind = MACHINE_INPUT_BACKUP;
    add_range(0, A, 1848, 1850);
    add_range(1, B, 1852, 1854);
    assert_string_equal(detail_of(2, FAULT_backup_outdated), "");
}

/* ---- backups ----------------------------------------------------------------------------- */

static void a_backup_has_the_texts_of_its_services(void **state)
{
#define CUT "backup-cut - first PerfStrings_009: "
    static const struct {
        const char *value, *table;
        uint32_t first, last;
        const char *findings;
    } cases[] = {
        { "Counter", "2|System|1848|A|1850|a||", 1848, 1850, "" },
        { "Counter", "2|System|1846|z|1848|A||", 1848, 1850,
          CUT "its English texts end below the indices of its services [1848->1850]\n" },
        { "Counter", "2|System|1852|A||", 1848, 1850, "" },
        { "Counter", "2|System|1846|z||", 1848, 1848,
          CUT "its English texts end below the indices of its services [1846->1848]\n" },
        { "Counter", "2|System|1844|z||", 1848, 2044, "" },
        { "Counter", "2|System|1844|z||", 1848, 2046,
          CUT "its English texts end far below the indices of its services [1844->2046]\n" },
        { "Counter", "1846|z||", 1848, 2046, "" },
        { "Counter", "1846|z||", 1848, 2048,
          CUT "its English texts end far below the indices of its services [1846->2048]\n" },
        { "Counter", "4294967290|z||", 1848, 1850, "" },
        { "Counter", "||", 1848, 1850,
          CUT "its English texts end far below the indices of its services [0->1850]\n" },
        { "Help", "2|System|1848|A|1850|a||", 1848, 1850,
          CUT "it has no English texts ([PerfStrings_009]) [?->1850]\n" },
    };

    (void)state;
    inputs[0].kind = MACHINE_INPUT_BACKUP;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        clear_inputs();
        inputs[0].kind = MACHINE_INPUT_BACKUP;
        add_range(0, A, cases[i].first, cases[i].last);
        add_text(0, ENGLISH, cases[i].value, REG_MULTI_SZ, cases[i].table, 0);
        const char *found = findings_of(1);
        if (strcmp(found, cases[i].findings) != 0)
            fail_msg("case %zu: %s", i, found);
        const bool has_names = strcmp(cases[i].value, "Help") != 0;
        assert_int_equal(examination.names_are_of_backup, has_names);
        assert_int_equal(examination.names_are_believed, has_names && !*found);
        assert_int_equal(examination.names_finding, has_names && *found ? 0 : DIAGNOSIS_NONE);
    }
    clear_inputs();
    inputs[0].kind = MACHINE_INPUT_BACKUP;
    add_number(0, REG_PERFLIB, "Last Help", 1847);
    assert_string_equal(findings_of(1), CUT "it has no texts at all [?->?]\n");
    add_text(0, GERMAN, "Counter", REG_MULTI_SZ, "2|a||", 0);
    assert_string_equal(findings_of(1), CUT "it has no English texts ([PerfStrings_009]) [?->?]\n");
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "2|System||", 0);
    assert_string_equal(findings_of(1), "");
    inputs[0].is_cut = true;
    assert_string_equal(findings_of(1), CUT "it ends early [2->?]\n");
    strcpy(inputs[0].damage, "at 5");
    assert_string_equal(findings_of(1), CUT "at 5 [2->?]\n");
    inputs[0].is_cut = false;
    assert_string_equal(findings_of(1), CUT "at 5 [2->?]\n");
    inputs[0].kind = MACHINE_INPUT_REGISTRY;
    assert_string_equal(findings_of(1), "");
}

static void only_sane_ranges_of_the_backup_itself_need_texts(void **state)
{
    (void)state;
    inputs[0].kind = MACHINE_INPUT_BACKUP;
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "2|System|1848|A||", 0);
    for (size_t i = 0; i < RANGE_VALUE_COUNT; i++) {
        add_range(0, A, 2048, 2050);
        findings_of(1);
        assert_int_equal(diagnosis.finding_count, 1);
        add_text(0, A, machine_service_names[i], REG_SZ, "ab", 0);
        assert_string_equal(findings_of(1), "");
        remove_value(0, A, machine_service_names[i]);
        assert_string_equal(findings_of(1), "");
    }
    add_range(0, A, 2048, 2050);
    add_number(0, A, "Last Help", 2052);
    assert_string_equal(findings_of(1), "");
    add_range(0, A, 1848, 1848);
    add_key(0, REG_SERVICES "\\C"); /* without a Performance key */
    add_range(0, B, 1850, 1850);
    assert_string_equal(findings_of(1), CUT
                        "its English texts end below the indices of its services [1848->1850]\n");
    add_range(0, A, 1852, 1852);
    assert_string_equal(findings_of(1), CUT
                        "its English texts end below the indices of its services [1848->1852]\n");
}

/* The names that are believed are those of the registry. */
static void the_texts_of_another_input_are_not_the_backups(void **state)
{
    (void)state;
    inputs[1].kind = inputs[2].kind = MACHINE_INPUT_BACKUP;
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "2|System||", 0);
    add_text(2, ENGLISH, "Counter", REG_MULTI_SZ, "2|System||", 0);
    assert_string_equal(findings_of(3),
                        "backup-cut - second PerfStrings_009: it has no texts at all [?->?]\n");
    assert_true(examination.names_are_believed);
    assert_int_equal(examination.names_finding, DIAGNOSIS_NONE);
    assert_false(examination.names_are_of_backup);
    add_text(1, GERMAN, "Counter", REG_MULTI_SZ, "2|a||", 0);
    assert_string_equal(findings_of(3), "backup-cut - second PerfStrings_009: it has no English "
                                        "texts ([PerfStrings_009]) [?->?]\n");
}

static void a_backup_that_is_being_written_is_pending(void **state)
{
    (void)state;
    inputs[0].kind = MACHINE_INPUT_BACKUP;
    inputs[0].name = "x\\perfstringbackup.tmp";
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "2|System||", 0);
    assert_string_equal(findings_of(1), "backup-pending - perfstringbackup.tmp -:  [?->?]\n");
    inputs[0].name = "x\\perfstringbackup.ini";
    assert_string_equal(findings_of(1), "");
}

/* ---- answers ----------------------------------------------------------------------------- */

struct answer {
    PERF_DATA_BLOCK header;
    PERF_OBJECT_TYPE object;
    PERF_COUNTER_DEFINITION counters[3];
    PERF_COUNTER_BLOCK block;
    DWORD values[3];
};

/* An object with three counters. */
static void make_answer(uint32_t object, const uint32_t indices[3], const uint32_t types[3])
{
    struct answer answer = {
        .header = { .Signature = { 'P', 'E', 'R', 'F' },
                    .LittleEndian = 1,
                    .Version = 1,
                    .Revision = 1,
                    .TotalByteLength = sizeof(answer),
                    .HeaderLength = sizeof(answer.header),
                    .NumObjectTypes = 1 },
        .object = { .TotalByteLength = sizeof(answer) - sizeof(answer.header),
                    .DefinitionLength = sizeof(answer.object) + sizeof(answer.counters),
                    .HeaderLength = sizeof(answer.object),
                    .ObjectNameTitleIndex = object,
                    .NumCounters = 3,
                    .NumInstances = PERF_NO_INSTANCES },
        .block = { sizeof(answer.block) + sizeof(answer.values) },
    };

    for (size_t i = 0; i < 3; i++)
        answer.counters[i] = (PERF_COUNTER_DEFINITION){
            .ByteLength = sizeof(answer.counters[i]),
            .CounterNameTitleIndex = indices[i],
            .CounterType = types[i],
            .CounterSize = sizeof(DWORD),
            .CounterOffset = (DWORD)(sizeof(answer.block) + i * sizeof(DWORD)),
        };
    free(inputs[1].answer);
    inputs[1].kind = MACHINE_INPUT_ANSWER;
    inputs[1].answer_size = sizeof(answer);
    inputs[1].answer = malloc(sizeof(answer));
    assert_non_null(inputs[1].answer);
    memcpy(inputs[1].answer, &answer, sizeof(answer));
}

static void an_answer_has_indices_with_names(void **state)
{
    static const struct {
        uint32_t object, indices[3], types[3];
        const char *findings;
    } cases[] = {
        { 2, { 4, 6, 4 }, { 0, 0, 0 }, "" },
        { 2, { 4, 6, 0 }, { 0, 0, 0 }, "" },
        { 2, { 4, 6, 8 }, { 0, 0, PERF_DISPLAY_NOSHOW }, "" },
        { 8,
          { 4, 6, 4 },
          { 0, 0, 0 },
          "answer-without-name - second -: 1 indices have no English name, the first of them is 8 "
          "[8->?]\n" },
        { 2,
          { 4, 10, 8 },
          { 0, 0, 0 },
          "answer-without-name - second -: 2 indices have no English name, the first of them is 10 "
          "[10->?]\n" },
    };

    (void)state;
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "2|System|4|Memory|6|x||", 0);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        make_answer(cases[i].object, cases[i].indices, cases[i].types);
        const char *found = findings_of(2);
        if (strcmp(found, cases[i].findings) != 0)
            fail_msg("case %zu: %s", i, found);
    }
    inputs[1].kind = MACHINE_INPUT_TABLE;
    assert_string_equal(findings_of(2), "");
    inputs[1].kind = MACHINE_INPUT_ANSWER;
    inputs[1].answer_size = 10;
    assert_string_equal(findings_of(2), "");
    inputs[1].answer_size = sizeof(struct answer);
    remove_value(0, ENGLISH, "Counter");
    assert_string_equal(findings_of(2), ""); /* there are no names to look for */
}

/* ---- the system -------------------------------------------------------------------------- */

static void files_beside_the_registry_are_gone_or_empty(void **state)
{
    static const struct {
        enum machine_file file;
        enum machine_file_state state;
        const char *findings;
    } cases[] = {
        { MACHINE_FILE_NAMES, MACHINE_FILE_GONE,
          "names-file-missing - perfc009.dat -: there is no such file [?->?]\n" },
        { MACHINE_FILE_NAMES, MACHINE_FILE_EMPTY,
          "names-file-missing - perfc009.dat -: the file is empty [?->?]\n" },
        { MACHINE_FILE_HELP, MACHINE_FILE_GONE,
          "names-file-missing - perfh009.dat -: there is no such file [?->?]\n" },
        { MACHINE_FILE_HELP, MACHINE_FILE_THERE, "" },
        { MACHINE_FILE_BACKUP, MACHINE_FILE_GONE,
          "backup-missing - PerfStringBackup.INI -: there is no such file [?->?]\n" },
        { MACHINE_FILE_PENDING, MACHINE_FILE_THERE,
          "backup-pending - PerfStringBackup.TMP -: the file is there [?->?]\n" },
        { MACHINE_FILE_PENDING, MACHINE_FILE_EMPTY,
          "backup-pending - PerfStringBackup.TMP -: the file is there [?->?]\n" },
        { MACHINE_FILE_PENDING, MACHINE_FILE_GONE, "" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        clear_inputs();
        inputs[0].files[cases[i].file] = cases[i].state;
        assert_string_equal(findings_of(1), cases[i].findings);
        /* Names that cannot be read because their file is missing have that one cause. */
        inputs[0].names_error = ERROR_BUSY;
        findings_of(1);
        const bool is_cause = cases[i].file <= MACHINE_FILE_HELP && *cases[i].findings;
        assert_int_equal(diagnosis.counts[FAULT_busy], !is_cause);
    }
}

static void names_that_cannot_be_read_have_an_error(void **state)
{
    static const struct {
        uint32_t error;
        const char *findings;
    } cases[] = {
        { ERROR_SUCCESS, "" },
        { ERROR_BUSY, "busy - 009 Counter: the system answers with error 170 [?->?]\n" },
        { WAIT_TIMEOUT, "busy - 009 Counter: the system answers with error 258 [?->?]\n" },
        { ERROR_ACCESS_DENIED,
          "names-unreadable - 009 Counter: the system answers with error 5 [?->?]\n" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        inputs[0].names_error = cases[i].error;
        assert_string_equal(findings_of(1), cases[i].findings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_of_perflib_are_compared, begin, end),
        cmocka_unit_test_setup_teardown(values_of_other_types_differ, begin, end),
        cmocka_unit_test_setup_teardown(the_last_indices_of_a_backup_may_be_older, begin, end),
        cmocka_unit_test_setup_teardown(numbers_of_services_are_compared, begin, end),
        cmocka_unit_test_setup_teardown(a_service_is_on_or_off_in_the_output_of_lodctr, begin, end),
        cmocka_unit_test_setup_teardown(texts_with_the_same_index_are_compared, begin, end),
        cmocka_unit_test_setup_teardown(a_service_may_be_in_another_input_only, begin, end),
        cmocka_unit_test_setup_teardown(the_key_of_a_service_is_missing_if_its_names_are_there,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_range_has_four_numbers, begin, end),
        cmocka_unit_test_setup_teardown(services_with_long_names_are_compared_up_to_a_limit, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_service_may_be_missing_from_a_backup, begin, end),
        cmocka_unit_test_setup_teardown(a_backup_has_the_texts_of_its_services, begin, end),
        cmocka_unit_test_setup_teardown(only_sane_ranges_of_the_backup_itself_need_texts, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_texts_of_another_input_are_not_the_backups, begin, end),
        cmocka_unit_test_setup_teardown(a_backup_that_is_being_written_is_pending, begin, end),
        cmocka_unit_test_setup_teardown(an_answer_has_indices_with_names, begin, end),
        cmocka_unit_test_setup_teardown(files_beside_the_registry_are_gone_or_empty, begin, end),
        cmocka_unit_test_setup_teardown(names_that_cannot_be_read_have_an_error, begin, end),
    };

    return cmocka_run_group_tests_name("examine_inputs", tests, NULL, NULL);
}
