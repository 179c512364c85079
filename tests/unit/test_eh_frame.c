/* SPDX-License-Identifier: MIT
 *
 * Rows of .eh_frame from tables that the test makes, valid and damaged.
 *
 * The numbers are those of DWARF for x86-64. Instructions: 0x0C def_cfa, 0x0D def_cfa_register, 0x0E def_cfa_offset,
 * 0x0A and 0x0B remember_state and restore_state, 0x80 + r offset of a register r. Registers: 6 rbp, 7 rsp, 16 the
 * return address. 0x78 is -8 as a signed LEB128, the alignment of data. Encodings: 0x1B an offset of 4 bytes from its
 * own place, 0x3B one from the header, 0x03 an unsigned number of 4 bytes.
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

/* ---- each check, at its limit ------------------------------------------------------------------ */

/* Where the parts are: the tests choose a window that begins with the first or ends with the last. */
enum { HEADER = 16, ENTRIES = HEADER + 12, CIE = 64, FDE = 200, LAST_HEADER = 400 };

struct bytes {
    const char *name;
    unsigned char bytes[40];
    size_t size;
};

/* Version, augmentation, alignments, return register, encoding of pointers; then rsp + 8, and the
   return address at -8. */
static const struct bytes usual_cie = {
    "", { 1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1B, 0x0C, 7, 8, 0x90, 1 }, 14
};
/* The same without an augmentation: pointers are addresses, of 8 bytes. */
static const struct bytes plain_cie = { "", { 1, 0, 1, 0x78, 16, 0x0C, 7, 8, 0x90, 1 }, 10 };
static const struct bytes usual_program = { "", { 0x0E, 16 }, 2 };
/* All that the usual CIE says, and cfa + 16. */
static const struct bytes whole_program = { "", { 0x0C, 7, 16, 0x90, 1 }, 5 };

static void put_header(size_t at)
{
    static const unsigned char header[] = { 1, 0x1B, 0x03, 0x3B };

    memcpy(window_bytes + at, header, sizeof(header));
    put(at + 8, 1);
    put(at + 12, (uint32_t)(CODE - at));
    put(at + 16, (uint32_t)(FDE - at));
}

static void build(const struct bytes *cie, const struct bytes *program)
{
    memset(window_bytes, 0, sizeof(window_bytes));
    put_header(HEADER);
    put_header(LAST_HEADER);
    put(CIE, (uint32_t)(4 + cie->size));
    memcpy(window_bytes + CIE + 8, cie->bytes, cie->size);
    put(FDE, (uint32_t)(4 + 4 + 4 + 1 + program->size));
    put(FDE + 4, FDE + 4 - CIE);
    put(FDE + 8, CODE - (FDE + 8));
    put(FDE + 12, 100);
    memcpy(window_bytes + FDE + 17, program->bytes, program->size);
    window.begin = (uintptr_t)window_bytes + HEADER;
    window.end = (uintptr_t)window_bytes + sizeof(window_bytes);
}

/* The same with addresses in the FDE, which has no augmentation if `is_plain`. */
static void build_with_addresses(const struct bytes *cie, bool is_plain)
{
    const uint64_t begin = (uintptr_t)window_bytes + CODE, size = 100;
    const size_t at = FDE + 24 + !is_plain;

    build(cie, &usual_program);
    put(FDE, (uint32_t)(at - (FDE + 4) + usual_program.size));
    memcpy(window_bytes + FDE + 8, &begin, 8);
    memcpy(window_bytes + FDE + 16, &size, 8);
    window_bytes[FDE + 24] = 0;
    memcpy(window_bytes + at, usual_program.bytes, usual_program.size);
}

static bool find_from(size_t header, size_t offset, struct eh_row *row)
{
    *row = (struct eh_row){ false, -1, -1 };
    return eh_frame_find(&window, (uintptr_t)window_bytes + header,
                         (uintptr_t)window_bytes + CODE + offset, row);
}

static bool find_16(void)
{
    struct eh_row row;

    return find_from(HEADER, 50, &row) && !row.is_of_rbp && row.cfa_offset == 16 &&
           row.rbp_offset == 0;
}

