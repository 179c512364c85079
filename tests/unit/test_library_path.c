/* SPDX-License-Identifier: MIT
 *
 * Tests library_path.c.
 */
#include "host_fixture.h"
#include "library_path.h"

static DWORD find(const char *library, bool is_expandable, const char *folder, char *path)
{
    struct service service = fixture_fake("fake", 3000);

    service.library = (char *)(uintptr_t)library;
    service.library_is_expandable = is_expandable;
    return library_path_find(&service, folder, path, OS_PATH_SIZE);
}

static void a_plain_name_is_found_in_the_given_folder(void **state)
{
    char path[OS_PATH_SIZE];

    (void)state;
    assert_int_equal(find("plain_fake.dll", false, fixture_folder(), path), 0);
    assert_string_equal(path, fixture_library("plain_fake"));
    assert_int_equal(find("", false, fixture_folder(), path), ERROR_FILE_NOT_FOUND);
}

static void a_path_of_another_machine_is_found_by_its_last_part(void **state)
{
    char path[OS_PATH_SIZE];

    (void)state;
    assert_int_equal(find("D:\\Program Files\\Fake\\plain_fake.dll", false, fixture_folder(), path),
                     0);
    assert_true(os_file_exists(path));
}

static void environment_variables_are_expanded_where_the_type_says_so(void **state)
{
    char path[OS_PATH_SIZE];

    (void)state;
    assert_int_equal(os_environment_set("FAKE_FOLDER", fixture_folder()), 0);
    assert_int_equal(find("%FAKE_FOLDER%/plain_fake.dll", true, NULL, path), 0);
    assert_true(os_file_exists(path));
    assert_int_equal(find("%FAKE_FOLDER%/plain_fake.dll", false, NULL, path), ERROR_FILE_NOT_FOUND);
    assert_int_equal(find("%NO_SUCH_VARIABLE%/plain_fake.dll", true, NULL, path),
                     ERROR_FILE_NOT_FOUND);
    assert_int_equal(find("100%", true, NULL, path), ERROR_FILE_NOT_FOUND);
}

static void what_is_not_found_names_the_first_place(void **state)
{
    char path[OS_PATH_SIZE];

    (void)state;
    assert_int_equal(find("no_such.dll", false, fixture_folder(), path), ERROR_FILE_NOT_FOUND);
    assert_non_null(strstr(path, "no_such"));
    assert_non_null(strstr(path, "faulty"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_name_is_found_in_the_given_folder),
        cmocka_unit_test(a_path_of_another_machine_is_found_by_its_last_part),
        cmocka_unit_test(environment_variables_are_expanded_where_the_type_says_so),
        cmocka_unit_test(what_is_not_found_names_the_first_place),
    };

    return cmocka_run_group_tests_name("library_path", tests, NULL, NULL);
}
