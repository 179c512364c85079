/* SPDX-License-Identifier: MIT
 *
 * Tests of proc_smaps.c: which kind a mapping is.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "proc_smaps.h"

static char text[16384];
static struct memory_kinds kinds;

static void begin(void **state)
{
    (void)state;
    text[0] = 0;
}

static void add(const char *line, unsigned resident_kib)
{
    const size_t used = strlen(text);

    snprintf(
        text + used, sizeof(text) - used,
        "%s\nSize:  4 kB\nRss:   %u kB\nPss: 1 kB\nAnonHugePages: 8 kB\nSwap: 2 kB\nSwapPss: 9 kB\n"
        "VmFlags: rd wr\n",
        line, resident_kib);
}

static void parse(void)
{
    proc_smaps_parse(text, strlen(text), &kinds);
}

static void names_and_files_show_the_kind(void **state)
{
    begin(state);
    add("560000000000-560000001000 r-xp 00000000 fe:01 7 /usr/bin/a", 10);
    add("560000100000-560000200000 rw-p 00000000 00:00 0 [heap]", 20);
    add("7f0000000000-7f0000001000 rw-s 00000000 00:01 9 /dev/shm/x", 30);
    add("7f0000010000-7f0000011000 rw-s 00000000 00:01 8 /dev/shm/heapctrs-0/1-2.region", 40);
    add("7f0000020000-7f0000021000 rw-p 00000000 00:00 0 ", 50);
    add("7ffff0000000-7ffff0021000 rw-p 00000000 00:00 0 [stack]", 60);
    add("7ffff7fc1000-7ffff7fc3000 r-xp 00000000 00:00 0 [vdso]", 70);
    parse();
    assert_int_equal(kinds.resident[MEMORY_FILE], 10 << 10);
    assert_int_equal(kinds.resident[MEMORY_HEAP], 20 << 10);
    assert_int_equal(kinds.resident[MEMORY_SHARED], 30 << 10);
    assert_int_equal(kinds.resident[MEMORY_OWN], 40 << 10);
    assert_int_equal(kinds.resident[MEMORY_MMAP], 50 << 10);
    assert_int_equal(kinds.resident[MEMORY_STACK], 60 << 10);
    assert_int_equal(kinds.resident[MEMORY_OTHER], 70 << 10);
    assert_int_equal(kinds.total, 280 << 10);
    assert_int_equal(kinds.huge, 7 * 8 << 10);
    assert_int_equal(kinds.swapped, 7 * 2 << 10);
    assert_int_equal(kinds.size[MEMORY_HEAP], 1 << 20);
}

static void data_of_a_program_without_a_file_is_the_programs(void **state)
{
    begin(state);
    add("560000000000-560000001000 rw-p 00000000 fe:01 7 /usr/bin/a", 1);
    add("560000001000-560000009000 rw-p 00000000 00:00 0 ", 2);
    add("7f0000000000-7f0000001000 r--p 00000000 fe:01 8 /usr/lib/b", 4);
    add("7f0000001000-7f0000009000 rw-p 00000000 00:00 0 ", 8); /* not after data */
    parse();
    assert_int_equal(kinds.resident[MEMORY_FILE], 7 << 10);
    assert_int_equal(kinds.resident[MEMORY_MMAP], 8 << 10);
}

