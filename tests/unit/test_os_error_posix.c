/* SPDX-License-Identifier: MIT
 *
 * Conversion of errno to Win32 codes: the errors that callers distinguish, from the functions that
 * they call.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "file_append.h"
#include "os_error.h"
#include "os_region.h"
#include "proc_file.h"

static char folder[] = "/tmp/heapctrs-test-os-error-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[OS_PATH_SIZE];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void success_is_no_error_and_the_unknown_is_one(void **state)
{
    (void)state;
    assert_int_equal(os_error_of(0), ERROR_SUCCESS);
    /* Linux returns numbers up to 4,095 (MAX_ERRNO), and has no error of that number. */
    assert_int_equal(os_error_of(4095), ERROR_GEN_FAILURE);
}

static void a_socket_is_no_regular_file(void **state)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct os_region_source source;
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t size = 1;
    void *data = &size;

    (void)state;
    assert_true(listening >= 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
    assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(os_file_read_all(path_of("socket"), &data, &size, 100), ERROR_INVALID_NAME);
    assert_ptr_equal(data, &size);
    assert_int_equal(size, 1);
    assert_int_equal(os_region_open(&source, folder, "socket"), ERROR_INVALID_NAME);
    unlink(address.sun_path);
    close(listening);
}

static void a_link_is_no_region(void **state)
{
    struct os_region_source source;

    (void)state;
    assert_int_equal(symlink("socket", path_of("link")), 0);
    assert_int_equal(os_region_open(&source, folder, "link"), ERROR_INVALID_NAME);
    assert_int_equal(os_region_open(&source, folder, "none"), ERROR_FILE_NOT_FOUND);
    unlink(path_of("link"));
}

static void what_cannot_be_appended_to_says_whether_its_folder_is_missing(void **state)
{
    (void)state;
    assert_int_equal(file_append(path_of("none/file"), "x", 1, false), ERROR_PATH_NOT_FOUND);
    assert_int_equal(file_append(folder, "x", 1, false), ERROR_ACCESS_DENIED);
}

static void a_process_that_is_gone_is_an_invalid_handle(void **state)
{
    struct proc_file file;

    (void)state;
    assert_int_equal(proc_file_read(INT_MAX, "stat", false, &file), ERROR_INVALID_HANDLE);
    /* Nothing is mapped at address 0: EIO. */
    assert_int_equal(proc_file_read(getpid(), "mem", false, &file), ERROR_READ_FAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_no_error_and_the_unknown_is_one),
        cmocka_unit_test(a_socket_is_no_regular_file),
        cmocka_unit_test(a_link_is_no_region),
        cmocka_unit_test(what_cannot_be_appended_to_says_whether_its_folder_is_missing),
        cmocka_unit_test(a_process_that_is_gone_is_an_invalid_handle),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
