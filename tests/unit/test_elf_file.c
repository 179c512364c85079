/* SPDX-License-Identifier: MIT
 *
 * elf_file.c: a small ELF file of each class, made by the test, with every offset and count at its
 * limit, one above it, and with ranges that begin inside the file and end outside.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "elf_file.h"

/* Offsets in the file. Sections: 0 none, 1 .dynsym, 2 its names, 3 .symtab with the same names. */
enum { SEGMENTS = 64, SECTIONS = 192, NAMES = 512, DYNSYM = 544, SYMTAB = 608, FILE_SIZE = 632 };

static unsigned char bytes[FILE_SIZE + 4 * 64]; /* and space for other section headers */
static bool is_64;

static void put_u16(size_t at, uint16_t value)
{
    memcpy(bytes + at, &value, sizeof(value));
}

static void put_u32(size_t at, uint32_t value)
{
    memcpy(bytes + at, &value, sizeof(value));
}

static void put_word(size_t at, uint64_t value)
{
    memcpy(bytes + at, &value, is_64 ? 8 : 4);
}

/* The offsets and sizes below are those of elf.h: of Elf64_Shdr, Elf64_Sym, Elf64_Phdr and Elf64_Ehdr
   if `is_64`, otherwise of their 32-bit forms. */
static size_t section_at(size_t number)
{
    return SECTIONS + number * (is_64 ? 64 : 40);
}

static void put_section(size_t number, uint32_t type, uint64_t offset, uint64_t size)
{
    const size_t at = section_at(number);

    put_u32(at + 4, type);
    put_word(at + (is_64 ? 24 : 16), offset);
    put_word(at + (is_64 ? 32 : 20), size);
    put_u32(at + (is_64 ? 40 : 24), 2);
}

static void put_symbol(size_t at, uint32_t name, uint64_t value, unsigned char type)
{
    put_u32(at, name);
    put_word(at + (is_64 ? 8 : 4), value);
    bytes[at + (is_64 ? 4 : 12)] = (unsigned char)(0x10 | type);
    put_u16(at + (is_64 ? 6 : 14), 1);
}

static void put_segment(size_t number, uint32_t type, uint64_t address)
{
    const size_t at = SEGMENTS + number * (is_64 ? 56 : 32);

    put_u32(at, type);
    put_word(at + (is_64 ? 16 : 8), address);
}

static void make(bool has_64)
{
    const size_t symbol_size = has_64 ? 24 : 16;

    is_64 = has_64;
    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, "\177ELF", 4);
    bytes[4] = is_64 ? 2 : 1;
    bytes[5] = 1;
    put_word(is_64 ? 32 : 28, SEGMENTS);
    put_word(is_64 ? 40 : 32, SECTIONS);
    put_u16(is_64 ? 54 : 42, is_64 ? 56 : 32);
    put_u16(is_64 ? 56 : 44, 2);
    put_u16(is_64 ? 58 : 46, is_64 ? 64 : 40);
    put_u16(is_64 ? 60 : 48, 4);
    put_segment(0, 1, 0x401234);
    put_segment(1, 1, 0x400123);
    put_section(1, 11, DYNSYM, 2 * symbol_size);
    put_section(2, 3, NAMES, 32);
    put_section(3, 2, SYMTAB, symbol_size); /* types: 11 SHT_DYNSYM, 3 SHT_STRTAB, 2 SHT_SYMTAB */
    memcpy(bytes + NAMES, "\0one\0two\0three", 15);
    memcpy(bytes + NAMES + 29, "xyz", 3); /* no terminator follows the last name */
    put_symbol(DYNSYM, 1, 0x401000, 2);
    put_symbol(DYNSYM + symbol_size, 5, 0x402000, 1); /* data */
    put_symbol(SYMTAB, 9, 0x403000, 2);
}

/* Compare the names of all symbols, and the addresses of functions. The file is moved to memory
   of its size, so that sanitizers see reads beyond it. */
static void assert_symbols(size_t size, bool has_symtab, const char *expected)
{
    unsigned char *copy = malloc(size);
    struct image_symbol symbol;
    struct elf_symbols walk;
    char text[256] = "";
    struct elf_file elf;

    assert_non_null(memcpy(copy, bytes, size));
    assert_true(elf_file_parse(&elf, (struct span){ copy, size }));
    elf_file_symbols_begin(&walk, &elf, has_symtab);
    while (elf_file_symbols_next(&walk, &symbol)) {
        const char *name = "";
        const int length = (int)image_symbol_name(&symbol, &name);

        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s=%x ", length, name,
                 symbol.is_function ? (unsigned)symbol.address : 0);
    }
    free(copy);
    assert_string_equal(text, expected);
}

