/* SPDX-License-Identifier: MIT
 *
 * Tests of options.c: which arguments are used, which remain, and which are refused without being
 * stored.
 */
#include "unit.h"

#include "options.h"

struct values {
    bool flag;
    const char *text;
    struct option_texts texts;
    uint32_t number, milliseconds;
    uint64_t big;
    int choice;
};

static const struct command_option table[] = {
    { "flag", 'F', OPTION_FLAG, offsetof(struct values, flag), NULL, "", 0, 0 },
    { "text", 't', OPTION_TEXT, offsetof(struct values, text), "TEXT", "", 0, 0 },
    { "texts", 0, OPTION_TEXTS, offsetof(struct values, texts), "TEXT", "", 0, 0 },
    { "number", 'n', OPTION_NUMBER, offsetof(struct values, number), "N", "", 2, 9 },
    { "seconds", 's', OPTION_SECONDS, offsetof(struct values, milliseconds), "S", "", 0, 0 },
    { "big", 0, OPTION_NUMBER64, offsetof(struct values, big), "N", "", 0, 0 },
    { "choice", 'c', OPTION_CHOICE, offsetof(struct values, choice), "one|two|three", "", 0, 0 },
    OPTIONS_END,
};

static const struct command_option others[] = {
    { "other", 'o', OPTION_TEXT, 0, "TEXT", "", 0, 0 },
    OPTIONS_END,
};

