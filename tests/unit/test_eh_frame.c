/* SPDX-License-Identifier: MIT
 *
 * Rows of .eh_frame from tables that the test makes, valid and damaged.
 */
#include "eh_frame.h"
#include "unit.h"

#define CODE 0x4000 /* offset of the functions from the start of the window */

static _Alignas(16) unsigned char window_bytes[512];
static struct eh_window window;

static void put(size_t at, uint32_t value)
{
    memcpy(window_bytes + at, &value, sizeof(value));
}

/* One CIE at 0, one FDE at 24 for 100 bytes of code, and the header at 128. */
static void make_tables(const unsigned char *program, size_t size)
{
    static const unsigned char cie[] = { 20, 0,    0,  0, 0,    0,    0, 0, 1,    'z', 'R', 0,
                                         1,  0x78, 16, 1, 0x1B, 0x0C, 7, 8, 0x90, 1,   0,   0 };
    static const unsigned char header[] = { 1, 0x1B, 0x03, 0x3B };

    memset(window_bytes, 0, sizeof(window_bytes));
    memcpy(window_bytes, cie, sizeof(cie));
    put(24, (uint32_t)(4 + 4 + 4 + 1 + size));
    put(28, 28);
    put(32, CODE - 32);
    put(36, 100);
    window_bytes[40] = 0;
    memcpy(window_bytes + 41, program, size);
    memcpy(window_bytes + 128, header, sizeof(header));
    put(136, 1);
    put(140, CODE - 128);
    put(144, (uint32_t)(24 - 128));
    window.begin = (uintptr_t)window_bytes;
    window.end = window.begin + sizeof(window_bytes);
}

static bool find(size_t offset, struct eh_row *row)
{
    return eh_frame_find(&window, window.begin + 128, window.begin + CODE + offset, row);
}

/* push %rbp; mov %rsp, %rbp; later leave: the code that compilers generate. An instruction from 0x40
   to 0x7F advances by its lower six bits, so rows begin at 0, 1, 4 and 20. */
static const unsigned char with_frame_pointer[] = { 0x41, 0x0E, 16,   0x86, 2, 0x43,
                                                    0x0D, 6,    0x50, 0x0C, 7, 8 };

static void rows_change_with_the_address(void **state)
{
    struct eh_row row;

    (void)state;
    make_tables(with_frame_pointer, sizeof(with_frame_pointer));
    assert_true(find(0, &row) && !row.is_of_rbp && row.cfa_offset == 8 && row.rbp_offset == 0);
    assert_true(find(1, &row) && !row.is_of_rbp && row.cfa_offset == 16 && row.rbp_offset == -16);
    assert_true(find(4, &row) && row.is_of_rbp && row.cfa_offset == 16 && row.rbp_offset == -16);
    assert_true(find(19, &row) && row.is_of_rbp);
    assert_true(find(20, &row) && !row.is_of_rbp && row.cfa_offset == 8);
    assert_true(find(99, &row));
    assert_false(find(100, &row));
    assert_false(eh_frame_find(&window, window.begin + 128, window.begin + CODE - 1, &row));
}

static void states_are_remembered_and_restored(void **state)
{
    static const unsigned char program[] = {
        0x0E, 32, 0x0A, 0x44, 0x0E, 8, 0x44, 0x0B, 0x44, 0xC6
    };
    struct eh_row row;

    (void)state;
    make_tables(program, sizeof(program));
    assert_true(find(3, &row) && row.cfa_offset == 32);
    assert_true(find(5, &row) && row.cfa_offset == 8);
    assert_true(find(9, &row) && row.cfa_offset == 32);
}

static void what_is_no_row_ends_the_walk(void **state)
{
    static const struct {
        const char *name;
        unsigned char program[8];
        size_t size;
    } cases[] = {
        { "a CFA by an expression", { 0x0F, 2, 0x77, 8 }, 4 },
        { "a return address that is undefined", { 0x07, 16 }, 2 },
        { "a return address elsewhere", { 0x90, 2 }, 2 },
        { "a CFA of another register", { 0x0D, 10 }, 2 },
        { "rbp by an expression", { 0x10, 6, 1, 0x77 }, 4 },
        { "restore without remember", { 0x0B }, 1 },
        { "an unknown instruction", { 0x3F }, 1 },
        { "an expression that is too long", { 0x0F, 0xFF, 0x7F }, 3 },
        { "a number without end", { 0x0E, 0x80, 0x80, 0x80 }, 4 },
        { "a CFA of no bytes", { 0x0E, 0 }, 2 },
    };
    struct eh_row row;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        make_tables(cases[i].program, cases[i].size);
        if (find(50, &row))
            fail_msg("%s", cases[i].name);
    }
}

/* Change every bit of every byte of the tables. Nothing outside may be read, which the sanitizer
   checks. */
static void damaged_tables_do_no_harm(void **state)
{
    struct eh_row row;

    (void)state;
    for (size_t at = 0; at < 148; at++) /* up to the end of the header's one entry */
        for (unsigned value = 0; value < 256; value += 1 + value % 3) {
            make_tables(with_frame_pointer, sizeof(with_frame_pointer));
            window_bytes[at] = (unsigned char)value;
            if (find(50, &row))
                assert_true(row.cfa_offset >= 8 && row.rbp_offset <= 0);
        }
    make_tables(with_frame_pointer, sizeof(with_frame_pointer));
    for (size_t size = 0; size < 148; size++) {
        window.end = window.begin + size;
        assert_false(find(50, &row));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_change_with_the_address),
        cmocka_unit_test(states_are_remembered_and_restored),
        cmocka_unit_test(what_is_no_row_ends_the_walk),
        cmocka_unit_test(damaged_tables_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