static void symbols_of_both_tables_are_read(void **state)
{
    (void)state;
    for (int class = 0; class < 2; class ++) {
        make(class);
        assert_symbols(FILE_SIZE, true, "one=401000 two=0 three=403000 ");
        assert_symbols(FILE_SIZE, false, "one=401000 two=0 ");
    }
}

static void an_undefined_symbol_is_no_function(void **state)
{
    (void)state;
    make(true);
    put_u16(DYNSYM + 6, 0);
    assert_symbols(FILE_SIZE, false, "one=0 two=0 ");
}

static void a_table_is_inside_the_file_or_empty(void **state)
{
    (void)state;
    for (int class = 0; class < 2; class ++) {
        const size_t symbol_size = class ? 24 : 16;

        make(class);
        put_section(3, 2, FILE_SIZE - symbol_size, symbol_size);
        memmove(bytes + FILE_SIZE - symbol_size, bytes + SYMTAB, symbol_size);
        assert_symbols(FILE_SIZE, true, "one=401000 two=0 three=403000 ");
        put_section(3, 2, FILE_SIZE - symbol_size, symbol_size + 1);
        assert_symbols(FILE_SIZE, true, "one=401000 two=0 ");
        put_section(3, 2, FILE_SIZE - symbol_size + 1, symbol_size);
        assert_symbols(FILE_SIZE, true, "one=401000 two=0 ");
        put_section(3, 2, class ? UINT64_MAX - 7 : UINT32_MAX - 7, symbol_size);
        assert_symbols(FILE_SIZE, true, "one=401000 two=0 ");
        put_section(3, 2, SYMTAB, class ? UINT64_MAX : UINT32_MAX);
        assert_symbols(FILE_SIZE, true, "one=401000 two=0 ");
    }
}

static void a_symbol_that_does_not_fit_into_its_table_is_none(void **state)
{
    (void)state;
    make(true);
    put_section(1, 11, DYNSYM, 2 * 24 - 1);
    assert_symbols(FILE_SIZE, false, "one=401000 ");
}

static void a_name_is_inside_its_table(void **state)
{
    (void)state;
    make(true);
    put_symbol(DYNSYM, 28, 0x401000, 2); /* the zero before "xyz" */
    assert_symbols(FILE_SIZE, false, "=401000 two=0 ");
    put_symbol(DYNSYM, 29, 0x401000, 2); /* not terminated in its table */
    assert_symbols(FILE_SIZE, false, "=401000 two=0 ");
    put_symbol(DYNSYM, 32, 0x401000, 2);
    assert_symbols(FILE_SIZE, false, "=401000 two=0 ");
    put_symbol(DYNSYM, UINT32_MAX, 0x401000, 2);
    assert_symbols(FILE_SIZE, false, "=401000 two=0 ");
    put_symbol(DYNSYM, 1, 0x401000, 2);
    put_section(2, 3, NAMES, 4); /* "one" without its terminator */
    assert_symbols(FILE_SIZE, false, "=401000 =0 ");
    put_section(2, 3, NAMES, 5);
    assert_symbols(FILE_SIZE, false, "one=401000 =0 ");
}

static void a_link_is_the_number_of_a_section(void **state)
{
    (void)state;
    make(true);
    put_u32(section_at(1) + 40, 3);
    assert_symbols(FILE_SIZE, false, "=401000 =0 "); /* there are no names there */
    put_u32(section_at(1) + 40, 4);
    assert_symbols(FILE_SIZE, false, "");
    put_u32(section_at(1) + 40, UINT32_MAX);
    assert_symbols(FILE_SIZE, false, "");
}

static void section_headers_are_inside_the_file(void **state)
{
    (void)state;
    make(true);
    put_u16(58, 63); /* too small for a section header */
    assert_symbols(FILE_SIZE, true, "");
    make(true);
    put_word(40, FILE_SIZE + 1);
    assert_symbols(FILE_SIZE, true, "");
    put_word(40, UINT64_MAX);
    assert_symbols(FILE_SIZE, true, "");
    make(true);
    put_u16(60, 3); /* .symtab has one symbol more than the limit */
    assert_symbols(FILE_SIZE, true, "one=401000 two=0 ");
    put_u16(60, UINT16_MAX);
    assert_symbols(FILE_SIZE, false, "one=401000 two=0 ");
}

