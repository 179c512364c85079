/* SPDX-License-Identifier: MIT
 *
 * reg_tree.c: keys and values are found, kept in their order, and removed from any place of it.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "reg_tree.h"

/* The names of a key's values, or of its subkeys, from the first to the last; they are the same the other way round. */
static const char *values_of(const struct reg_key *key)
{
    static char text[256];
    const struct reg_value *last = NULL;

    *text = 0;
    for (const struct reg_value *value = key->first_value; value; value = value->next) {
        assert_ptr_equal(value->previous, last);
        strcat(text, value->node.name);
        last = value;
    }
    assert_ptr_equal(key->last_value, last);
    return text;
}

static const char *keys_of(const struct reg_key *key)
{
    static char text[256];
    const struct reg_key *last = NULL;

    *text = 0;
    for (const struct reg_key *child = key->first_child; child; child = child->next) {
        assert_ptr_equal(child->previous, last);
        strcat(text, child->node.name);
        last = child;
    }
    assert_ptr_equal(key->last_child, last);
    return text;
}

static void values_are_removed_from_any_place(void **state)
{
    static const struct {
        const char *removed, *left;
    } cases[] = { { "a", "bc" }, { "b", "ac" }, { "c", "ab" }, { "d", "abc" }, { "B", "ac" } };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct reg_tree tree = { 0 };
        struct reg_key *key = reg_tree_add_key(&tree, "HKLM\\x");

        for (const char *name = "a\0b\0c\0"; *name; name += 2)
            assert_int_equal(reg_tree_set(&tree, key, name, 1, name, 2), ERROR_SUCCESS);
        reg_tree_remove_value(&tree, key, cases[i].removed);
        assert_string_equal(values_of(key), cases[i].left);
        assert_null(reg_tree_value(&tree, key, cases[i].removed));
        reg_tree_release(&tree);
        assert_int_equal(tree.node_count, 0);
    }
}

static void a_value_is_set_again_in_its_place(void **state)
{
    struct reg_tree tree = { 0 };
    struct reg_key *key = reg_tree_add_key(&tree, "x");

    (void)state;
    assert_int_equal(reg_tree_set(&tree, key, "a", 1, "12", 2), ERROR_SUCCESS);
    assert_int_equal(reg_tree_set(&tree, key, "b", 1, "12", 2), ERROR_SUCCESS);
    assert_int_equal(reg_tree_set(&tree, key, "A", 3, "345", 3), ERROR_SUCCESS);
    assert_string_equal(values_of(key), "ab");
    assert_int_equal(reg_tree_value(&tree, key, "a")->type, 3);
    assert_int_equal(reg_tree_value(&tree, key, "a")->size, 3);
    assert_memory_equal(reg_tree_value(&tree, key, "a")->data, "345", 3);
    assert_int_equal(reg_tree_set(&tree, key, "a", 3, "", 0), ERROR_SUCCESS);
    assert_null(reg_tree_value(&tree, key, "a")->data);
    reg_tree_release(&tree);
}

static void keys_are_removed_with_all_below_them(void **state)
{
    static const struct {
        const char *removed, *left;
    } cases[] = { { "r\\a", "bc" }, { "r\\b", "ac" }, { "r\\c", "ab" } };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        static const char *const paths[] = { "r\\a\\1\\2", "r\\b\\1", "r\\b\\2", "r\\b\\3\\4",
                                             "r\\c\\1" };
        struct reg_tree tree = { 0 };

        for (size_t k = 0; k < UNIT_COUNT(paths); k++)
            assert_int_equal(reg_tree_set(&tree, reg_tree_add_key(&tree, paths[k]), "v", 1, "x", 1),
                             ERROR_SUCCESS);
        const size_t before =
            tree.node_count; /* below "a" and with it there are 4 nodes, 8 below "b", 3 below "c" */
        reg_tree_remove_key(&tree, reg_tree_find(&tree, cases[i].removed));
        assert_null(reg_tree_find(&tree, cases[i].removed));
        assert_string_equal(keys_of(reg_tree_find(&tree, "r")), cases[i].left);
        assert_int_equal(before - tree.node_count, i == 0 ? 4 : i == 1 ? 8 : 3);
        reg_tree_release(&tree);
    }
}

/* 64 nodes are the first size of the table. */
static void each_of_many_keys_is_found(void **state)
{
    struct reg_tree tree = { 0 };

    (void)state;
    assert_null(reg_tree_find(&tree, "k0"));
    for (int i = 0; i < 300; i++) {
        char path[16];

        snprintf(path, sizeof(path), "k%d\\x", i);
        assert_non_null(reg_tree_add_key(&tree, path));
        for (int k = 0; k <= i; k += 7) {
            snprintf(path, sizeof(path), "K%d\\X", k);
            assert_non_null(reg_tree_find(&tree, path));
        }
        snprintf(path, sizeof(path), "k%d", i + 1);
        assert_null(reg_tree_find(&tree, path));
    }
    assert_int_equal(tree.node_count, 600); /* each of the 300 has a key below it */
    assert_null(reg_tree_find(&tree, "k1\\y\\z"));
    assert_null(reg_tree_child(&tree, reg_tree_find(&tree, "k1"), "y"));
    assert_null(reg_tree_value(&tree, reg_tree_find(&tree, "k1"), "x"));
    /* Several nodes share a place in the table. The oldest one, which is removed, is the last of them there. */
    for (int i = 0; i < 300; i++) {
        char path[16];

        snprintf(path, sizeof(path), "k%d", i);
        reg_tree_remove_key(&tree, reg_tree_find(&tree, path));
        for (int k = i + 1; k < 300; k++) {
            snprintf(path, sizeof(path), "k%d\\x", k);
            assert_non_null(reg_tree_find(&tree, path));
        }
    }
    assert_int_equal(tree.node_count, 0);
    reg_tree_release(&tree);
    assert_null(tree.top.first_child);
}

static void no_key_has_no_keys_and_no_values(void **state)
{
    struct reg_tree tree = { 0 };

    (void)state;
    assert_null(reg_tree_child(&tree, NULL, "HKLM"));
    assert_int_equal(reg_tree_set(&tree, reg_tree_add_key(&tree, "HKLM"), "a", 1, "a", 2), 0);
    assert_int_equal(reg_tree_set(&tree, &tree.top, "a", 1, "a", 2), 0);
    assert_null(reg_tree_child(&tree, NULL, "HKLM"));
    assert_null(reg_tree_value(&tree, NULL, "a"));
    reg_tree_release(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_removed_from_any_place),
        cmocka_unit_test(a_value_is_set_again_in_its_place),
        cmocka_unit_test(keys_are_removed_with_all_below_them),
        cmocka_unit_test(each_of_many_keys_is_found),
        cmocka_unit_test(no_key_has_no_keys_and_no_values),
    };

    return cmocka_run_group_tests_name("reg_tree", tests, NULL, NULL);
}
