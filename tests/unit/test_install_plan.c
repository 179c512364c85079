/* SPDX-License-Identifier: MIT
 *
 * install_plan.c: which indices an installation gets and a removal frees, and which inconsistent
 * registrations both refuse, with each limit tested from both sides.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "install_plan.h"
#include "perf_names.h"
#include "registration.h"
#include "text.h"

static struct reg_tree tree;
static struct registration_error error;

static void put_dword(const char *path, const char *name, uint32_t number)
{
    struct reg_key *key = reg_tree_add_key(&tree, path);

    assert_non_null(key);
    assert_int_equal(reg_tree_set(&tree, key, name, REG_DWORD, &number, sizeof(number)), 0);
}

static void put_indices(const char *service, uint32_t first, uint32_t last)
{
    char path[200];

    snprintf(path, sizeof(path), "%s\\%s\\Performance", REG_SERVICES, service);
    put_dword(path, "First Counter", first);
    put_dword(path, "Last Counter", last);
    put_dword(path, "First Help", first + 1);
    put_dword(path, "Last Help", last + 1);
}

/* The English table of names or of help: one text, of this index. */
static void put_text(const char *name, unsigned index)
{
    struct reg_key *key = reg_tree_add_key(&tree, REG_PERFLIB "\\009");
    char digits[16];
    WCHAR data[32];
    size_t units;

    snprintf(digits, sizeof(digits), "%u", index);
    units = text_from_utf8(digits, strlen(digits), data, 16) + 1;
    units += text_from_utf8("x", 1, data + units, 8) + 1;
    data[units++] = 0;
    assert_non_null(key);
    assert_int_equal(reg_tree_set(&tree, key, name, REG_MULTI_SZ, data, units * sizeof(*data)), 0);
}

/* Perflib's last indices are 2000 and 2001; "our" has a key without indices. */
static int setup(void **state)
{
    (void)state;
    reg_tree_release(&tree);
    memset(&tree, 0, sizeof(tree));
    put_dword(REG_PERFLIB, "Base Index", PERF_SYSTEM_LAST_INDEX);
    put_dword(REG_PERFLIB, "Last Counter", 2000);
    put_dword(REG_PERFLIB, "Last Help", 2001);
    return reg_tree_add_key(&tree, REG_SERVICES "\\our\\Performance") ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    reg_tree_release(&tree);
    memset(&tree, 0, sizeof(tree));
    return 0;
}

/* The value of this name that the plan sets; NULL if it sets none. */
static const struct registration_change *set_by(const struct install_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->changes.count; i++)
        if (plan->changes.items[i].kind == REGISTRATION_SET_VALUE &&
            strcmp(plan->changes.items[i].name, name) == 0)
            return &plan->changes.items[i];
    return NULL;
}

static DWORD install(uint32_t last_offset, struct install_plan *plan)
{
    static char name[] = "our", text[] = "Object";
    uint32_t english = PERF_ENGLISH, object = 0;
    struct name_table_entry entries[] = { { PERF_ENGLISH, NAME_TABLE_COUNTER, 0, text },
                                          { PERF_ENGLISH, NAME_TABLE_HELP, 0, text } };
    const struct counter_set set = {
        .service = name,
        .languages = &english,
        .language_count = 1,
        .objects = &object,
        .object_count = 1,
        .last_offset = last_offset,
        .texts = { entries, 2 },
    };
    const struct install_service none = { 0 };

    *plan = (struct install_plan){ .tree = &tree, .source = "tree", .error = &error };
    return install_plan_install(plan, &set, &none, false);
}

static DWORD install_and_forget(uint32_t last_offset)
{
    struct install_plan plan;
    const DWORD failure = install(last_offset, &plan);

    install_plan_release(&plan);
    return failure;
}

static DWORD uninstall(struct install_plan *plan)
{
    *plan = (struct install_plan){ .tree = &tree, .source = "tree", .error = &error };
    return install_plan_uninstall(plan, "our");
}

static DWORD uninstall_and_forget(void)
{
    struct install_plan plan;
    const DWORD failure = uninstall(&plan);

    install_plan_release(&plan);
    return failure;
}

