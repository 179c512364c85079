/* SPDX-License-Identifier: MIT
 *
 * image_header.c: headers of PE and ELF files, complete, cut at each byte, and with fields at their
 * limits.
 */
#include "unit.h"

#include <string.h>

#include "image_header.h"

static unsigned char bytes[512];

static void put_u16(size_t at, uint16_t value)
{
    memcpy(bytes + at, &value, sizeof(value));
}

static void put_u32(size_t at, uint32_t value)
{
    memcpy(bytes + at, &value, sizeof(value));
}

static void put_u64(size_t at, uint64_t value)
{
    memcpy(bytes + at, &value, sizeof(value));
}

static struct span first(size_t size)
{
    return (struct span){ bytes, size };
}

enum { PE = 64, OPTIONAL_HEADER = PE + 24 };

/* A PE file whose optional header has `optional_size` bytes. The offsets are those of winnt.h: of
   IMAGE_FILE_HEADER from PE + 4 on, and of IMAGE_OPTIONAL_HEADER32 and 64. */
static void put_pe(bool is_64, uint16_t optional_size)
{
    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, "MZ", 2);
    put_u32(60, PE);
    memcpy(bytes + PE, "PE\0", 4);
    put_u16(PE + 4, is_64 ? PE_MACHINE_X64 : PE_MACHINE_X86);
    put_u16(PE + 6, 3);
    put_u32(PE + 8, 0x11111111);
    put_u32(PE + 12, 0x22222222);
    put_u32(PE + 16, 0x33333333);
    put_u16(PE + 20, optional_size);
    put_u16(OPTIONAL_HEADER, is_64 ? 0x20B : 0x10B);
    if (is_64)
        put_u64(OPTIONAL_HEADER + 24, 0x180000000);
    else
        put_u32(OPTIONAL_HEADER + 28, 0x10000000);
    put_u32(OPTIONAL_HEADER + 56, 0x44444444);
    put_u32(OPTIONAL_HEADER + 64, 0x55555555);
    put_u32(OPTIONAL_HEADER + (is_64 ? 108 : 92), 1);
    put_u32(OPTIONAL_HEADER + (is_64 ? 112 : 96), 0x66666666);
    put_u32(OPTIONAL_HEADER + (is_64 ? 116 : 100), 0x77777777);
}

static void the_fields_of_a_pe_file_are_read(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 < 2; is_64++) {
        const uint16_t optional_size = is_64 ? 240 : 224;
        struct pe_header header;

        put_pe(is_64, optional_size);
        assert_true(image_header_parse_pe(first(sizeof(bytes)), &header));
        assert_int_equal(header.machine, is_64 ? PE_MACHINE_X64 : PE_MACHINE_X86);
        assert_int_equal(header.is_64, is_64);
        assert_int_equal(header.section_count, 3);
        assert_int_equal(header.time_stamp, 0x11111111);
        assert_int_equal(header.symbols, 0x22222222);
        assert_int_equal(header.symbol_count, 0x33333333);
        assert_int_equal(header.size_of_image, 0x44444444);
        assert_int_equal(header.check_sum, 0x55555555);
        assert_true(header.image_base == (is_64 ? 0x180000000 : 0x10000000));
        assert_int_equal(header.exports, 0x66666666);
        assert_int_equal(header.exports_size, 0x77777777);
        assert_int_equal(header.sections, OPTIONAL_HEADER + optional_size);
    }
}

/* CheckSum is at 64 and has 4 bytes. */
static void a_pe_header_may_end_after_the_check_sum_and_not_before(void **state)
{
    struct pe_header header = { .machine = 7 };

    (void)state;
    put_pe(true, 68);
    assert_true(image_header_parse_pe(first(OPTIONAL_HEADER + 68), &header));
    assert_int_equal(header.exports, 0);
    header.machine = 7;
    for (size_t size = 0; size < OPTIONAL_HEADER + 68; size++)
        assert_false(image_header_parse_pe(first(size), &header));
    put_pe(true, 67);
    assert_false(image_header_parse_pe(first(sizeof(bytes)), &header));
    assert_int_equal(header.machine, 7);
}

/* The file supplies the offset of the PE header, so it may point anywhere. The shortest header has
   24 + 68 = 92 bytes, and 0xFFFFFFA4 is -92 in 32 bits. */
static void a_pe_header_outside_of_the_file_is_none(void **state)
{
    static const uint32_t outside[] = { sizeof(bytes) - 91, sizeof(bytes), 0x7FFFFFFF, 0xFFFFFFA4,
                                        0xFFFFFFFF };
    struct pe_header header;

    (void)state;
    put_pe(true, 68);
    put_u32(60, sizeof(bytes) - 92); /* the last place where it fits */
    memmove(bytes + sizeof(bytes) - 92, bytes + PE, 92);
    assert_true(image_header_parse_pe(first(sizeof(bytes)), &header));
    for (size_t i = 0; i < sizeof(outside) / sizeof(*outside); i++) {
        put_u32(60, outside[i]);
        assert_false(image_header_parse_pe(first(sizeof(bytes)), &header));
    }
}

