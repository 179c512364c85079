/* SPDX-License-Identifier: MIT
 *
 * os.h on the present system: what its functions promise, errors included. The same statements hold
 * natively and on Windows.
 */
#include "unit.h"

#include <unistd.h>

#include "os.h"
#include "text.h"

#define MARK 0x11223344u

/* A folder for a group of tests, below the system's temporary folder. */
static char folder[OS_PATH_SIZE - 512];

static const char *path_of(const char *name)
{
    static char path[OS_PATH_SIZE];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    char temp[OS_PATH_SIZE - 600];

    (void)state;
    if (os_environment("TMPDIR", temp, sizeof(temp)) && os_environment("TEMP", temp, sizeof(temp)))
        strcpy(temp, "/tmp");
    snprintf(folder, sizeof(folder), "%s/heapctrs-test-os-%u", temp, (unsigned)os_process_id());
    return (int)os_directory_make(folder);
}

static int remove_folder(void **state)
{
    struct os_directory directory;
    char name[256];

    (void)state;
    if (os_directory_open(&directory, folder))
        return 1;
    while (!os_directory_next(&directory, name, sizeof(name)))
        os_file_remove(path_of(name));
    os_directory_close(&directory);
    return rmdir(folder);
}

static void pages_are_zeroed_and_can_be_written(void **state)
{
    size_t page = os_page_size(), size = 3 * page + 1;
    unsigned char *pages = os_pages_allocate(size);

    (void)state;
    assert_true(page >= 4096 && (page & (page - 1)) == 0);
    assert_non_null(pages);
    assert_int_equal((uintptr_t)pages % page, 0);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(pages[i], 0);
    memset(pages, 0xAA, 4 * page); /* rounded up to pages */
    os_pages_free(pages, size);
    os_pages_free(NULL, size);
}

static void more_pages_than_there_are_give_null(void **state)
{
    (void)state;
    assert_null(os_pages_allocate(SIZE_MAX / 2 - 4 * os_page_size()));
}

static void the_clock_runs_forward_at_its_frequency(void **state)
{
    uint64_t frequency = os_clock_frequency(), before = os_clock_ticks();
    uint64_t time_before = os_time_100ns();

    (void)state;
    assert_true(frequency >= 1000);
    assert_int_equal(os_clock_frequency(), frequency);
    os_sleep_ms(50);
    /* Each clock is read within the time that the other one measures. 49: a wait may end up to 1 ms
       early, because its end is rounded to a millisecond. 40: Windows' time of day advances every 15.6 ms,
       so 50 ms may be measured as three steps, 46.9 ms; both ends of the interval may be a step late. */
    uint64_t ticks = os_clock_ticks() - before, time = os_time_100ns() - time_before;
    uint64_t ticks_after = os_clock_ticks() - before;
    assert_true(ticks * 1000 / frequency >= 49);
    assert_true(time / 10000 >= 40 && time / 10000 <= ticks_after * 1000 / frequency + 40);
    for (int i = 0; i < 1000; i++) {
        uint64_t now = os_clock_ticks();
        assert_true(now >= before);
        before = now;
    }
}

static void the_time_is_that_of_a_filetime(void **state)
{
    /* 2020-01-01 and 2100-01-01 in units of 100 ns since 1601-01-01 */
    const uint64_t year_2020 = 132223104000000000u, year_2100 = 157469184000000000u;

    (void)state;
    assert_in_range(os_time_100ns(), year_2020, year_2100);
}

static void the_process_has_a_name_without_folder_and_suffix(void **state)
{
    char name[64], cut[4];

    (void)state;
    os_process_name(name, sizeof(name));
    assert_string_equal(name, "test_os");
    os_process_name(cut, sizeof(cut));
    assert_string_equal(cut, "tes");
    os_computer_name(name, sizeof(name));
    assert_true(name[0] != 0);
    assert_int_not_equal(os_process_id(), 0);
    assert_int_not_equal(os_thread_id(), 0);
}