static void a_cie_is_one_that_is_known(void **state)
{
    static const struct bytes known[] = {
        { "version 3", { 3, 'z', 'R', 0, 1, 0x78, 0x90, 0, 1, 0x1B, 0x0C, 7, 8, 0x90, 1 }, 15 },
        { "L before R", { 1, 'z', 'L', 'R', 0, 1, 0x78, 16, 2, 5, 0x1B, 0x0C, 7, 8, 0x90, 1 }, 16 },
        { "L after R", { 1, 'z', 'R', 'L', 0, 1, 0x78, 16, 2, 0x1B, 5, 0x0C, 7, 8, 0x90, 1 }, 16 },
        { "P before R",
          { 1, 'z', 'P', 'R', 0, 1, 0x78, 16, 6, 3, 1, 2, 3, 4, 0x1B, 0x0C, 7, 8, 0x90, 1 },
          20 },
        { "more data than letters",
          { 1, 'z', 'R', 0, 1, 0x78, 16, 3, 0x1B, 0x3F, 0x3F, 0x0C, 7, 8, 0x90, 1 },
          16 },
        { "seven letters",
          { 1, 'z',  'R', 'L', 'L', 'L', 'L', 'L',  0, 1, 0x78, 16,
            6, 0x1B, 5,   5,   5,   5,   5,   0x0C, 7, 8, 0x90, 1 },
          24 },
        { "a positive alignment of data",
          { 1, 'z', 'R', 0, 1, 8, 16, 1, 0x1B, 0x0C, 7, 8, 0x11, 16, 0x7F },
          15 },
    };
    static const struct bytes unknown[] = {
        { "version 2", { 2, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1B, 0x0C, 7, 8, 0x90, 1 }, 14 },
        { "version 1 with a long return register",
          { 1, 'z', 'R', 0, 1, 0x78, 0x90, 0, 1, 0x1B, 0x0C, 7, 8, 0x90, 1 },
          15 },
        { "another return register",
          { 1, 'z', 'R', 0, 1, 0x78, 17, 1, 0x1B, 0x0C, 7, 8, 0x90, 1 },
          14 },
        { "a signal frame",
          { 1, 'z', 'R', 'S', 0, 1, 0x78, 16, 1, 0x1B, 0x0C, 7, 8, 0x90, 1 },
          30 },
        { "eight letters",
          { 1, 'z',  'R', 'L', 'L', 'L', 'L', 'L', 'L',  0, 1, 0x78, 16,
            7, 0x1B, 5,   5,   5,   5,   5,   5,   0x0C, 7, 8, 0x90, 1 },
          26 },
        { "a personality of no form", { 1, 'z', 'P', 'R', 0, 1, 0x78, 16, 2, 5, 0x1B }, 11 },
        { "a number without end", { 1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1B, 0x8C }, 10 },
    };

    (void)state;
    build(&usual_cie, &usual_program);
    assert_true(find_16());
    put(CIE + 4, 1); /* an FDE */
    assert_false(find_16());
    for (size_t i = 0; i < UNIT_COUNT(known); i++) {
        build(&known[i], &usual_program);
        if (!find_16())
            fail_msg("%s", known[i].name);
    }
    for (size_t i = 0; i < UNIT_COUNT(unknown); i++) {
        build(&unknown[i], &whole_program);
        if (find_16())
            fail_msg("%s", unknown[i].name);
    }
}

static void augmentation_data_end_with_the_cie(void **state)
{
    struct bytes cie = { "", { 1, 'z', 'R', 0, 1, 0x78, 16, 3, 0x1B, 0, 0 }, 11 };

    (void)state;
    build(&cie, &whole_program);
    assert_true(find_16());
    cie.bytes[7] = 4; /* one byte more than there is */
    build(&cie, &whole_program);
    assert_false(find_16());
}

static void pointers_have_forms_that_are_known(void **state)
{
    static const struct {
        unsigned char encoding;
        bool is_known;
    } cases[] = {
        { 0x00, true }, { 0x04, true }, { 0x0C, true }, { 0x24, false }, { 0x08, false }
    };
    struct bytes cie = usual_cie;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        cie.bytes[8] = cases[i].encoding;
        build_with_addresses(&cie, false);
        if (find_16() != cases[i].is_known)
            fail_msg("0x%x", cases[i].encoding);
    }
    build_with_addresses(&plain_cie, true);
    assert_true(find_16());
    cie = plain_cie; /* a letter that does not say how long its data are */
    memcpy(cie.bytes, "\1R\0\1\x78\20\14\7\10\x90\1", 11);
    cie.size = 11;
    build_with_addresses(&cie, true);
    assert_false(find_16());
}

static void an_fde_has_augmentation_data_before_its_program(void **state)
{
    (void)state;
    build(&usual_cie, &usual_program);
    put(FDE, 4 + 4 + 4 + 1 + 3 + 2);
    memcpy(window_bytes + FDE + 16, "\3\x0E\x20\x20\x0E\x10", 6);
    assert_true(find_16());
    window_bytes[FDE + 16] = 5; /* to the end: no program */
    struct eh_row row;
    assert_true(find_from(HEADER, 50, &row) && row.cfa_offset == 8);
    window_bytes[FDE + 16] = 6;
    assert_false(find_from(HEADER, 50, &row));
}

