/* SPDX-License-Identifier: MIT
 *
 * file_kind.c: the kind of a file by its bytes, without any read outside them.
 */
#include "unit.h"

#include <stdlib.h>

#include "file_kind.h"
#include "image_header.h"
#include "name_pattern.h"
#include "os.h"

static void files_are_named_by_their_first_bytes(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        enum file_kind kind;
        bool is_cut;
        const char *text;
    } files[] = {
        { "", 0, FILE_KIND_EMPTY, false, "empty" },
        { "MZ", 2, FILE_KIND_PE, true,
          "the beginning of a Windows program (PE), or a program for DOS" },
        { "\177ELF", 4, FILE_KIND_ELF, true,
          "the beginning of an ELF file, or a big-endian ELF file" },
        { "!<arch>\n", 8, FILE_KIND_ARCHIVE, false,
          "a static library; a provider is a shared one (-shared, a DLL)" },
        { "plain", 5, FILE_KIND_TEXT, false, "a text file" },
        { "REGEDIT4", 8, FILE_KIND_TEXT, false,
          "a text file: a registration (perfharness doctor reads it)" },
        { "\xFF\xFEx\0", 4, FILE_KIND_TEXT, false, "a text file" },
        { "P\0E\0R\0F\0", 8, FILE_KIND_UNKNOWN, false, "neither a program nor a library" },
        { "M", 1, FILE_KIND_TEXT, false, "a text file" },
        { "!<arch>", 7, FILE_KIND_TEXT, false, "a text file" },
        { "\177EL", 3, FILE_KIND_UNKNOWN, false, "neither a program nor a library" },
        { "a b\tc\r\nd\f", 9, FILE_KIND_TEXT, false, "a text file" },
        { "a\x1F", 2, FILE_KIND_UNKNOWN, false, "neither a program nor a library" },
        { "a\x7F", 2, FILE_KIND_UNKNOWN, false, "neither a program nor a library" },
        { "\xFF\xFE", 2, FILE_KIND_TEXT, false, "a text file" },
        { "\xFF", 1, FILE_KIND_TEXT, false, "a text file" },
        { "\xFF\1", 2, FILE_KIND_UNKNOWN, false, "neither a program nor a library" },
        { "\1\xFE", 2, FILE_KIND_UNKNOWN, false, "neither a program nor a library" },
        { "\xFF\xFEW\0i\0n\0d\0", 10, FILE_KIND_TEXT, false,
          "a text file: a registration (perfharness doctor reads it)" },
        { "Windows Registry Editor Version 5.00", 36, FILE_KIND_TEXT, false,
          "a text file: a registration (perfharness doctor reads it)" },
        { "[info]\n", 7, FILE_KIND_TEXT, false,
          "a text file: counters for lodctr (perfharness install reads it)" },
        { "<", 1, FILE_KIND_TEXT, false,
          "a text file: XML, a manifest perhaps (perfharness ctrpp, or check --v2 LIBRARY "
          "--manifest)" },
        { "{}", 2, FILE_KIND_TEXT, false,
          "a text file: JSON (check reads what query --format raw writes)" },
        { "INPUT(x)", 8, FILE_KIND_TEXT, false,
          "a text file: a linker script; name the library that it names" },
        { "/* GNU ld script", 16, FILE_KIND_TEXT, false,
          "a text file: a linker script; name the library that it names" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char text[FILE_KIND_TEXT_SIZE];
        bool is_cut;
        unsigned char *exact = malloc(files[i].size + !files[i].size);

        assert_non_null(exact);
        memcpy(exact, files[i].bytes, files[i].size);
        assert_int_equal(file_kind_find((struct span){ exact, files[i].size }, text, &is_cut),
                         files[i].kind);
        assert_string_equal(text, files[i].text);
        assert_int_equal(is_cut, files[i].is_cut);
        free(exact);
    }
}

