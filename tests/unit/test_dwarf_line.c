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

/* ---- sections that are made of parts --------------------------------------------------------- */

struct bytes {
    unsigned char data[512];
    size_t size;
};

static void add(struct bytes *to, const void *data, size_t size)
{
    assert_true(to->size + size <= sizeof(to->data));
    memcpy(to->data + to->size, data, size);
    to->size += size;
}

static void add_number(struct bytes *to, uint64_t number, size_t size)
{
    add(to, &number, size); /* little-endian, as the file */
}

/* A text that may have zeros inside. */
#define BYTES(text) (text), sizeof(text) - 1

struct part {
    const char *data;
    size_t size;
};

struct line_unit {
    uint16_t version;
    bool is_64;
    unsigned opcode_base; /* 10, 13 or, without lengths, 0 */
    struct part tables, program;
};

static void add_unit(struct bytes *to, const struct line_unit *unit)
{
    struct bytes header = { .size = 0 }, rest = { .size = 0 };
    const size_t word = unit->is_64 ? 8 : 4;

    add_number(&header, 1, 1); /* bytes of an instruction */
    if (unit->version >= 4)
        add_number(&header, 1, 1);
    add(&header, BYTES("\1\xFB\x0E")); /* statements; line_base -5; line_range 14 */
    add_number(&header, unit->opcode_base, 1);
    if (unit->opcode_base)
        add(&header, "\0\1\1\1\1\0\0\0\1\0\0\1", unit->opcode_base - 1);
    add(&header, unit->tables.data, unit->tables.size);
    add_number(&rest, unit->version, 2);
    if (unit->version >= 5)
        add(&rest, BYTES("\x08\0"));
    add_number(&rest, header.size, word);
    add(&rest, header.data, header.size);
    add(&rest, unit->program.data, unit->program.size);
    if (unit->is_64)
        add_number(to, 0xFFFFFFFF, 4);
    add_number(to, rest.size, word);
    add(to, rest.data, rest.size);
}

/* The place of an address in a section: "file:line", or "none". */
static const char *place_of(const struct bytes *line, uint64_t address)
{
    static char text[600];
    const struct dwarf_sections sections = { .line = copy_of(line->data, line->size),
                                             .line_strings = copy_of(strings, sizeof(strings)) };
    struct dwarf_place place;

    snprintf(text, sizeof(text), "none");
    if (dwarf_line_find(&sections, address, &place))
        snprintf(text, sizeof(text), "%s:%u", place.file, (unsigned)place.line);
    free((void *)(uintptr_t)sections.line.data);
    free((void *)(uintptr_t)sections.line_strings.data);
    return text;
}

static const char *place_in(const struct line_unit *unit, uint64_t address)
{
    struct bytes line = { .size = 0 };

    add_unit(&line, unit);
    return place_of(&line, address);
}

/* Folders "src" and "lib"; files "mine.c" in the first, "/abs.c", "c:\\x.c", "\\y.c", "here.c" in none. */
#define TABLES_4                                                                                   \
    BYTES("src\0lib\0\0mine.c\0\1\0\0/"                                                            \
          "abs.c\0\1\0\0c:x.c\0\1\0\0\\y.c\0\1\0\0here.c\0\0\0\0\0\0\0\0")
/* Address 0x1000; line 1. */
#define AT_1000 "\0\x09\2\0\x10\0\0\0\0\0\0"
#define END "\2\x10\0\1\1" /* 16 bytes more, and the end of the sequence */
#define MINUS_128 "\x80\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F" /* in 10 bytes */

/* Opcodes: 1 row, 2 add to the address, 3 to the line, 4 file, 5 column, 7 basic block, 8 advance by 245 / 14 = 17,
   9 by two bytes; 10 and more: a row. */
