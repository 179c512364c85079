/* SPDX-License-Identifier: MIT
 *
 * examine_names.c: the form of name tables, their order, their language, and names without help texts.
 */
#include "examined_machine.h"

#define CURRENT REG_PERFLIB "\\CurrentLanguage"
#define GERMAN REG_PERFLIB "\\007"

static const char *findings_of(size_t count)
{
    begin_examination(count);
    examine_names(&examination);
    return show_findings();
}

struct table_case {
    uint32_t type;
    const char *text;
    size_t cut;
    const char *findings;
};

/* Examine tables, each as the only English one. */
static void check_tables(const char *value, const struct table_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        clear_inputs();
        add_text(0, ENGLISH, value, cases[i].type, cases[i].text, cases[i].cut);
        const char *found = findings_of(1);
        if (strcmp(found, cases[i].findings) != 0)
            fail_msg("case %zu: %s", i, found);
        const bool is_damaged =
            diagnosis.counts[FAULT_names_cut] || diagnosis.counts[FAULT_names_slipped];
        assert_int_equal(examination.names_finding,
                         is_damaged && strcmp(value, "Help") ? 0 : DIAGNOSIS_NONE);
    }
}

static void a_table_has_a_type_an_end_and_indices(void **state)
{
    static const struct table_case cases[] = {
        { REG_MULTI_SZ, "1|1847|1848|A||", 0, "" },
        { REG_SZ, "1|1847|1848|A||", 0,
          "names-cut - 009 Counter: it is not a REG_MULTI_SZ (type 1); .NET takes it for empty "
          "[?->?]\n" },
        { REG_MULTI_SZ, "1|1847|1848|A||", 1,
          "names-cut - 009 Counter: its 29 bytes end within a character [?->?]; table-009-Counter: "
          "Counter=1|1847|1848|A||\n" },
        { REG_MULTI_SZ, "1|1847|1848|A|", 0,
          "names-cut - 009 Counter: its 28 bytes do not end in two zero characters: the last text, "
          "after index 1848, is not complete [?->?]; table-009-Counter: "
          "Counter=1|1847|1848|A||\n" },
        { REG_MULTI_SZ, "1|1847|1848|A", 0,
          "names-cut - 009 Counter: its 26 bytes do not end in two zero characters: the last text, "
          "after index 1848, is not complete [?->?]; table-009-Counter: "
          "Counter=1|1847|1848|A||\n" },
        { REG_MULTI_SZ, "x", 0,
          "names-cut - 009 Counter: its 2 bytes do not end in two zero characters: the last text, "
          "after index 0, is not complete [?->?]\n" },
        { REG_MULTI_SZ, "1|1847|1848|A|b|1850|C||", 0,
          "names-slipped - 009 Counter: after index 1848, at byte 28, where an index must be, is a "
          "text or nothing (1 place in all) [?->?]; table-009-Counter: "
          "Counter=1|1847|1848|Ab|1850|C||\n" },
        { REG_MULTI_SZ, "1|1847|1848|A|b|c|1850|C|d||", 0,
          "names-slipped - 009 Counter: after index 1848, at byte 28, where an index must be, is a "
          "text or nothing (3 places in all) [?->?]; table-009-Counter: "
          "Counter=1|1847|1848|Abc|1850|Cd||\n" },
        { REG_MULTI_SZ, "1|1847|1848|A|||b|1850|C||", 0,
          "names-slipped - 009 Counter: after index 1848, at byte 28, where an index must be, is a "
          "text or nothing (2 places in all) [?->?]; table-009-Counter: "
          "Counter=1|1847|1848|Ab|1850|C||\n" },
        /* Texts of a table that is out of order too are not joined. */
        { REG_MULTI_SZ, "1|1847|1850|B|b|1848|A|a||", 0,
          "names-slipped - 009 Counter: after index 1850, at byte 28, where an index must be, is a "
          "text or nothing (2 places in all) [?->?]; table-009-Counter: "
          "Counter=1|1847|1848|A|1850|B||\n"
          "names-unordered - 009 Counter: index 1848 is not above the one before it (1 place in "
          "all) "
          "[?->?] by names-slipped\n" },
    };

    (void)state;
    check_tables("Counter", cases, UNIT_COUNT(cases));
}