/* Split a line at blanks into argv. Returns the number of words. */
static int split(const char *line, char *storage, char **argv)
{
    int argc = 0;

    memcpy(storage, line, strlen(line) + 1);
    for (char *word = strtok(storage, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    return argc;
}

static void options_are_taken_and_the_rest_is_left_in_order(void **state)
{
    static const struct {
        const char *line, *left, *text;
        bool flag;
        uint32_t number, milliseconds;
        int choice;
    } cases[] = {
        { "", "", NULL, false, 0, 0, 0 },
        { "a b", "a b", NULL, false, 0, 0, 0 },
        { "a --flag b", "a b", NULL, true, 0, 0, 0 },
        { "--text x a", "a", "x", false, 0, 0, 0 },
        { "--text=x a", "a", "x", false, 0, 0, 0 },
        { "--text=", "", "", false, 0, 0, 0 },
        { "--text=a=b", "", "a=b", false, 0, 0, 0 },
        { "-t x -F a", "a", "x", true, 0, 0, 0 },
        { "-tx", "", "x", false, 0, 0, 0 },
        { "--text --flag", "", "--flag", false, 0, 0, 0 },
        { "--text -- a", "a", "--", false, 0, 0, 0 },
        { "--text x --text y", "", "y", false, 0, 0, 0 },
        { "-- --flag -F", "--flag -F", NULL, false, 0, 0, 0 },
        { "a -- b -- c", "a b -- c", NULL, false, 0, 0, 0 },
        { "- a", "- a", NULL, false, 0, 0, 0 },
        { "--number 9", "", NULL, false, 9, 0, 0 },
        { "-n0x4", "", NULL, false, 4, 0, 0 },
        { "--seconds 2", "", NULL, false, 0, 2000, 0 },
        { "--seconds 0.25", "", NULL, false, 0, 250, 0 },
        { "--seconds .0015", "", NULL, false, 0, 1, 0 },
        { "--choice three", "", NULL, false, 0, 0, 2 },
        { "-c two", "", NULL, false, 0, 0, 1 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct values values = { 0 };
        char storage[256], left[256] = "", *argv[32];
        int argc = split(cases[i].line, storage, argv);
        bool is_fine = options_parse(table, &values, &argc, argv);
        for (int k = 0; k < argc; k++)
            snprintf(left + strlen(left), sizeof(left) - strlen(left), "%s%s", k ? " " : "",
                     argv[k]);
        if (!is_fine || strcmp(left, cases[i].left) != 0 || values.flag != cases[i].flag ||
            values.number != cases[i].number || values.milliseconds != cases[i].milliseconds ||
            values.choice != cases[i].choice || !values.text != !cases[i].text ||
            (values.text && strcmp(values.text, cases[i].text) != 0))
            fail_msg("\"%s\": %s, left \"%s\"", cases[i].line, is_fine ? "taken" : "refused", left);
    }
}

static void what_is_wrong_is_refused_and_not_stored(void **state)
{
    static const char *const lines[] = {
        "--none",
        "-x",
        "--flag=yes",
        "--text",
        "-t",
        "--number",
        "--number 1",
        "--number 10",
        "--number x",
        "--number -3",
        "--number 3x",
        "--number= 3",
        "--number 0x",
        "--big x",
        "--number 4294967298", /* 2^32 + 2, of which 32 bits would be allowed */
        "--seconds x",
        "--seconds .",
        "--seconds 1.2.3",
        "--seconds -1",
        "--choice four",
        "--choice one|two",
        "--choice on",
        "--seconds 4294968",          /* more than 2^32 ms */
        "--big 18446744073709551616", /* 2^64 */
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(lines); i++) {
        struct values values = { 0 }, untouched = { 0 };
        char storage[256], *argv[32];
        int argc = split(lines[i], storage, argv);
        if (options_parse(table, &values, &argc, argv))
            fail_msg("\"%s\" was taken", lines[i]);
        assert_memory_equal(&values, &untouched, sizeof(values));
    }
}

static void large_numbers_are_taken_whole(void **state)
{
    struct values values = { 0 };
    char storage[256], *argv[32];
    int argc = split("--big 18446744073709551615 --seconds 4294967.295", storage, argv);

    (void)state;
    assert_true(options_parse(table, &values, &argc, argv));
    assert_true(values.big == UINT64_MAX);
    assert_true(values.milliseconds == UINT32_MAX);
}

static void an_option_may_be_given_several_times(void **state)
{
    struct values values = { 0 };
    char storage[2048] = "", line[2048] = "", *argv[256];

    (void)state;
    int argc = split("--texts a --texts=b --texts c", storage, argv);
    assert_true(options_parse(table, &values, &argc, argv));
    assert_int_equal(values.texts.count, 3);
    assert_string_equal(values.texts.items[1], "b");
    for (int i = 0; i < 65; i++) /* one more than an option may be given */
        memcpy(line + strlen(line), "--texts x ", sizeof("--texts x "));
    memset(&values, 0, sizeof(values));
    argc = split(line, storage, argv);
    assert_false(options_parse(table, &values, &argc, argv));
}

static void taking_some_leaves_the_values_of_others_alone(void **state)
{
    struct values values = { 0 };
    char storage[256], *argv[32];
    int argc = split("--other --flag -o -F --unknown --flag x -- --flag", storage, argv);

    (void)state;
    assert_true(options_take(table, &values, others, &argc, argv));
    assert_true(values.flag);
    assert_int_equal(argc, 8);
    assert_string_equal(argv[1], "--flag");
    assert_string_equal(argv[3], "-F");
    assert_string_equal(argv[4], "--unknown");
    assert_string_equal(argv[7], "--flag");
}

static void distance_counts_letters(void **state)
{
    static const struct {
        const char *left, *right;
        size_t distance;
    } cases[] = {
        { "", "", 0 },           { "list", "list", 0 }, { "list", "lst", 1 },
        { "list", "lists", 1 },  { "lsit", "list", 2 }, { "", "abc", 3 },
        { "query", "heaps", 5 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        assert_int_equal(options_distance(cases[i].left, cases[i].right), cases[i].distance);
        assert_int_equal(options_distance(cases[i].right, cases[i].left), cases[i].distance);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_taken_and_the_rest_is_left_in_order),
        cmocka_unit_test(what_is_wrong_is_refused_and_not_stored),
        cmocka_unit_test(large_numbers_are_taken_whole),
        cmocka_unit_test(an_option_may_be_given_several_times),
        cmocka_unit_test(taking_some_leaves_the_values_of_others_alone),
        cmocka_unit_test(distance_counts_letters),
    };

    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
