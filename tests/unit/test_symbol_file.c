/* SPDX-License-Identifier: MIT
 *
 * Tests of symbol_file.c with the library of the fake provider, and with files that are cut or
 * damaged.
 */
#include "host_fixture.h"

#include "elf_fixture.h"
#include "image_header.h"
#include "symbol_file.h"

static const char *fake(void)
{
    return fixture_library("plain_fake");
}

static void an_export_is_found_from_inside_it(void **state)
{
    struct os_library library;
    char symbol[64];
    uint64_t offset, base = 0;

    (void)state;
    assert_int_equal(os_library_open(&library, fake(), NULL, 0), 0);
    uintptr_t address = (uintptr_t)os_library_symbol(&library, "FakeCollect");
    assert_true(address != 0);
    /* os.h does not report the base address: try the pages below, of which the library has less than 64, until the
       name fits. */
    for (uintptr_t page = address & ~(uintptr_t)0xFFF; page + 0x40000 > address; page -= 0x1000)
        if (symbol_file_find(fake(), address + 3 - page, symbol, sizeof(symbol), &offset) == 0 &&
            strstr(symbol, "FakeCollect") && offset == 3) {
            base = page;
            break;
        }
    assert_true(base != 0);
    os_library_close(&library);
}

static void a_name_that_does_not_fit_is_cut(void **state)
{
    char symbol[8], whole[128];
    uint64_t offset = 0, again;

    (void)state;
    assert_int_equal(symbol_file_find(fake(), 0x100000, whole, sizeof(whole), &offset), 0);
    assert_true(offset > 0);
    assert_int_equal(symbol_file_find(fake(), 0x100000, symbol, sizeof(symbol), &again), 0);
    assert_int_equal(strlen(symbol), strlen(whole) < 7 ? strlen(whole) : 7);
    assert_memory_equal(symbol, whole, strlen(symbol));
}

static void files_that_are_none_are_refused(void **state)
{
    char symbol[64] = "before";
    uint64_t offset = 5;

    (void)state;
    assert_int_equal(symbol_file_find("no-such-file", 1, symbol, sizeof(symbol), &offset),
                     ERROR_FILE_NOT_FOUND);
    assert_string_equal(symbol, "before");
    assert_int_equal(offset, 5);
}

static void the_bits_of_a_library_are_known(void **state)
{
    (void)state;
    assert_int_equal(symbol_file_bits(fake()), (int)sizeof(void *) * 8);
    assert_int_equal(symbol_file_bits("no-such-file"), 0);
}

/* Every length and offset of the file is hostile: cut the file, and change bytes of its headers. */
static void a_damaged_file_is_survived(void **state)
{
    char path[FIXTURE_PATH_SIZE], symbol[64];
    uint64_t offset;
    void *data;
    size_t size;

    (void)state;
    snprintf(path, sizeof(path), "%s/damaged-%u", fixture_folder(), (unsigned)os_process_id());
    assert_int_equal(os_file_read_all(fake(), &data, &size, 1u << 24), 0);
    for (size_t cut = 0; cut < size; cut += size / 23 + 1) {
        assert_int_equal(os_file_write_all(path, data, cut), 0);
        symbol_file_find(path, 0x1234, symbol, sizeof(symbol), &offset);
        symbol_file_bits(path);
    }
    for (size_t at = 0; at < 1024; at += 5) {
        unsigned char *byte = (unsigned char *)data + at, before = *byte;
        *byte = 0xFF;
        assert_int_equal(os_file_write_all(path, data, size), 0);
        *byte = before;
        symbol_file_find(path, 0x1234, symbol, sizeof(symbol), &offset);
    }
    free(data);
    os_file_remove(path);
}

/* Its four sections have the same 2^20 symbols, together the limit of 4 Mi. All bytes of a symbol are 2, so all
   symbols have the same name, at the offset 0x02020202, which is near the end. */
