/* SPDX-License-Identifier: MIT
 *
 * export_table.c: how many names are kept, with a PE file of 32 bits that is made here. Its structures are
 * tested in test_pe_file.c and test_elf_file.c.
 */
#include "unit.h"

#include <stdlib.h>

#include "export_table.h"
#include "os.h"
#include "pe_file.h"
#include "temporary_path.h"

/* Offsets in the file. The one section begins at DIRECTORY and ends with the file; its address in the
   image is the same. Every name is the same one. */
enum {
    PE = 96,
    OPTIONAL_HEADER = PE + 24,
    SECTIONS = OPTIONAL_HEADER + 224,
    DIRECTORY = 512,
    NAME = DIRECTORY + 40,
    NAMES = NAME + 8,
    FILE_SIZE = NAMES + 4 * (EXPORT_TABLE_LIMIT + 1),
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

/* Offsets are those of winnt.h: IMAGE_FILE_HEADER from PE + 4 on, IMAGE_OPTIONAL_HEADER32 of 224
   bytes, IMAGE_SECTION_HEADER, IMAGE_EXPORT_DIRECTORY of 40 bytes. */
static int setup(void **state)
{
    (void)state;
    memcpy(bytes, "MZ", 2);
    put_u32(60, PE);
    memcpy(bytes + PE, "PE\0", 4);
    put_u16(PE + 4, PE_MACHINE_X86);
    put_u16(PE + 6, 1);
    put_u16(PE + 20, 224);
    put_u16(OPTIONAL_HEADER, 0x10B);
    put_u32(OPTIONAL_HEADER + 92, 16);
    put_u32(OPTIONAL_HEADER + 96, DIRECTORY);
    put_u32(OPTIONAL_HEADER + 100, 40);
    put_u32(SECTIONS + 12, DIRECTORY);
    put_u32(SECTIONS + 16, FILE_SIZE - DIRECTORY);
    put_u32(SECTIONS + 20, DIRECTORY);
    put_u32(DIRECTORY + 32, NAMES);
    memcpy(bytes + NAME, "Open", 5);
    for (size_t i = 0; i <= EXPORT_TABLE_LIMIT; i++)
        put_u32(NAMES + 4 * i, NAME);
    return 0;
}

/* The table of the file's first `size` bytes, which say that they have `count` names. */
static struct export_table read_table(uint32_t count, size_t size)
{
    struct export_table table;
    const char *path = temporary_path("export-table");

    put_u32(DIRECTORY + 24, count);
    assert_int_equal(os_file_write_all(path, bytes, size), 0);
    assert_int_equal(export_table_read(&table, path), ERROR_SUCCESS);
    os_file_remove(path);
    return table;
}

static void as_many_names_are_kept_as_there_are_ordinals(void **state)
{
    static const struct {
        uint32_t count;
        size_t kept;
    } cases[] = {
        { 0, 0 },
        { 1, 1 },
        { EXPORT_TABLE_LIMIT, EXPORT_TABLE_LIMIT },
        { EXPORT_TABLE_LIMIT + 1, EXPORT_TABLE_LIMIT },
        { UINT32_MAX, EXPORT_TABLE_LIMIT },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct export_table table = read_table(cases[i].count, FILE_SIZE);

        assert_true(table.is_readable);
        assert_int_equal(table.count, cases[i].kept);
        if (table.count)
            assert_string_equal(table.names[table.count - 1], "Open");
        export_table_release(&table);
    }
}

static void names_that_begin_inside_the_file_and_end_outside_are_left_out(void **state)
{
    (void)state;
    for (size_t cut = 0; cut <= 8; cut++) {
        struct export_table table = read_table(3, NAMES + 12 - cut);

        assert_true(table.is_readable);
        assert_int_equal(table.count, cut == 0 ? 3 : cut <= 4 ? 2 : 1);
        export_table_release(&table);
    }
    struct export_table table = read_table(3, NAME + 4); /* without the name's terminator */
    assert_int_equal(table.count, 0);
    export_table_release(&table);
}

static void a_name_that_is_nowhere_is_left_out(void **state)
{
    (void)state;
    put_u32(NAMES, 0);
    struct export_table table = read_table(2, FILE_SIZE);
    put_u32(NAMES, NAME);
    assert_int_equal(table.count, 1);
    assert_string_equal(table.names[0], "Open");
    export_table_release(&table);
}

/* Whether this program could load the library. */
static bool is_native(const char *suffix, unsigned machine, unsigned x64, unsigned x86)
{
    return strcmp(os_library_suffix(), suffix) == 0 && machine == (sizeof(void *) == 8 ? x64 : x86);
}

static void a_library_is_native_on_its_system_and_machine(void **state)
{
    /* 0xAA64 is ARM64. */
    static const uint16_t machines[] = { PE_MACHINE_X64, 0xAA64, PE_MACHINE_X86 };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(machines); i++) {
        put_u16(PE + 4, machines[i]);
        struct export_table table = read_table(1, FILE_SIZE);
        assert_int_equal(table.is_native,
                         is_native(".dll", machines[i], PE_MACHINE_X64, PE_MACHINE_X86));
        export_table_release(&table);
    }
}

