/* SPDX-License-Identifier: MIT
 *
 * pe_file.c: a small PE file, made by the test, with every offset and count at its limit, one above
 * it, and with ranges that begin inside the file and end outside.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "pe_file.h"

/* Offsets in the file. The one section is 512 bytes from SECTION, at address 0x1000. The export
   directory is at its start; functions, names, ordinals and texts follow. COFF symbols come
   after the section. Offsets in structures are those of winnt.h: IMAGE_OPTIONAL_HEADER64 has 240
   bytes, IMAGE_EXPORT_DIRECTORY 40, and IMAGE_SYMBOL 18. */
enum {
    PE = 64,
    OPTIONAL_HEADER = PE + 24,
    SECTIONS = OPTIONAL_HEADER + 240,
    SECTION = 512,
    FUNCTIONS = SECTION + 0x40,
    NAMES = SECTION + 0x60,
    ORDINALS = SECTION + 0x80,
    TEXTS = SECTION + 0xA0,
    SYMBOLS = 1024,
    FILE_SIZE = SYMBOLS + 3 * 18 + 16,
    ADDRESS = 0x1000,
};

static unsigned char bytes[FILE_SIZE];

static void put_u16(size_t at, uint16_t value)
{
    memcpy(bytes + at, &value, sizeof(value));
}

static void put_u32(size_t at, uint32_t value)
{
    memcpy(bytes + at, &value, sizeof(value));
}

/* The address in the image of an offset in the section. */
static uint32_t address_of(size_t offset)
{
    return (uint32_t)(offset - SECTION + ADDRESS);
}

static void put_symbol(size_t index, const char *name, uint16_t section, uint32_t value)
{
    unsigned char *at = bytes + SYMBOLS + index * 18;
    const size_t length = strlen(name);

    memset(at, 0, 18);
    memcpy(at, name, length < 8 ? length : 8);
    memcpy(at + 8, &value, 4);
    memcpy(at + 12, &section, 2);
    at[14] = 0x20; /* Type: a function */
}

static int setup(void **state)
{
    (void)state;
    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, "MZ", 2);
    put_u32(60, PE);
    memcpy(bytes + PE, "PE\0", 4);
    put_u16(PE + 4, PE_MACHINE_X64);
    put_u16(PE + 6, 1);
    put_u32(PE + 12, SYMBOLS);
    put_u32(PE + 16, 3);
    put_u16(PE + 20, 240);
    put_u16(OPTIONAL_HEADER, 0x20B);
    put_u32(OPTIONAL_HEADER + 108, 16);
    put_u32(OPTIONAL_HEADER + 112, ADDRESS);
    put_u32(OPTIONAL_HEADER + 116, 0x100);
    put_u32(SECTIONS + 12, ADDRESS);
    put_u32(SECTIONS + 16, SYMBOLS - SECTION);
    put_u32(SECTIONS + 20, SECTION);

    put_u32(SECTION + 20, 2); /* functions */
    put_u32(SECTION + 24, 2); /* names */
    put_u32(SECTION + 28, address_of(FUNCTIONS));
    put_u32(SECTION + 32, address_of(NAMES));
    put_u32(SECTION + 36, address_of(ORDINALS));
    put_u32(FUNCTIONS, 0x5000);
    put_u32(FUNCTIONS + 4, ADDRESS + 0xFF); /* in the last byte of the directory: forwarded */
    put_u32(NAMES, address_of(TEXTS));
    put_u32(NAMES + 4, address_of(TEXTS + 8));
    put_u16(ORDINALS, 0);
    put_u16(ORDINALS + 2, 1);
    memcpy(bytes + TEXTS, "Alpha", 6);
    memcpy(bytes + TEXTS + 8, "Beta", 5);

    put_symbol(0, "function", 1, 0x10);
    put_symbol(1, "abs", 0, 0x20);
    put_symbol(2, "", 1, 0x30);
    put_u32(SYMBOLS + 2 * 18 + 4, 4); /* a name in the table of strings */
    memcpy(bytes + SYMBOLS + 3 * 18 + 4, "long_name_x", 12);
    return 0;
}

