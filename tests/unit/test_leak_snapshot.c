/* SPDX-License-Identifier: MIT
 *
 * Tests of leak_snapshot.c and leak_diff.c: texts of snapshots, and the difference of two.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leak_diff.h"
#include "leak_stack.h"

#define HEAD                                                                                       \
    "heapctrs-snapshot 1\nheap app:12:po%20ol\nprocess 12\ntime 5\nblocks 3 30\nunmatched 4\n"     \
    "lost 0\nmissed 0\n"
/* A blank needs no escape, and is written without one. */
#define HEAD_AS_WRITTEN                                                                            \
    "heapctrs-snapshot 1\nheap app:12:po ol\nprocess 12\ntime 5\nblocks 3 30\nunmatched 4\n"       \
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

#define STACKS                                                                                     \
    "rate 4096\n" MODULES "site 2 20 0 0x10 a::b(int) (a.c:3)\ninlined 0 0x10 outer (a.c:9)\n"     \
    "caller 1 0x20 100%25\ncaller - 0x99\nallocated 7 70\ngrowth -5\nsite 1 10 - 0x0\n"            \
    "allocated 1 10\ngrowth 9\n"

static void a_stack_has_callers_and_what_it_allocated(void **state)
{
    struct leak_snapshot snapshot;
    struct leak_parse_error error;
    struct output output = { 0 };

    (void)state;
    assert_int_equal(parse(&snapshot, HEAD STACKS FAULTS "end\n", &error), ERROR_SUCCESS);
    assert_true(snapshot.rate == 4096 && snapshot.has_growth && snapshot.site_count == 2);
    const struct leak_site *site = &snapshot.sites[0];
    assert_true(site->allocated_count == 7 && site->allocated_bytes == 70 && site->growth == -5);
    assert_int_equal(site->caller_count, 3);
    assert_true(site->callers[0].is_inlined && !site->callers[1].is_inlined);
    assert_string_equal(site->callers[1].symbol, "100%");
    assert_true(leak_site_place(site, 3)->module == LEAK_NO_MODULE &&
                leak_site_place(site, 3)->offset == 0x99 && !leak_site_place(site, 3)->symbol);
    assert_true(snapshot.sites[1].caller_count == 0 && snapshot.sites[1].growth == 9);

    /* The snapshot is written as it was read. */
    leak_snapshot_write(&output, &snapshot);
    assert_string_equal(output.data, HEAD_AS_WRITTEN STACKS FAULTS "end\n");
    leak_snapshot_keep_live(&snapshot);
    assert_int_equal(snapshot.site_count, 2);
    snapshot.sites[0].count = snapshot.sites[0].bytes = 0;
    leak_snapshot_keep_live(&snapshot);
    assert_true(snapshot.site_count == 1 && snapshot.sites[0].bytes == 10);
    output_release(&output);
    leak_snapshot_release(&snapshot);
}

/* 4096 is CALLER_LIMIT of leak_snapshot.c. Callers follow the 8 lines of HEAD and 2 others. */
static void a_stack_has_at_most_4096_callers(void **state)
{
    struct leak_snapshot snapshot;
    struct leak_parse_error error;
    struct output text = { 0 };

    (void)state;
    for (int count = 4096; count <= 4097; count++) {
        output_clear(&text);
        output_add_text(&text, HEAD "rate 1\nsite 1 1 - 0x1\n");
        for (int i = 0; i < count; i++)
            output_add_text(&text, "caller - 0x2\n");
        output_add_text(&text, "end\n");
        const DWORD result = parse(&snapshot, text.data, &error);
        assert_int_equal(result, count == 4096 ? ERROR_SUCCESS : ERROR_INVALID_DATA);
        if (!result)
            leak_snapshot_release(&snapshot);
        else
            assert_int_equal(error.line, 8 + 2 + 4097); /* HEAD, rate and site, the callers */
    }
    output_release(&text);
}