/* The header after the last one in the file would be the last one again. */
static void a_section_header_outside_the_file_is_none(void **state)
{
    (void)state;
    make(true);
    memcpy(bytes + FILE_SIZE, bytes + SECTIONS, 4 * 64);
    put_word(40, FILE_SIZE);
    put_u16(60, 5);
    assert_symbols(sizeof(bytes), true, "one=401000 two=0 three=403000 ");
}

static void a_section_may_be_the_whole_file(void **state)
{
    (void)state;
    make(true);
    put_section(2, 3, 0, FILE_SIZE);
    put_symbol(DYNSYM, NAMES + 1, 0x401000, 2);
    put_symbol(DYNSYM + 24, NAMES + 5, 0x402000, 1);
    assert_symbols(FILE_SIZE, false, "one=401000 two=0 ");
    put_section(2, 3, 0, FILE_SIZE + 1);
    assert_symbols(FILE_SIZE, false, "=401000 =0 ");
}

/* 2^32 more than a right place. */
static void places_have_64_bits(void **state)
{
    (void)state;
    make(true);
    put_section(3, 2, SYMTAB + (UINT64_C(1) << 32), 24);
    assert_symbols(FILE_SIZE, true, "one=401000 two=0 ");
}

/* The headers 10 and later would be those at SECTIONS if the sum of the place and the size of those before may
   overflow. */
static void a_table_of_headers_does_not_begin_before_the_file(void **state)
{
    (void)state;
    make(true);
    put_word(40, (uint64_t)SECTIONS - 10 * 64);
    put_u16(60, 14);
    put_u32(section_at(1) + 40, 12);
    put_u32(section_at(3) + 40, 12);
    assert_symbols(FILE_SIZE, true, "");
}

static uint64_t base(size_t size)
{
    struct elf_file elf;

    assert_true(elf_file_parse(&elf, (struct span){ bytes, size }));
    return elf_file_base(&elf);
}

static void the_base_is_the_page_of_the_lowest_loaded_segment(void **state)
{
    (void)state;
    for (int class = 0; class < 2; class ++) {
        make(class);
        assert_int_equal(base(FILE_SIZE), 0x400000);
        put_segment(1, 6, 0x400123); /* not loaded */
        assert_int_equal(base(FILE_SIZE), 0x401000);
        put_segment(0, 6, 0x401234);
        assert_int_equal(base(FILE_SIZE), 0);
    }
}

static void segments_outside_of_the_file_do_not_count(void **state)
{
    const size_t second = SEGMENTS + 56;

    (void)state;
    make(true);
    assert_int_equal(base(second + 56), 0x400000);
    assert_int_equal(base(second + 55), 0x401000);
    put_u16(56, 1);
    assert_int_equal(base(FILE_SIZE), 0x401000);
    put_u16(56, 2);
    put_u16(54, 55); /* too small for a program header */
    assert_int_equal(base(FILE_SIZE), 0);
    make(true);
    put_word(32, UINT64_MAX);
    assert_int_equal(base(FILE_SIZE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symbols_of_both_tables_are_read),
        cmocka_unit_test(an_undefined_symbol_is_no_function),
        cmocka_unit_test(a_table_is_inside_the_file_or_empty),
        cmocka_unit_test(a_symbol_that_does_not_fit_into_its_table_is_none),
        cmocka_unit_test(a_name_is_inside_its_table),
        cmocka_unit_test(a_link_is_the_number_of_a_section),
        cmocka_unit_test(section_headers_are_inside_the_file),
        cmocka_unit_test(a_section_header_outside_the_file_is_none),
        cmocka_unit_test(a_section_may_be_the_whole_file),
        cmocka_unit_test(places_have_64_bits),
        cmocka_unit_test(a_table_of_headers_does_not_begin_before_the_file),
        cmocka_unit_test(the_base_is_the_page_of_the_lowest_loaded_segment),
        cmocka_unit_test(segments_outside_of_the_file_do_not_count),
    };

    return cmocka_run_group_tests_name("elf_file", tests, NULL, NULL);
}