static void a_file_with_4_mi_symbols_is_given_up(void **state)
{
    enum { NAME = 0x02020202, SIZE = NAME + 16, SECTIONS = 4, SYMBOL_SIZE = 24 };
    char path[FIXTURE_PATH_SIZE], symbol[64];
    unsigned char *data = malloc(SIZE);
    const uint64_t table = 64;
    const uint32_t symbols = 2;
    uint64_t offset, size = SYMBOL_SIZE << 20;

    (void)state;
    assert_non_null(data);
    snprintf(path, sizeof(path), "%s/again-%u", fixture_folder(), (unsigned)os_process_id());
    memset(data, 2, SIZE); /* all of these bytes are functions in a section */
    data[SIZE - 1] = 0;
    memset(data, 0, table);
    memcpy(data, "\177ELF\2\1", 6);
    memcpy(data + 40, &table, sizeof(table));
    memcpy(data + 58, (const uint16_t[]){ 64, SECTIONS }, 4);
    for (size_t i = 0; i < SECTIONS; i++) {
        unsigned char *section = data + table + i * 64;
        memcpy(section + 4, &symbols, sizeof(symbols));
        memset(section + 24, 0, 8);
        memcpy(section + 32, &size, sizeof(size));
        memset(section + 40, 0, 4);
    }
    assert_int_equal(os_file_write_all(path, data, SIZE), 0);
    assert_int_equal(symbol_file_find(path, UINT64_MAX, symbol, sizeof(symbol), &offset),
                     ERROR_NOT_FOUND);
    size -= SYMBOL_SIZE; /* one symbol less */
    memcpy(data + table + (SECTIONS - 1) * 64 + 32, &size, sizeof(size));
    assert_int_equal(os_file_write_all(path, data, SIZE), 0);
    assert_int_equal(symbol_file_find(path, UINT64_MAX, symbol, sizeof(symbol), &offset), 0);
    struct symbol_file_place place;
    symbol_file_find_all(path, (const uint64_t[]){ UINT64_MAX }, 1, &place);
    assert_string_not_equal(place.symbol, "");
    size += SYMBOL_SIZE;
    memcpy(data + table + (SECTIONS - 1) * 64 + 32, &size, sizeof(size));
    assert_int_equal(os_file_write_all(path, data, SIZE), 0);
    symbol_file_find_all(path, (const uint64_t[]){ UINT64_MAX }, 1, &place);
    assert_string_equal(place.symbol, "");
    free(data);
    os_file_remove(path);
}

/* Each of its 60,000 sections has the same 2^20 symbols: reading all of them would take minutes. */
static void sections_that_share_their_symbols_cost_no_time(void **state)
{
    enum { SECTIONS = 60000, SECTION = 64, SYMBOLS = SECTION * (1 + SECTIONS), COUNT = 1 << 20 };
    const uint64_t table = SECTION, begin = SYMBOLS, size = (uint64_t)24 * COUNT;
    char path[FIXTURE_PATH_SIZE], symbol[64];
    unsigned char *data = calloc(1, SYMBOLS + size);
    uint64_t offset;

    (void)state;
    assert_non_null(data);
    memcpy(data, "\177ELF\2\1", 6);
    memcpy(data + 40, &table, sizeof(table));
    memcpy(data + 58, (const uint16_t[]){ SECTION, SECTIONS }, 4);
    for (size_t i = 0; i < SECTIONS; i++) {
        unsigned char *section = data + table + i * SECTION;

        memcpy(section + 4, (const uint32_t[]){ 2 }, 4); /* SHT_SYMTAB */
        memcpy(section + 24, &begin, sizeof(begin));
        memcpy(section + 32, &size, sizeof(size));
    }
    snprintf(path, sizeof(path), "%s/shared-%u", fixture_folder(), (unsigned)os_process_id());
    assert_int_equal(os_file_write_all(path, data, SYMBOLS + size), 0);
    free(data);
    assert_int_equal(symbol_file_find(path, 1, symbol, sizeof(symbol), &offset), ERROR_NOT_FOUND);
    os_file_remove(path);
}

/* ---- small files that are made here ---------------------------------------------------------- */

enum { IMAGE_SIZE = 4096 };

/* Write an ELF file and return its path. */
static const char *write_elf(const struct elf_function *functions, size_t count)
{
    static char path[FIXTURE_PATH_SIZE];

    snprintf(path, sizeof(path), "%s/elf-%u", fixture_folder(), (unsigned)os_process_id());
    elf_fixture_write(path, functions, count);
    return path;
}

/* Write a PE file that exports a function at 0x1100, and has a COFF symbol of one at 0x1010. Offsets are those of
   winnt.h, and those of the file are the addresses of its one section. */