/* The directory must be inside the optional header, and the header must count it. Its entry ends at
   120: after 112 bytes of IMAGE_OPTIONAL_HEADER64 comes an address and a size. */
static void an_export_directory_that_the_header_does_not_have_is_none(void **state)
{
    struct pe_header header;

    (void)state;
    put_pe(true, 120);
    assert_true(image_header_parse_pe(first(OPTIONAL_HEADER + 120), &header));
    assert_int_equal(header.exports, 0x66666666);
    put_pe(true, 119);
    assert_true(image_header_parse_pe(first(sizeof(bytes)), &header));
    assert_int_equal(header.exports, 0);
    put_pe(true, 120);
    assert_true(image_header_parse_pe(first(OPTIONAL_HEADER + 119), &header));
    assert_int_equal(header.exports, 0);
    put_u32(OPTIONAL_HEADER + 108, 0);
    assert_true(image_header_parse_pe(first(sizeof(bytes)), &header));
    assert_int_equal(header.exports, 0);
}

/* The offsets are those of Elf64_Ehdr and Elf32_Ehdr in elf.h. */
static void put_elf(bool is_64)
{
    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, "\177ELF", 4);
    bytes[4] = is_64 ? 2 : 1;
    bytes[5] = 1;
    put_u16(18, is_64 ? ELF_MACHINE_X64 : ELF_MACHINE_X86);
    if (is_64) {
        put_u64(32, 0x1111111111111111);
        put_u64(40, 0x2222222222222222);
    } else {
        put_u32(28, 0x11111111);
        put_u32(32, 0x22222222);
    }
    for (size_t i = 0; i < 4; i++)
        put_u16((is_64 ? 54 : 42) + i * 2, (uint16_t)(i + 3));
}

static void the_fields_of_an_elf_file_are_read(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 < 2; is_64++) {
        struct elf_header header;

        put_elf(is_64);
        assert_true(image_header_parse_elf(first(is_64 ? 64 : 52), &header));
        assert_int_equal(header.machine, is_64 ? ELF_MACHINE_X64 : ELF_MACHINE_X86);
        assert_int_equal(header.is_64, is_64);
        assert_true(header.segments.offset == (is_64 ? 0x1111111111111111 : 0x11111111));
        assert_true(header.sections.offset == (is_64 ? 0x2222222222222222 : 0x22222222));
        assert_int_equal(header.segments.entry_size, 3);
        assert_int_equal(header.segments.count, 4);
        assert_int_equal(header.sections.entry_size, 5);
        assert_int_equal(header.sections.count, 6);
        for (size_t size = 0; size < (is_64 ? 64u : 52u); size++)
            assert_false(image_header_parse_elf(first(size), &header));
    }
}

static void an_elf_file_of_another_class_or_byte_order_is_none(void **state)
{
    struct elf_header header;

    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        put_elf(true);
        bytes[4] = (unsigned char)value;
        assert_int_equal(image_header_parse_elf(first(64), &header), value == 1 || value == 2);
        put_elf(true);
        bytes[5] = (unsigned char)value;
        assert_int_equal(image_header_parse_elf(first(64), &header), value == 1);
    }
}

static void a_program_header_needs_all_of_its_bytes(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 < 2; is_64++) {
        const size_t size = is_64 ? 56 : 32;
        struct elf_segment segment = { 0 };
        struct elf_header header;

        put_elf(is_64);
        assert_true(image_header_parse_elf(first(64), &header));
        memset(bytes, 0, sizeof(bytes));
        put_u32(0, 1);
        put_u32(is_64 ? 8 : 4, 0x1000);
        put_u32(is_64 ? 16 : 8, 0x2000);
        assert_false(image_header_parse_segment(&header, first(size - 1), &segment));
        assert_false(segment.is_loaded);
        assert_true(image_header_parse_segment(&header, first(size), &segment));
        assert_true(segment.is_loaded && segment.offset == 0x1000 && segment.address == 0x2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fields_of_a_pe_file_are_read),
        cmocka_unit_test(a_pe_header_may_end_after_the_check_sum_and_not_before),
        cmocka_unit_test(a_pe_header_outside_of_the_file_is_none),
        cmocka_unit_test(an_export_directory_that_the_header_does_not_have_is_none),
        cmocka_unit_test(the_fields_of_an_elf_file_are_read),
        cmocka_unit_test(an_elf_file_of_another_class_or_byte_order_is_none),
        cmocka_unit_test(a_program_header_needs_all_of_its_bytes),
    };

    return cmocka_run_group_tests_name("image_header", tests, NULL, NULL);
}
