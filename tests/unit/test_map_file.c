/* SPDX-License-Identifier: MIT
 *
 * Tests of map_file.c: the maps of three linkers, shortened to the relevant lines.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "map_file.h"
#include "os.h"
#include "temporary_path.h"

static const char mingw[] =
    "Archive member included to satisfy reference by file (symbol)\n\n"
    "Discarded input sections\n\n .text          0x0000000000000000       0x50 gone.o\n"
    "                0x0000000000000000                gone\n\n"
    "Memory Configuration\n\nName             Origin             Length             Attributes\n"
    "*default*        0x0000000000000000 0xffffffffffffffff\n\n"
    "Linker script and memory map\n\nLOAD /lib/crt2.o\n"
    "                0x0000000140000000                __image_base__ = 0x140000000\n"
    "                0x0000000000001000                __section_alignment__ = 0x1000\n"
    ".text           0x0000000140001000     0x7000\n *(.init)\n"
    " .text          0x0000000140001000      0x100 /lib/crt2.o\r\n"
    "                0x0000000140001000                mainCRTStartup\n"
    " *fill*         0x0000000140001100       0x10 \n"
    " .text          0x0000000140001110       0xa0 build/lib pool/libpool.a(pool.o)\n"
    "                0x0000000140001130                pool_take\n"
    "                0x0000000140001150                pool_give\n"
    " .text$inlined_twice\n"
    "                0x00000001400011b0       0x20 b.o\n"
    " .data          0x0000000140002000       0x10 b.o\n"
    "                0x0000000140002000                a_variable\n";

static const char elf[] = "Linker script and memory map\n\n"
                          "                0x0000000000400000                PROVIDE "
                          "(__executable_start = SEGMENT_START (\"text-segment\", 0x400000))\n"
                          " .text          0x0000000000401000       0x20 a.o\n"
                          "                0x0000000000401000                main\n"
                          " .text.lonely   0x0000000000401020       0x10 b.o\n"
                          "                0x0000000000401020                lonely\n";

static const char visual_c[] =
    " app\n\n Timestamp is 4e5f0000 (now)\n\n Preferred load address is 0000000000400000\n\n"
    " Start         Length     Name                   Class\n"
    " 0001:00000000 0001c2e0H .text                   CODE\n\n"
    "  Address         Publics by Value              Rva+Base               Lib:Object\n\n"
    " 0000:00000000       ___safe_se_handler_count   00000000     <absolute>\n"
    " 0001:00000000       ?take@pool@@QAEXXZ         0000000000401000 f   pool.obj\n"
    " 0001:00000040       _main                      0000000000401040 f i main.obj\n\n"
    " entry point at        0001:00001234\n\n Static symbols\n\n"
    " 0001:00000020       _hidden                    0000000000401020 f   c:\\x\\pool.obj\n";

static struct map_file parse(const char *text)
{
    struct map_file map;

    assert_int_equal(map_file_parse(&map, text, strlen(text)), ERROR_SUCCESS);
    return map;
}

/* `offset` is a return address: one byte after the call. */
static void check(const struct map_file *map, uint64_t offset, const char *expected)
{
    char text[200] = "(none)";

    map_file_name(map, offset, text, sizeof(text));
    if (strcmp(text, expected) != 0)
        fail_msg("0x%x: %s, not %s", (unsigned)offset, text, expected);
}

static void gnu_ld_names_functions_of_a_windows_program(void **state)
{
    struct map_file map = parse(mingw);

    (void)state;
    assert_true(map.base == 0x140000000);
    check(&map, 0x1141, "pool_take+0x11 (libpool.a(pool.o))");
    check(&map, 0x1151, "pool_give+0x1 (libpool.a(pool.o))");
    /* the call was the last instruction */
    check(&map, 0x1150, "pool_take+0x20 (libpool.a(pool.o))");
    check(&map, 0x1120, "libpool.a(pool.o)+0x10"); /* after a static function */
    check(&map, 0x11b5, "inlined_twice+0x5 (b.o)");
    check(&map, 0x1105, "(none)"); /* between two objects */
    check(&map, 0x2005, "(none)"); /* data */
    check(&map, 0x10, "(none)");
    map_file_release(&map);
}

