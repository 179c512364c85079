/* SPDX-License-Identifier: MIT
 *
 * Tests root_key.c.
 */
#include "unit.h"

#include "root_key.h"

static void handles_are_those_of_winreg(void **state)
{
    static const struct {
        uint32_t handle;
        enum root_key key;
    } cases[] = {
        { 0x80000004u, ROOT_KEY_DATA },
        { 0x80000050u, ROOT_KEY_TEXT },
        { 0x80000060u, ROOT_KEY_NLSTEXT },
    };
    enum root_key key;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        assert_true(root_key_of_handle(cases[i].handle, &key));
        assert_int_equal(key, cases[i].key);
    }
    assert_false(root_key_of_handle(0x80000002u, &key));
}

/* 6: ERROR_INVALID_HANDLE, 87: ERROR_INVALID_PARAMETER, 234: ERROR_MORE_DATA, 259: ERROR_NO_MORE_ITEMS,
   1010: ERROR_BADKEY */
static void the_keys_answer_as_on_windows(void **state)
{
    static const struct {
        enum root_key key;
        DWORD set_value, enum_key;
    } cases[] = {
        { ROOT_KEY_DATA, 6, 6 },
        { ROOT_KEY_TEXT, 1010, 259 },
        { ROOT_KEY_NLSTEXT, 1010, 259 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        DWORD subkeys = 9, values = 9;

        assert_int_equal(root_key_open(cases[i].key), 6);
        assert_int_equal(root_key_call_old(cases[i].key), 6);
        assert_int_equal(root_key_set_value(cases[i].key), cases[i].set_value);
        assert_int_equal(root_key_enum_key(cases[i].key), cases[i].enum_key);
        assert_int_equal(root_key_enum_value(cases[i].key, true), 234);
        assert_int_equal(root_key_enum_value(cases[i].key, false), 87);
        assert_int_equal(root_key_info(cases[i].key, &subkeys, &values), 0);
        assert_int_equal(subkeys, 0);
        assert_int_equal(values, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_are_those_of_winreg),
        cmocka_unit_test(the_keys_answer_as_on_windows),
    };

    return cmocka_run_group_tests_name("root_key", tests, NULL, NULL);
}