static struct span whole(void)
{
    return (struct span){ bytes, FILE_SIZE };
}

/* The file has been moved to memory of its size, so that sanitizers see reads beyond it. */
static unsigned count_exports(struct span file, unsigned *functions)
{
    unsigned char *copy = malloc(file.size);
    struct image_symbol symbol;
    struct pe_exports exports;
    struct pe_file pe;
    unsigned names = 0;

    assert_non_null(memcpy(copy, file.data, file.size));
    *functions = 0;
    assert_true(pe_file_parse(&pe, (struct span){ copy, file.size }));
    pe_file_exports_begin(&exports, &pe);
    while (pe_file_exports_next(&exports, &symbol)) {
        const char *name;

        names += image_symbol_name(&symbol, &name) > 0;
        *functions += symbol.is_function;
    }
    free(copy);
    return names;
}

static void assert_exports(unsigned names, unsigned functions)
{
    unsigned counted;

    assert_int_equal(count_exports(whole(), &counted), names);
    assert_int_equal(counted, functions);
}

static void exports_have_names_and_addresses(void **state)
{
    struct image_symbol symbol;
    struct pe_exports exports;
    struct pe_file pe;
    const char *name;

    (void)state;
    assert_true(pe_file_parse(&pe, whole()));
    pe_file_exports_begin(&exports, &pe);
    assert_true(pe_file_exports_next(&exports, &symbol));
    assert_int_equal(image_symbol_name(&symbol, &name), 5);
    assert_string_equal(name, "Alpha");
    assert_true(symbol.is_function && symbol.address == 0x5000);
    assert_true(pe_file_exports_next(&exports, &symbol));
    assert_int_equal(image_symbol_name(&symbol, &name), 4);
    assert_string_equal(name, "Beta");
    assert_false(symbol.is_function);
    assert_false(pe_file_exports_next(&exports, &symbol));
}

static void an_address_is_forwarded_only_inside_the_directory(void **state)
{
    (void)state;
    assert_exports(2, 1);
    put_u32(FUNCTIONS + 4, ADDRESS + 0x100); /* directly after the directory */
    assert_exports(2, 2);
    put_u32(FUNCTIONS + 4, ADDRESS - 1);
    assert_exports(2, 2);
    put_u32(FUNCTIONS + 4, ADDRESS);
    assert_exports(2, 1);
    put_u32(OPTIONAL_HEADER + 116, 0xFFFFFFFF); /* the end of the directory is beyond 32 bits */
    put_u32(FUNCTIONS, ADDRESS - 2);
    put_u32(FUNCTIONS + 4, 0xFFFFFFFF);
    assert_exports(2, 1);
}

static void the_loader_takes_96_sections(void **state)
{
    enum { MANY = SECTIONS + 97 * PE_SECTION_SIZE };
    unsigned char *large = calloc(1, MANY);
    const uint16_t most = PE_SECTION_LIMIT, too_many = PE_SECTION_LIMIT + 1;
    struct pe_file pe;

    (void)state;
    memcpy(large, bytes, SECTIONS);
    memcpy(large + PE + 6, &most, 2);
    assert_true(pe_file_parse(&pe, (struct span){ large, MANY }));
    assert_true(pe_file_parse(&pe, (struct span){ large, MANY - PE_SECTION_SIZE }));
    assert_false(pe_file_parse(&pe, (struct span){ large, MANY - PE_SECTION_SIZE - 1 }));
    memcpy(large + PE + 6, &too_many, 2);
    assert_false(pe_file_parse(&pe, (struct span){ large, MANY }));
    free(large);
}

static void other_files_are_refused(void **state)
{
    struct pe_file pe;

    (void)state;
    assert_true(pe_file_parse(&pe, whole()));
    bytes[0] = 'm';
    assert_false(pe_file_parse(&pe, whole()));
}