static void a_mapping_above_a_guard_is_a_stack(void **state)
{
    begin(state);
    add("7f0000000000-7f0000001000 ---p 00000000 00:00 0 ", 0);
    add("7f0000001000-7f0000800000 rw-p 00000000 00:00 0 ", 16);
    add("7f0001000000-7f0001001000 ---p 00000000 00:00 0 ", 0);
    add("7f0001001000-7f0001041000 rw-p 00000000 00:00 0 ", 32);
    add("7f0010000000-7f0010001000 ---p 00000000 00:00 0 ", 0);
    add("7f0010001000-7f0010003000 rw-p 00000000 00:00 0 ", 8); /* no size of a stack */
    add("7f0020000000-7f0020100000 ---p 00000000 00:00 0 ", 0);
    add("7f0020100000-7f0020200000 rw-p 00000000 00:00 0 ", 4); /* no guard, it is too large */
    parse();
    assert_int_equal(kinds.resident[MEMORY_STACK], 48 << 10);
    assert_int_equal(kinds.resident[MEMORY_MMAP], 12 << 10);
    assert_int_equal(kinds.size[MEMORY_MMAP],
                     0x2000 + 0x100000); /* what cannot be used is not in it */
}

static void memory_up_to_a_multiple_of_64_mib_is_an_arena(void **state)
{
    begin(state);
    add("7f0004000000-7f0004021000 rw-p 00000000 00:00 0 ", 100);
    add("7f0004021000-7f0008000000 ---p 00000000 00:00 0 ", 0);
    /* The kernel has merged it with a mapping below. The upper half is the arena's, and half of the 200 KiB. */
    add("7f000bf00000-7f000c100000 rw-p 00000000 00:00 0 ", 200);
    add("7f000c100000-7f0010000000 ---p 00000000 00:00 0 ", 0);
    add("7f0014000000-7f0014021000 rw-p 00000000 00:00 0 ", 50);
    add("7f0014021000-7f0014500000 ---p 00000000 00:00 0 ", 0); /* ends elsewhere */
    parse();
    assert_int_equal(kinds.resident[MEMORY_ARENA], 200 << 10);
    assert_int_equal(kinds.size[MEMORY_ARENA], 0x21000 + 0x100000);
    assert_int_equal(kinds.resident[MEMORY_MMAP], 150 << 10);
}

static void the_gib_of_addresses_with_anonymous_memory_are_counted_once(void **state)
{
    begin(state);
    add("7f0000000000-7f0000001000 rw-p 00000000 00:00 0 ", 4);
    add("7f0000002000-7f0000003000 rw-p 00000000 00:00 0 ", 4);
    parse();
    assert_int_equal(kinds.mmap_gib, 1);
    add("7f003ffff000-7f0040001000 rw-p 00000000 00:00 0 ", 8); /* across a multiple of 1 GiB */
    add("7f0040002000-7f0040003000 rw-p 00000000 00:00 0 ", 4);
    parse();
    assert_int_equal(kinds.mmap_gib, 2);
    add("7f0080000000-7f00c0000000 ---p 00000000 00:00 0 ", 0); /* reserved */
    add("7f0100000000-7f0100001000 rw-p 00000000 fe:01 8 /usr/lib/b", 4);
    add("7f0140000000-7f01c0000000 rw-p 00000000 00:00 0 ", 4); /* two whole ones */
    parse();
    assert_int_equal(kinds.mmap_gib, 4);
}

static void what_is_no_mapping_is_skipped(void **state)
{
    static const char *const texts[] = {
        "",     "Rss: 5 kB\n",
        "\n\n", "7f0000000000-7f00000010\nRss: 5 kB\n",
        "Rss",  "1000-2000 rw-p 00000000 00:00 0\nRss: 99999999999999999999999999 kB\nRss:\nRss",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        proc_smaps_parse(texts[i], strlen(texts[i]), &kinds);
        assert_true(i == 5 || kinds.total == 0); /* the last text has a mapping */
        assert_true(kinds.total < UINT64_C(1) << 60);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_files_show_the_kind),
        cmocka_unit_test(data_of_a_program_without_a_file_is_the_programs),
        cmocka_unit_test(a_mapping_above_a_guard_is_a_stack),
        cmocka_unit_test(memory_up_to_a_multiple_of_64_mib_is_an_arena),
        cmocka_unit_test(the_gib_of_addresses_with_anonymous_memory_are_counted_once),
        cmocka_unit_test(what_is_no_mapping_is_skipped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