static void each_opcode_changes_its_part_of_the_row(void **state)
{
    static const struct {
        const char *title;
        struct part program;
        uint64_t address;
        const char *place;
    } cases[] = {
        { "a row", { BYTES(AT_1000 "\1" END) }, 0x1004, "src/mine.c:1" },
        { "its last byte", { BYTES(AT_1000 "\1" END) }, 0x100F, "src/mine.c:1" },
        { "the byte after", { BYTES(AT_1000 "\1" END) }, 0x1010, "none" },
        { "no end", { BYTES(AT_1000 "\1") }, 0x1000, "none" },
        { "a line", { BYTES(AT_1000 "\3\x13\1" END) }, 0x1004, "src/mine.c:20" },
        { "a line of two bytes", { BYTES(AT_1000 "\3\xC8\1\1" END) }, 0x1004, "src/mine.c:201" },
        { "a line before", { BYTES(AT_1000 "\3\x13\3\x7D\1" END) }, 0x1004, "src/mine.c:17" },
        { "128 lines before",
          { BYTES(AT_1000 "\3\xC8\1\3" MINUS_128 "\1" END) },
          0x1004,
          "src/mine.c:73" },
        { "line 0", { BYTES(AT_1000 "\3\x7F\1" END) }, 0x1004, "none" },
        { "a line that is no row yet",
          { BYTES(AT_1000 "\1\3\5\2\x08\1" END) },
          0x1004,
          "src/mine.c:1" },
        { "a line of 11 bytes, of which the last is not used",
          { BYTES(AT_1000 "\3\x85\x80\x80\x80\x80\x80\x80\x80\x80\x80\1\1" END) },
          0x1004,
          "src/mine.c:6" },
        { "a column that would be a row of 5 lines less",
          { BYTES(AT_1000 "\3\x13\5\x0A\1" END) },
          0x1004,
          "src/mine.c:20" },
        { "another file", { BYTES(AT_1000 "\4\5\1" END) }, 0x1004, "here.c:1" },
        { "an absolute path", { BYTES(AT_1000 "\4\2\1" END) }, 0x1004, "/abs.c:1" },
        { "a path with a drive", { BYTES(AT_1000 "\4\3\1" END) }, 0x1004, "c:x.c:1" },
        { "a path of Windows", { BYTES(AT_1000 "\4\4\1" END) }, 0x1004, "\\y.c:1" },
        { "a file that does not exist", { BYTES(AT_1000 "\4\6\1" END) }, 0x1004, "none" },
        { "file 0", { BYTES(AT_1000 "\4\0\1" END) }, 0x1004, "none" },
        { "a column", { BYTES(AT_1000 "\5\1\3\1\1" END) }, 0x1004, "src/mine.c:2" },
        { "a basic block", { BYTES(AT_1000 "\7\6\1" END) }, 0x1004, "src/mine.c:1" },
        { "17 bytes", { BYTES(AT_1000 "\1\x08" END) }, 0x1020, "src/mine.c:1" },
        { "17 bytes and no more", { BYTES(AT_1000 "\1\x08" END) }, 0x1021, "none" },
        { "two bytes", { BYTES(AT_1000 "\1\x09\0\1" END) }, 0x110F, "src/mine.c:1" },
        { "an address of two bytes", { BYTES(AT_1000 "\1\2\x80\1" END) }, 0x108F, "src/mine.c:1" },
        { "11 bytes, of which the last is not used",
          { BYTES(AT_1000 "\1\2\x88\x80\x80\x80\x80\x80\x80\x80\x80\x80\1" END) },
          0x1018,
          "none" },
        { "the lowest special opcode",
          { BYTES(AT_1000 "\3\x13\x0A" END) },
          0x1004,
          "src/mine.c:15" },
        { "the highest one", { BYTES(AT_1000 "\3\x13\xFF" END) }, 0x1011, "src/mine.c:22" },
        { "an address of 4 bytes", { BYTES("\0\5\2\0\x10\0\0\1" END) }, 0x1004, "src/mine.c:1" },
        { "an address of 2 bytes counts as 0",
          { BYTES("\0\3\2\0\x10\3\x09\1" END) },
          0x09031004,
          "none" },
        { "an unknown opcode with a length",
          { BYTES(AT_1000 "\0\3\x80\1\1\1" END) },
          0x1004,
          "src/mine.c:1" },
        { "a length beyond the end", { BYTES(AT_1000 "\1\0\x7F\1") }, 0x1000, "none" },
        { "code that was removed: address 0", { BYTES("\1\2\x80\x40" END) }, 0x1004, "none" },
        { "between two sequences",
          { BYTES(AT_1000 "\1" END "\0\x09\2\0\x20\0\0\0\0\0\0\1" END) },
          0x1800,
          "none" },
        { "the second sequence, which begins with line 1 and file 1",
          { BYTES(AT_1000 "\3\5\4\2\1" END "\0\x09\2\0\x20\0\0\0\0\0\0\1" END) },
          0x2004,
          "src/mine.c:1" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (uint16_t version = 2; version <= 4; version++)
            for (int is_64 = 0; is_64 < 2; is_64++) {
                const struct line_unit unit = {
                    version, is_64, 10, { TABLES_4 }, cases[i].program
                };

                if (strcmp(place_in(&unit, cases[i].address), cases[i].place) != 0)
                    fail_msg("version %u, %s: %s", (unsigned)version, cases[i].title,
                             place_in(&unit, cases[i].address));
            }
}

/* Opcode 10, 11 and 12 are no rows here, and 12 has an operand. Without standard opcodes all are rows; 255 is one of
   18 bytes and -5 + 3 lines, and 12 one of no bytes and -5 + 12 lines. */
static void a_unit_says_which_opcodes_are_rows(void **state)
{
    const struct line_unit later = {
        4, false, 13, { TABLES_4 }, { BYTES(AT_1000 "\x0A\x0B\x0C\1\3\1\1" END) }
    };
    const struct line_unit none = { 4, false, 0, { TABLES_4 }, { BYTES("\x0C\xFF\xFF") } };

    (void)state;
    assert_string_equal(place_in(&later, 0x1004), "src/mine.c:2");
    assert_string_equal(place_in(&none, 19), "src/mine.c:6");
    assert_string_equal(place_in(&none, 40), "none");
}

/* Texts and tables that end with the header. The program begins with a zero. */
static void the_tables_of_a_unit_end_with_its_header(void **state)
{
    static const struct part tables[] = {
        { BYTES("src\0\0mine.c") },
        { BYTES("src\0\0mine.c\0\1\0\0") },
        { BYTES("src") },
        { BYTES("src\0") },
        { BYTES("\0") },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(tables); i++) {
        const struct line_unit unit = { 4, false, 10, tables[i], { BYTES(AT_1000 "\1" END) } };

        if (strcmp(place_in(&unit, 0x1004), i == 1 ? "src/mine.c:1" : "none") != 0)
            fail_msg("case %zu: %s", i, place_in(&unit, 0x1004));
    }
}

static void a_unit_of_another_version_is_passed_over(void **state)
{
    static const uint16_t versions[] = { 0, 1, 6, 0xFFFF };
    const struct line_unit good = { 4, false, 10, { TABLES_4 }, { BYTES(AT_1000 "\1" END) } };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(versions); i++) {
        struct line_unit other = good;
        struct bytes line = { .size = 0 };

        other.version = versions[i];
        add_unit(&line, &other);
        assert_string_equal(place_of(&line, 0x1004), "none");
        add_unit(&line, &good);
        assert_string_equal(place_of(&line, 0x1004), "src/mine.c:1");
    }
}

/* A header that ends beyond its unit, at the end of the section; a unit that does; a line_range of 0. */
static void a_unit_that_is_not_whole_is_passed_over(void **state)
{
    const struct line_unit good = { 4, false, 10, { TABLES_4 }, { BYTES(AT_1000 "\1" END) } };
    struct bytes line = { .size = 0 };

    (void)state;
    add(&line, BYTES("\6\0\0\0\4\0\x64\0\0\0"));
    assert_string_equal(place_of(&line, 0x1004), "none");
    line.size = 0;
    add(&line, BYTES("\2\0\0\0\4\0")); /* the version alone */
    add_unit(&line, &good);
    assert_string_equal(place_of(&line, 0x1004), "src/mine.c:1");
    line.size--;
    assert_string_equal(place_of(&line, 0x1004), "none");
    line.size = 0;
    add_unit(&line, &good);
    line.data[14] = 0; /* line_range: 10 bytes of lengths and version, and 4 before it */
    assert_string_equal(place_of(&line, 0x1004), "none");
}

/* Version 5: numbers of members and their (content, form); the number of entries, and the entries. Content 1 is a
   path, 2 a folder; forms: 8 a text, 0x0B a byte, 5 two, 6 four, 7 eight, 0x0F a number, 9 a block, 0x1E 16 bytes,
   0x1F a place in `strings`. */
static void tables_of_version_5_say_what_they_have(void **state)
{
#define FOLDERS "\1\1\x08\2src\0lib\0"
    static const struct {
        const char *title;
        struct part tables;
        const char *place;
    } cases[] = {
        { "the first of two files in the second folder",
          { BYTES(FOLDERS "\2\2\x0B\1\x08\3\0zero\0\1one\0\0two\0") },
          "lib/one:1" },
        { "no folder of that number",
          { BYTES(FOLDERS "\2\2\x0B\1\x08\2\0zero\0\5one\0") },
          "one:1" },
        { "no folders", { BYTES("\0\1\1\1\x08\2zero\0/one\0") }, "/one:1" },
        { "a path in another section",
          { BYTES(FOLDERS "\1\1\x1F\2\0\0\0\0\x08\0\0\0") },
          "src/mine.c:1" },
        { "one at its end", { BYTES(FOLDERS "\1\1\x1F\2\0\0\0\0\x0E\0\0\0") }, "src/:1" },
        { "one outside", { BYTES(FOLDERS "\1\1\x1F\2\0\0\0\0\x0F\0\0\0") }, "none" },
        { "one in a section that there is not",
          { BYTES(FOLDERS "\1\1\x0E\2\0\0\0\0\0\0\0\0") },
          "none" },
        { "each form",
          { BYTES(FOLDERS "\x08\5\x0B\5\5\5\6\5\7\5\x0F\5\x09\5\x1E\1\x08\2"
                          "1"
                          "22"
                          "4444"
                          "88888888"
                          "\x80\1"
                          "\3bbb"
                          "1234567890123456"
                          "zero\0"
                          "1"
                          "22"
                          "4444"
                          "88888888"
                          "\x80\1"
                          "\0"
                          "1234567890123456"
                          "one\0") },
          "src/one:1" },
        { "a form that is not known", { BYTES(FOLDERS "\2\1\x08\5\x63\2zero\0one\0") }, "none" },
        { "such a form in the folders", { BYTES("\1\1\x63\0\1\1\x08\2zero\0one\0") }, "one:1" },
        { "and in one", { BYTES("\1\1\x63\1\1\1\x08\2zero\0one\0") }, "none" },
        { "16 members",
          { BYTES(FOLDERS "\x10\5\x0B\5\x0B\5\x0B\5\x0B\5\x0B\5\x0B\5\x0B\5\x0B\5\x0B"
                          "\5\x0B\5\x0B\5\x0B\5\x0B\5\x0B\5\x0B\1\x08\2"
                          "123456789012345zero\0"
                          "123456789012345one\0") },
          "src/one:1" },
        { "17 members",
          { BYTES(FOLDERS "\x11\5\x0B\5\x0B\5\x0B\5\x0B\5\x0B\5\x0B\5\x0B\5\x0B\5\x0B"
                          "\5\x0B\5\x0B\5\x0B\5\x0B\5\x0B\5\x0B\5\x0B\1\x08\2"
                          "1234567890123456zero\0"
                          "1234567890123456one\0") },
          "none" },
        { "fewer files than are counted", { BYTES(FOLDERS "\1\1\x08\3zero\0one\0") }, "none" },
        { "a file without path", { BYTES(FOLDERS "\1\2\x0B\2\0\0") }, "none" },
        { "an empty path, and a colon after it",
          { BYTES(FOLDERS "\3\2\x0B\1\x08\5\x0B\2\0z\0:\0\0:") },
          "src/:1" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct line_unit unit = {
            5, false, 10, cases[i].tables, { BYTES(AT_1000 "\1" END) }
        };

        if (strcmp(place_in(&unit, 0x1004), cases[i].place) != 0)
            fail_msg("%s: %s", cases[i].title, place_in(&unit, 0x1004));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_opcode_changes_its_part_of_the_row),
        cmocka_unit_test(a_unit_says_which_opcodes_are_rows),
        cmocka_unit_test(the_tables_of_a_unit_end_with_its_header),
        cmocka_unit_test(a_unit_of_another_version_is_passed_over),
        cmocka_unit_test(a_unit_that_is_not_whole_is_passed_over),
        cmocka_unit_test(tables_of_version_5_say_what_they_have),
        cmocka_unit_test(an_address_has_the_line_of_the_last_row_before_it),
        cmocka_unit_test(tables_that_are_cut_or_changed_are_read_only_inside),
        cmocka_unit_test(a_count_that_no_table_has_costs_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