/* Write the second section header, of 16 bytes from TEXTS. */
static void put_second_section(const char *name, uint32_t address, uint32_t size)
{
    const size_t at = SECTIONS + PE_SECTION_SIZE;

    memcpy(bytes + at, name, strlen(name));
    put_u32(at + 8, 0);
    put_u32(at + 12, address);
    put_u32(at + 16, size);
    put_u32(at + 20, TEXTS);
}

static void each_address_belongs_to_the_section_that_contains_it(void **state)
{
    const uint32_t end = ADDRESS + SYMBOLS - SECTION;
    struct pe_file pe;

    (void)state;
    put_second_section("", end, 16);
    assert_true(pe_file_parse(&pe, whole()));
    assert_null(pe_file_at(&pe, end).data); /* NumberOfSections is 1 */
    put_u16(PE + 6, 2);
    assert_true(pe_file_parse(&pe, whole()));
    assert_ptr_equal(pe_file_at(&pe, end - 1).data, bytes + SYMBOLS - 1);
    assert_ptr_equal(pe_file_at(&pe, end).data, bytes + TEXTS);
    assert_int_equal(pe_file_at(&pe, end).size, 16);
    assert_ptr_equal(pe_file_at(&pe, end + 15).data, bytes + TEXTS + 15);
    assert_null(pe_file_at(&pe, end + 16).data);
    put_second_section("", 0xFFFFFFF8, 16); /* addresses do not begin again at 0 */
    assert_ptr_equal(pe_file_at(&pe, 0xFFFFFFFF).data, bytes + TEXTS + 7);
    assert_null(pe_file_at(&pe, 0).data);
}

/* A name of more than 8 characters is "/" and its place in the table of strings, at most 7 digits. The place 4 is
   "long_name_x", and "9" comes after the name in the header. */
static void a_section_is_found_by_its_whole_name(void **state)
{
    static const struct {
        const char *written, *searched;
        bool is_found;
    } cases[] = {
        { ".text", ".text", true },
        { ".text", ".tex", false },
        { ".text", ".text2", false },
        { ".texu", ".text", false },
        { ".text123", ".text123", true },
        { ".text123", ".text1234", false },
        { ".text123", ".text1239", false },
        { ".text123", ".text12", false },
        { "/4", "long_name_x", true },
        { "/4", "long_name_y", false },
        { "/4", "long_name_", false },
        { "/5", "ong_name_x", true },
        { "/09", "name_x", true },
        { "/10", "ame_x", true },
        { "/4:", "long_name_x", true },
        { "/4.", "long_name_x", true },
        { "/0000004", "long_name_x", true },
        { "/99", "long_name_x", false },
        { "/9999999", "long_name_x", false },
        { "/", "long_name_x", false },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct pe_file pe;

        setup(NULL);
        put_second_section(cases[i].written, 0, 16);
        bytes[SECTIONS + PE_SECTION_SIZE + 8] = '9'; /* the VirtualSize */
        assert_true(pe_file_parse(&pe, whole()));
        assert_null(pe_file_section(&pe, cases[i].searched).data);
        put_u16(PE + 6, 2);
        assert_true(pe_file_parse(&pe, whole()));
        if ((pe_file_section(&pe, cases[i].searched).data == bytes + TEXTS) != cases[i].is_found)
            fail_msg("%s in %s", cases[i].searched, cases[i].written);
    }
}

static void without_a_table_of_strings_no_name_is_long(void **state)
{
    struct pe_file pe;

    (void)state;
    put_second_section("/60", 0, 16);
    put_u16(PE + 6, 2);
    put_u32(PE + 16, 20);
    memcpy(bytes + (size_t)20 * 18 + 60, "long", sizeof("long")); /* after the section headers */
    put_u32(PE + 12, 0); /* there are no symbols: a table after 20 of them would begin at 360 */
    assert_true(pe_file_parse(&pe, whole()));
    assert_null(pe_file_section(&pe, "long").data);
    put_u32(PE + 12, FILE_SIZE);
    assert_true(pe_file_parse(&pe, whole()));
    assert_null(pe_file_section(&pe, "long").data);
    put_u32(PE + 12, SYMBOLS);
    put_u32(PE + 16, 0xFFFFFFFF);
    assert_true(pe_file_parse(&pe, whole()));
    assert_null(pe_file_section(&pe, "long").data);
}

