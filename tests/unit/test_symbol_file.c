/* SPDX-License-Identifier: MIT
 *
 * Tests of symbol_file.c with the library of the fake provider, and with files that are cut or
 * damaged.
 */
#include "host_fixture.h"

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
    /* os.h does not report the base address: try the pages below until the name fits. */
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

/* Its four sections have the same 2^20 symbols, together the limit of 4 Mi. All symbols have the same name,
   which is near the end. */
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
    free(data);
    os_file_remove(path);
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
    };

    return cmocka_run_group_tests_name("symbol_file", tests, NULL, NULL);
}