static void indices_increase_and_have_the_parity_of_their_table(void **state)
{
    static const struct table_case names[] = {
        { REG_MULTI_SZ, "1|1847|1848|A|1848|B||", 0,
          "names-unordered - 009 Counter: index 1848 is not above the one before it (1 place in "
          "all) "
          "[?->?]; table-009-Counter: Counter=1|1847|1848|A||\n" },
        { REG_MULTI_SZ, "1|1847|1850|A|1848|B|1846|C||", 0,
          "names-unordered - 009 Counter: index 1848 is not above the one before it (2 places in "
          "all) "
          "[?->?]; table-009-Counter: Counter=1|1847|1846|C|1848|B|1850|A||\n" },
        { REG_MULTI_SZ, "1|1847|1849|A||", 0,
          "names-parity - 009 Counter: 1 in all, the first of them 1849 [?->?]\n" },
        { REG_MULTI_SZ, "1849|A|1851|B||", 0,
          "names-parity - 009 Counter: 2 in all, the first of them 1849 [?->?]\n" },
        { REG_MULTI_SZ, "1|1847|1849|A|1851|B||", 0,
          "names-parity - 009 Counter: 2 in all, the first of them 1849: these are help texts, not "
          "names [?->?]\n" },
        { REG_MULTI_SZ, "1|1847|1848|A|1849|B|1851|C||", 0,
          "names-parity - 009 Counter: 2 in all, the first of them 1849 [?->?]\n" },
        { REG_MULTI_SZ, "1|1847|1848|A\n1852=B||", 0, "" },
        { REG_MULTI_SZ, "1|1847|1848|A\n1850=B||", 0,
          "text-swallowed - 009 Counter: text 1848 goes on with the lines of its neighbours "
          "[?->?]\n" },
        { REG_MULTI_SZ, "1|1847|1850|A|1849|B\n1851|", 0,
          "names-cut - 009 Counter: its 52 bytes do not end in two zero characters: the last text, "
          "after index 1850, is not complete [?->?]; table-009-Counter: "
          "Counter=1|1847|1849|B\n1851|1850|A||\n"
          "names-unordered - 009 Counter: index 1849 is not above the one before it (1 place in "
          "all) "
          "[?->?] by names-cut\n"
          "names-parity - 009 Counter: 1 in all, the first of them 1849 [?->?] by names-cut\n"
          "text-swallowed - 009 Counter: text 1849 goes on with the lines of its neighbours [?->?] "
          "by "
          "names-cut\n" },
    };
    static const struct table_case help[] = {
        { REG_MULTI_SZ, "3|A|1848|B|1850|C||", 0,
          "names-parity - 009 Help: 2 in all, the first of them 1848: these are names, not help "
          "texts "
          "[?->?]\n" },
        { REG_MULTI_SZ, "3|A|5|B|", 0,
          "names-cut - 009 Help: its 16 bytes do not end in two zero characters: the last text, "
          "after "
          "index 5, is not complete [?->?]; table-009-Help: Help=3|A|5|B||\n" },
    };

    (void)state;
    check_tables("Counter", names, UNIT_COUNT(names));
    check_tables("Help", help, UNIT_COUNT(help));
}

/* A file's table is repaired as a file; only the registry's values are written. */
static void a_table_is_written_where_it_is_a_value(void **state)
{
    (void)state;
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "1|1847|1848|A|", 0);
    begin_examination(1);
    examination.names_are_files = true;
    examine_names(&examination);
    assert_int_equal(diagnosis.finding_count, 1);
    assert_int_equal(diagnosis.repair_count, 0);
    inputs[0].kind = MACHINE_INPUT_TABLE;
    findings_of(1);
    assert_string_equal(diagnosis.findings[0].key, "first");
    assert_int_equal(diagnosis.repair_count, 0);
}