/* 4096 is TEXT_LOOK of file_kind.c. */
static void the_first_4096_bytes_decide_whether_a_file_is_text(void **state)
{
    unsigned char bytes[5000];
    char text[FILE_KIND_TEXT_SIZE];
    bool is_cut;

    (void)state;
    for (size_t zero = 4095; zero <= 4096; zero++) {
        memset(bytes, 'x', sizeof(bytes));
        bytes[zero] = 0;
        assert_int_equal(file_kind_find((struct span){ bytes, sizeof(bytes) }, text, &is_cut),
                         zero == 4096 ? FILE_KIND_TEXT : FILE_KIND_UNKNOWN);
        assert_int_equal(file_kind_find((struct span){ bytes, zero }, text, &is_cut),
                         FILE_KIND_TEXT);
    }
    memset(bytes, 0, sizeof(bytes)); /* the byte after the file does not count */
    bytes[0] = 'x';
    assert_int_equal(file_kind_find((struct span){ bytes, 1 }, text, &is_cut), FILE_KIND_TEXT);
}

/* ---- small images that are made here. Offsets are those of winnt.h and elf.h ----------------- */

enum { IMAGE_SIZE = 1024, PE = 64, PE_OPTIONAL = PE + 24, PE_SECTIONS = PE_OPTIONAL + 240 };

static unsigned char image[IMAGE_SIZE];

static void put(size_t at, uint64_t value, size_t size)
{
    memcpy(image + at, &value, size);
}

/* A PE file of 64 bits with two sections of 256 bytes, the second one at its end. */
static void make_pe(void)
{
    memset(image, 0, sizeof(image));
    memcpy(image, "MZ", 2);
    put(60, PE, 4);
    memcpy(image + PE, "PE", 2);
    put(PE + 4, PE_MACHINE_X64, 2);
    put(PE + 6, 2, 2);
    put(PE + 20, 240, 2);
    put(PE_OPTIONAL, 0x20B, 2);
    for (size_t i = 0; i < 2; i++) {
        put(PE_SECTIONS + i * PE_SECTION_SIZE + 16, 256, 4);
        put(PE_SECTIONS + i * PE_SECTION_SIZE + 20, IMAGE_SIZE - 512 + i * 256, 4);
    }
    put(PE_SECTIONS + 2 * PE_SECTION_SIZE + 16, UINT32_MAX, 4); /* no section */
}

/* An ELF file with two segments, which have all bytes, and headers of sections at its end. */
static void make_elf(bool is_64)
{
    const size_t segment = is_64 ? 56 : 32, word = is_64 ? 8 : 4;

    memset(image, 0, sizeof(image));
    memcpy(image, "\177ELF", 4);
    put(4, is_64 ? 2 : 1, 1);
    put(5, 1, 1);
    put(16, 3, 2);
    put(18, is_64 ? ELF_MACHINE_X64 : ELF_MACHINE_X86, 2);
    put(is_64 ? 32 : 28, 64, word);
    put(is_64 ? 40 : 32, IMAGE_SIZE - 2 * 64, word);
    put(is_64 ? 54 : 42, segment, 2);
    put(is_64 ? 56 : 44, 2, 2);
    put(is_64 ? 58 : 46, 64, 2);
    put(is_64 ? 60 : 48, 2, 2);
    for (size_t i = 0; i < 3; i++) { /* there is no third one */
        put(64 + i * segment, 1, 4); /* PT_LOAD */
        put(64 + i * segment + (is_64 ? 32 : 16), i < 2 ? IMAGE_SIZE : UINT32_MAX, word);
    }
}

/* What is said about the image, with "cut" before it if it is. */
static const char *kind_of(size_t size)
{
    static char text[FILE_KIND_TEXT_SIZE + 8];
    unsigned char *exact = malloc(size);
    char kind[FILE_KIND_TEXT_SIZE];
    bool is_cut;

    assert_non_null(exact);
    memcpy(exact, image, size);
    file_kind_find((struct span){ exact, size }, kind, &is_cut);
    free(exact);
    snprintf(text, sizeof(text), "%s%s", is_cut ? "cut " : "", kind);
    return text;
}

static bool is_cut(size_t size)
{
    return strncmp(kind_of(size), "cut ", 4) == 0;
}