static void a_guess_needs_exactly_one_name(void **state)
{
    struct export_table table = read_table(1, FILE_SIZE);

    (void)state;
    assert_string_equal(export_table_guess(&table, "oPEN"), "Open");
    assert_string_equal(export_table_guess(&table, ""), "Open");
    assert_null(export_table_guess(&table, "Opens"));
    assert_null(export_table_guess(&table, "Close"));
    export_table_release(&table);
    table = read_table(2, FILE_SIZE);
    assert_null(export_table_guess(&table, "Open"));
    export_table_release(&table);
}

static void a_file_that_is_no_library_is_not_readable(void **state)
{
    struct export_table table = read_table(1, 1);

    (void)state;
    assert_false(table.is_readable);
    assert_int_equal(table.count, 0);
    export_table_release(&table);
    table.count = 7;
    assert_int_equal(export_table_read(&table, "no-such-file"), ERROR_FILE_NOT_FOUND);
    assert_int_equal(table.count, 0);
    assert_null(table.names);
}

/* Bytes of Wine 5.0's files: a DOS header of 64 bytes, this text, and the PE header at 96. */
static void a_placeholder_of_wine_is_marked(void **state)
{
    static const char text[] = "Wine placeholder DLL", builtin[] = "Wine builtin DLL";
    struct export_table table;

    (void)state;
    memcpy(bytes + 64, text, sizeof(text));
    table = read_table(0, FILE_SIZE);
    assert_true(table.is_placeholder);
    assert_true(table.is_readable);
    export_table_release(&table);
    memset(bytes + 64, 0, sizeof(text));
    memcpy(bytes + 64, builtin, sizeof(builtin));
    table = read_table(0, FILE_SIZE);
    assert_false(table.is_placeholder);
    export_table_release(&table);
    memset(bytes + 64, 0, sizeof(builtin));
}

/* Read an ELF file of `count` symbols of one type, which all have one name. */
static struct export_table read_elf(uint16_t machine, size_t count, unsigned char type)
{
    enum { SYMBOL_SIZE = 24, SECTION = 64, TEXT = SECTION * 3, SYMBOLS = TEXT + 8 };
    const uint64_t table = SECTION, begin = SYMBOLS, text = TEXT, size = count * SYMBOL_SIZE,
                   text_size = 8;
    const char *path = temporary_path("export-table");
    unsigned char *elf = calloc(1, SYMBOLS + size);
    struct export_table read;

    assert_non_null(elf);
    memcpy(elf, "\177ELF\2\1", 6);
    memcpy(elf + 18, &machine, sizeof(machine));
    memcpy(elf + 40, &table, sizeof(table));
    memcpy(elf + 58, (const uint16_t[]){ SECTION, 2 }, 4);
    memcpy(elf + SECTION + 4, (const uint32_t[]){ 11 }, 4); /* SHT_DYNSYM */
    memcpy(elf + SECTION + 24, &begin, sizeof(begin));
    memcpy(elf + SECTION + 32, &size, sizeof(size));
    memcpy(elf + SECTION + 40, (const uint32_t[]){ 1 }, 4);
    memcpy(elf + 2 * SECTION + 24, &text, sizeof(text));
    memcpy(elf + 2 * SECTION + 32, &text_size, sizeof(text_size));
    memcpy(elf + TEXT, "Open", 5);
    for (size_t i = 0; i < count; i++) {
        elf[SYMBOLS + i * SYMBOL_SIZE + 4] = type;
        elf[SYMBOLS + i * SYMBOL_SIZE + 6] = 1; /* in a section */
    }
    assert_int_equal(os_file_write_all(path, elf, SYMBOLS + size), 0);
    free(elf);
    assert_int_equal(export_table_read(&read, path), ERROR_SUCCESS);
    os_file_remove(path);
    assert_true(read.is_readable);
    return read;
}

static void as_many_functions_of_an_elf_file_are_kept(void **state)
{
    static const size_t counts[] = { 0, 1, EXPORT_TABLE_LIMIT, EXPORT_TABLE_LIMIT + 1 };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(counts); i++) {
        struct export_table table = read_elf(ELF_MACHINE_X64, counts[i], 2); /* STT_FUNC */

        assert_int_equal(table.count, i < 3 ? counts[i] : EXPORT_TABLE_LIMIT);
        export_table_release(&table);
    }
    struct export_table table = read_elf(ELF_MACHINE_X64, 3, 1); /* STT_OBJECT */
    assert_int_equal(table.count, 0);
    export_table_release(&table);
}