static void everything_is_inside_the_window(void **state)
{
    struct eh_row row;

    (void)state;
    build(&usual_cie, &usual_program);
    window.end = (uintptr_t)window_bytes + FDE + 19; /* the last byte of the FDE */
    assert_true(find_16());
    window.end--;
    assert_false(find_16());

    build(&usual_cie, &usual_program);
    window.begin++; /* the header begins before */
    assert_false(find_16());
    assert_true(find_from(LAST_HEADER, 50, &row) && row.cfa_offset == 16);
    window.begin = (uintptr_t)window_bytes + CIE;
    assert_true(find_from(LAST_HEADER, 50, &row) && row.cfa_offset == 16);
    window.begin++; /* so does the CIE */
    assert_false(find_from(LAST_HEADER, 50, &row));
    window.begin = (uintptr_t)window_bytes + FDE + 1;
    assert_false(find_from(LAST_HEADER, 50, &row));

    build(&usual_cie, &usual_program);
    window.end = (uintptr_t)window_bytes + LAST_HEADER + 20; /* the last byte of its only entry */
    assert_true(find_from(LAST_HEADER, 50, &row) && row.cfa_offset == 16);
    window.end--;
    assert_false(find_from(LAST_HEADER, 50, &row));
    window.end = (uintptr_t)window_bytes + LAST_HEADER - 1;
    assert_false(find_from(LAST_HEADER, 50, &row));

    build(&usual_cie, &usual_program);
    put(CIE, sizeof(window_bytes));
    assert_false(find_16());
    build(&usual_cie, &usual_program);
    put(FDE + 4, FDE + 4); /* a CIE before the window */
    assert_false(find_16());
    put(FDE + 4, UINT32_MAX);
    assert_false(find_16());
    put(FDE + 4, 0);
    assert_false(find_16());
}

/* In a window of more than 4 GiB, a length from 0xFFFFFFF0 on is reserved: 64 bits follow. */
static void a_length_that_announces_64_bits_is_refused(void **state)
{
    static const struct bytes program = { "", { 0x0E, 16, 0x7F, 0x7F }, 4 };

    (void)state;
    if (sizeof(void *) < 8)
        skip();
    build(&usual_cie, &program); /* it ends after 126 bytes of code, so nothing after it is read */
    window.end = window.begin + (uintptr_t)((uint64_t)8 << 30);
    put(FDE, 0xFFFFFFEF);
    assert_true(find_16());
    put(FDE, 0xFFFFFFF0);
    assert_false(find_16());
}

static void a_header_has_the_usual_encodings(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        build(&usual_cie, &usual_program);
        window_bytes[HEADER + i]++;
        assert_false(find_16());
    }
    build(&usual_cie, &usual_program);
    put(HEADER + 8, 0); /* no entries */
    assert_false(find_16());
}

static void the_entry_is_the_last_that_begins_before_the_pc(void **state)
{
    struct eh_row row;

    (void)state;
    for (uint32_t ours = 0; ours < 3; ours++) {
        build(&usual_cie, &usual_program);
        put(HEADER + 8, 3);
        for (uint32_t i = 0; i < 3; i++) {
            put(ENTRIES + 8 * i, CODE - HEADER + 200 * i - 200 * ours);
            put(ENTRIES + 8 * i + 4, i == ours ? FDE - HEADER : 0);
        }
        assert_true(find_16());
        assert_true(find_from(HEADER, 0, &row));
        assert_false(find_from(HEADER, (size_t)-1, &row));
        assert_false(find_from(HEADER, 200, &row));
    }
}

/* A size of -1 contains every address after the beginning, and none before it. */
static void a_function_does_not_begin_before_it_begins(void **state)
{
    struct eh_row row;

    (void)state;
    build(&usual_cie, &usual_program);
    put(ENTRIES, CODE - HEADER - 10);
    put(FDE + 12, UINT32_MAX);
    assert_true(find_from(HEADER, 0, &row));
    assert_true(find_from(HEADER, 5000, &row));
    assert_false(find_from(HEADER, (size_t)-5, &row));
}

