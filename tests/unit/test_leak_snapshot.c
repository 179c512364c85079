/* SPDX-License-Identifier: MIT
 *
 * Tests of leak_snapshot.c and leak_diff.c: texts of snapshots, and the difference of two.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "leak_diff.h"

#define HEAD                                                                                       \
    "heapctrs-snapshot 1\nheap app:12:po%20ol\nprocess 12\ntime 5\nblocks 3 30\nunmatched 4\n"     \
    "lost 0\nmissed 0\n"
#define MODULES "module 0 0x1000 /bin/a b\nmodule 1 0x2000 /lib/%25c\n"
#define SITES "site 2 20 0 0x10 work (a.c:3)\nsite 1 10 - 0x0\n"
#define FAULTS "fault second-free 2 0x77 1 0x5 - 0x9\n"

static DWORD parse(struct leak_snapshot *snapshot, const char *text, struct leak_parse_error *error)
{
    size_t size = strlen(text);
    /* The copy has exactly the size of the text, so that a sanitizer sees every read beyond it. */
    char *copy = malloc(size ? size : 1);

    memcpy(copy, text, size);
    memset(error, 0, sizeof(*error));
    DWORD result = leak_snapshot_parse(snapshot, copy, size, error);
    free(copy);
    return result;
}

static void every_line_of_a_snapshot_is_read(void **state)
{
    struct leak_snapshot snapshot;
    struct leak_parse_error error;

    (void)state;
    assert_int_equal(parse(&snapshot, HEAD MODULES SITES FAULTS "end\nmore text\n", &error),
                     ERROR_SUCCESS);
    assert_string_equal(snapshot.heap, "app:12:po ol");
    assert_true(snapshot.process_id == 12 && snapshot.time_100ns == 5 && snapshot.count == 3 &&
                snapshot.bytes == 30 && snapshot.unmatched_count == 4 && snapshot.lost_count == 0 &&
                snapshot.missed_count == 0);
    assert_int_equal(snapshot.module_count, 2);
    assert_string_equal(snapshot.modules[0].path, "/bin/a b");
    assert_string_equal(snapshot.modules[1].path, "/lib/%c");
    assert_true(snapshot.modules[1].begin == 0x2000);
    assert_int_equal(snapshot.site_count, 2);
    assert_true(snapshot.sites[0].count == 2 && snapshot.sites[0].bytes == 20);
    assert_int_equal(snapshot.sites[0].place.module, 0);
    assert_true(snapshot.sites[0].place.offset == 0x10);
    assert_string_equal(snapshot.sites[0].place.symbol, "work (a.c:3)");
    assert_true(snapshot.sites[1].place.module == LEAK_NO_MODULE);
    assert_null(snapshot.sites[1].place.symbol);
    assert_int_equal(snapshot.fault_count, 1);
    assert_string_equal(snapshot.faults[0].kind, "second-free");
    assert_true(snapshot.faults[0].count == 2 && snapshot.faults[0].address == 0x77);
    assert_true(snapshot.faults[0].place.module == 1 && snapshot.faults[0].first.offset == 9);
    leak_snapshot_release(&snapshot);
    leak_snapshot_release(&snapshot); /* allowed after a failure */
}

static void what_is_not_right_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *name, *text;
        size_t line;
    } cases[] = {
        { "nothing", "", 1 },
        { "another file", "PERF\n", 1 },
        { "another version", "heapctrs-snapshot 2\n", 1 },
        { "a version with more", "heapctrs-snapshot 1 \n", 1 },
        { "no end of line", "heapctrs-snapshot 1", 1 },
        { "no name", "heapctrs-snapshot 1\nheap \n", 2 },
        { "cut", HEAD MODULES, 11 },
        { "a line without an end", HEAD "end", 9 },
        { "an unknown word", HEAD "modul 0 0x1000 /a\nend\n", 9 },
        { "end too early", "heapctrs-snapshot 1\nend\n", 2 },
        { "an empty line", HEAD "\nend\n", 9 },
        { "modules out of order", HEAD "module 1 0x1000 /a\nend\n", 9 },
        { "a module without a path", HEAD "module 0 0x1000 \nend\n", 9 },
        { "a decimal address", HEAD "module 0 1000 /a\nend\n", 9 },
        { "a hexadecimal count", HEAD "site 0x1 1 - 0x0\nend\n", 9 },
        { "a negative count", HEAD "site -1 1 - 0x0\nend\n", 9 },
        { "2^64", HEAD "site 18446744073709551616 1 - 0x0\nend\n", 9 },
        { "2^64 in hexadecimal", HEAD "site 1 1 - 0x10000000000000000\nend\n", 9 },
        { "0x without digits", HEAD "site 1 1 - 0x\nend\n", 9 },
        { "a module that does not exist", HEAD "site 1 1 0 0x0\nend\n", 9 },
        { "a module of 2^32 - 1", HEAD "site 1 1 4294967295 0x0\nend\n", 9 },
        { "an unknown fault", HEAD "fault odd 1 0x1 - 0x0 - 0x0\nend\n", 9 },
        { "a fault with more", HEAD "fault second-free 1 0x1 - 0x0 - 0x0 x\nend\n", 9 },
        { "a fault with less", HEAD "fault second-free 1 0x1 - 0x0 -\nend\n", 9 },
        { "a control character", HEAD "module 0 0x1000 /a\033[31m\nend\n", 9 },
        { "a deletion", HEAD "module 0 0x1000 /a\177\nend\n", 9 },
        { "a head twice", HEAD "lost 0\nend\n", 9 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct leak_snapshot snapshot;
        struct leak_parse_error error;
        if (parse(&snapshot, cases[i].text, &error) != ERROR_INVALID_DATA ||
            error.line != cases[i].line || !error.rule)
            fail_msg("%s: line %u: %s", cases[i].name, (unsigned)error.line,
                     error.rule ? error.rule : "(no rule)");
    }
}

