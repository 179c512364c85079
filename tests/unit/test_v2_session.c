/* SPDX-License-Identifier: MIT
 *
 * v2_session.c: how it explains a manifest that cannot be used. tests/harness/v2.t has sessions with providers.
 */
#include "unit.h"

#include "manifest_fixture.h"
#include "os.h"
#include "temporary_path.h"
#include "v2_session.h"

/* Begin a session with a manifest, and end it. */
static DWORD begin_and_end(const char *path, char *detail, size_t size)
{
    const DWORD error = v2_session_begin(path, 2, false, detail, size);

    v2_session_end();
    return error;
}

/* Warnings come first if their place in the manifest does. */
static void the_first_error_of_a_manifest_is_the_reason(void **state)
{
    static char text[16384] = MANIFEST_OLD;
    const char *path = temporary_path("v2-session");
    char detail[512] = "";

    (void)state;
    manifest_edit(text, sizeof(text), "id='1'", "id='1' baseID='2'");
    manifest_edit(text, sizeof(text), "name='Two'", "name='One'");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
    assert_int_equal(begin_and_end(path, detail, sizeof(detail)), ERROR_INVALID_DATA);
    if (!strstr(detail, ":7: the name \"One\" occurs twice"))
        fail_msg("%s", detail);
    os_file_remove(path);
}

static void a_manifest_that_is_missing_is_named(void **state)
{
    char detail[512] = "";

    (void)state;
    assert_int_equal(begin_and_end("missing.man", detail, sizeof(detail)), ERROR_FILE_NOT_FOUND);
    assert_string_equal(detail, "the manifest missing.man cannot be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_error_of_a_manifest_is_the_reason),
        cmocka_unit_test(a_manifest_that_is_missing_is_named),
    };

    return cmocka_run_group_tests_name("v2_session", tests, NULL, NULL);
}