static void a_file_without_a_name_is_cut(void **state)
{
    static const struct {
        const char *text, *findings;
    } cases[] = {
        { "||", "names-cut - first Counter: its 4 bytes hold no name [?->?]\n" },
        { "1|1847||", "names-cut - first Counter: its 16 bytes hold no name [?->?]\n" },
        { "2|System||", "" },
        { "1|1847|2|System||", "" },
    };

    (void)state;
    inputs[0].kind = MACHINE_INPUT_TABLE;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, cases[i].text, 0);
        assert_string_equal(findings_of(1), cases[i].findings);
    }
}

static void the_names_of_a_cut_backup_are_damaged_because_of_it(void **state)
{
    const struct diagnosis_finding others[] = {
        { .fault = FAULT_backup_missing,
          .key = "second",
          .detail = "",
          .caused_by = DIAGNOSIS_NONE },
        { .fault = FAULT_backup_cut, .key = "first", .detail = "", .caused_by = DIAGNOSIS_NONE },
        { .fault = FAULT_backup_cut, .key = "second", .detail = "", .caused_by = DIAGNOSIS_NONE },
    };

    (void)state;
    inputs[0].kind = inputs[1].kind = MACHINE_INPUT_BACKUP;
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "2|System|1849|A||", 0);
    add_text(1, ENGLISH, "Counter", REG_MULTI_SZ, "2|System|1851|A||", 0);
    for (size_t count = 0; count <= UNIT_COUNT(others); count++) {
        begin_examination(2);
        for (size_t i = 0; i < count; i++)
            diagnosis_add(&diagnosis, &others[i]);
        examine_names(&examination);
        assert_int_equal(diagnosis.finding_count, count + 2);
        assert_int_equal(diagnosis.findings[count].caused_by, count >= 2 ? 1 : DIAGNOSIS_NONE);
        assert_int_equal(diagnosis.findings[count + 1].caused_by, count == 3 ? 2 : DIAGNOSIS_NONE);
    }
    inputs[0].kind = MACHINE_INPUT_REGISTRY;
    begin_examination(2);
    diagnosis_add(&diagnosis, &others[1]);
    examine_names(&examination);
    assert_int_equal(diagnosis.findings[1].caused_by, DIAGNOSIS_NONE);
}

static void the_first_damage_of_the_english_names_is_kept(void **state)
{
    (void)state;
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "1|1847|1848|A|", 0);
    add_text(0, GERMAN, "Counter", REG_MULTI_SZ, "1|1847|1848|A|", 0);
    findings_of(1);
    assert_int_equal(diagnosis.finding_count, 2);
    assert_int_equal(examination.names_finding, 0);
    assert_false(examination.names_are_believed);
    begin_examination(1);
    examination.names_finding = 7;
    examine_names(&examination);
    assert_int_equal(examination.names_finding, 7);
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "1|1847|1848|A||", 0);
    findings_of(1);
    assert_int_equal(diagnosis.finding_count, 1);
    assert_int_equal(examination.names_finding, DIAGNOSIS_NONE);
    assert_true(examination.names_are_believed);
}

/* ---- the language -------------------------------------------------------------------------- */

static void four_names_show_that_a_table_is_english(void **state)
{
    static const struct table_case cases[] = {
        { REG_MULTI_SZ, "2|System|4|Memory|230|Process|238|Processor||", 0, "" },
        { REG_MULTI_SZ, "2|Sistem|4|Memory|230|Process|238|Processor||", 0,
          "names-foreign - 009 Counter: index 2 is \"Sistem\" there ['Sistem'->'System']\n" },
        { REG_MULTI_SZ, "2|System|4|Speicher|230|Prozess||", 0,
          "names-foreign - 009 Counter: index 4 is \"Speicher\" there ['Speicher'->'Memory']\n" },
        { REG_MULTI_SZ, "2|System|238|Prozessor||", 0,
          "names-foreign - 009 Counter: index 238 is \"Prozessor\" there "
          "['Prozessor'->'Processor']\n" },
        { REG_MULTI_SZ, "240|x||", 0, "" },
    };

    (void)state;
    check_tables("Counter", cases, UNIT_COUNT(cases));
}