static void a_zero_byte_does_not_hide_what_follows_it(void **state)
{
    static const char text[] = HEAD "site 1 1 - 0x0\0garbage\nend\n";
    struct leak_snapshot snapshot;
    struct leak_parse_error error;

    (void)state;
    assert_int_equal(leak_snapshot_parse(&snapshot, text, sizeof(text) - 1, &error),
                     ERROR_INVALID_DATA);
    assert_int_equal(error.line, 9);
}

/* ---- differences --------------------------------------------------------------------------- */

static void parse_pair(const char *before_text, const char *after_text,
                       struct leak_snapshot *before, struct leak_snapshot *after)
{
    struct leak_parse_error error;

    assert_int_equal(parse(before, before_text, &error), ERROR_SUCCESS);
    assert_int_equal(parse(after, after_text, &error), ERROR_SUCCESS);
}

static void growth_is_by_module_and_offset_wherever_the_module_was_loaded(void **state)
{
    struct leak_snapshot before, after;
    struct leak_diff diff;

    (void)state;
    parse_pair(HEAD "module 0 0x1000 /a\nmodule 1 0x5000 /b\nsite 5 500 0 0x10\nsite 1 8 1 0x20\n"
                    "site 9 90 1 0x30\nsite 1 1 - 0x99\nend\n",
               HEAD "module 0 0x7000 /b\nmodule 1 0x9000 /a\nsite 7 900 1 0x10\nsite 1 8 0 0x20\n"
                    "site 3 33 1 0x20\nsite 1 1 - 0x99\nend\n",
               &before, &after);
    assert_int_equal(leak_diff_init(&diff, &before, &after), ERROR_SUCCESS);
    assert_int_equal(diff.site_count, 3);
    assert_true(diff.sites[0].bytes_growth == 400 && diff.sites[0].count_growth == 2 &&
                diff.sites[0].bytes == 900 && diff.sites[0].count == 7);
    assert_true(diff.sites[1].bytes_growth == 33 && diff.sites[1].count_growth == 3);
    assert_true(diff.sites[2].bytes_growth == -90 && diff.sites[2].count_growth == -9 &&
                diff.sites[2].bytes == 0 && diff.sites[2].snapshot == &before);
    leak_diff_release(&diff);

    assert_int_equal(leak_diff_init(&diff, &after, &after), ERROR_SUCCESS);
    assert_int_equal(diff.site_count, 0);
    leak_diff_release(&diff);
    leak_snapshot_release(&before);
    leak_snapshot_release(&after);
}

static void faults_since_then_are_reported_and_older_ones_not(void **state)
{
    struct leak_snapshot before, after;
    struct leak_diff diff;

    (void)state;
    parse_pair(HEAD
               "fault second-free 2 0x1 - 0x5 - 0x6\nfault wrong-size 1 0x1 - 0x5 - 0x6\nend\n",
               HEAD "fault wrong-size 1 0x2 - 0x5 - 0x6\nfault second-free 5 0x2 - 0x5 - 0x6\n"
                    "fault second-free 1 0x3 - 0x5 - 0x7\nend\n",
               &before, &after);
    assert_int_equal(leak_diff_init(&diff, &before, &after), ERROR_SUCCESS);
    assert_int_equal(diff.fault_count, 2);
    assert_true(diff.faults[0].growth == 3 && diff.faults[0].fault == &after.faults[1]);
    assert_true(diff.faults[1].growth == 1 && diff.faults[1].fault == &after.faults[2]);
    leak_diff_release(&diff);
    leak_snapshot_release(&before);
    leak_snapshot_release(&after);
}

static void absurd_numbers_wrap_and_do_nothing_else(void **state)
{
    struct leak_snapshot before, after;
    struct leak_diff diff;

    (void)state;
    parse_pair(HEAD "site 1 18446744073709551615 - 0x1\nsite 1 9223372036854775808 - 0x1\nend\n",
               HEAD "site 18446744073709551615 1 - 0x1\nsite 2 9223372036854775807 - 0x1\nend\n",
               &before, &after);
    assert_int_equal(leak_diff_init(&diff, &before, &after), ERROR_SUCCESS);
    assert_int_equal(diff.site_count, 1);
    assert_true(diff.sites[0].count_growth == -1);
    leak_diff_release(&diff);
    leak_snapshot_release(&before);
    leak_snapshot_release(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_of_a_snapshot_is_read),
        cmocka_unit_test(what_is_not_right_is_refused_with_its_line),
        cmocka_unit_test(a_zero_byte_does_not_hide_what_follows_it),
        cmocka_unit_test(growth_is_by_module_and_offset_wherever_the_module_was_loaded),
        cmocka_unit_test(faults_since_then_are_reported_and_older_ones_not),
        cmocka_unit_test(absurd_numbers_wrap_and_do_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
