/* SPDX-License-Identifier: MIT
 *
 * examine_services.c: names that differ only in brackets.
 */
#include "examined_machine.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_that_differ_only_in_brackets_are_ambiguous, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            ambiguous_names_are_reported_if_the_range_and_the_names_are_believed, begin, end),
    };

    return cmocka_run_group_tests_name("examine_services", tests, NULL, NULL);
}