static void a_machine_has_its_number_in_each_format(void **state)
{
    static const struct {
        uint16_t pe, elf; /* 0: has no number */
        const char *name;
    } machines[] = {
        { PE_MACHINE_X64, ELF_MACHINE_X64, "x64" },
        { PE_MACHINE_X86, ELF_MACHINE_X86, "x86" },
        { 0xAA64, 183, "ARM64" },
        { 0x01C4, 40, "ARM" },
        { 0x0200, 50, "Itanium" },
        { 0, 243, "RISC-V" },
        { 0, 21, "PowerPC" },
        { 0, 22, "S/390" },
        { 183, 0xAA64, "an unknown machine" }, /* each is that of the other format */
        { 0, 0, "an unknown machine" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(machines); i++) {
        char expected[FILE_KIND_TEXT_SIZE];

        make_pe();
        put(PE + 4, machines[i].pe, 2);
        snprintf(expected, sizeof(expected), "a Windows program (PE) for %s, 64 bits",
                 machines[i].pe ? machines[i].name : "an unknown machine");
        assert_string_equal(kind_of(IMAGE_SIZE), expected);
        make_elf(true);
        put(18, machines[i].elf, 2);
        snprintf(expected, sizeof(expected), "an ELF library for %s, 64 bits", machines[i].name);
        assert_string_equal(kind_of(IMAGE_SIZE), expected);
    }
}

static void an_image_is_described(void **state)
{
    static const char *const types[] = {
        "file", "object file, not linked,", "program", "library", "memory dump", "file", "file"
    };

    (void)state;
    make_pe();
    put(PE + 22, 0x2000, 2); /* Characteristics: IMAGE_FILE_DLL */
    assert_string_equal(kind_of(IMAGE_SIZE), "a Windows DLL (PE) for x64, 64 bits");
    put(PE + 22, 0xDFFF, 2); /* all others */
    put(PE_OPTIONAL, 0x10B, 2);
    assert_string_equal(kind_of(IMAGE_SIZE), "a Windows program (PE) for x64, 32 bits");
    for (size_t i = 0; i < UNIT_COUNT(types); i++) {
        char expected[FILE_KIND_TEXT_SIZE];

        make_elf(false);
        put(16, i, 2);
        snprintf(expected, sizeof(expected), "an ELF %s for x86, 32 bits", types[i]);
        assert_string_equal(kind_of(IMAGE_SIZE), expected);
    }
}

static void a_pe_file_is_cut_if_a_section_is_not_all_there(void **state)
{
    (void)state;
    make_pe();
    assert_false(is_cut(IMAGE_SIZE));
    assert_true(is_cut(IMAGE_SIZE - 1));
    put(PE_SECTIONS + 16, 0, 4);
    put(PE_SECTIONS + 20, 0, 4);
    assert_true(is_cut(PE_SECTIONS + PE_SECTION_SIZE)); /* the second header is not there */
    put(PE_SECTIONS + 20, 0, 4);
    put(PE_SECTIONS + 16, IMAGE_SIZE, 4); /* all of the file */
    assert_false(is_cut(IMAGE_SIZE));
    put(PE_SECTIONS + 16, IMAGE_SIZE + 1, 4);
    assert_true(is_cut(IMAGE_SIZE));
    make_pe();
    put(PE_SECTIONS + 16, UINT32_MAX, 4);
    assert_true(is_cut(IMAGE_SIZE));
    make_pe();
    put(PE_SECTIONS + 20, UINT32_MAX, 4);
    assert_true(is_cut(IMAGE_SIZE));
}

static void an_elf_file_is_cut_if_a_header_or_a_segment_is_not_all_there(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 < 2; is_64++) {
        const size_t segment = is_64 ? 56 : 32, word = is_64 ? 8 : 4;
        const size_t offset = 64 + segment + (is_64 ? 8 : 4),
                     size = 64 + segment + (is_64 ? 32 : 16);

        make_elf(is_64);
        assert_false(is_cut(IMAGE_SIZE));
        put(offset, 1, word);
        assert_true(is_cut(IMAGE_SIZE));
        put(size, IMAGE_SIZE - 1, word);
        assert_false(is_cut(IMAGE_SIZE));
        put(size, is_64 ? UINT64_MAX : UINT32_MAX, word);
        assert_true(is_cut(IMAGE_SIZE));
        put(64 + segment, 2, 4); /* PT_DYNAMIC: is not loaded */
        assert_false(is_cut(IMAGE_SIZE));

        make_elf(is_64);
        put(is_64 ? 40 : 32, IMAGE_SIZE - 2 * 64 + 1, word); /* the headers of sections */
        assert_true(is_cut(IMAGE_SIZE));
        make_elf(is_64);
        put(is_64 ? 32 : 28, IMAGE_SIZE - 2 * segment + 1, word); /* those of segments */
        assert_true(is_cut(IMAGE_SIZE));
        make_elf(is_64);
        put(is_64 ? 54 : 42, segment - 1, 2);
        assert_true(is_cut(IMAGE_SIZE));
    }
    make_elf(true);
    put(64 + 32, (UINT64_C(1) << 32) + 1, 8); /* a size of 64 bits */
    assert_true(is_cut(IMAGE_SIZE));
}

