/* SPDX-License-Identifier: MIT
 *
 * counter_set.c: the limits of languages and offsets. tests/harness/install.t has the other rules.
 */
#include "unit.h"

#include <stdlib.h>

#include "counter_set.h"
#include "os.h"
#include "temporary_path.h"
#include "text.h"

static struct registration_error error;
static struct counter_set set;

/* Read an .ini file of these sections, whose symbol file defines OBJECT. The caller releases the set. */
static DWORD read_set(const char *sections, uint32_t offset)
{
    static char text[65536], ini[OS_PATH_SIZE], symbols[OS_PATH_SIZE + 8];

    snprintf(ini, sizeof(ini), "%s", temporary_path("counter-set"));
    snprintf(symbols, sizeof(symbols), "%s.h", ini);
    snprintf(text, sizeof(text), "#define OBJECT %u\n", (unsigned)offset);
    assert_int_equal(os_file_write_all(symbols, text, strlen(text)), 0);
    snprintf(text, sizeof(text), "[info]\ndrivername=service\nsymbolfile=%s\n%s",
             text_utf8_file_name(symbols), sections);
    assert_int_equal(os_file_write_all(ini, text, strlen(text)), 0);
    error.message[0] = '\0';
    set = (struct counter_set){ 0 };
    const DWORD failure = counter_set_read(ini, &set, &error);
    os_file_remove(ini);
    os_file_remove(symbols);
    return failure;
}

/* The highest offset is HIGHEST_OFFSET of counter_set.c. */
static void offsets_are_even_and_end_with_the_highest(void **state)
{
    static const struct {
        uint32_t offset;
        bool is_good;
    } cases[] = {
        { 0, true },          { 1, false },          { 2, true },           { 0x00FFFFFD, false },
        { 0x00FFFFFE, true }, { 0x00FFFFFF, false }, { 0x01000000, false }, { 0xFFFFFFFE, false },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const DWORD failure = read_set("[languages]\n009=English\n[objects]\nOBJECT_009_NAME=\n"
                                       "[text]\nOBJECT_009_NAME=Object\n",
                                       cases[i].offset);

        if (cases[i].is_good != (failure == ERROR_SUCCESS))
            fail_msg("%u: %s", (unsigned)cases[i].offset, error.message);
        if (failure)
            assert_non_null(strstr(error.message, "offsets are even numbers up to 16777214"));
        else
            assert_int_equal(set.last_offset, cases[i].offset);
        counter_set_release(&set);
    }
}

/* [languages] with 009 and those after it, and a name in each. */
static DWORD read_languages(size_t count, const char *also)
{
    static char sections[32768];
    size_t used = (size_t)snprintf(sections, sizeof(sections), "[languages]\n");

    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(sections + used, sizeof(sections) - used, "%03X=x\n",
                                 (unsigned)(9 + i));
    used += (size_t)snprintf(sections + used, sizeof(sections) - used, "%s[text]\n", also);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(sections + used, sizeof(sections) - used, "OBJECT_%03X_NAME=x\n",
                                 (unsigned)(9 + i));
    return read_set(sections, 0);
}

/* 256 is MOST_LANGUAGES of counter_set.c. */
static void there_are_at_most_256_languages(void **state)
{
    (void)state;
    if (read_languages(256, ""))
        fail_msg("%s", error.message);
    assert_int_equal(set.language_count, 256);
    counter_set_release(&set);

    assert_int_equal(read_languages(256, "A=again\n"), ERROR_SUCCESS);
    assert_int_equal(set.language_count, 256);
    counter_set_release(&set);

    assert_int_equal(read_languages(257, ""), ERROR_INVALID_DATA);
    assert_non_null(strstr(error.message, "[languages] has more than 256"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_even_and_end_with_the_highest),
        cmocka_unit_test(there_are_at_most_256_languages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