static void an_elf_file_is_native_on_its_machine(void **state)
{
    /* 183 is ARM64. */
    static const uint16_t machines[] = { ELF_MACHINE_X64, 183, ELF_MACHINE_X86 };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(machines); i++) {
        struct export_table table = read_elf(machines[i], 1, 2);

        assert_int_equal(table.is_native,
                         is_native(".so", machines[i], ELF_MACHINE_X64, ELF_MACHINE_X86));
        export_table_release(&table);
    }
}

/* A PE file with `before` names that are nowhere, and then "Open". */
static size_t names_after(uint32_t before)
{
    const size_t size = NAMES + 4 * ((size_t)before + 1);
    const char *path = temporary_path("export-table");
    unsigned char *pe = calloc(1, size);
    struct export_table read;

    assert_non_null(pe);
    memcpy(pe, bytes, NAMES);
    memcpy(pe + SECTIONS + 16, (const uint32_t[]){ (uint32_t)size - DIRECTORY }, 4);
    memcpy(pe + DIRECTORY + 24, (const uint32_t[]){ before + 1 }, 4);
    memcpy(pe + size - 4, (const uint32_t[]){ NAME }, 4);
    assert_int_equal(os_file_write_all(path, pe, size), 0);
    free(pe);
    assert_int_equal(export_table_read(&read, path), ERROR_SUCCESS);
    os_file_remove(path);
    const size_t count = read.count;
    export_table_release(&read);
    return count;
}

/* An ELF file whose sections share 2^20 symbols, of which the last is a function. A section of `before` of them
   comes first, and then there are four with all of them: together 4 Mi and `before`. */
static size_t functions_after(size_t before)
{
    enum { SYMBOL_SIZE = 24, SECTION = 64, COUNT = 5, SYMBOLS = SECTION * (1 + COUNT) };
    const uint64_t table = SECTION, begin = SYMBOLS, size = SYMBOL_SIZE << 20;
    const char *path = temporary_path("export-table");
    unsigned char *elf = calloc(1, SYMBOLS + size + 8);
    struct export_table read;

    assert_non_null(elf);
    memcpy(elf, "\177ELF\2\1", 6);
    memcpy(elf + 40, &table, sizeof(table));
    memcpy(elf + 58, (const uint16_t[]){ SECTION, COUNT }, 4);
    for (size_t i = 0; i < COUNT; i++) {
        const uint64_t content = i ? size : before * SYMBOL_SIZE;
        unsigned char *section = elf + table + i * SECTION;

        memcpy(section + 4, (const uint32_t[]){ 11 }, 4); /* SHT_DYNSYM */
        memcpy(section + 24, &begin, sizeof(begin));
        memcpy(section + 32, &content, sizeof(content));
        memcpy(section + 40, (const uint32_t[]){ 1 }, 4); /* names, in the symbols themselves */
    }
    unsigned char *last = elf + SYMBOLS + size - SYMBOL_SIZE;
    memcpy(last, (const uint32_t[]){ (uint32_t)size - SYMBOL_SIZE + 8 }, 4);
    last[4] = 2; /* STT_FUNC */
    last[6] = 1; /* in a section */
    memcpy(last + 8, "Open", 5);
    assert_int_equal(os_file_write_all(path, elf, SYMBOLS + size), 0);
    free(elf);
    assert_int_equal(export_table_read(&read, path), ERROR_SUCCESS);
    os_file_remove(path);
    assert_true(read.is_readable);
    const size_t count = read.count;
    export_table_release(&read);
    return count;
}

/* 4 Mi is SYMBOL_LIMIT of export_table.c. */
static void a_file_has_4_mi_symbols_that_are_read(void **state)
{
    (void)state;
    assert_int_equal(functions_after(0), 4);
    assert_int_equal(functions_after(1), 3);
    assert_int_equal(names_after((4u << 20) - 1), 1);
    assert_int_equal(names_after(4u << 20), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_names_are_kept_as_there_are_ordinals),
        cmocka_unit_test(names_that_begin_inside_the_file_and_end_outside_are_left_out),
        cmocka_unit_test(a_file_has_4_mi_symbols_that_are_read),
        cmocka_unit_test(a_name_that_is_nowhere_is_left_out),
        cmocka_unit_test(a_library_is_native_on_its_system_and_machine),
        cmocka_unit_test(as_many_functions_of_an_elf_file_are_kept),
        cmocka_unit_test(an_elf_file_is_native_on_its_machine),
        cmocka_unit_test(a_placeholder_of_wine_is_marked),
        cmocka_unit_test(a_guess_needs_exactly_one_name),
        cmocka_unit_test(a_file_that_is_no_library_is_not_readable),
    };

    return cmocka_run_group_tests_name("export_table", tests, setup, NULL);
}