static void frames_that_only_allocate_are_left_out(void **state)
{
    static const struct {
        const char *stack; /* lines of a snapshot */
        size_t first, end;
    } cases[] = {
        { "site 1 1 - 0x1 main\n", 0, 1 },
        { "site 1 1 - 0x1 operator new(unsigned long)\n", 0, 1 },
        { "site 1 1 - 0x1 operator new(unsigned long)\ncaller - 0x2 f (a.c:1)\n", 1, 2 },
        { "site 1 1 - 0x1 xmalloc (x.c:9)\ncaller - 0x2 f\ncaller - 0x3 xmalloc\n", 1, 3 },
        { "site 1 1 - 0x1 xmalloc_more\ncaller - 0x2 f\n", 0, 2 },
        { "site 1 1 - 0x1 std::allocator<int>::allocate(unsigned long)\n"
          "inlined - 0x1 std::_Vector_base<int, x>::_M_allocate(unsigned long) (v.h:3)\n"
          "caller - 0x2 void std::vector<int>::_M_realloc_insert<int>(int)\ncaller - 0x3 f\n",
          2, 4 },
        { "site 1 1 - 0x1 mine::allocate(std::allocator<int>)\ncaller - 0x2 f\n", 0, 2 },
        { "site 1 1 0 0x1\ncaller - 0x2 f\n", 1, 2 }, /* in libheaptracker-preload.so */
        { "site 1 1 1 0x1\ncaller - 0x2 f\n", 0, 2 },
        { "site 1 1 - 0x1 f\ncaller - 0x2 main\ncaller - 0x3 __libc_start_call_main (l.c:5)\n"
          "caller - 0x4 _start\n",
          0, 2 },
        { "site 1 1 - 0x1 f\ncaller - 0x2 start_thread\ncaller - 0x3 work\n", 0, 3 },
        { "site 1 1 - 0x1 malloc\ncaller - 0x2 _start\n", 1, 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct leak_snapshot snapshot;
        struct leak_parse_error error;
        char text[1024];

        snprintf(text, sizeof(text), "%srate 1\n%s%send\n", HEAD,
                 "module 0 0x1000 /usr/lib/libheaptracker-preload.so\nmodule 1 0x9000 /lib/a\n",
                 cases[i].stack);
        assert_int_equal(parse(&snapshot, text, &error), ERROR_SUCCESS);
        const struct leak_stack stack = leak_stack_of(&snapshot, &snapshot.sites[0], false);
        if (stack.first != cases[i].first || stack.end != cases[i].end)
            fail_msg("case %u: %u to %u", (unsigned)i, (unsigned)stack.first, (unsigned)stack.end);
        const struct leak_stack all = leak_stack_of(&snapshot, &snapshot.sites[0], true);
        assert_true(all.first == 0 && all.end == snapshot.sites[0].caller_count + 1);
        leak_snapshot_release(&snapshot);
    }
}

static void long_names_lose_their_arguments(void **state)
{
    static const struct {
        const char *name, *shown;
    } cases[] = {
        { "f(int)", "f(int)" },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaa"
          "aaaaaaa<int, long>(int, std::vector<int>)",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaa"
          "aaaaaaa<...>(...)" },
        { "std::map<std::string, std::vector<int, std::allocator<int> > >::operator[](std::string "
          "const&, int, int, int, int, int) (a.h:3)",
          "std::map<...>::operator[](std::string const&, int, int, int, int, int) (a.h:3)" },
        { "std::ostream& operator<< <std::char_traits<char> >(std::basic_ostream<char, "
          "std::char_traits<char> >&, char const*, int)",
          "std::ostream& operator<< <...>(std::basic_ostream<...>&, char const*, int)" },
        { "(anonymous "
          "namespace)::thing<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaa>::run("
          "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)",
          "(anonymous namespace)::thing<...>::run(...)" },
        { "cut<"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaa"
          "aaaaaaaaaaaaaa",
          "cut<..." },
    };
    struct leak_snapshot snapshot = { 0 };
    char text[1200];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct leak_place place = { .module = LEAK_NO_MODULE, .symbol = cases[i].name };
        leak_stack_place(&snapshot, &place, text, sizeof(text));
        assert_string_equal(text, cases[i].shown);
    }
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
        { "a caller of nothing", HEAD "caller - 0x0\nend\n", 9 },
        { "what nothing has allocated", HEAD "allocated 1 1\nend\n", 9 },
        { "the growth of nothing", HEAD "growth 1\nend\n", 9 },
        { "a caller in no module", HEAD "site 1 1 - 0x0\ncaller 0 0x1\nend\n", 10 },
        { "an allocation without bytes", HEAD "site 1 1 - 0x0\nallocated 1\nend\n", 10 },
        { "an allocation with more", HEAD "site 1 1 - 0x0\nallocated 1 1 1\nend\n", 10 },
        { "growth of nothing but a sign", HEAD "site 1 1 - 0x0\ngrowth -\nend\n", 10 },
        { "a rate with more", HEAD "rate 1 1\nend\n", 9 },
        { "a rate of no number", HEAD "rate x\nend\n", 9 },
        { "another word in the head", "heapctrs-snapshot 1\nheap x\nproces 12\n", 3 },
        { "a process of no number", "heapctrs-snapshot 1\nheap x\nprocess x\n", 3 },
        { "a process with more", "heapctrs-snapshot 1\nheap x\nprocess 12 13\n", 3 },
        { "blocks of no number", "heapctrs-snapshot 1\nheap x\nprocess 1\ntime 5\nblocks x 3\n",
          5 },
        { "blocks without bytes", "heapctrs-snapshot 1\nheap x\nprocess 1\ntime 5\nblocks 3\n", 5 },
        { "a module of no number", HEAD "module x 0x1000 /a\nend\n", 9 },
        { "a site of no number", HEAD "site x 1 - 0x0\nend\n", 9 },
        { "a site without a number of bytes", HEAD "site 1 x - 0x0\nend\n", 9 },
        { "a place of no number", HEAD "site 1 1 x 0x0\nend\n", 9 },
        { "a letter in a decimal number", HEAD "site a 1 - 0x0\nend\n", 9 },
        { "a character before 0", HEAD "site 1 1 - 0x/\nend\n", 9 },
        { "a character after 9", HEAD "site 1 1 - 0x:\nend\n", 9 },
        { "a character before a", HEAD "site 1 1 - 0x`\nend\n", 9 },
        { "a character after f", HEAD "site 1 1 - 0xg\nend\n", 9 },
        { "a capital letter", HEAD "site 1 1 - 0xA\nend\n", 9 },
        { "no ASCII", HEAD "site 1 1 - 0x\xB1\nend\n", 9 },
        { "an allocation of no number", HEAD "site 1 1 - 0x0\nallocated x 1\nend\n", 10 },
        { "growth with more", HEAD "site 1 1 - 0x0\ngrowth 1 x\nend\n", 10 },
        { "a fault of no number", HEAD "fault second-free x 0x1 - 0x0 - 0x0\nend\n", 9 },
        { "a fault at no address", HEAD "fault second-free 1 1 - 0x0 - 0x0\nend\n", 9 },
        { "a fault at no place", HEAD "fault second-free 1 0x1 x 0x0 - 0x0\nend\n", 9 },
        { "a fault in no module", HEAD "fault second-free 1 0x1 9 - 0x0\nend\n", 9 },
        { "an unknown word before a fault", HEAD "falt second-free 1 0x1 - 0x0 - 0x0\nend\n", 9 },
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

