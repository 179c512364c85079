/* SPDX-License-Identifier: MIT
 *
 * Tests of proc_maps.c.
 */
#include "unit.h"

#include <string.h>

#include "proc_maps.h"
#include "snapshot_parts.h"

static bool parse(const char *text, struct proc_map *map)
{
    const char *at = text;

    return proc_maps_next(&at, text + strlen(text), map);
}

static void a_line_gives_addresses_permissions_and_file(void **state)
{
    struct proc_map map;

    (void)state;
    assert_true(
        parse("7f0000001000-7f0000003000 r-xp 00001000 fe:01 1234 /usr/lib/a b.so\n", &map));
    assert_true(map.start == 0x7f0000001000u);
    assert_true(map.end == 0x7f0000003000u);
    assert_true(map.can_read && !map.can_write && map.can_execute && !map.is_shared);
    assert_int_equal(map.device_major, 0xfe);
    assert_int_equal(map.device_minor, 1);
    assert_true(map.inode == 1234);
    assert_true(proc_maps_is_named(&map, "/usr/lib/a b.so"));
    assert_false(map.is_deleted);
}

static void a_nameless_mapping_does_not_swallow_the_next_line(void **state)
{
    const char text[] = "1000-2000 rw-p 00000000 00:00 0 \n2000-3000 ---p 00000000 00:00 0\n";
    const char *at = text;
    struct proc_map map;

    (void)state;
    assert_true(proc_maps_next(&at, text + sizeof(text) - 1, &map));
    assert_int_equal(map.name_length, 0);
    assert_true(proc_maps_next(&at, text + sizeof(text) - 1, &map));
    assert_true(map.start == 0x2000);
    assert_false(proc_maps_next(&at, text + sizeof(text) - 1, &map));
}

static void deleted_is_distinguished_from_the_name(void **state)
{
    struct proc_map map;

    (void)state;
    assert_true(parse("1000-2000 rw-s 00000000 00:01 7 /memfd:x (y) (deleted)\n", &map));
    assert_true(map.is_deleted);
    assert_true(map.is_shared);
    assert_true(proc_maps_is_named(&map, "/memfd:x (y)"));
}

static void broken_lines_are_passed_over(void **state)
{
    static const char *const broken[] = {
        "",
        "\n",
        "garbage\n",
        "1000-\n",
        "1000-2000\n",
        "1000-2000 rw\n",
        "2000-1000 rw-p 0 0:0 0\n",
        "11111111111111111-2 rw-p 0 0:0 0\n",
        "1000-2000 rw-p 0 0:0 x\n",
    };
    struct proc_map map;

    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        if (parse(broken[i], &map))
            fail_msg("taken for a mapping: \"%s\"", broken[i]);
    assert_true(parse("garbage\n1000-2000 rw-p 0 0:0 0", &map));
}

static void permissions_become_page_protections(void **state)
{
    static const struct {
        const char *line;
        uint32_t protect;
    } cases[] = {
        { "1-2 ---p 0 0:0 0", PAGE_NOACCESS },
        { "1-2 r--p 0 0:0 0", PAGE_READONLY },
        { "1-2 rw-p 0 0:0 0", PAGE_READWRITE },
        { "1-2 -w-p 0 0:0 0", PAGE_READWRITE },
        { "1-2 r-xp 0 0:0 0", PAGE_EXECUTE_READ },
        { "1-2 --xp 0 0:0 0", PAGE_EXECUTE },
        { "1-2 rwxp 0 0:0 0", PAGE_EXECUTE_READWRITE },
        { "1-2 r--p 0 0:1 5 /f", PAGE_READONLY },
        { "1-2 rw-p 0 0:1 5 /f", PAGE_WRITECOPY },
        { "1-2 rw-s 0 0:1 5 /f", PAGE_READWRITE },
        { "1-2 rwxp 0 0:1 5 /f", PAGE_EXECUTE_WRITECOPY },
        { "1-2 ---p 0 0:1 5 /f", PAGE_NOACCESS },
    };
    struct proc_map map;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(parse(cases[i].line, &map));
        if (proc_maps_protect(&map) != cases[i].protect)
            fail_msg("%s: 0x%x", cases[i].line, (unsigned)proc_maps_protect(&map));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_gives_addresses_permissions_and_file),
        cmocka_unit_test(a_nameless_mapping_does_not_swallow_the_next_line),
        cmocka_unit_test(deleted_is_distinguished_from_the_name),
        cmocka_unit_test(broken_lines_are_passed_over),
        cmocka_unit_test(permissions_become_page_protections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
