/* SPDX-License-Identifier: MIT
 *
 * readers.c: the list of readers on the command line, and what the readers make of names of instances.
 */
#include "unit.h"

#include <stdlib.h>

#include "../faulty/frame/answer.h"
#include "readers.h"

#define BIT(reader) (1u << READER_##reader)

static void readers_are_chosen_by_their_whole_names(void **state)
{
    static const struct {
        const char *names;
        uint32_t readers;
    } cases[] = {
        { "all", READERS_ALL },
        { "netdata", BIT(netdata) },
        { "nmap,windows_exporter", BIT(nmap) | BIT(windows_exporter) },
        { "dotnet,dotnet", BIT(dotnet) },
        { "netdata,", BIT(netdata) },
        { "", 0 },
        { ",netdata", 0 },
        { "netdat", 0 },
        { "netdatas", 0 },
        { "netdatb", 0 },
        { "netdata,x", 0 },
        { "netdata dotnet", 0 },
        { "alle", 0 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        /* What follows the terminator is not read: it would be refused. */
        char *exact = malloc(strlen(cases[i].names) + 3);

        assert_non_null(exact);
        snprintf(exact, strlen(cases[i].names) + 3, "%s%cx", cases[i].names, 0);
        if (readers_parse(exact) != cases[i].readers)
            fail_msg("\"%s\": 0x%x", cases[i].names, (unsigned)readers_parse(exact));
        free(exact);
    }
}

/* A name, and what NameLength says. */
struct name {
    const char *bytes;
    DWORD size;
    DWORD parent; /* ParentObjectInstance */
};

/* What some readers report of an object whose instances have these names, a line each, and whether all is known. */
static const char *reports_of(DWORD code_page, const struct name *names, size_t count,
                              uint32_t wanted)
{
    static char text[2048];
    struct answer answer = { .first_counter = FIRST_COUNTER };
    struct findings findings = { 0 };

    begin_object(&answer, 0, (LONG)count)->CodePage = code_page;
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
    for (size_t i = 0; i < count; i++) {
        char padded[16];

        memset(padded, 'x', sizeof(padded)); /* the bytes after a name are no terminator */
        memcpy(padded, names[i].bytes, names[i].size);
        add_instance_bytes(&answer, padded, sizeof(padded))->NameLength = names[i].size;
        instance_of(&answer)->ParentObjectTitleIndex = names[i].parent ? FIRST_COUNTER : 0;
        instance_of(&answer)->ParentObjectInstance = names[i].parent;
    }
    end_object(&answer);
    unsigned char *exact = malloc(answer.size);
    assert_non_null(exact);
    memcpy(exact, answer.u.bytes, answer.size);
    readers_check(&findings, wanted,
                  &(struct readers_answer){ .bytes = { exact, answer.size }, .count = 1 });
    free(exact);
    assert_false(findings.is_incomplete);
    *text = '\0';
    for (size_t i = 0; i < findings.count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s\n",
                 findings.items[i].message);
    findings_release(&findings);
    return text;
}

#define NAME(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1, 0                                                                  \
    }

static void only_the_chosen_readers_report(void **state)
{
    static const struct name names[] = { NAME("a\0\0\0"), NAME("a\0\0\0") };

    (void)state;
    assert_string_equal(reports_of(0, names, 2, BIT(leoluk)),
                        "leoluk returns \"a\" once more (instance 1 of object 2380)\n");
    assert_string_equal(reports_of(0, names, 2, BIT(dotnet)),
                        "dotnet shows the name \"a#1\" for \"a\" (instance 1 of object 2380)\n");
    assert_string_equal(reports_of(0, names, 2, BIT(far) | BIT(nmap) | BIT(oshi)), "");
    assert_string_equal(reports_of(0, names, 2, 0), "");
}

/* Equal names are numbered in the order of the walk, also if others are between them. */
static void equal_names_of_equal_parents_are_numbered(void **state)
{
    static const struct name names[] = {
        NAME("a\0\0\0"), NAME("b\0\0\0"), NAME("a\0\0\0"),     NAME("c\0\0\0"),
        NAME("d\0\0\0"), NAME("e\0\0\0"), NAME("a\0\0\0"),     { "a\0\0\0", 4, 1 },
        NAME("A\0\0\0"), NAME("f\0\0\0"), { "a\0\0\0", 4, 1 },
    };

    (void)state;
    const char *text = reports_of(0, names, UNIT_COUNT(names), BIT(dotnet));
    assert_non_null(strstr(text, "\"a#1\" for \"a\" (instance 2 of"));
    assert_non_null(strstr(text, "\"a#2\" for \"a\" (instance 6 of"));
    assert_non_null(strstr(text, "\"a#1\" for \"a\" (instance 10 of"));
    assert_int_equal(
        strlen(text),
        2 * strlen("dotnet shows the name \"a#1\" for \"a\" (instance 2 of object 2380)\n") +
            strlen("dotnet shows the name \"a#1\" for \"a\" (instance 10 of object 2380)\n"));
}

static void names_without_a_counted_terminator_lose_a_character(void **state)
{
    static const struct {
        const char *title;
        DWORD code_page;
        struct name name;
        const char *report;
    } cases[] = {
        { "a terminator", 0, NAME("a\0b\0\0\0"), NULL },
        { "a terminator in the middle", 0, NAME("a\0\0\0b\0"), NULL },
        { "no terminator", 0, NAME("a\0b\0"), "\"a\" for \"ab\"" },
        { "a unit whose low byte is 0", 0, NAME("a\0\0\1"), "\"a\" for \"a\xC4\x80\"" },
        { "one unit", 0, NAME("a\0"), "\"\" for \"a\"" },
        { "half a unit", 0, NAME("a"), "\"\" for \"\"" },
        { "a terminator of which one half counts", 0, NAME("a\0\0"), "\"\" for \"a\"" },
        { "bytes and a terminator", 1252, NAME("ab\0"), NULL },
        { "bytes without terminator", 1252, NAME("ab"), "\"a\" for \"ab\"" },
        { "one byte", 1252, NAME("a"), "\"\" for \"a\"" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char expected[256] = "";

        for (int k = 0; cases[i].report && k < 2; k++)
            snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected),
                     "%s shows the name %s, whose terminator is not counted (instance 0 of "
                     "object 2380)\n",
                     k ? "dotnet" : "netdata", cases[i].report);
        if (strcmp(reports_of(cases[i].code_page, &cases[i].name, 1, READERS_ALL), expected) != 0)
            fail_msg("%s: %s", cases[i].title,
                     reports_of(cases[i].code_page, &cases[i].name, 1, READERS_ALL));
    }
}

static void names_that_are_empty_are_equal(void **state)
{
    static const struct name names[] = { { "", 0, 0 }, { "", 0, 0 } };

    (void)state;
    assert_string_equal(reports_of(0, names, 2, BIT(leoluk)),
                        "leoluk returns \"\" once more (instance 1 of object 2380)\n");
    assert_string_equal(
        reports_of(0, names, 1, BIT(netdata)),
        "netdata shows the name \"[unknown]\" for none (instance 0 of object 2380)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_are_chosen_by_their_whole_names),
        cmocka_unit_test(only_the_chosen_readers_report),
        cmocka_unit_test(equal_names_of_equal_parents_are_numbered),
        cmocka_unit_test(names_without_a_counted_terminator_lose_a_character),
        cmocka_unit_test(names_that_are_empty_are_equal),
    };

    return cmocka_run_group_tests_name("readers", tests, NULL, NULL);
}
