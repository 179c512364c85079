/* SPDX-License-Identifier: MIT
 *
 * validation_code.c: which library a code was made from. Windows' builds need no test of their own: the size of a file
 * is the only thing that differs there, and test_os.c has it.
 */
#define _POSIX_C_SOURCE 200809L

#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "temporary_path.h"
#include "validation_code.h"

#define LARGE                                                                                      \
    (((uint64_t)3 << 30) + 1) /* more than memory should be spent on, and than 31 bits hold */

/* A file of that size without data. */
static const char *library_of(uint64_t size)
{
    const char *path = temporary_path("validation-code");
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, (off_t)size), 0);
    close(file);
    return path;
}

static void a_code_is_that_of_a_library_of_its_size(void **state)
{
    static const struct {
        uint64_t file, code;
        size_t code_size;
        bool fits;
    } cases[] = {
        { 7, 7, 16, true },         { 7, 6, 16, false },
        { 7, 8, 16, false },        { 0, 0, 16, true },
        { LARGE, LARGE, 16, true }, { LARGE, LARGE - 1, 16, false },
        { LARGE, 1, 16, false },    { 7, 7, 15, false },
        { 7, 7, 17, false },        { 7, 7 | (uint64_t)1 << 32, 16, false },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        unsigned char code[17] = { 0 };
        const struct service service = { .validation_code = code,
                                         .validation_code_size = cases[i].code_size };

        for (unsigned byte = 0; byte < 8; byte++)
            code[8 + byte] = (unsigned char)(cases[i].code >> 8 * byte);
        if (validation_code_fits(&service, library_of(cases[i].file)) != cases[i].fits)
            fail_msg("case %zu", i);
    }
    os_file_remove(temporary_path("validation-code"));
}

static void no_code_and_no_file_fit_nothing(void **state)
{
    unsigned char code[16] = { 0 };
    const struct service none = { .validation_code = NULL, .validation_code_size = 16 };
    const struct service some = { .validation_code = code, .validation_code_size = 16 };

    (void)state;
    assert_false(validation_code_fits(&none, library_of(0)));
    assert_true(validation_code_fits(&some, temporary_path("validation-code")));
    os_file_remove(temporary_path("validation-code"));
    assert_false(validation_code_fits(&some, temporary_path("validation-code")));
    assert_false(validation_code_fits(&some, "/dev/null")); /* its size is 0, but it is no file */
    assert_false(validation_code_fits(&some, "/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_that_of_a_library_of_its_size),
        cmocka_unit_test(no_code_and_no_file_fit_nothing),
    };

    return cmocka_run_group_tests_name("validation_code", tests, NULL, NULL);
}