static void a_section_has_as_many_bytes_as_are_used(void **state)
{
    static const struct {
        uint32_t used, raw, size;
    } cases[] = { { 0, 16, 16 }, { 8, 16, 8 }, { 16, 16, 16 }, { 17, 16, 16 }, { 0, 0, 0 } };
    struct pe_file pe;

    (void)state;
    put_u16(PE + 6, 2);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        put_second_section(".data", 0, cases[i].raw);
        put_u32(SECTIONS + PE_SECTION_SIZE + 8, cases[i].used);
        assert_true(pe_file_parse(&pe, whole()));
        assert_int_equal(pe_file_section(&pe, ".data").size, cases[i].size);
    }
    put_second_section(".data", 0, FILE_SIZE - TEXTS);
    assert_int_equal(pe_file_section(&pe, ".data").size, FILE_SIZE - TEXTS);
    put_second_section(".data", 0, FILE_SIZE - TEXTS + 1);
    assert_int_equal(pe_file_section(&pe, ".data").size, 0);
}

static void a_directory_at_address_0_is_none(void **state)
{
    (void)state;
    put_u32(SECTIONS + 12, 0); /* where the directory is, whose addresses begin there, too */
    put_u32(SECTION + 28, FUNCTIONS - SECTION);
    put_u32(SECTION + 32, NAMES - SECTION);
    put_u32(SECTION + 36, ORDINALS - SECTION);
    put_u32(NAMES, TEXTS - SECTION);
    put_u32(OPTIONAL_HEADER + 112, 0);
    assert_exports(0, 0);
}

static void an_address_is_inside_a_section_or_nowhere(void **state)
{
    struct pe_file pe;

    (void)state;
    assert_true(pe_file_parse(&pe, whole()));
    assert_ptr_equal(pe_file_at(&pe, ADDRESS).data, bytes + SECTION);
    assert_int_equal(pe_file_at(&pe, ADDRESS).size, SYMBOLS - SECTION);
    assert_int_equal(pe_file_at(&pe, ADDRESS + SYMBOLS - SECTION - 1).size, 1);
    assert_int_equal(pe_file_at(&pe, ADDRESS + SYMBOLS - SECTION).size, 0);
    assert_int_equal(pe_file_at(&pe, ADDRESS - 1).size, 0);
}

static void a_section_that_ends_outside_the_file_ends_with_it(void **state)
{
    struct pe_file pe;

    (void)state;
    put_u32(SECTIONS + 16, 0xFFFFFFFF);
    assert_true(pe_file_parse(&pe, whole()));
    assert_int_equal(pe_file_at(&pe, ADDRESS).size, FILE_SIZE - SECTION);
    assert_int_equal(pe_file_at(&pe, ADDRESS + FILE_SIZE - SECTION - 1).size, 1);
    assert_int_equal(pe_file_at(&pe, ADDRESS + FILE_SIZE - SECTION).size, 0);
    assert_int_equal(pe_file_at(&pe, 0xFFFFFFFF).size, 0);
    put_u32(SECTIONS + 20, 0xFFFFFFFF);
    assert_true(pe_file_parse(&pe, whole()));
    assert_int_equal(pe_file_at(&pe, ADDRESS + 1).size, 0);
}