/* The names of CurrentLanguage are those of a table with the language; or its key says which. */
static void current_language_repeats_an_installed_language(void **state)
{
#define SWITCHED                                                                                   \
    "language-switched - CurrentLanguage Counter: it has the names of 007, Windows was "           \
    "installed in 009 ['Zwei'->?]\n"
#define UNKNOWN "current-language - CurrentLanguage Counter:  ['Zwei'->?]\n"
    static const struct {
        const char *current, *german, *install;
        const char *findings;
    } cases[] = {
        { "2|Zwei||", "2|Zwei||", NULL, "" },
        { "2|Zwei|4|V||", "2|Zwei|4|V||", "0407", "" },
        { "2|Zwei|4|V||", "2|Zwei|4|V||", "0C07|", "" },
        { "2|Zwei|4|V||", "2|Zwei|4|V||", "0409", SWITCHED },
        { "2|Zwei|4|V||", "2|Zwei|4|V||", "0409|", SWITCHED },
        { "2|Zwei|4|V||", "2|Zwei|4|V||", "04x9", "" },
        { "2|Zwei|4|V||", "2|Zwei|4|V||", "409", "" },
        { "2|Zwei|4|V||", "2|Zwei|4|V||", "04090", "" },
        { "2|Zwei|4|V||", "2|Zwei|4|V||", "0409||", "" },
        { "2|Zwei|4|V||", "2|Zwei|4|V||", "04^9", "" },
        { "2|Zwei|4|V||", "2|Zwei|4|F||", "0407", UNKNOWN },
        { "2|Zwei|4|V||", "2|Zwei|4|Vi||", "0407", UNKNOWN },
        { "2|Zwei|4|Vi||", "2|Zwei|4|V||", "0407", UNKNOWN },
        { "2|Zwei|4|V||", "2|Zwei|6|S||", "0407", "" },
        { "2|Zwei|1846|V||", "2|Zwei|1846|F||", "0407", UNKNOWN },
        { "2|Zwei|1848|V||", "2|Zwei|1848|F||", "0407", "" },
        { "1|1847|2|Zwei||", "1|1846|2|Zwei||", "0407", "" },
        { "2|Zwei||", "2|Drei||", "0407", "" }, /* a single pair is no table */
        { "4|V|6|S||", "4|F||", "0407", "current-language - CurrentLanguage Counter:  [?->?]\n" },
        { "2|Zwei|4|V||", "1|1847||", "0407", UNKNOWN }, /* the English table differs */
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        clear_inputs();
        add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "2|System|4|Memory||", 0);
        add_text(0, ENGLISH, "Help", REG_MULTI_SZ, "||", 0);
        add_text(0, GERMAN, "Counter", REG_MULTI_SZ, cases[i].german, 0);
        add_text(0, CURRENT, "Counter", REG_MULTI_SZ, cases[i].current, 0);
        if (cases[i].install)
            add_text(0, REG_LANGUAGE, "InstallLanguage", REG_SZ, cases[i].install, 0);
        const char *found = findings_of(1);
        if (strcmp(found, cases[i].findings) != 0)
            fail_msg("case %zu: %s", i, found);
    }
    add_text(0, REG_LANGUAGE, "InstallLanguage", REG_SZ, "0409", 0);
    add_text(0, GERMAN, "Counter", REG_MULTI_SZ, "2|Zwei|4|V||", 0);
    assert_string_equal(findings_of(1), SWITCHED);
    add_text(0, REG_LANGUAGE, "InstallLanguage", REG_BINARY, "0409", 0);
    assert_string_equal(findings_of(1), "");
    add_text(0, GERMAN, "Counter", REG_MULTI_SZ, "2|Drei|4|V||", 0);
    assert_string_equal(findings_of(1), UNKNOWN);
    add_text(0, CURRENT, "Counter", REG_SZ, "2|Zwei|4|V||", 0);
    assert_string_equal(findings_of(1), "");
    add_text(0, CURRENT, "Counter", REG_MULTI_SZ, "2|Zwei|4|V||", 0);
    inputs[0].kind = MACHINE_INPUT_BACKUP;
    assert_string_equal(findings_of(1), "");
}