static void the_program_that_can_check_a_file_is_named(void **state)
{
    const bool is_windows = strcmp(os_library_suffix(), ".dll") == 0;
    const struct span file = { image, sizeof(image) };
    static const uint16_t machines[] = { PE_MACHINE_X86, PE_MACHINE_X64, 0xAA64 };

    (void)state;
    make_elf(true);
    assert_string_equal(file_kind_program(file),
                        is_windows ? "; check it with the perfharness of Linux" : "");
    for (size_t i = 0; i < UNIT_COUNT(machines); i++) {
        const unsigned bits = i == 0 ? 32 : 64;
        char expected[128] = "";

        make_pe();
        put(PE + 4, machines[i], 2);
        if (i < 2 && !(is_windows && sizeof(void *) == bits / 8))
            snprintf(expected, sizeof(expected), "; check it with the %u-bit perfharness.exe%s",
                     bits, is_windows ? "" : ", under Wine or on Windows");
        assert_string_equal(file_kind_program(file), expected);
    }
    memset(image, 'x', sizeof(image));
    assert_string_equal(file_kind_program(file), "");
}

/* This program's own file, cut at many places, each copy in memory of its exact size. */
static void an_image_that_is_cut_is_seen_as_one(void **state)
{
    char path[OS_PATH_SIZE], text[FILE_KIND_TEXT_SIZE];
    struct span file = { 0 };
    void *data;
    bool is_cut;

    (void)state;
    if (os_program_path(path, sizeof(path)) != ERROR_SUCCESS)
        skip();
    assert_int_equal(os_file_read_all(path, &data, &file.size, (size_t)1 << 30), ERROR_SUCCESS);
    file.data = data;

    const enum file_kind whole = file_kind_find(file, text, &is_cut);

    assert_true(whole == FILE_KIND_ELF || whole == FILE_KIND_PE);
    assert_false(is_cut);
    for (size_t size = 1; size < 5000; size += size < 200 ? 1 : 97) {
        unsigned char *copy = malloc(size);

        assert_non_null(copy);
        memcpy(copy, data, size);
        file_kind_find((struct span){ copy, size }, text, &is_cut);
        assert_true(is_cut || size < 4);
        free(copy);
    }
    free(data);
}

static void patterns_match_as_a_shell_does(void **state)
{
    (void)state;
    assert_true(name_pattern_matches("*", "") && name_pattern_matches("leak-*", "leak-memory"));
    assert_true(name_pattern_matches("*-mem*y", "leak-memory") &&
                name_pattern_matches("?low", "slow"));
    assert_true(name_pattern_matches("a*b*c", "aXbYbZc") && name_pattern_matches("**", "x"));
    assert_false(name_pattern_matches("leak", "leak-memory") || name_pattern_matches("", "x"));
    assert_false(name_pattern_matches("?", "") || name_pattern_matches("a*b", "abc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_named_by_their_first_bytes),
        cmocka_unit_test(the_first_4096_bytes_decide_whether_a_file_is_text),
        cmocka_unit_test(a_machine_has_its_number_in_each_format),
        cmocka_unit_test(an_image_is_described),
        cmocka_unit_test(a_pe_file_is_cut_if_a_section_is_not_all_there),
        cmocka_unit_test(an_elf_file_is_cut_if_a_header_or_a_segment_is_not_all_there),
        cmocka_unit_test(the_program_that_can_check_a_file_is_named),
        cmocka_unit_test(an_image_that_is_cut_is_seen_as_one),
        cmocka_unit_test(patterns_match_as_a_shell_does),
    };

    return cmocka_run_group_tests_name("file_kind", tests, NULL, NULL);
}
