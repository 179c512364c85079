/* SPDX-License-Identifier: MIT
 *
 * dwarf_line.c: line tables of versions 4 and 5 that are made here, their ends, tables that are cut at
 * each byte, and counts that no table can have.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "dwarf_line.h"

/* The program of both: 0x1000 is line 10 of file 1, 0x1008 line 12, 0x1010 the end. */
#define PROGRAM                                                                                    \
    0, 9, 2, 0x00, 0x10, 0, 0, 0, 0, 0, 0, /* set_address 0x1000 */                                \
        3, 9,                              /* advance_line 9: line 10 */                           \
        1,                                 /* copy */                                              \
        10 + 14 * 8 + 2 + 5,               /* special: 8 bytes, 2 lines; see below */              \
        2, 8,                              /* advance_pc 8 */                                      \
        0, 1, 1                            /* end_sequence */

/* line_base -5, line_range 14, opcode_base 10: special opcode 10 + 14 * bytes + lines + 5 */
static const unsigned char
    version_4
        [] = {
            67,      0,   0,   0,   4,   0,   41, 0, 0, 0, 1,   1,   1,   0xFB, 14,
            10,      0,   1,   1,   1,   1,   0,  0, 0, 1, 's', 'r', 'c', 0,    0, /* folders */
            'm',     'i', 'n', 'e', '.', 'c', 0,  1, 0, 0, 'o', '.', 'h', 0,    0,
            0,       0,   0, /* files */
            0,       0,   0, /* nothing: counted in header_length */
            PROGRAM,
        };

static const unsigned char version_5[] = {
    71,      0, 0,    0, 5,    0, 8, 0, 43, 0,    0, 0, 1, 1, 1, 0xFB, 14, 10, 0, 1,
    1,       1, 1,    0, 0,    0, 1, 1, 1,  0x1F, 2, 0, 0, 0, 0, 4,    0,  0,  0, /* two folders */
    2,       1, 0x1F, 2, 0x0B, 2, 8, 0, 0,  0,    0, 8, 0, 0, 0, 1, /* files: paths, folders of one byte */
    PROGRAM,
};

static const unsigned char strings[] = "abc\0src\0mine.c"; /* at 0, 4 and 8 */

/* A section of its own size, so that a read after its end is seen. */
static struct span copy_of(const unsigned char *bytes, size_t size)
{
    unsigned char *copy = malloc(size ? size : 1);

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return (struct span){ copy, size };
}

static void expect_lines(const unsigned char *line, size_t size)
{
    static const struct {
        uint64_t address;
        unsigned line; /* 0: not found */
    } cases[] = { { 0xFFF, 0 },   { 0x1000, 10 }, { 0x1007, 10 },   { 0x1008, 12 },
                  { 0x100F, 12 }, { 0x1010, 0 },  { UINT64_MAX, 0 } };
    const struct dwarf_sections sections = { .line = copy_of(line, size),
                                             .line_strings = copy_of(strings, sizeof(strings)) };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dwarf_place place = { .file = "unchanged", .line = 7 };
        const bool is_found = dwarf_line_find(&sections, cases[i].address, &place);

        assert_int_equal(is_found, cases[i].line != 0);
        assert_int_equal(place.line, cases[i].line ? cases[i].line : 7);
        assert_string_equal(place.file, cases[i].line ? "src/mine.c" : "unchanged");
    }
    free((void *)(uintptr_t)sections.line.data);
    free((void *)(uintptr_t)sections.line_strings.data);
}

static void an_address_has_the_line_of_the_last_row_before_it(void **state)
{
    (void)state;
    expect_lines(version_4, sizeof(version_4));
    expect_lines(version_5, sizeof(version_5));
}

static void tables_that_are_cut_or_changed_are_read_only_inside(void **state)
{
    static const struct {
        const unsigned char *bytes;
        size_t size;
    } tables[] = { { version_4, sizeof(version_4) }, { version_5, sizeof(version_5) } };

    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (size_t at = 0; at < tables[i].size; at++)
            for (int value = -1; value < 256; value += value < 0 || value == 1 ? 1 : 127) {
                const size_t size = value < 0 ? at : tables[i].size;
                struct span line = copy_of(tables[i].bytes, size);
                struct span text = copy_of(strings, value < 0 ? at % sizeof(strings) : 4);
                const struct dwarf_sections sections = { .line = line, .line_strings = text };
                struct dwarf_place place;

                if (value >= 0)
                    ((unsigned char *)(uintptr_t)line.data)[at] = (unsigned char)value;
                if (dwarf_line_find(&sections, 0x1004, &place))
                    assert_non_null(memchr(place.file, 0, sizeof(place.file)));
                free((void *)(uintptr_t)line.data);
                free((void *)(uintptr_t)text.data);
            }
}

static void a_count_that_no_table_has_costs_no_time(void **state)
{
    /* In place of the list of folders, which begins at 27: no members, and 2^63 - 1 entries. What
       follows is read as a list of files without members. */
    static const unsigned char folders[] = {
        0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F
    };
    unsigned char line[sizeof(version_5)];
    const struct dwarf_sections sections = { .line = { line, sizeof(line) } };
    struct dwarf_place place;

    (void)state;
    memcpy(line, version_5, sizeof(line));
    memcpy(line + 27, folders, sizeof(folders));
    assert_false(dwarf_line_find(&sections, 0x1004, &place));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_has_the_line_of_the_last_row_before_it),
        cmocka_unit_test(tables_that_are_cut_or_changed_are_read_only_inside),
        cmocka_unit_test(a_count_that_no_table_has_costs_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