/* A table that is damaged, out of order, of help texts, empty, or of another input says nothing about
   CurrentLanguage. */
static void current_language_is_compared_with_whole_tables_of_its_input(void **state)
{
    static const struct {
        size_t input;
        const char *value, *table;
        bool is_compared;
    } cases[] = {
        { 0, "Counter", "2|Drei|4|V||", true },
        { 1, "Counter", "2|Drei|4|V||", false },
        { 0, "Help", "2|Drei|4|V||", false },
        { 0, "Counter", "1|1847||", false },
        { 0, "Counter", "||", false },
        { 0, "Counter", "2|Drei|4|V|", false },
        { 0, "Counter", "2|Drei|4|V|4|V||", false },
        { 0, "Counter", "2|Drei|x|4|V||", false },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        clear_inputs();
        add_text(0, CURRENT, "Counter", REG_MULTI_SZ, "2|Zwei|4|V||", 0);
        add_text(cases[i].input, GERMAN, cases[i].value, REG_MULTI_SZ, cases[i].table, 0);
        add_text(0, REG_LANGUAGE, "InstallLanguage", REG_SZ, "0409", 0);
        findings_of(2);
        if ((diagnosis.counts[FAULT_current_language] != 0) != cases[i].is_compared ||
            diagnosis.counts[FAULT_language_switched])
            fail_msg("case %zu", i);
    }
}

/* 1847 is the end marker, which is no name. */
static void current_language_may_have_another_end(void **state)
{
    (void)state;
    add_text(0, CURRENT, "Counter", REG_MULTI_SZ, "2|Zwei|1847|E||", 0);
    add_text(0, GERMAN, "Counter", REG_MULTI_SZ, "2|Zwei|1847|F||", 0);
    findings_of(1);
    assert_int_equal(diagnosis.counts[FAULT_current_language], 0);
}

/* Sixteen tables fill the memory of their list, so that a sanitizer sees what is read after it. */
static void current_language_is_compared_with_each_table(void **state)
{
    char path[200];

    (void)state;
    add_text(0, CURRENT, "Counter", REG_MULTI_SZ, "2|Zwei|4|V||", 0);
    for (size_t i = 0; i < 16; i++) {
        snprintf(path, sizeof(path), "%s\\%03X", REG_PERFLIB, 16 + (unsigned)i);
        add_text(0, path, "Counter", REG_MULTI_SZ, "2|Drei|4|V||", 0);
    }
    assert_string_equal(findings_of(1), UNKNOWN);
    add_text(0, path, "Counter", REG_MULTI_SZ, "2|Zwei|4|V||", 0);
    assert_string_equal(findings_of(1), "");
}

/* ---- names and help texts ---------------------------------------------------------------------- */