static const char *write_pe(bool is_64)
{
    enum {
        PE = 64,
        OPTIONAL_HEADER = PE + 24,
        SECTION = 512,
        EXPORTS = SECTION + 64,
        SYMBOLS = 2048
    };
    static char path[FIXTURE_PATH_SIZE];
    unsigned char data[IMAGE_SIZE] = "MZ";
    const uint16_t optional_size = is_64 ? 240 : 224;
    const size_t directory = OPTIONAL_HEADER + (is_64 ? 112 : 96),
                 header = OPTIONAL_HEADER + optional_size;

    memcpy(data + 60, (const uint32_t[]){ PE }, 4);
    memcpy(data + PE, "PE\0", 4);
    memcpy(data + PE + 4, (const uint16_t[]){ is_64 ? PE_MACHINE_X64 : PE_MACHINE_X86, 1 }, 4);
    memcpy(data + PE + 12, (const uint32_t[]){ SYMBOLS, 1 }, 8);
    memcpy(data + PE + 20, &optional_size, 2);
    memcpy(data + OPTIONAL_HEADER, (const uint16_t[]){ is_64 ? 0x20B : 0x10B }, 2);
    memcpy(data + directory - 4, (const uint32_t[]){ 16, EXPORTS, 40 }, 12);
    memcpy(data + header + 12, (const uint32_t[]){ SECTION, IMAGE_SIZE - SECTION, SECTION }, 12);
    memcpy(data + EXPORTS + 20,
           (const uint32_t[]){ 1, 1, EXPORTS + 40, EXPORTS + 44, EXPORTS + 48 }, 20);
    memcpy(data + EXPORTS + 40, (const uint32_t[]){ 0x1100, EXPORTS + 52, 0 }, 12);
    memcpy(data + EXPORTS + 52, "exported", 9);
    memcpy(data + SYMBOLS, "internal", 8);
    memcpy(data + SYMBOLS + 8, (const uint32_t[]){ 0x1010 - SECTION }, 4);
    memcpy(data + SYMBOLS + 12, (const uint16_t[]){ 1, 0x20 }, 4); /* in section 1, a function */
    snprintf(path, sizeof(path), "%s/pe-%u", fixture_folder(), (unsigned)os_process_id());
    assert_int_equal(os_file_write_all(path, data, sizeof(data)), 0);
    return path;
}

static const char *find(const char *path, uint64_t offset)
{
    static char text[128];
    char symbol[64];
    uint64_t into;
    const DWORD error = symbol_file_find(path, offset, symbol, sizeof(symbol), &into);

    if (error)
        snprintf(text, sizeof(text), "error %u", (unsigned)error);
    else
        snprintf(text, sizeof(text), "%s+%u", symbol, (unsigned)into);
    return text;
}

/* 1168 is ERROR_NOT_FOUND. Names of sections, empty names and names of data do not name a function. */
static void the_nearest_function_below_an_address_is_found(void **state)
{
    static const struct elf_function functions[] = {
        { "outside", ELF_FIXTURE_BASE - 1, 2 },   { "third", ELF_FIXTURE_BASE + 0x300, 2 },
        { "first", ELF_FIXTURE_BASE, 2 },         { "second", ELF_FIXTURE_BASE + 0x200, 2 },
        { "same", ELF_FIXTURE_BASE + 0x200, 2 },  { "data", ELF_FIXTURE_BASE + 0x280, 1 },
        { ".text", ELF_FIXTURE_BASE + 0x290, 2 }, { "", ELF_FIXTURE_BASE + 0x298, 2 },
    };
    static const struct {
        uint64_t offset;
        const char *found;
    } cases[] = {
        { 0, "first+0" },
        { 1, "first+1" },
        { 0x1FF, "first+511" },
        { 0x200, "second+0" },
        { 0x2FF, "second+255" },
        { 0x300, "third+0" },
        { UINT64_MAX, "third+4294966527" }, /* the low 32 bits of UINT64_MAX - 0x300 */
    };
    const char *path = write_elf(functions, UNIT_COUNT(functions));

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        assert_string_equal(find(path, cases[i].offset), cases[i].found);
    write_elf(functions, 1);
    assert_string_equal(find(path, UINT64_MAX), "error 1168");
    write_elf(functions, 0);
    assert_string_equal(find(path, 5), "error 1168");
    os_file_remove(path);
}