static void gnu_ld_names_functions_of_an_elf_program_of_a_fixed_place(void **state)
{
    struct map_file map = parse(elf);

    (void)state;
    assert_true(map.base == 0x400000);
    check(&map, 0x1009, "main+0x9 (a.o)");
    check(&map, 0x1024, "lonely+0x4 (b.o)");
    map_file_release(&map);
}

static void visual_c_names_static_functions_too(void **state)
{
    struct map_file map = parse(visual_c);

    (void)state;
    assert_true(map.base == 0x400000);
    check(&map, 0x1004, "?take@pool@@QAEXXZ+0x4 (pool.obj)");
    check(&map, 0x1024, "_hidden+0x4 (pool.obj)");
    check(&map, 0x1051, "_main+0x11 (main.obj)");
    map_file_release(&map);
}

static void what_is_no_map_is_refused(void **state)
{
    static const char *const texts[] = { "",
                                         "\n",
                                         "0x1 main\n",
                                         "Linker script and memory map\n",
                                         " Preferred load address is xyz\n 0001:0 a 1 f\n",
                                         "Linker script and memory map\n .text 0x1 0x\n" };
    struct map_file map;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        if (map_file_parse(&map, texts[i], strlen(texts[i])) != ERROR_INVALID_DATA)
            fail_msg("taken for a map: \"%s\"", texts[i]);
    assert_int_equal(map_file_find(&map, "no such program"), ERROR_FILE_NOT_FOUND);
}