static void each_name_has_a_help_text_and_the_reverse(void **state)
{
#define NAMES "name-without-help - 009 Counter: "
#define HELP "help-without-name - 009 Help: "
    static const struct {
        const char *names, *help, *findings;
    } cases[] = {
        { "1848|A|1850|B||", "1849|a|1851|b||", "" },
        { "1848|A|1850|B||", "1849|a||",
          NAMES "1 name above 1847 lacks a help text, the first of them 1850 [?->?]\n" },
        { "1848|A|1850|B|1852|C||", "1849|a||",
          NAMES "2 names above 1847 lack a help text, the first of them 1850 [?->?]\n" },
        { "1848|A|1850|B|1852|C||", "1853|a||",
          NAMES "2 names above 1847 lack a help text, the first of them 1848 [?->?]\n" },
        { "1850|B||", "1849|a|1851|b||",
          HELP "1 help text above 1847 lacks a name, the first of them 1849 [?->?]\n" },
        { "1848|A||", "1849|a|1851|b|1853|c||",
          HELP "2 help texts above 1847 lack a name, the first of them 1851 [?->?]\n" },
        { "1848|A||", "1851|b||",
          NAMES "1 name above 1847 lacks a help text, the first of them 1848 [?->?]\n" HELP
                "1 help text above 1847 lacks a name, the first of them 1851 [?->?]\n" },
        { "1846|A|1848|B||", "1849|a||", "" },
        { "1848|A||", "1847|a|1849|b||", "" },
        { "1848|A||", "1847|a||", "" },        /* no help text above 1847 */
        { "1|1847||", "1849|a|1851|b||", "" }, /* no names */
        { "2|System||", "1849|a||",
          HELP "1 help text above 1847 lacks a name, the first of them 1849 [?->?]\n" },
        { "1848|A|4294967295|B||", "1849|a||",
          "names-parity - 009 Counter: 1 in all, the first of them 4294967295 [?->?]\n" },
        { "1848|A|4294967294|B||", "1849|a||",
          NAMES "1 name above 1847 lacks a help text, the first of them 4294967294 [?->?]\n" },
        { "1848|A||", "1849|a|4294967295|b||",
          HELP "1 help text above 1847 lacks a name, the first of them 4294967295 [?->?]\n" },
        { "1848|A|1849|B|1850|C||", "1849|a||",
          "names-parity - 009 Counter: 1 in all, the first of them 1849 [?->?]\n" NAMES
          "1 name above 1847 lacks a help text, the first of them 1850 [?->?] by names-parity\n" },
        { "1848|A|1850|B||", "1849|a|1850|b||",
          NAMES "1 name above 1847 lacks a help text, the first of them 1850 [?->?]\n"
                "names-parity - 009 Help: 1 in all, the first of them 1850 [?->?]\n" },
        { "1848|A|1850|B|1850|C||", "1849|a||",
          "names-unordered - 009 Counter: index 1850 is not above the one before it (1 place in "
          "all) "
          "[?->?]; table-009-Counter: Counter=1848|A|1850|B||\n" NAMES
          "1 name above 1847 lacks a help text, the first of them 1850 [?->?] by "
          "names-unordered\n" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        clear_inputs();
        add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, cases[i].names, 0);
        add_text(0, ENGLISH, "Help", REG_MULTI_SZ, cases[i].help, 0);
        const char *found = findings_of(1);
        if (strcmp(found, cases[i].findings) != 0)
            fail_msg("case %zu: %s", i, found);
    }
}

static void damaged_tables_have_no_pairs(void **state)
{
    static const struct {
        const char *names, *help;
        bool is_examined;
    } cases[] = {
        { "1848|A|1850|B||", "1849|a||", true },
        { "1848|A|1850|B|", "1849|a||", false },
        { "1848|A|x|1850|B||", "1849|a||", false },
        { "1848|A|1850|B||", "1849|a|", false },
    };
    static const char *const keys[] = { ENGLISH, GERMAN };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (size_t k = 0; k < UNIT_COUNT(keys); k++) {
            clear_inputs();
            add_text(0, keys[k], "Counter", REG_MULTI_SZ, cases[i].names, 0);
            add_text(0, keys[k], "Help", REG_MULTI_SZ, cases[i].help, 0);
            findings_of(1);
            if (diagnosis.counts[FAULT_name_without_help] != cases[i].is_examined)
                fail_msg("case %zu", i);
            inputs[0].is_cut = true;
            findings_of(1);
            assert_int_equal(diagnosis.counts[FAULT_name_without_help], 0);
            inputs[0].is_cut = false;
            /* The inputs may have shown that the English names are damaged. */
            begin_examination(1);
            examination.names_finding = 0;
            examine_names(&examination);
            assert_int_equal(diagnosis.counts[FAULT_name_without_help],
                             cases[i].is_examined && k == 1);
        }
}

