/* SPDX-License-Identifier: MIT
 *
 * validator_instances.c: lengths that do not add up, names in UTF-16 and in a code page, and instances that are
 * equal, at the limits of each comparison.
 */
#include "validator_fixture.h"

static const struct validator global = { .query = "Global" };

static struct answer answer;

static int begin(void **state)
{
    (void)state;
    memset(&answer, 0, sizeof(answer));
    answer.first_counter = FIRST_COUNTER;
    return 0;
}

/* ---- the sum of the lengths ------------------------------------------------------------------ */

/* In the answer of build_sound two instances of 40 bytes are at 224 and 304, their blocks of 40 at 264 and 344, and
   NumInstances is at 40. The instances of each case end with the object at 384. */
static void instances_are_counted_by_their_lengths(void **state)
{
    static const struct {
        const char *name;
        struct {
            size_t offset;
            uint32_t value;
        } changes[3];
        const char *rules;
    } cases[] = {
        { "one of 24 bytes", { { 40, 1 }, { 304, 24 }, { 328, 56 } }, "instance-count" },
        { "two of 16 bytes", { { 304, 16 }, { 344, 16 }, { 360, 24 } }, "instance-length" },
        { "one that would fit if it counted 4 bytes twice, as its neighbour's block does",
          { { 264, 44 }, { 304, 84 } },
          "record-alignment instance-length" },
        { "a block that would fit as that of an object without instances",
          { { 40, (uint32_t)-1 }, { 224, 160 } },
          "" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        begin(NULL);
        build_sound(&answer);
        for (size_t k = 0; k < 3; k++)
            if (cases[i].changes[k].value)
                fixture_put(&answer, cases[i].changes[k].offset, cases[i].changes[k].value);
        if (strcmp(fixture_rules(&global, &answer), cases[i].rules) != 0)
            fail_msg("%s: %s", cases[i].name, fixture_rules(&global, &answer));
    }
}

/* Two instances without a name, each of 24 bytes, and their blocks. The second one begins at `second`. */
static const char *rules_of_two(uint32_t first_block, uint32_t second, uint32_t second_length,
                                uint32_t second_block, uint32_t end)
{
    enum { FIRST = 64 };

    begin(NULL);
    begin_object(&answer, 0, 2)->DefaultCounter = -1; /* it has no counters */
    answer_take(&answer, end - answer.size);
    fixture_put(&answer, FIRST, 24);
    fixture_put(&answer, FIRST + 12, 1); /* UniqueID */
    fixture_put(&answer, FIRST + 24, first_block);
    fixture_put(&answer, second, second_length);
    fixture_put(&answer, second + 12, 2);
    fixture_put(&answer, second + second_length, second_block);
    end_object(&answer);
    return fixture_rules(&global, &answer);
}

/* A block that counts its 4 bytes twice says at least 8: it begins at 88. The second instance of 256 bytes begins in
   the last byte of a length of 7, so that it is found if 3 bytes are taken for a block. */
static void the_shortest_block_that_counts_itself_twice_says_8_bytes(void **state)
{
    (void)state;
    assert_string_equal(rules_of_two(8, 92, 24, 8, 120), "block-length");
    assert_string_equal(rules_of_two(7, 91, 256, 17, 360), "record-alignment instance-length");
}

static void values_of_the_first_block_are_checked_although_the_count_is_wrong(void **state)
{
    (void)state;
    begin_object(&answer, 0, 2);
    add_counter(&answer, 2, PERF_COUNTER_BULK_COUNT)->CounterOffset = 4;
    add_instance(&answer, TEXT16("a"));
    end_object(&answer);
    assert_string_equal(fixture_rules(&global, &answer), "instance-count value-alignment");
}

/* ---- names ----------------------------------------------------------------------------------- */

/* An object with one instance. Its name is not compared: it has an identity. */
static void build_named(DWORD code_page, const void *name, DWORD size)
{
    begin(NULL);
    begin_object(&answer, 0, 1)->CodePage = code_page;
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance_bytes(&answer, name, size)->UniqueID = 1;
    end_object(&answer);
}

static void utf16_in_a_code_page_is_recognised(void **state)
{
    static const struct {
        const char *name;
        DWORD size;
        const char *bytes, *rules;
    } cases[] = {
        { "UTF-16", 6, "a\0b\0\0\0", "code-page" },
        { "one unit and a terminator", 4, "a\0\0\0", "code-page" },
        { "a terminator of two bytes", 2, "\0\0", "name-length" },
        { "a terminator of one byte", 1, "", "" },
        { "one byte and two zeros", 3, "a\0\0", "name-length" },
        { "a zero inside and two at the end", 5, "a\0b\0\0", "name-text" },
        { "two zeros inside", 8, "a\0\0\0b\0\0\0", "name-text" },
        { "no zero after the last unit", 4, "a\0\0b", "name-text" },
        { "no terminator", 4, "a\0b\0", "name-text" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        build_named(1252, cases[i].bytes, cases[i].size);
        if (strcmp(fixture_rules(&global, &answer), cases[i].rules) != 0)
            fail_msg("%s: %s", cases[i].name, fixture_rules(&global, &answer));
    }
}

static void a_name_has_no_blank_at_an_end(void **state)
{
    static const struct {
        WCHAR units[4];
        const char *rules;
    } cases[] = {
        { { 'a', ' ', 'b', 0 }, "" },
        { { ' ', 'a', 'b', 0 }, "name-characters" },
        { { 'a', 'b', ' ', 0 }, "name-characters" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        build_named(0, cases[i].units, sizeof(cases[i].units));
        if (strcmp(fixture_rules(&global, &answer), cases[i].rules) != 0)
            fail_msg("case %zu: %s", i, fixture_rules(&global, &answer));
    }
}

/* The unit before the name is a blank. */
static void an_empty_name_has_no_characters(void **state)
{
    static const WCHAR units[] = { ' ', 0 };

    (void)state;
    build_named(0, units, sizeof(units));
    instance_of(&answer)->NameOffset += 2;
    instance_of(&answer)->NameLength = 2;
    assert_string_equal(fixture_rules(&global, &answer), "");
}

/* The byte after the terminator is the lowest one of the block's ByteLength, 16. */
static void a_code_page_has_terminators_of_one_byte(void **state)
{
    (void)state;
    build_named(1252, "seven..", 8);
    instance_of(&answer)->NameLength = 7;
    assert_string_equal(fixture_rules(&global, &answer), "name-length");
}

/* The bytes after the answer are zeros, too. */
static void a_terminator_outside_the_answer_does_not_count(void **state)
{
    struct findings findings = { 0 };
    const struct validator validator = { .findings = &findings };

    (void)state;
    build_named(0, TEXT16("abcd"), 8);
    answer.size -= block_of(&answer)->ByteLength;
    end_object(&answer);
    memset(answer.u.bytes + answer.size, 0, 16);
    validator_check_objects(&validator, (struct span){ answer.u.bytes, answer.size }, 1);
    assert_int_equal(findings.count, 2);
    assert_int_equal(findings.items[0].rule, RULE_block_length);
    assert_int_equal(findings.items[1].rule, RULE_name_terminator);
    findings_release(&findings);
}

/* ---- equal instances ------------------------------------------------------------------------- */

/* Names and identities of `count` instances; the last one has the name or the identity of the first. */
static void build_many(unsigned count, bool is_name_equal, bool is_id_equal)
{
    begin(NULL);
    begin_object(&answer, 0, (LONG)count);
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
    for (unsigned i = 0; i < count; i++) {
        const unsigned number = is_name_equal && i + 1 == count ? 0 : i;
        const WCHAR name[] = { 'n', (WCHAR)('A' + number / 8), (WCHAR)('0' + number % 8), 0 };

        add_instance(&answer, name)->UniqueID =
            is_id_equal && i + 1 == count ? 100 : (LONG)(100 + i);
    }
    end_object(&answer);
}

/* 16 is as many as an array has memory for at first. The later one of two is reported. */
static void two_equal_ones_are_found_among_many(void **state)
{
    static const unsigned counts[] = { 2, 15, 16, 17, 48 };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(counts); i++) {
        struct findings findings;
        char text[64];

        build_many(counts[i], false, false);
        assert_string_equal(fixture_rules(&global, &answer), "");

        build_many(counts[i], true, false);
        findings = fixture_findings(&global, &answer);
        snprintf(text, sizeof(text), "instance %u has the name of instance 0,", counts[i] - 1);
        assert_non_null(strstr(fixture_only(&findings, RULE_name_duplicate)->message, text));
        assert_int_equal(findings.items[0].offset, answer.instance);
        findings_release(&findings);

        build_many(counts[i], false, true);
        findings = fixture_findings(&global, &answer);
        snprintf(text, sizeof(text), "instance %u has UniqueID 100, as instance 0,", counts[i] - 1);
        assert_non_null(strstr(fixture_only(&findings, RULE_unique_id_duplicate)->message, text));
        findings_release(&findings);
    }
}

/* After the terminators of the two names there are different bytes. */
static void names_in_a_code_page_are_compared_up_to_their_ends(void **state)
{
    (void)state;
    begin_object(&answer, 0, 2)->CodePage = 1252;
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance_bytes(&answer, "ab\0x", 4)->NameLength = 3;
    add_instance_bytes(&answer, "ab\0y", 4)->NameLength = 3;
    end_object(&answer);
    assert_string_equal(fixture_rules(&global, &answer), "name-duplicate");
}

/* NameOffset is outside, so that the names are not known. */
static void names_that_are_not_inside_their_instances_are_not_compared(void **state)
{
    (void)state;
    begin_object(&answer, 0, 2)->CodePage = 1252;
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
    for (int i = 0; i < 2; i++)
        add_instance_bytes(&answer, "abc", 4)->NameOffset = 1000;
    end_object(&answer);
    assert_string_equal(fixture_rules(&global, &answer), "name-place");
}

/* ---- parents --------------------------------------------------------------------------------- */

/* 16 objects, as many as an array has memory for at first. */
static void a_parent_is_looked_for_among_all_objects(void **state)
{
    (void)state;
    for (DWORD parent = 0; parent <= 17; parent++) {
        begin(NULL);
        for (DWORD i = 0; i < 16; i++) {
            begin_object(&answer, 10 * i, i ? PERF_NO_INSTANCES : 1);
            add_counter(&answer, 10 * i + 2, PERF_COUNTER_RAWCOUNT);
            if (i)
                add_block(&answer);
            else
                add_instance(&answer, TEXT16("a"))->ParentObjectTitleIndex =
                    FIRST_COUNTER + 10 * parent;
            end_object(&answer);
        }
        if (strcmp(fixture_rules(&global, &answer), parent < 16 ? "" : "parent-object") != 0)
            fail_msg("object %u: %s", (unsigned)parent, fixture_rules(&global, &answer));
    }
}

/* The parent is above the system's objects, and no range is registered that it could be outside of. */
static void a_parent_is_missed_if_no_range_is_registered(void **state)
{
    const struct service service = { 0 };
    const struct validator validator = { .service = &service };

    (void)state;
    begin_object(&answer, 0, 1);
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance(&answer, TEXT16("a"))->ParentObjectTitleIndex = FIRST_COUNTER + 100;
    end_object(&answer);
    assert_string_equal(fixture_rules(&validator, &answer), "parent-object");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(instances_are_counted_by_their_lengths, begin),
        cmocka_unit_test_setup(the_shortest_block_that_counts_itself_twice_says_8_bytes, begin),
        cmocka_unit_test_setup(values_of_the_first_block_are_checked_although_the_count_is_wrong,
                               begin),
        cmocka_unit_test_setup(utf16_in_a_code_page_is_recognised, begin),
        cmocka_unit_test_setup(a_name_has_no_blank_at_an_end, begin),
        cmocka_unit_test_setup(an_empty_name_has_no_characters, begin),
        cmocka_unit_test_setup(a_code_page_has_terminators_of_one_byte, begin),
        cmocka_unit_test_setup(a_terminator_outside_the_answer_does_not_count, begin),
        cmocka_unit_test_setup(two_equal_ones_are_found_among_many, begin),
        cmocka_unit_test_setup(names_in_a_code_page_are_compared_up_to_their_ends, begin),
        cmocka_unit_test_setup(names_that_are_not_inside_their_instances_are_not_compared, begin),
        cmocka_unit_test_setup(a_parent_is_looked_for_among_all_objects, begin),
        cmocka_unit_test_setup(a_parent_is_missed_if_no_range_is_registered, begin),
    };

    return cmocka_run_group_tests_name("validator_instances", tests, NULL, NULL);
}