static void what_is_no_escape_stays(void **state)
{
    struct leak_snapshot snapshot;
    struct leak_parse_error error;
    struct output output = { 0 };
    static const char *const names[] = { "%",   "%4",  "%zz", "%4z", "%00", "% ",
                                         "% 4", "%+4", "%-4", "%0x", "%4g", "%4G",
                                         "%/0", "%:0", "%@0", "%`0", "%0/", "%0:" };
    static const char *const written[] = { "%25",   "%254",  "%25zz", "%254z", "%2500", "%25 ",
                                           "%25 4", "%25+4", "%25-4", "%250x", "%254g", "%254G",
                                           "%25/0", "%25:0", "%25@0", "%25`0", "%250/", "%250:" };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        char text[512], expected[64];

        snprintf(text, sizeof(text), "%smodule 0 0x0 /%s\nend\n", HEAD, names[i]);
        snprintf(expected, sizeof(expected), "module 0 0x0 /%s\nend\n", written[i]);
        assert_int_equal(parse(&snapshot, text, &error), ERROR_SUCCESS);
        assert_string_equal(snapshot.modules[0].path + 1, names[i]);
        output_clear(&output);
        leak_snapshot_write(&output, &snapshot);
        assert_non_null(strstr(output.data, expected));
        leak_snapshot_release(&snapshot);
    }
    /* What controls a terminal is written as it must be read. */
    assert_int_equal(parse(&snapshot, HEAD "module 0 0x0 /%1b[31m\nend\n", &error), ERROR_SUCCESS);
    assert_string_equal(snapshot.modules[0].path, "/\033[31m");
    output_clear(&output);
    leak_snapshot_write(&output, &snapshot);
    assert_non_null(strstr(output.data, "module 0 0x0 /%1B[31m\n"));
    leak_snapshot_release(&snapshot);
    output_release(&output);
    assert_int_equal(parse(&snapshot, HEAD "module 0 0x0 /%30%39%6a%6F%Af%01%10\nend\n", &error),
                     ERROR_SUCCESS);
    assert_string_equal(snapshot.modules[0].path, "/09jo\xAF\x01\x10");
    leak_snapshot_release(&snapshot);
}

static void digits_are_0_to_9_and_a_to_f(void **state)
{
    struct leak_snapshot snapshot;
    struct leak_parse_error error;

    (void)state;
    assert_int_equal(parse(&snapshot,
                           HEAD "site 18446744073709551615 9876543210 - 0xfedcba9876543210\nend\n",
                           &error),
                     ERROR_SUCCESS);
    assert_true(snapshot.sites[0].count == UINT64_MAX && snapshot.sites[0].bytes == 9876543210u);
    assert_true(snapshot.sites[0].place.offset == 0xFEDCBA9876543210u);
    leak_snapshot_release(&snapshot);
}

