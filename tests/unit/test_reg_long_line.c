/* SPDX-License-Identifier: MIT
 *
 * reg_scan.c: the longest line of a .reg file. It has a test of its own because it takes seconds.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "reg_scan.h"
#include "registration.h"

#define HEADER TEXT16("REGEDIT4\n")

static DWORD visit_nothing(void *context, const struct reg_event *event)
{
    (void)context, (void)event;
    return ERROR_SUCCESS;
}

/* A header, and a comment of `length` units, with a line end or without. */
static DWORD scan_comment(size_t length, bool has_end, struct registration_error *error)
{
    const size_t before = sizeof(HEADER) / sizeof(WCHAR) - 1, size = before + length + has_end;
    WCHAR *units = malloc(size * sizeof(*units));
    const struct reg_text text = { .units = units, .length = size };

    assert_non_null(units);
    memcpy(units, HEADER, before * sizeof(*units));
    for (size_t i = 0; i < length; i++)
        units[before + i] = ';';
    if (has_end)
        units[size - 1] = '\n';
    const DWORD failure = reg_scan(&text, "f.reg", visit_nothing, NULL, error);
    free(units);
    return failure;
}

/* 16 Mi is LONGEST_LINE of reg_scan.c. */
static void a_line_has_at_most_16_mi_units(void **state)
{
    (void)state;
    for (int has_end = 0; has_end < 2; has_end++) {
        struct registration_error error;

        assert_int_equal(scan_comment(16u << 20, has_end, &error), ERROR_SUCCESS);
        assert_int_equal(scan_comment((16u << 20) + 1, has_end, &error), ERROR_INVALID_DATA);
        assert_non_null(strstr(error.message, "f.reg:2: the line is longer than 16777216"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_line_has_at_most_16_mi_units) };

    return cmocka_run_group_tests_name("reg_long_line", tests, NULL, NULL);
}