static void instructions_change_what_they_name(void **state)
{
    enum { NO_ROW = 1 }; /* no offset of rbp */
    static const struct {
        const char *name;
        unsigned char program[16];
        size_t size;
        int32_t cfa_offset, rbp_offset;
    } cases[] = {
        { "a rule for r12", { 0x8C, 5 }, 2, 8, 0 },
        { "r12 without its offset", { 0x8C }, 1, 0, NO_ROW },
        { "rsp saved", { 0x87, 2 }, 2, 0, NO_ROW },
        { "rbp saved, then the same", { 0x86, 2, 0x08, 6 }, 4, 8, 0 },
        { "rbp saved, r12 the same", { 0x86, 2, 0x08, 12 }, 4, 8, -16 },
        { "r12 undefined", { 0x07, 12 }, 2, 8, 0 },
        { "rsp undefined", { 0x07, 7 }, 2, 0, NO_ROW },
        { "rbp undefined", { 0x07, 6 }, 2, 0, NO_ROW },
        { "the return address the same", { 0x08, 16 }, 2, 0, NO_ROW },
        { "r12 in r13", { 0x09, 12, 13 }, 3, 8, 0 },
        { "rbp restored", { 0x86, 2, 0xC6 }, 3, 8, 0 },
        { "r12 restored", { 0x86, 2, 0xCC }, 3, 8, -16 },
        { "the return address restored", { 0x90, 2, 0xD0 }, 3, 8, 0 },
        { "r12 restored, not the return address", { 0x90, 2, 0x06, 12 }, 4, 0, NO_ROW },
        { "eight states remembered",
          { 0x0A, 0x0A, 0x0A, 0x0A, 0x0A, 0x0A, 0x0A, 0x0A, 0x0E, 32 },
          10,
          32,
          0 },
        { "nine states remembered",
          { 0x0A, 0x0A, 0x0A, 0x0A, 0x0A, 0x0A, 0x0A, 0x0A, 0x0A, 0x0E, 32 },
          11,
          0,
          NO_ROW },
        { "the smallest offset", { 0x0E, 8 }, 2, 8, 0 },
        { "less than a return address", { 0x0E, 7 }, 2, 0, NO_ROW },
        { "the largest offset", { 0x0E, 0xFF, 0xFF, 0xFF, 0xFF, 0x07 }, 6, INT32_MAX, 0 },
        { "a larger one", { 0x0E, 0x80, 0x80, 0x80, 0x80, 0x08 }, 6, 0, NO_ROW },
        { "rbp at the cfa", { 0x86, 0 }, 2, 0, NO_ROW },
        { "rbp above the cfa", { 0x11, 6, 0x7E }, 3, 0, NO_ROW },
        { "rbp far below", { 0x86, 0x80, 0x80, 0x80, 0x80, 0x01 }, 6, 8, INT32_MIN },
        { "rbp farther below", { 0x86, 0x81, 0x80, 0x80, 0x80, 0x01 }, 6, 0, NO_ROW },
        /* More than 64 bits: those above are ignored. */
        { "a long number",
          { 0x0E, 0x90, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 },
          12,
          16,
          0 },
        { "a long negative number, -200 times -8",
          { 0x13, 0xB8, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F },
          11,
          1600,
          0 },
    };
    struct bytes program = { "", { 0 }, 0 };
    struct eh_row row;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        memcpy(program.bytes, cases[i].program, sizeof(cases[i].program));
        program.size = cases[i].size;
        build(&usual_cie, &program);
        const bool found = find_from(HEADER, 50, &row);
        if (found != (cases[i].rbp_offset != NO_ROW) ||
            (found &&
             (row.cfa_offset != cases[i].cfa_offset || row.rbp_offset != cases[i].rbp_offset)))
            fail_msg("%s: %d, %d", cases[i].name, (int)row.cfa_offset, (int)row.rbp_offset);
    }
}

/* A damaged program gives no row, not even for the address where it is damaged. */
static void a_row_ends_where_a_location_is_set(void **state)
{
    static const struct bytes program = { "", { 0x01, 0, 0, 0, 0, 0x0E, 32 }, 7 };
    static const struct bytes damaged = { "", { 0x0B }, 1 };
    struct eh_row row;

    (void)state;
    build(&usual_cie, &program);
    put(FDE + 18, CODE + 50 - (FDE + 18));
    assert_true(find_from(HEADER, 49, &row) && row.cfa_offset == 8);
    assert_true(find_from(HEADER, 50, &row) && row.cfa_offset == 32);
    assert_true(find_from(HEADER, 51, &row) && row.cfa_offset == 32);
    build(&usual_cie, &damaged);
    assert_false(find_from(HEADER, 0, &row));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_change_with_the_address),
        cmocka_unit_test(states_are_remembered_and_restored),
        cmocka_unit_test(what_is_no_row_ends_the_walk),
        cmocka_unit_test(damaged_tables_do_no_harm),
        cmocka_unit_test(a_cie_is_one_that_is_known),
        cmocka_unit_test(augmentation_data_end_with_the_cie),
        cmocka_unit_test(pointers_have_forms_that_are_known),
        cmocka_unit_test(an_fde_has_augmentation_data_before_its_program),
        cmocka_unit_test(everything_is_inside_the_window),
        cmocka_unit_test(a_length_that_announces_64_bits_is_refused),
        cmocka_unit_test(a_header_has_the_usual_encodings),
        cmocka_unit_test(the_entry_is_the_last_that_begins_before_the_pc),
        cmocka_unit_test(a_function_does_not_begin_before_it_begins),
        cmocka_unit_test(instructions_change_what_they_name),
        cmocka_unit_test(a_row_ends_where_a_location_is_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