static void the_environment_is_set_read_and_unset(void **state)
{
    char value[8] = "before";

    (void)state;
    assert_int_equal(os_environment("HEAPCTRS_TEST_OS", value, sizeof(value)), ERROR_NOT_FOUND);
    assert_string_equal(value, "before");
    assert_int_equal(os_environment_set("HEAPCTRS_TEST_OS", "\xC3\xA4"), ERROR_SUCCESS);
    assert_int_equal(os_environment("HEAPCTRS_TEST_OS", value, sizeof(value)), ERROR_SUCCESS);
    assert_string_equal(value, "\xC3\xA4");
    assert_int_equal(os_environment_set("HEAPCTRS_TEST_OS", "12345678"), ERROR_SUCCESS);
    assert_int_equal(os_environment("HEAPCTRS_TEST_OS", value, sizeof(value)), ERROR_MORE_DATA);
    assert_string_equal(value, "\xC3\xA4"); /* unchanged after the failure */
    assert_int_equal(os_environment_set("HEAPCTRS_TEST_OS", NULL), ERROR_SUCCESS);
    assert_int_equal(os_environment("HEAPCTRS_TEST_OS", value, sizeof(value)), ERROR_NOT_FOUND);
}

static void a_file_is_written_and_read_as_a_whole(void **state)
{
    static const char content[] = "one\r\ntwo\n\0three\x1A end";
    /* names are UTF-8 on every system */
    const char *path = path_of("caf\xC3\xA9 \xE2\x82\xAC.bin");
    void *data = NULL;
    size_t size = 0;
    uint64_t length = 0;

    (void)state;
    assert_false(os_file_exists(path));
    assert_int_equal(os_file_write_all(path, content, sizeof(content)), ERROR_SUCCESS);
    assert_true(os_file_exists(path));
    assert_int_equal(os_file_read_all(path, &data, &size, 1000), ERROR_SUCCESS);
    assert_int_equal(size, sizeof(content));
    assert_int_equal(os_file_size(path, &length), ERROR_SUCCESS);
    assert_int_equal(length, sizeof(content));
    assert_memory_equal(data, content, sizeof(content));
    assert_int_equal(((char *)data)[size], 0);
    free(data);

    assert_int_equal(os_file_write_all(path, "x", 1), ERROR_SUCCESS); /* the file is replaced */
    assert_int_equal(os_file_read_all(path, &data, &size, 1), ERROR_SUCCESS);
    assert_int_equal(size, 1);
    free(data);
    assert_int_equal(os_file_remove(path), ERROR_SUCCESS);
    assert_false(os_file_exists(path));
    assert_int_equal(os_file_remove(path), ERROR_FILE_NOT_FOUND);
}

static void a_read_that_fails_says_why_and_changes_nothing(void **state)
{
    const char *path = path_of("large");
    void *data = (void *)(uintptr_t)MARK;
    size_t size = MARK;
    uint64_t length = MARK;

    (void)state;
    assert_int_equal(os_file_write_all(path, "0123456789", 10), ERROR_SUCCESS);
    assert_int_equal(os_file_read_all(path, &data, &size, 9), ERROR_FILE_TOO_LARGE);
    assert_int_equal(os_file_read_all(path_of("none"), &data, &size, 9), ERROR_FILE_NOT_FOUND);
    DWORD error = os_file_read_all(folder, &data, &size, 9);
    assert_true(error == ERROR_INVALID_NAME || error == ERROR_ACCESS_DENIED);
    assert_ptr_equal(data, (void *)(uintptr_t)MARK);
    assert_int_equal(size, MARK);
    assert_int_equal(os_file_size(path_of("none"), &length), ERROR_FILE_NOT_FOUND);
    error = os_file_size(folder, &length);
    assert_true(error == ERROR_INVALID_NAME || error == ERROR_ACCESS_DENIED);
    assert_int_equal(length, MARK);
    os_file_remove(path_of("large"));
}

static void a_write_into_a_folder_that_is_not_there_fails(void **state)
{
    (void)state;
    DWORD error = os_file_write_all(path_of("none/file"), "x", 1);
    assert_true(error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND);
}

static void a_folder_lists_its_files_and_not_itself(void **state)
{
    struct os_directory directory;
    char name[256], tiny[4] = "xyz";
    bool seen_one = false, seen_two = false;
    int count = 0;

    (void)state;
    assert_int_equal(os_directory_make(folder), ERROR_ALREADY_EXISTS);
    assert_int_equal(os_file_write_all(path_of("one"), "", 0), ERROR_SUCCESS);
    assert_int_equal(os_file_write_all(path_of("zw\xC3\xB6lf"), "", 0), ERROR_SUCCESS);
    assert_int_equal(os_directory_open(&directory, folder), ERROR_SUCCESS);
    DWORD error;
    while ((error = os_directory_next(&directory, name, sizeof(name))) == ERROR_SUCCESS) {
        seen_one |= strcmp(name, "one") == 0;
        seen_two |= strcmp(name, "zw\xC3\xB6lf") == 0;
        count++;
    }
    os_directory_close(&directory);
    assert_int_equal(error, ERROR_NO_MORE_FILES);
    assert_true(seen_one && seen_two);
    assert_int_equal(count, 2);

    /* A name that does not fit is skipped. */
    os_file_remove(path_of("one"));
    assert_int_equal(os_directory_open(&directory, folder), ERROR_SUCCESS);
    assert_int_equal(os_directory_next(&directory, tiny, sizeof(tiny)), ERROR_NO_MORE_FILES);
    os_directory_close(&directory);
    os_file_remove(path_of("zw\xC3\xB6lf"));
}