static void an_installation_gets_the_indices_after_the_last_ones(void **state)
{
    const uint32_t last = 2006; /* 2000 was the last index; the next even one and 4 more */
    struct install_plan plan;

    (void)state;
    assert_int_equal(install(4, &plan), ERROR_SUCCESS);
    assert_int_equal(plan.result.first_counter, 2002);
    assert_int_equal(plan.result.last_counter, 2006);
    assert_int_equal(plan.result.first_help, 2003);
    assert_int_equal(plan.result.last_help, 2007);
    assert_int_equal(plan.result.title_count, 1);
    assert_int_equal(plan.service_changes.count, 0);

    const struct registration_change *change = set_by(&plan, "Last Counter");

    assert_non_null(change);
    assert_int_equal(change->size, sizeof(last));
    assert_memory_equal(change->data, &last, sizeof(last));
    install_plan_release(&plan);
}

static void without_bookkeeping_the_first_index_follows_the_systems_own(void **state)
{
    struct reg_key *perflib = reg_tree_find(&tree, REG_PERFLIB);
    struct install_plan plan;

    (void)state;
    reg_tree_remove_value(&tree, perflib, "Last Counter");
    reg_tree_remove_value(&tree, perflib, "Last Help");
    reg_tree_remove_value(&tree, perflib, "Base Index");
    assert_int_equal(install(0, &plan), ERROR_SUCCESS);
    assert_int_equal(plan.result.first_counter, 1848); /* PERF_SYSTEM_LAST_INDEX + 1 */
    assert_int_equal(plan.result.first_help, 1849);
    install_plan_release(&plan);
}

static void a_service_that_has_any_index_is_installed(void **state)
{
    (void)state;
    put_dword(REG_SERVICES "\\our\\Performance", "Last Help", 7);
    assert_int_equal(install_and_forget(0), ERROR_ALREADY_EXISTS);
}

static void a_service_without_a_key_must_be_described(void **state)
{
    (void)state;
    reg_tree_remove_key(&tree, reg_tree_find(&tree, REG_SERVICES "\\our\\Performance"));
    assert_int_equal(install_and_forget(0), ERROR_FILE_NOT_FOUND);
}

static void last_indices_are_an_even_one_and_the_next(void **state)
{
    static const struct {
        uint32_t counter, help;
        DWORD expected;
    } cases[] = {
        { 2000, 2001, ERROR_SUCCESS },      { 2000, 2000, ERROR_INVALID_DATA },
        { 2000, 2003, ERROR_INVALID_DATA }, { 2001, 2002, ERROR_INVALID_DATA },
        { 2000, 1999, ERROR_INVALID_DATA },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        put_dword(REG_PERFLIB, "Last Counter", cases[i].counter);
        put_dword(REG_PERFLIB, "Last Help", cases[i].help);
        if (install_and_forget(0) != cases[i].expected)
            fail_msg("case %zu", i);
    }
    reg_tree_remove_value(&tree, reg_tree_find(&tree, REG_PERFLIB), "Last Help");
    assert_int_equal(install_and_forget(0), ERROR_INVALID_DATA);
}

static void indices_end_at_the_highest(void **state)
{
    (void)state;
    put_dword(REG_PERFLIB, "Last Counter", PERF_HIGHEST_INDEX - 2 - 4);
    put_dword(REG_PERFLIB, "Last Help", PERF_HIGHEST_INDEX - 1 - 4);
    assert_int_equal(install_and_forget(4), ERROR_SUCCESS);
    assert_int_equal(install_and_forget(6), ERROR_INVALID_DATA); /* begins inside, ends outside */
    put_dword(REG_PERFLIB, "Last Counter", PERF_HIGHEST_INDEX - 4);
    put_dword(REG_PERFLIB, "Last Help", PERF_HIGHEST_INDEX - 3);
    assert_int_equal(install_and_forget(4), ERROR_INVALID_DATA);
}

static void texts_above_the_last_index_are_damage(void **state)
{
    (void)state;
    put_text("Counter", 2000);
    put_text("Help", 2001);
    assert_int_equal(install_and_forget(0), ERROR_SUCCESS);
    put_text("Counter", 2002);
    assert_int_equal(install_and_forget(0), ERROR_INVALID_DATA);
    put_text("Counter", 2000);
    put_text("Help", 2003);
    assert_int_equal(install_and_forget(0), ERROR_INVALID_DATA);
}

