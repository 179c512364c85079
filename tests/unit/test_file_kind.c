/* SPDX-License-Identifier: MIT
 *
 * file_kind.c: the kind of a file by its bytes, without any read outside them.
 */
#include "unit.h"

#include "file_kind.h"
#include "name_pattern.h"
#include "os.h"

static void files_are_named_by_their_first_bytes(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        enum file_kind kind;
        bool is_cut;
        const char *text;
    } files[] = {
        { "", 0, FILE_KIND_EMPTY, false, "empty" },
        { "MZ", 2, FILE_KIND_PE, true, "the begin of a Windows program (PE), or one of DOS" },
        { "\177ELF", 4, FILE_KIND_ELF, true,
          "the begin of an ELF file, or one of big-endian order" },
        { "!<arch>\n", 8, FILE_KIND_ARCHIVE, false,
          "a static library; a provider is a shared one (-shared, a DLL)" },
        { "plain", 5, FILE_KIND_TEXT, false, "a text file" },
        { "REGEDIT4", 8, FILE_KIND_TEXT, false,
          "a text file: a registration (perfharness doctor reads it)" },
        { "\xFF\xFEx\0", 4, FILE_KIND_TEXT, false, "a text file" },
        { "P\0E\0R\0F\0", 8, FILE_KIND_UNKNOWN, false, "no program and no library" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char text[FILE_KIND_TEXT_SIZE];
        bool is_cut;
        const struct span file = { (const unsigned char *)files[i].bytes, files[i].size };

        assert_int_equal(file_kind_find(file, text, &is_cut), files[i].kind);
        assert_string_equal(text, files[i].text);
        assert_int_equal(is_cut, files[i].is_cut);
    }
}

/* This program's own file, cut at many places, each copy in memory of its exact size. */
static void an_image_that_is_cut_is_seen_as_one(void **state)
{
    char path[OS_PATH_SIZE], text[FILE_KIND_TEXT_SIZE];
    struct span file = { 0 };
    void *data;
    bool is_cut;

    (void)state;
    if (os_program_path(path, sizeof(path)) != ERROR_SUCCESS)
        skip();
    assert_int_equal(os_file_read_all(path, &data, &file.size, (size_t)1 << 30), ERROR_SUCCESS);
    file.data = data;

    const enum file_kind whole = file_kind_find(file, text, &is_cut);

    assert_true(whole == FILE_KIND_ELF || whole == FILE_KIND_PE);
    assert_false(is_cut);
    for (size_t size = 1; size < 5000; size += size < 200 ? 1 : 97) {
        unsigned char *copy = malloc(size);

        assert_non_null(copy);
        memcpy(copy, data, size);
        file_kind_find((struct span){ copy, size }, text, &is_cut);
        assert_true(is_cut || size < 4);
        free(copy);
    }
    free(data);
}

static void patterns_match_as_a_shell_does(void **state)
{
    (void)state;
    assert_true(name_pattern_matches("*", "") && name_pattern_matches("leak-*", "leak-memory"));
    assert_true(name_pattern_matches("*-mem*y", "leak-memory") &&
                name_pattern_matches("?low", "slow"));
    assert_true(name_pattern_matches("a*b*c", "aXbYbZc") && name_pattern_matches("**", "x"));
    assert_false(name_pattern_matches("leak", "leak-memory") || name_pattern_matches("", "x"));
    assert_false(name_pattern_matches("?", "") || name_pattern_matches("a*b", "abc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_named_by_their_first_bytes),
        cmocka_unit_test(an_image_that_is_cut_is_seen_as_one),
        cmocka_unit_test(patterns_match_as_a_shell_does),
    };

    return cmocka_run_group_tests_name("file_kind", tests, NULL, NULL);
}