static void a_folder_that_is_not_there_does_not_open(void **state)
{
    struct os_directory directory;
    DWORD error = os_directory_open(&directory, path_of("none"));

    (void)state;
    assert_true(error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND);
}

static void a_library_that_cannot_be_loaded_says_what_it_is(void **state)
{
    struct os_library library = { (void *)(uintptr_t)MARK };
    char detail[256] = "";

    (void)state;
    assert_int_equal(os_library_open(&library, path_of("none.dll"), detail, sizeof(detail)),
                     ERROR_FILE_NOT_FOUND);
    assert_true(detail[0] != 0);
    os_file_write_all(path_of("text.dll"), "no library\n", 11);
    assert_int_equal(os_library_open(&library, path_of("text.dll"), detail, sizeof(detail)),
                     ERROR_BAD_EXE_FORMAT);
    assert_int_equal(os_library_open(&library, path_of("text.dll"), NULL, 0), ERROR_BAD_EXE_FORMAT);
    assert_ptr_equal(library.handle, (void *)(uintptr_t)MARK);
    os_file_remove(path_of("text.dll"));
}

static void the_library_of_an_address_is_the_program_itself(void **state)
{
    static const char here = 0;
    char path[OS_PATH_SIZE], tiny[2] = "x";

    (void)state;
    assert_int_equal(os_library_path_of(&here, path, sizeof(path)), ERROR_SUCCESS);
    assert_non_null(strstr(path, "test_os"));
    assert_true(os_file_exists(path));
    assert_int_equal(os_library_path_of(&here, tiny, sizeof(tiny)), ERROR_MORE_DATA);
    assert_string_equal(tiny, "x");
    assert_int_equal(os_library_path_of((void *)(uintptr_t)16, path, sizeof(path)),
                     ERROR_NOT_FOUND);
}

static void a_registry_value_that_is_not_there_is_an_error(void **state)
{
    uint32_t value = MARK;
    char text[8] = "before";
    DWORD error = os_registry_dword(TEXT16("SOFTWARE\\no such key"), TEXT16("x"), &value);

    (void)state;
    assert_true(error == ERROR_FILE_NOT_FOUND || error == ERROR_NOT_SUPPORTED);
    assert_int_equal(value, MARK);
    error = os_registry_string(TEXT16("SOFTWARE\\no such key"), TEXT16("x"), text, sizeof(text));
    assert_true(error == ERROR_FILE_NOT_FOUND || error == ERROR_NOT_SUPPORTED);
    assert_string_equal(text, "before");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_zeroed_and_can_be_written),
        cmocka_unit_test(more_pages_than_there_are_give_null),
        cmocka_unit_test(the_clock_runs_forward_at_its_frequency),
        cmocka_unit_test(the_time_is_that_of_a_filetime),
        cmocka_unit_test(the_process_has_a_name_without_folder_and_suffix),
        cmocka_unit_test(the_environment_is_set_read_and_unset),
        cmocka_unit_test(a_file_is_written_and_read_as_a_whole),
        cmocka_unit_test(a_read_that_fails_says_why_and_changes_nothing),
        cmocka_unit_test(a_write_into_a_folder_that_is_not_there_fails),
        cmocka_unit_test(a_folder_lists_its_files_and_not_itself),
        cmocka_unit_test(a_folder_that_is_not_there_does_not_open),
        cmocka_unit_test(a_library_that_cannot_be_loaded_says_what_it_is),
        cmocka_unit_test(the_library_of_an_address_is_the_program_itself),
        cmocka_unit_test(a_registry_value_that_is_not_there_is_an_error),
    };

    return cmocka_run_group_tests_name("os", tests, make_folder, remove_folder);
}