static void a_number_has_16_digits_and_an_object_ends_with_the_address_space(void **state)
{
    static const struct {
        const char *name, *line;
        uint64_t offset; /* a return address */
        const char *expected;
    } cases[] = {
        { "16 digits", " .text 0x00000000000000f0 0x10 a.o\n", 0xf2, "a.o+0x2" },
        { "17 digits", " .text 0x000000000000000f0 0x10 a.o\n", 0xf2, "(none)" },
        { "a size of 17 digits", " .text 0xf0 0x00000000000000010 a.o\n", 0xf2, "(none)" },
        { "no digit", " .text 0x 0x10 a.o\n", 1, "(none)" },
        { "a letter as a digit", " .text 0xg0 0x10 a.o\n", 0xf2, "(none)" },
        { "the last digit", " .text 0xF0 0x10 a.o\n", 0xf2, "a.o+0x2" },
        { "9", " .text 0x90 0x10 a.o\n", 0x92, "a.o+0x2" },
        { "A", " .text 0xA0 0x10 a.o\n", 0xa2, "a.o+0x2" },
        { "a", " .text 0xa0 0x10 a.o\n", 0xa2, "a.o+0x2" },
        { "before 0", " .text 0x/0 0x10 a.o\n", 0xf2, "(none)" },
        { "after 9", " .text 0x:0 0x10 a.o\n", 0xa2, "(none)" },
        { "before A", " .text 0x@0 0x10 a.o\n", 0x92, "(none)" },
        { "after F", " .text 0xG0 0x10 a.o\n", 0x102, "(none)" },
        { "before a", " .text 0x`0 0x10 a.o\n", 0x92, "(none)" },
        { "a section that is named for nothing", " .text.startup 0xf0 0x10 a.o\n", 0xf2,
          "a.o+0x2" },
        { "nor for this", " .text.unlikely 0xf0 0x10 a.o\n", 0xf2, "a.o+0x2" },
        { "an empty name", " .text. 0xf0 0x10 a.o\n", 0xf2, "a.o+0x2" },
        { "a base of 32 bits", "  0x1000  ___image_base__ = 1\n .text 0x10f0 0x10 a.o\n", 0xf2,
          "a.o+0x2" },
        { "a name inside", " .text 0xf0 0x10 a.o\n  0xf4  name\n", 0xf6, "name+0x2 (a.o)" },
        { "a name at its end", " .text 0xf0 0x10 a.o\n  0x100  name\n", 0x102, "(none)" },
        { "a name before it", " .text 0xf0 0x10 a.o\n  0xef  name\n", 0xf0, "(none)" },
        { "no 0x", " .text f0 0x10 a.o\n", 0xf2, "(none)" },
        { "two other letters", " .text yyf0 0x10 a.o\n", 0xf2, "(none)" },
        { "no number, which is not 0", " .text f0 0x10 a.o\n", 2, "(none)" },
        { "before 0, as a digit of 32 bits", " .text 0x/0 0x10 a.o\n", 0xFFFFFFFF2, "(none)" },
        { "h", " .text 0xh0 0x10 a.o\n", 0x112, "(none)" },
        { "H", " .text 0xH0 0x10 a.o\n", 0x112, "(none)" },
        { "no object", " .text 0xf0 0x10\n", 0xf2, "(none)" },
        { "an empty part inside another", " .text 0xf0 0x10 a.o\n .text 0xf5 0x0 b.o\n", 0xf8,
          "a.o+0x8" },
        { "an executable", "  0x1000  __executable_start = .\n .text 0x10f0 0x10 a.o\n", 0xf2,
          "a.o+0x2" },
        { "a base without address",
          "  0x1000  __image_base__ = 1\n y __image_base__ = 1\n .text 0x10f0 0x10 a.o\n", 0xf2,
          "a.o+0x2" },
        { "PROVIDE and nothing else", " .text 0xf0 0x10 a.o\n  0xf4 PROVIDE\n", 0xf6,
          "PROVIDE+0x2" },
        { "an assignment", " .text 0xf0 0x10 a.o\n  0xf4 name = 1\n", 0xf6, "a.o+0x6" },
        { "a part without section", "  0xf0 0x10 a.o\n", 0xf2, "(none)" },
        { "a part without object", " .text.f\n  0xf0 0x10\n", 0xf2, "(none)" },
        { "a part without address", " .text.f\n  x 0x10 a.o\n", 2, "(none)" },
        { "a part without size", " .text.f\n  0xf0 y a.o\n", 0xf2, "(none)" },
        { "a section in a line of its own", " .text.f\n  0xf0 0x10 a.o\n", 0xf2, "f+0x2 (a.o)" },
        { "another word in its own line", " x.text.f\n  0xf0 0x10 a.o\n", 0xf2, "(none)" },
        { "a name of another object",
          " .text 0x200 0x100 b.o\n .text 0xf0 0x10 a.o\n"
          "  0x250 name\n",
          0x260, "b.o+0x60" },
        { "a name where its object ends and another begins",
          " .text 0x100 0x100 b.o\n .text 0xf0 0x10 a.o\n  0x100 name\n", 0x110, "b.o+0x10" },
        { "two names of one address", " .text 0xf0 0x10 a.o\n  0xf4 one\n  0xf4 two\n", 0xf6,
          "one+0x2" },
        { "parts in any order",
          " .text 0x300 0x10 d.o\n .text 0x100 0x10 b.o\n"
          " .text 0x400 0x10 e.o\n .text 0x50 0x10 a.o\n .text 0x200 0x10 c.o\n",
          0x102, "b.o+0x2" },
        { "the first of them",
          " .text 0x300 0x10 d.o\n .text 0x100 0x10 b.o\n"
          " .text 0x400 0x10 e.o\n .text 0x50 0x10 a.o\n .text 0x200 0x10 c.o\n",
          0x52, "a.o+0x2" },
        { "the first byte", " .text 0xf0 0x10 a.o\n", 0xf1, "a.o+0x1" },
        { "the byte before", " .text 0xf0 0x10 a.o\n", 0xf0, "(none)" },
        { "the last byte", " .text 0xf0 0x10 a.o\n", 0x100, "a.o+0x10" },
        { "the byte after", " .text 0xf0 0x10 a.o\n", 0x101, "(none)" },
        { "no bytes", " .text 0xf0 0x0 a.o\n", 0xf1, "(none)" },
        { "up to the last address", " .text 0xfffffffffffffff0 0xf a.o\n", 0xfffffffffffffff3,
          "a.o+0x3" },
        { "beyond the last address", " .text 0xfffffffffffffff0 0x100 a.o\n", 0xfffffffffffffff3,
          "a.o+0x3" },
        { "which has no byte at 0", " .text 0xfffffffffffffff0 0x100 a.o\n", 5, "(none)" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[200], found[64] = "(none)";
        struct map_file map;

        /* The map needs one more object, so that it is a map. */
        snprintf(text, sizeof(text), "Linker script and memory map\n .text 0x8000 0x10 z.o\n%s",
                 cases[i].line);
        map = parse(text);
        map_file_name(&map, cases[i].offset, found, sizeof(found));
        if (strncmp(found, cases[i].expected, strlen(cases[i].expected)) != 0)
            fail_msg("%s: %s, not %s", cases[i].name, found, cases[i].expected);
        map_file_release(&map);
    }
}

/* A line of Visual C++: section and offset, name, address, perhaps "f", object. */
static void a_line_of_visual_c_has_a_section_a_name_and_an_address(void **state)
{
    static const struct {
        const char *name, *line;
        uint64_t offset;
        const char *expected;
    } cases[] = {
        { "all", " 0001:0 name 0000000012341010 f a.obj\n", 0x1012, "name+0x2 (a.obj)" },
        { "no object", " 0001:0 name 0000000012341010\n", 0x1012, "name+0x2" },
        { "no address", " 0001:0 name\n", 0x1012, "(none)" },
        { "no section", " 0000:0 name 0000000012341010 f a.obj\n", 0x1012, "(none)" },
        { "a section that is no number", " x:0 name 0000000012341010 f a.obj\n", 0x1012, "(none)" },
        { "no colon", " 0001 name 0000000012341010 f a.obj\n", 0x1012, "(none)" },
        { "an address that is no number", " 0001:0 name x f a.obj\n", 0x1012, "(none)" },
        { "no line", "\n", 0x1012, "(none)" },
        { "two names of one address",
          " 0001:0 one 0000000012341010 f a.obj\n 0001:0 two 0000000012341010 f b.obj\n", 0x1012,
          "one+0x2 (a.obj)" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[300], found[64] = "(none)";
        struct map_file map;

        /* The map needs one more function, so that it is a map. */
        snprintf(text, sizeof(text),
                 " Preferred load address is 12340000\n"
                 " 0001:0 last 0000000022340000 f z.obj\n%s",
                 cases[i].line);
        map = parse(text);
        assert_true(map.base == 0x12340000);
        map_file_name(&map, cases[i].offset, found, sizeof(found));
        if (strcmp(found, cases[i].expected) != 0)
            fail_msg("%s: %s, not %s", cases[i].name, found, cases[i].expected);
        map_file_release(&map);
    }
}

static void write_map(const char *program, const char *suffix, const char *object)
{
    char path[OS_PATH_SIZE + 160], text[128];

    snprintf(path, sizeof(path), "%s%s", program, suffix);
    snprintf(text, sizeof(text), "Linker script and memory map\n .text 0xf0 0x10 %s\n", object);
    assert_int_equal(os_file_write_all(path, text, strlen(text)), 0);
}

/* The object of the map that is found for a program. */
static const char *object_for(const char *program, const char *suffix)
{
    static char found[64];
    char path[OS_PATH_SIZE + 160];
    struct map_file map;

    snprintf(path, sizeof(path), "%s%s", program, suffix);
    if (map_file_find(&map, path))
        return "(none)";
    assert_true(map_file_name(&map, 0xf1, found, sizeof(found)));
    map_file_release(&map);
    return found;
}

static void a_map_is_beside_its_program(void **state)
{
    const char *program = temporary_path("map-file");
    char path[OS_PATH_SIZE + 160];

    (void)state;
    assert_string_equal(object_for(program, ".exe"), "(none)");
    assert_string_equal(object_for(program, ""), "(none)");
    write_map(program, ".map", "short.o");
    assert_string_equal(object_for(program, ""), "short.o+0x1");
    assert_string_equal(object_for(program, ".exe"), "short.o+0x1");
    assert_string_equal(object_for(program, ".dll"), "short.o+0x1");
    write_map(program, ".exe.map", "long.o");
    assert_string_equal(object_for(program, ".exe"), "long.o+0x1");
    snprintf(path, sizeof(path), "%s.map", program);
    os_file_remove(path);
    assert_string_equal(object_for(program, ".exe"), "long.o+0x1");
    assert_string_equal(object_for(program, ""), "(none)");
    snprintf(path, sizeof(path), "%s.exe.map", program);
    os_file_remove(path);
}

/* A name that is longer than the caller's buffer is cut. */
static void a_name_is_cut_at_the_end_of_the_buffer(void **state)
{
    struct map_file map = parse("Linker script and memory map\n .text.name 0x10 0x10 a.o\n");
    char text[16] = "xxxxxxxxxxxxxxx";

    (void)state;
    assert_true(map_file_name(&map, 0x12, text, 5));
    assert_string_equal(text, "name");
    assert_int_equal(text[5], 'x');
    map_file_release(&map);
}

static void a_path_that_is_too_long_has_no_map(void **state)
{
    char path[OS_PATH_SIZE + 1];
    struct map_file map;

    (void)state;
    /* With .map and its terminator at the limit, and one byte longer. */
    for (size_t length = OS_PATH_SIZE - 5; length <= OS_PATH_SIZE; length++) {
        memset(path, 'x', length);
        path[length] = 0;
        assert_int_not_equal(map_file_find(&map, path), ERROR_SUCCESS);
    }
}

/* Slashes make a path longer that leads to the same file. Windows has a lower limit of its own. */
static void the_longest_path_has_a_map(void **state)
{
    const char *program = temporary_path("map-file");
    const char *name = strrchr(program, '/');
    char path[OS_PATH_SIZE + 1], map_path[OS_PATH_SIZE + 160];
    struct map_file map;

    (void)state;
    if (strcmp(os_library_suffix(), ".so") != 0)
        skip();
    write_map(program, ".map", "a.o");
    for (size_t length = OS_PATH_SIZE - 5; length <= OS_PATH_SIZE - 4; length++) {
        size_t at = (size_t)(name - program); /* of the last slash */

        memcpy(path, program, at);
        while (at + strlen(name) < length)
            path[at++] = '/';
        memcpy(path + at, name, strlen(name) + 1);
        assert_int_equal(strlen(path), length);
        assert_int_equal(map_file_find(&map, path),
                         length == OS_PATH_SIZE - 5 ? ERROR_SUCCESS : ERROR_FILE_NOT_FOUND);
        if (length == OS_PATH_SIZE - 5)
            map_file_release(&map);
    }
    snprintf(map_path, sizeof(map_path), "%s.map", program);
    os_file_remove(map_path);
}

static void a_map_cut_anywhere_does_no_harm(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof(mingw); size++) {
        char *copy = malloc(size + 1), text[64];
        struct map_file map;
        memcpy(copy, mingw, size);
        if (map_file_parse(&map, copy, size) == ERROR_SUCCESS) {
            map_file_name(&map, 0x1141, text, sizeof(text));
            map_file_name(&map, UINT64_MAX, text, sizeof(text));
            map_file_release(&map);
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gnu_ld_names_functions_of_a_windows_program),
        cmocka_unit_test(gnu_ld_names_functions_of_an_elf_program_of_a_fixed_place),
        cmocka_unit_test(visual_c_names_static_functions_too),
        cmocka_unit_test(what_is_no_map_is_refused),
        cmocka_unit_test(a_number_has_16_digits_and_an_object_ends_with_the_address_space),
        cmocka_unit_test(a_line_of_visual_c_has_a_section_a_name_and_an_address),
        cmocka_unit_test(a_map_is_beside_its_program),
        cmocka_unit_test(a_name_is_cut_at_the_end_of_the_buffer),
        cmocka_unit_test(a_path_that_is_too_long_has_no_map),
        cmocka_unit_test(the_longest_path_has_a_map),
        cmocka_unit_test(a_map_cut_anywhere_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