static void a_directory_that_ends_outside_its_section_is_none(void **state)
{
    (void)state;
    memmove(bytes + SYMBOLS - 40, bytes + SECTION, 40);
    put_u32(OPTIONAL_HEADER + 112, address_of(SYMBOLS - 40));
    assert_exports(2, 2); /* the forwarded address is outside of it now */
    put_u32(OPTIONAL_HEADER + 112, address_of(SYMBOLS - 39));
    assert_exports(0, 0);
    put_u32(OPTIONAL_HEADER + 112, 0);
    assert_exports(0, 0);
}

static void counts_beyond_their_arrays_yield_what_is_there(void **state)
{
    const size_t last = SYMBOLS - 4;

    (void)state;
    put_u32(SECTION + 24, 3); /* the third name is empty: address 0 */
    assert_exports(2, 2);
    put_u32(SECTION + 24, 0xFFFFFFFF);
    put_u32(SECTION + 32, address_of(last)); /* one complete name, then the section ends */
    put_u32(last, address_of(TEXTS));
    assert_exports(1, 1);
    put_u32(SECTION + 32, address_of(last + 1));
    assert_exports(0, 0);
}

static void a_name_without_a_function_is_a_name(void **state)
{
    (void)state;
    put_u16(ORDINALS + 2, 2); /* one above the last function */
    put_u32(FUNCTIONS + 8, 0x5000);
    assert_exports(2, 1);
    put_u32(SECTION + 20, 3);
    assert_exports(2, 2);
    put_u32(SECTION + 28, address_of(SYMBOLS - 11)); /* the last of three does not fit */
    assert_exports(2, 1);
    put_u32(SECTION + 36, address_of(SYMBOLS - 2)); /* one ordinal fits */
    put_u32(SECTION + 28, address_of(FUNCTIONS));
    assert_exports(2, 1);
}

static void a_name_ends_inside_its_section_and_within_the_limit(void **state)
{
    (void)state;
    put_u32(NAMES + 4, address_of(SYMBOLS - 4));
    memcpy(bytes + SYMBOLS - 4, "abc", 4);
    assert_exports(2, 1);
    memcpy(bytes + SYMBOLS - 4, "abcd", 4);
    assert_exports(1, 1);
}

static void a_name_has_at_most_1023_bytes(void **state)
{
    static char text[IMAGE_NAME_LIMIT + 2];
    struct image_symbol symbol = { .name = { (unsigned char *)text, sizeof(text) } };
    const char *name = NULL;

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    assert_int_equal(image_symbol_name(&symbol, &name), 0);
    assert_null(name);
    text[IMAGE_NAME_LIMIT] = 0;
    symbol.name.size = IMAGE_NAME_LIMIT; /* the terminator is outside */
    assert_int_equal(image_symbol_name(&symbol, &name), 0);
    assert_null(name);
    symbol.name.size++;
    assert_int_equal(image_symbol_name(&symbol, &name), IMAGE_NAME_LIMIT);
    name = NULL;
    symbol.name = (struct span){ (unsigned char *)text + IMAGE_NAME_LIMIT, 1 };
    assert_int_equal(image_symbol_name(&symbol, &name), 0);
    symbol.name = (struct span){ NULL, 0 };
    assert_int_equal(image_symbol_name(&symbol, &name), 0);
    assert_null(name);
}

/* The names of all COFF symbols, with their addresses if they are functions. */
static void assert_symbols(struct span file, const char *expected)
{
    unsigned char *copy = malloc(file.size);
    struct image_symbol symbol;
    char text[256] = "";
    struct pe_file pe;
    uint32_t index = 0;

    assert_non_null(memcpy(copy, file.data, file.size));
    assert_true(pe_file_parse(&pe, (struct span){ copy, file.size }));
    while (pe_file_next_symbol(&pe, &index, &symbol)) {
        const char *name = "";
        const int size = (int)image_symbol_name(&symbol, &name);

        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s=%x ", size, name,
                 symbol.is_function ? (unsigned)symbol.address : 0);
    }
    free(copy);
    assert_string_equal(text, expected);
}

static void coff_symbols_have_short_and_long_names(void **state)
{
    (void)state;
    assert_symbols(whole(), "function=1010 abs=0 long_name_x=1030 ");
}

