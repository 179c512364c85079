/* SPDX-License-Identifier: MIT
 *
 * validator_report.c: title indices are compared with the registered ranges and with the English name table.
 */
#include "validator_fixture.h"

#include "name_table.h"
#include "perf_names.h"

/* An object with one counter, FIRST_COUNTER + 2; `help` is that of the counter. */
static const char *rules_of(const struct validator *validator, uint32_t help)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };

    begin_object(&answer, 0, PERF_NO_INSTANCES);
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT)->CounterHelpTitleIndex = help;
    add_block(&answer);
    end_object(&answer);
    return fixture_rules(validator, &answer);
}

static void a_counter_without_help_is_in_the_range_of_names_alone(void **state)
{
    const struct service service = { .has_indices = true,
                                     .first_counter = FIRST_COUNTER,
                                     .last_counter = FIRST_COUNTER + 2,
                                     .first_help = FIRST_COUNTER + 1,
                                     .last_help = FIRST_COUNTER + 3 };
    const struct validator validator = { .service = &service };

    (void)state;
    assert_string_equal(rules_of(&validator, FIRST_COUNTER + 3), "");
    assert_string_equal(rules_of(&validator, 0), "index-help");
    assert_string_equal(rules_of(&validator, FIRST_COUNTER + 5), "index-help index-range");
}

/* What the counter lacks in a table that names 2380 and 2382. */
enum missing { NOTHING, NAME, HELP };

static void name_all(struct name_table *names, uint32_t language, enum missing missing)
{
    static const WCHAR counter[] = TEXT16("2380\0Object\0"
                                          "2382\0Counter\0");
    static const WCHAR help[] = TEXT16("2381\0About the object\0"
                                       "2383\0About the counter\0");
    const size_t count_of_one = sizeof("2380\0Object"),
                 help_of_one = sizeof("2381\0About the object");
    size_t broken;

    *names = (struct name_table){ 0 };
    name_table_add(names, language, NAME_TABLE_COUNTER, counter,
                   missing == NAME ? count_of_one : UNIT_COUNT(counter), &broken);
    name_table_add(names, language, NAME_TABLE_HELP, help,
                   missing == HELP ? help_of_one : UNIT_COUNT(help), &broken);
}

static void an_index_has_a_name_and_a_help_text_in_english(void **state)
{
    static const struct {
        uint32_t language;
        enum missing missing;
        uint32_t help;
        const char *rules;
    } cases[] = {
        { PERF_ENGLISH, NOTHING, FIRST_COUNTER + 3, "" },
        { PERF_ENGLISH, NAME, FIRST_COUNTER + 3, "index-unnamed" },
        { PERF_ENGLISH, HELP, FIRST_COUNTER + 3, "index-unnamed" },
        { PERF_ENGLISH, HELP, 0, "index-help" },
        { 7, NAME, FIRST_COUNTER + 3, "" }, /* a table without English says nothing */
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct name_table names;
        struct validator validator = { .names = &names };

        name_all(&names, cases[i].language, cases[i].missing);
        if (strcmp(rules_of(&validator, cases[i].help), cases[i].rules) != 0)
            fail_msg("case %zu: %s", i, rules_of(&validator, cases[i].help));
        name_table_release(&names);
    }
}

static void what_an_index_lacks_is_said(void **state)
{
    (void)state;
    for (enum missing missing = NAME; missing <= HELP; missing++) {
        struct answer answer = { .first_counter = FIRST_COUNTER };
        struct name_table names;
        const struct validator validator = { .names = &names };

        begin_object(&answer, 0, PERF_NO_INSTANCES);
        add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
        add_block(&answer);
        end_object(&answer);
        name_all(&names, PERF_ENGLISH, missing);

        struct findings findings = fixture_findings(&validator, &answer);

        assert_non_null(strstr(fixture_only(&findings, RULE_index_unnamed)->message,
                               missing == NAME ? "title index 2382 has no name in"
                                               : "title index 2382 has no help text in"));
        findings_release(&findings);
        name_table_release(&names);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_without_help_is_in_the_range_of_names_alone),
        cmocka_unit_test(an_index_has_a_name_and_a_help_text_in_english),
        cmocka_unit_test(what_an_index_lacks_is_said),
    };

    return cmocka_run_group_tests_name("validator_report", tests, NULL, NULL);
}