static void a_service_above_the_last_index_is_damage(void **state)
{
    (void)state;
    put_indices("other", 1900, 2000);
    assert_int_equal(install_and_forget(0), ERROR_SUCCESS);
    put_indices("other", 1900, 2002);
    assert_int_equal(install_and_forget(0), ERROR_INVALID_DATA);
}

static void the_last_service_gives_its_indices_back(void **state)
{
    const uint32_t last = 1994;
    struct install_plan plan;

    (void)state;
    put_indices("our", 1996, 2000);
    assert_int_equal(uninstall(&plan), ERROR_SUCCESS);
    assert_non_null(set_by(&plan, "Last Counter"));
    assert_memory_equal(set_by(&plan, "Last Counter")->data, &last, sizeof(last));
    install_plan_release(&plan);

    put_indices("our", 1994, 1998); /* the last index, 2000, is above it */
    assert_int_equal(uninstall(&plan), ERROR_SUCCESS);
    assert_null(set_by(&plan, "Last Counter"));
    install_plan_release(&plan);
}

static void what_is_not_installed_cannot_be_removed(void **state)
{
    struct install_plan plan = { .tree = &tree, .source = "tree", .error = &error };

    (void)state;
    assert_int_equal(uninstall_and_forget(), ERROR_FILE_NOT_FOUND);
    assert_int_equal(install_plan_uninstall(&plan, "no such service"), ERROR_FILE_NOT_FOUND);
    install_plan_release(&plan);
}

static void indices_that_are_not_in_order_are_damage(void **state)
{
    static const char path[] = REG_SERVICES "\\our\\Performance";

    (void)state;
    put_indices("our", 1900, 1900);
    assert_int_equal(uninstall_and_forget(), ERROR_SUCCESS);
    put_indices("our", 1900, 1899);
    assert_int_equal(uninstall_and_forget(), ERROR_INVALID_DATA);
    put_indices("our", 1901, 1903);
    assert_int_equal(uninstall_and_forget(), ERROR_INVALID_DATA);
    put_indices("our", 0, 1900); /* the index before it would be 0xFFFFFFFE */
    assert_int_equal(uninstall_and_forget(), ERROR_INVALID_DATA);
    put_indices("our", 2, 1900);
    assert_int_equal(uninstall_and_forget(), ERROR_SUCCESS);
    reg_tree_remove_value(&tree, reg_tree_find(&tree, path), "Last Help");
    assert_int_equal(uninstall_and_forget(), ERROR_INVALID_DATA);
}

static void texts_that_another_service_claims_stay(void **state)
{
    static const struct {
        uint32_t first, last;
        DWORD expected;
    } cases[] = {
        { 1880, 1898, ERROR_SUCCESS },      { 1880, 1900, ERROR_INVALID_DATA },
        { 1880, 1904, ERROR_INVALID_DATA }, { 1904, 1906, ERROR_INVALID_DATA },
        { 1910, 1920, ERROR_INVALID_DATA }, { 1912, 1920, ERROR_SUCCESS },
        { 1880, 1920, ERROR_INVALID_DATA },
    };

    (void)state;
    put_indices("our", 1900, 1910);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        put_indices("other", cases[i].first, cases[i].last);
        if (uninstall_and_forget() != cases[i].expected)
            fail_msg("case %zu", i);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_installation_gets_the_indices_after_the_last_ones),
        TEST(without_bookkeeping_the_first_index_follows_the_systems_own),
        TEST(a_service_that_has_any_index_is_installed),
        TEST(a_service_without_a_key_must_be_described),
        TEST(last_indices_are_an_even_one_and_the_next),
        TEST(indices_end_at_the_highest),
        TEST(texts_above_the_last_index_are_damage),
        TEST(a_service_above_the_last_index_is_damage),
        TEST(the_last_service_gives_its_indices_back),
        TEST(what_is_not_installed_cannot_be_removed),
        TEST(indices_that_are_not_in_order_are_damage),
        TEST(texts_that_another_service_claims_stay),
    };

    return cmocka_run_group_tests_name("install_plan", tests, NULL, NULL);
}