static void a_snapshot_without_stacks_is_written_without_them(void **state)
{
    struct leak_snapshot snapshot;
    struct leak_parse_error error;
    struct output output = { 0 };

    (void)state;
    assert_int_equal(parse(&snapshot, HEAD MODULES SITES FAULTS "end\n", &error), ERROR_SUCCESS);
    leak_snapshot_write(&output, &snapshot);
    assert_string_equal(output.data, HEAD_AS_WRITTEN MODULES SITES FAULTS "end\n");
    leak_snapshot_release(&snapshot);
    assert_int_equal(parse(&snapshot, HEAD "end\n", &error),
                     ERROR_SUCCESS); /* no lines but those */
    assert_non_null(snapshot.text);
    output_clear(&output);
    leak_snapshot_write(&output, &snapshot);
    assert_string_equal(output.data, HEAD_AS_WRITTEN "end\n");
    leak_snapshot_release(&snapshot);
    output_release(&output);
}

static void a_site_is_live_with_blocks_or_with_bytes(void **state)
{
    struct leak_snapshot snapshot;
    struct leak_parse_error error;

    (void)state;
    assert_int_equal(parse(&snapshot,
                           HEAD "site 1 0 - 0x1\nsite 0 0 - 0x2\ncaller - 0x9\nsite 0 1 - 0x3\n"
                                "end\n",
                           &error),
                     ERROR_SUCCESS);
    leak_snapshot_keep_live(&snapshot);
    assert_int_equal(snapshot.site_count, 2);
    assert_true(snapshot.sites[0].place.offset == 1 && snapshot.sites[1].place.offset == 3);
    leak_snapshot_release(&snapshot);
}

static void names_are_kept_until_the_release(void **state)
{
    struct leak_snapshot snapshot = { 0 };
    char name[] = "first";

    (void)state;
    const char *first = leak_snapshot_keep_name(&snapshot, name);
    const char *second = leak_snapshot_keep_name(&snapshot, "second");
    name[0] = 'F';
    assert_string_equal(first, "first");
    assert_string_equal(second, "second");
    assert_int_equal(snapshot.name_count, 2);
    leak_snapshot_release(&snapshot);
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

static void stacks_are_the_same_if_all_frames_are(void **state)
{
    struct leak_snapshot before, after;
    struct leak_diff diff;

    (void)state;
    parse_pair(
        HEAD "rate 1\nmodule 0 0x1000 /a\nsite 1 100 0 0x10\ncaller 0 0x20\nsite 1 50 0 0x10\n"
             "caller 0 0x30\nsite 1 7 0 0x10\nend\n",
        HEAD
        "rate 1\nmodule 0 0x7000 /a\nsite 2 300 0 0x10 f\ninlined 0 0x10 g\ncaller 0 0x20 h\n"
        "site 1 50 0 0x10\ncaller 0 0x30\nsite 1 8 0 0x10\ncaller 0 0x30\ncaller 0 0x40\nend\n",
        &before, &after);
    assert_int_equal(leak_diff_init(&diff, &before, &after), ERROR_SUCCESS);
    assert_int_equal(diff.site_count, 3);
    assert_true(diff.sites[0].bytes_growth == 200 && diff.sites[0].bytes == 300);
    assert_true(diff.sites[1].bytes_growth == 8 && diff.sites[2].bytes_growth == -7);
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
        cmocka_unit_test(a_stack_has_callers_and_what_it_allocated),
        cmocka_unit_test(a_stack_has_at_most_4096_callers),
        cmocka_unit_test(frames_that_only_allocate_are_left_out),
        cmocka_unit_test(long_names_lose_their_arguments),
        cmocka_unit_test(what_is_not_right_is_refused_with_its_line),
        cmocka_unit_test(what_is_no_escape_stays),
        cmocka_unit_test(digits_are_0_to_9_and_a_to_f),
        cmocka_unit_test(a_snapshot_without_stacks_is_written_without_them),
        cmocka_unit_test(a_site_is_live_with_blocks_or_with_bytes),
        cmocka_unit_test(names_are_kept_until_the_release),
        cmocka_unit_test(a_zero_byte_does_not_hide_what_follows_it),
        cmocka_unit_test(growth_is_by_module_and_offset_wherever_the_module_was_loaded),
        cmocka_unit_test(stacks_are_the_same_if_all_frames_are),
        cmocka_unit_test(faults_since_then_are_reported_and_older_ones_not),
        cmocka_unit_test(absurd_numbers_wrap_and_do_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