static void a_name_takes_the_space_that_there_is(void **state)
{
    static const struct elf_function function = { "four", ELF_FIXTURE_BASE, 2 };
    const char *path = write_elf(&function, 1);

    (void)state;
    for (size_t size = 1; size <= 6; size++) {
        char symbol[8] = "-------";
        uint64_t offset;

        assert_int_equal(symbol_file_find(path, 0, symbol, size, &offset), 0);
        assert_int_equal(strlen(symbol), size < 5 ? size - 1 : 4);
        assert_memory_equal(symbol, "four", strlen(symbol));
        assert_memory_equal(symbol + size, "-------", 7 - size);
    }
    os_file_remove(path);
}

static void exports_and_coff_symbols_of_a_pe_file_are_found(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 < 2; is_64++) {
        const char *path = write_pe(is_64);

        assert_string_equal(find(path, 0x1005), "error 1168");
        assert_string_equal(find(path, 0x1020), "internal+16");
        assert_string_equal(find(path, 0x1103), "exported+3");
        assert_int_equal(symbol_file_bits(path), is_64 ? 64 : 32);
        os_file_remove(path);
    }
}

static void a_file_that_is_none_has_no_bits(void **state)
{
    const char *path = write_pe(true);
    static const char text[4096] = "text";
    char symbol[64];
    uint64_t offset;

    (void)state;
    assert_int_equal(os_file_write_all(path, text, sizeof(text)), 0);
    assert_int_equal(symbol_file_bits(path), 0);
    assert_int_equal(symbol_file_find(path, 0, symbol, sizeof(symbol), &offset),
                     ERROR_BAD_EXE_FORMAT);
    memcpy(symbol, "\177ELF\1\1", 6);
    memset(symbol + 6, 0, sizeof(symbol) - 6);
    assert_int_equal(os_file_write_all(path, symbol, sizeof(symbol)), 0);
    assert_int_equal(symbol_file_bits(path), 32);
    os_file_remove(path);
}

static void several_addresses_are_looked_for_at_once(void **state)
{
    static const struct elf_function functions[] = { { "first", ELF_FIXTURE_BASE + 0x100, 2 },
                                                     { "second", ELF_FIXTURE_BASE + 0x200, 2 } };
    static const uint64_t offsets[] = { 0x210, 0x50, 0x100 };
    const char *path = write_elf(functions, 2);
    struct symbol_file_place places[4];

    (void)state;
    memset(places, 'x', sizeof(places));
    symbol_file_find_all(path, offsets, 3, places);
    assert_string_equal(places[0].symbol, "second");
    assert_int_equal(places[0].begin, 0x200);
    assert_string_equal(places[1].symbol, "");
    assert_int_equal(places[1].begin, 0);
    assert_string_equal(places[2].symbol, "first");
    assert_int_equal(places[2].begin, 0x100);
    assert_int_equal(places[3].symbol[0], 'x');
    symbol_file_find_all(path, offsets, 0, places);
    assert_string_equal(places[0].symbol, "second");
    os_file_remove(path);
    symbol_file_find_all(path, offsets, 3, places);
    assert_string_equal(places[0].symbol, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_export_is_found_from_inside_it),
        cmocka_unit_test(a_name_that_does_not_fit_is_cut),
        cmocka_unit_test(files_that_are_none_are_refused),
        cmocka_unit_test(the_bits_of_a_library_are_known),
        cmocka_unit_test(a_damaged_file_is_survived),
        cmocka_unit_test(a_file_with_4_mi_symbols_is_given_up),
        cmocka_unit_test(sections_that_share_their_symbols_cost_no_time),
        cmocka_unit_test(the_nearest_function_below_an_address_is_found),
        cmocka_unit_test(a_name_takes_the_space_that_there_is),
        cmocka_unit_test(exports_and_coff_symbols_of_a_pe_file_are_found),
        cmocka_unit_test(a_file_that_is_none_has_no_bits),
        cmocka_unit_test(several_addresses_are_looked_for_at_once),
    };

    return cmocka_run_group_tests_name("symbol_file", tests, NULL, NULL);
}