static void a_symbol_table_is_inside_the_file_or_none(void **state)
{
    struct span cut = { bytes, SYMBOLS + 3 * 18 };

    (void)state;
    assert_symbols(cut, "function=1010 abs=0 =1030 "); /* no table of strings */
    cut.size--;
    assert_symbols(cut, "");
    put_u32(PE + 16, 0xFFFFFFFF);
    assert_symbols(whole(), "");
    put_u32(PE + 12, 0xFFFFFFFF);
    put_u32(PE + 16, 1);
    assert_symbols(whole(), "");
    put_u32(PE + 12, 0); /* no symbols */
    assert_symbols(whole(), "");
}

static void a_symbol_of_another_type_is_no_function(void **state)
{
    (void)state;
    bytes[SYMBOLS + 14] = 0;
    assert_symbols(whole(), "function=0 abs=0 long_name_x=1030 ");
}

static void auxiliary_records_are_passed_over_up_to_the_end(void **state)
{
    (void)state;
    bytes[SYMBOLS + 17] = 1; /* NumberOfAuxSymbols */
    assert_symbols(whole(), "function=1010 long_name_x=1030 ");
    bytes[SYMBOLS + 17] = 2;
    assert_symbols(whole(), "function=1010 ");
    bytes[SYMBOLS + 17] = 255;
    assert_symbols(whole(), "function=1010 ");
}

/* The table of strings has 16 bytes: its length, and "long_name_x" with the terminator. */
static void a_long_name_begins_inside_the_file(void **state)
{
    (void)state;
    put_u32(SYMBOLS + 2 * 18 + 4, 14);
    assert_symbols(whole(), "function=1010 abs=0 x=1030 ");
    put_u32(SYMBOLS + 2 * 18 + 4, 16);
    assert_symbols(whole(), "function=1010 abs=0 =1030 ");
    put_u32(SYMBOLS + 2 * 18 + 4, 0xFFFFFFFF);
    assert_symbols(whole(), "function=1010 abs=0 =1030 ");
}

static void a_symbol_of_a_section_that_does_not_exist_is_no_function(void **state)
{
    (void)state;
    put_symbol(0, "function", 2, 0x10);
    assert_symbols(whole(), "function=0 abs=0 long_name_x=1030 ");
    put_symbol(0, "function", 0xFFFF, 0x10);
    assert_symbols(whole(), "function=0 abs=0 long_name_x=1030 ");
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(exports_have_names_and_addresses),
        TEST(an_address_is_forwarded_only_inside_the_directory),
        TEST(the_loader_takes_96_sections),
        TEST(other_files_are_refused),
        TEST(each_address_belongs_to_the_section_that_contains_it),
        TEST(a_section_is_found_by_its_whole_name),
        TEST(without_a_table_of_strings_no_name_is_long),
        TEST(a_section_has_as_many_bytes_as_are_used),
        TEST(a_directory_at_address_0_is_none),
        TEST(a_symbol_of_another_type_is_no_function),
        TEST(an_address_is_inside_a_section_or_nowhere),
        TEST(a_section_that_ends_outside_the_file_ends_with_it),
        TEST(a_directory_that_ends_outside_its_section_is_none),
        TEST(counts_beyond_their_arrays_yield_what_is_there),
        TEST(a_name_without_a_function_is_a_name),
        TEST(a_name_ends_inside_its_section_and_within_the_limit),
        TEST(a_name_has_at_most_1023_bytes),
        TEST(coff_symbols_have_short_and_long_names),
        TEST(a_symbol_table_is_inside_the_file_or_none),
        TEST(auxiliary_records_are_passed_over_up_to_the_end),
        TEST(a_long_name_begins_inside_the_file),
        TEST(a_symbol_of_a_section_that_does_not_exist_is_no_function),
    };

    return cmocka_run_group_tests_name("pe_file", tests, NULL, NULL);
}