static void names_and_help_texts_are_of_one_input_or_files(void **state)
{
    static const struct {
        enum machine_input_kind kinds[2];
        size_t help;
        bool is_examined;
    } cases[] = {
        { { MACHINE_INPUT_REGISTRY, MACHINE_INPUT_REGISTRY }, 0, true },
        { { MACHINE_INPUT_REGISTRY, MACHINE_INPUT_REGISTRY }, 1, false },
        { { MACHINE_INPUT_TABLE, MACHINE_INPUT_TABLE }, 1, true },
        { { MACHINE_INPUT_REGISTRY, MACHINE_INPUT_TABLE }, 1, false },
        { { MACHINE_INPUT_TABLE, MACHINE_INPUT_BACKUP }, 1, false },
        { { MACHINE_INPUT_BACKUP, MACHINE_INPUT_BACKUP }, 0, true },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        clear_inputs();
        inputs[0].kind = cases[i].kinds[0];
        inputs[1].kind = cases[i].kinds[1];
        add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "2|System|1848|A|1850|B||", 0);
        assert_string_equal(findings_of(2), "");
        add_text(cases[i].help, ENGLISH, "Help", REG_MULTI_SZ, "1849|a||", 0);
        findings_of(2);
        if (diagnosis.finding_count != cases[i].is_examined)
            fail_msg("case %zu", i);
    }
    /* Another table of the language is not the one that readers use. */
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "1848|A||", 0);
    add_text(0, ENGLISH, "Counters", REG_MULTI_SZ, "1848|A|1850|B||", 0);
    assert_string_equal(findings_of(2), "");
}

/* The order of another table is not why these texts lack a partner. */
static void the_order_of_the_same_tables_causes_lonely_texts(void **state)
{
    static const char *const wrong[] = { "1853|a|1849|b||", "1849|a|1852|b||", "1849|a|1849|b||" };

    (void)state;
    add_text(0, REG_PERFLIB "\\005", "Counter", REG_MULTI_SZ, "1848|A|1848|B|1849|C||", 0);
    add_text(0, GERMAN, "Counter", REG_MULTI_SZ, "1848|A|1850|B||", 0);
    add_text(0, GERMAN, "Help", REG_MULTI_SZ, "1849|a||", 0);
    findings_of(1);
    const size_t lonely = diagnosis_find(&diagnosis, FAULT_name_without_help, NULL);
    assert_int_not_equal(lonely, DIAGNOSIS_NONE);
    assert_int_equal(diagnosis.findings[lonely].caused_by, DIAGNOSIS_NONE);
    /* The help texts come after the names, and their faults are found before. */
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        add_text(0, GERMAN, "Help", REG_MULTI_SZ, wrong[i], 0);
        findings_of(1);
        const size_t found = diagnosis_find(&diagnosis, FAULT_name_without_help, NULL);
        assert_int_equal(diagnosis.findings[found].caused_by, 0);
    }
}

/* ---- no names ---------------------------------------------------------------------------- */

static void the_english_names_may_be_unknown_or_empty(void **state)
{
#define EMPTY "names-empty - 009 Counter: it has no pair of index and text [?->?]\n"
    static const char *const empty[] = { "||", "1|1847||" };

    (void)state;
    assert_string_equal(findings_of(1), "");
    add_key(0, A);
    findings_of(1);
    assert_int_equal(diagnosis.finding_count, 1);
    assert_int_equal(diagnosis.findings[0].fault, FAULT_names_unknown);
    assert_false(examination.names_are_believed);
    for (size_t i = 0; i < UNIT_COUNT(empty); i++) {
        clear_inputs();
        add_key(0, A);
        add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, empty[i], 0);
        assert_string_equal(findings_of(1), "");
        assert_false(examination.names_are_believed);
        assert_int_equal(examination.names_finding, DIAGNOSIS_NONE);
        add_range(0, B, 1848, 1850);
        assert_string_equal(findings_of(1), EMPTY);
        assert_int_equal(examination.names_finding, 0);
        add_text(0, ENGLISH, "Counter", REG_SZ, empty[i], 0);
        findings_of(1);
        assert_int_equal(diagnosis.finding_count, 1); /* its type is why it is empty */
        assert_int_equal(diagnosis.findings[0].fault, FAULT_names_cut);
    }
    clear_inputs();
    add_range(0, A, 1848, 1850);
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "2|x||", 0);
    findings_of(1);
    assert_int_equal(diagnosis.finding_count, 1);
    assert_int_equal(diagnosis.findings[0].fault, FAULT_names_foreign);
    assert_true(examination.names_are_believed);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void make_one_of_each_fault(void)
{
    clear_inputs();
    add_text(0, ENGLISH, "Counter", REG_MULTI_SZ, "2|x|1850|B|1850|C||", 0);
    add_text(0, ENGLISH, "Help", REG_MULTI_SZ, "1849|a|1852|\n1854|", 0);
    add_text(0, GERMAN, "Counter", REG_MULTI_SZ, "2|Zwei|4|V|1848|A||", 0);
    add_text(0, GERMAN, "Help", REG_MULTI_SZ, "1851|b||", 0);
    add_text(0, CURRENT, "Counter", REG_MULTI_SZ, "2|Drei|4|V||", 0);
}

static void faults_beyond_the_limit_have_no_repair(void **state)
{
    (void)state;
    make_one_of_each_fault();
    findings_of(1);
    assert_int_equal(diagnosis.finding_count, 7);
    assert_int_equal(diagnosis.repair_count, 2);
    begin_examination(1);
    for (size_t i = 0; i < DOCTOR_FAULT_COUNT; i++)
        diagnosis.counts[i] = DIAGNOSIS_MOST_OF_A_FAULT;
    examine_names(&examination);
    assert_int_equal(diagnosis.finding_count, 0);
    assert_int_equal(diagnosis.repair_count, 0);
    assert_int_equal(diagnosis.change_count, 0);
    begin_examination(1);
    for (size_t i = 0; i < DOCTOR_FAULT_COUNT; i++)
        diagnosis.counts[i] = i == FAULT_names_cut ? 0 : DIAGNOSIS_MOST_OF_A_FAULT;
    examine_names(&examination);
    assert_int_equal(diagnosis.finding_count, 1); /* the cause of faults that are not kept */
}

static void lost_memory_is_noted(void **state)
{
    bool has_failed = true;

    (void)state;
    make_one_of_each_fault();
    for (unsigned step = 1; has_failed; step++) {
        begin_examination(1);
        failing_memory_countdown = step;
        examine_names(&examination);
        has_failed = !failing_memory_countdown;
        failing_memory_countdown = 0;
        assert_int_equal(diagnosis.is_lost || diagnosis.pool.is_lost, has_failed);
    }
    assert_int_equal(diagnosis.finding_count, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_table_has_a_type_an_end_and_indices, begin, end),
        cmocka_unit_test_setup_teardown(indices_increase_and_have_the_parity_of_their_table, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_table_is_written_where_it_is_a_value, begin, end),
        cmocka_unit_test_setup_teardown(a_file_without_a_name_is_cut, begin, end),
        cmocka_unit_test_setup_teardown(the_names_of_a_cut_backup_are_damaged_because_of_it, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_first_damage_of_the_english_names_is_kept, begin, end),
        cmocka_unit_test_setup_teardown(four_names_show_that_a_table_is_english, begin, end),
        cmocka_unit_test_setup_teardown(current_language_repeats_an_installed_language, begin, end),
        cmocka_unit_test_setup_teardown(current_language_is_compared_with_whole_tables_of_its_input,
                                        begin, end),
        cmocka_unit_test_setup_teardown(current_language_may_have_another_end, begin, end),
        cmocka_unit_test_setup_teardown(current_language_is_compared_with_each_table, begin, end),
        cmocka_unit_test_setup_teardown(each_name_has_a_help_text_and_the_reverse, begin, end),
        cmocka_unit_test_setup_teardown(damaged_tables_have_no_pairs, begin, end),
        cmocka_unit_test_setup_teardown(names_and_help_texts_are_of_one_input_or_files, begin, end),
        cmocka_unit_test_setup_teardown(the_order_of_the_same_tables_causes_lonely_texts, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_english_names_may_be_unknown_or_empty, begin, end),
        cmocka_unit_test_setup_teardown(faults_beyond_the_limit_have_no_repair, begin, end),
        cmocka_unit_test_setup_teardown(lost_memory_is_noted, begin, end),
    };

    return cmocka_run_group_tests_name("examine_names", tests, NULL, NULL);
}
