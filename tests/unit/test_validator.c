/* SPDX-License-Identifier: MIT
 *
 * validator.c and its parts: a valid answer is damaged at one place, and exactly one rule is
 * reported.
 */
#include "unit.h"

#include "../faulty/frame/answer.h"
#include "validator.h"

/* Offsets in the answer of build_sound: four counters of 40 bytes after 64 of the object, and two
   instances of 40 bytes, each with a block of 40. Other offsets are those of layouts.def. */
#define COUNTER(n) (64 + 40 * (n))
#define INSTANCE(n) (224 + 80 * (n))
#define BLOCK(n) (264 + 80 * (n))
#define SOUND_SIZE 384

static void build(struct answer *answer)
{
    memset(answer, 0, sizeof(*answer));
    answer->first_counter = FIRST_COUNTER;
    build_sound(answer);
    assert_int_equal(answer->size, SOUND_SIZE);
}

static void check(struct findings *findings, const struct answer *answer, size_t size)
{
    const struct validator validator = { .findings = findings, .query = "Global" };
    const struct span bytes = { answer->u.bytes, size };

    validator_check_objects(&validator, bytes, answer->object_count);
}

static void print(const char *title, const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        print_message("# %s: %s: %s\n", title, rules[findings->items[i].rule].name,
                      findings->items[i].message);
}

static void a_sound_answer_has_no_finding(void **state)
{
    struct answer answer;
    struct findings findings = { 0 };

    (void)state;
    build(&answer);
    check(&findings, &answer, answer.size);
    print("sound", &findings);
    assert_int_equal(findings.count, 0);
    findings_release(&findings);
}

/* One 32-bit value overwritten. The right ones are: TotalByteLength 384, DefinitionLength 224, HeaderLength 64,
   four counters with the indices 2382 to 2386, two instances, and NameLength 12 of the name "first". */
static const struct poke {
    enum rule_id rule;
    uint32_t offset, value;
} pokes[] = {
    { RULE_object_length, 0, 8 },
    { RULE_object_length_sum, 0, 392 },
    { RULE_object_length_sum, 0, 0x80000000 },
    { RULE_definition_length, 4, 232 },
    { RULE_definition_length, 4, 60 },
    { RULE_header_length, 8, 56 },
    { RULE_header_length, 8, 0xFFFFFFFF },
    { RULE_index_zero, 12, 0 },
    { RULE_index_parity, 12, 2381 },
    { RULE_index_help, 20, 2383 },
    { RULE_detail_level, 28, 200 },
    { RULE_counter_count, 32, 3 },
    { RULE_counter_count, 32, 5 },
    { RULE_counter_count, 32, 0xFFFFFFFF },
    { RULE_default_counter, 36, 4 },
    { RULE_default_counter, 36, (uint32_t)-2 },
    { RULE_instance_count, 40, 1 },
    { RULE_instance_count, 40, 3 },
    { RULE_instance_count, 40, 0x7FFFFFFF },
    { RULE_instance_count, 40, (uint32_t)-1 },
    { RULE_instance_count, 40, (uint32_t)-2 },
    { RULE_instance_count, 40, (uint32_t)-4 },
    { RULE_code_page, 44, 1252 },
    { RULE_counter_definition_length, COUNTER(0), 0 },
    { RULE_counter_definition_length, COUNTER(3), 48 },
    { RULE_index_zero, COUNTER(0) + 4, 0 },
    { RULE_index_parity, COUNTER(0) + 4, 2383 },
    { RULE_default_scale, COUNTER(0) + 20, 1000 },
    { RULE_detail_level, COUNTER(1) + 24, 150 },
    { RULE_counter_type, COUNTER(1) + 28, 0x00010002 },
    { RULE_base_missing, COUNTER(1) + 28, PERF_RAW_FRACTION },
    { RULE_base_type, COUNTER(3) + 28, PERF_AVERAGE_BASE },
    { RULE_base_stray, COUNTER(2) + 28, PERF_COUNTER_RAWCOUNT },
    { RULE_counter_size, COUNTER(1) + 32, 8 },
    { RULE_counter_size, COUNTER(0) + 32, 4 },
    { RULE_counter_offset, COUNTER(1) + 36, 0 },
    { RULE_counter_offset, COUNTER(1) + 36, 40 },
    { RULE_counter_offset, COUNTER(1) + 36, 0xFFFFFFFC },
    { RULE_counter_overlap, COUNTER(1) + 36, 12 },
    { RULE_instance_length, INSTANCE(0), 0 },
    { RULE_parent_object, INSTANCE(0) + 4, 2400 },
    { RULE_unique_id_duplicate, INSTANCE(0) + 12, 5 },
    { RULE_name_place, INSTANCE(0) + 16, 20 },
    { RULE_name_place, INSTANCE(0) + 20, 40 },
    { RULE_name_place, INSTANCE(0) + 20, 0xFFFFFFF0 },
    { RULE_name_length, INSTANCE(0) + 20, 10 },
    { RULE_name_length, INSTANCE(0) + 20, 11 },
    { RULE_name_length, INSTANCE(0) + 20, 16 },
    { RULE_name_terminator, INSTANCE(0) + 20, 8 },
    { RULE_instance_identity, INSTANCE(0) + 20, 0 },
    { RULE_name_text, INSTANCE(0) + 24, 0xD800 + ('i' << 16) },
    { RULE_name_text, INSTANCE(0) + 24, 0x0007 + ('i' << 16) },
    { RULE_name_characters, INSTANCE(0) + 24, ' ' + ('i' << 16) },
    { RULE_name_characters, INSTANCE(0) + 24, '(' + ('i' << 16) },
    { RULE_block_length, BLOCK(1), 0 },
    { RULE_block_length, BLOCK(1), 0xFFFFFFFF },
};

static void each_spoiled_value_breaks_one_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(pokes); i++) {
        const struct poke *poke = &pokes[i];
        struct answer answer;
        struct findings findings = { 0 };
        char title[96];

        build(&answer);
        if (poke->rule == RULE_unique_id_duplicate)
            memcpy(answer.u.bytes + INSTANCE(1) + 12, &poke->value, 4);
        memcpy(answer.u.bytes + poke->offset, &poke->value, 4);
        check(&findings, &answer, answer.size);

        snprintf(title, sizeof(title), "%s: 0x%x at %u", rules[poke->rule].name,
                 (unsigned)poke->value, (unsigned)poke->offset);
        if (findings.count != 1 || findings.items[0].rule != poke->rule) {
            print(title, &findings);
            fail_msg("%s: %zu findings", title, findings.count);
        }
        findings_release(&findings);
    }
}

static void blocks_that_count_themselves_twice_are_reported(void **state)
{
    struct answer answer;
    struct findings findings = { 0 };

    (void)state;
    build(&answer);
    for (unsigned i = 0; i < 2; i++)
        answer.u.bytes[BLOCK(i)] += 4;
    check(&findings, &answer, answer.size);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.items[0].rule, RULE_block_length);
    assert_int_equal(findings.items[0].offset, BLOCK(0));
    findings_release(&findings);
}

static void a_name_that_two_instances_have_is_a_duplicate_in_any_case(void **state)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };
    struct findings findings = { 0 };

    (void)state;
    begin_object(&answer, 0, 2);
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance(&answer, TEXT16("Heap"));
    add_instance(&answer, TEXT16("hEAP"));
    end_object(&answer);
    check(&findings, &answer, answer.size);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.items[0].rule, RULE_name_duplicate);
    findings_release(&findings);
}

static void same_names_below_different_parents_are_no_duplicates(void **state)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };
    struct findings findings = { 0 };

    (void)state;
    begin_object(&answer, 0, 2);
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance(&answer, TEXT16("a"));
    add_instance(&answer, TEXT16("b"));
    end_object(&answer);
    begin_object(&answer, 4, 2);
    add_counter(&answer, 6, PERF_COUNTER_RAWCOUNT);
    for (DWORD i = 0; i < 2; i++) {
        add_instance(&answer, TEXT16("0"))->ParentObjectInstance = i;
        instance_of(&answer)->ParentObjectTitleIndex = FIRST_COUNTER;
    }
    end_object(&answer);
    check(&findings, &answer, answer.size);
    print("parents", &findings);
    assert_int_equal(findings.count, 0);

    instance_of(&answer)->ParentObjectInstance = 2;
    check(&findings, &answer, answer.size);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.items[0].rule, RULE_parent_instance);
    findings_release(&findings);
}

static void an_object_with_no_instances_now_is_sound_also_with_spare_bytes(void **state)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };
    struct findings findings = { 0 };

    (void)state;
    begin_object(&answer, 0, 0);
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
    answer_take(&answer, 16);
    end_object(&answer);
    check(&findings, &answer, answer.size);
    assert_int_equal(findings.count, 0);
}

static void an_object_without_instances_needs_its_block(void **state)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };
    struct findings findings = { 0 };

    (void)state;
    begin_object(&answer, 0, PERF_NO_INSTANCES);
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
    end_object(&answer);
    check(&findings, &answer, answer.size);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.items[0].rule, RULE_no_instances_block);
    findings_release(&findings);
}

static void a_64_bit_value_off_its_alignment_is_found(void **state)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };
    struct findings findings = { 0 };

    (void)state;
    begin_object(&answer, 0, PERF_NO_INSTANCES);
    add_counter(&answer, 2, PERF_COUNTER_BULK_COUNT)->CounterOffset = 4;
    add_block(&answer);
    end_object(&answer);
    check(&findings, &answer, answer.size);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.items[0].rule, RULE_value_alignment);
    findings_release(&findings);
}

static void names_in_a_code_page_are_sound(void **state)
{
    struct answer answer = { .first_counter = FIRST_COUNTER };
    struct findings findings = { 0 };

    (void)state;
    begin_object(&answer, 0, 1)->CodePage = 1252;
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance_bytes(&answer, "Z\xFCrich", 7);
    end_object(&answer);
    check(&findings, &answer, answer.size);
    print("code page", &findings);
    assert_int_equal(findings.count, 0);
}

static void bytes_claimed_beyond_the_objects_break_the_sum(void **state)
{
    (void)state;
    for (size_t excess = 8; excess <= 256; excess += 8) {
        struct answer answer;
        struct findings findings = { 0 };

        build(&answer);
        check(&findings, &answer, SOUND_SIZE + excess);
        assert_int_equal(findings.count, 1);
        assert_int_equal(findings.items[0].rule, RULE_object_length_sum);
        findings_release(&findings);
    }
}

static void every_cut_answer_has_a_finding(void **state)
{
    (void)state;
    for (size_t size = 1; size < SOUND_SIZE; size++) {
        struct answer answer;
        struct findings findings = { 0 };
        /* so that a sanitizer sees every read beyond the answer */
        unsigned char *exact = malloc(size);

        build(&answer);
        memcpy(exact, answer.u.bytes, size);

        const struct validator validator = { .findings = &findings };

        validator_check_objects(&validator, (struct span){ exact, size }, 1);
        assert_true(findings_count(&findings, RULE_ERROR) > 0);
        findings_release(&findings);
        free(exact);
    }
}

static void a_finding_names_offset_found_and_expected(void **state)
{
    struct answer answer;
    struct findings findings = { 0 };

    (void)state;
    build(&answer);
    answer.u.bytes[36] = 9;
    check(&findings, &answer, answer.size);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.items[0].offset, 36);
    assert_string_equal(findings.items[0].query, "Global");
    assert_string_equal(findings.items[0].message,
                        "PERF_OBJECT_TYPE: DefaultCounter is 9, expected -1 or less than "
                        "NumCounters 4, of object 2380 at offset 36");
    findings_release(&findings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_answer_has_no_finding),
        cmocka_unit_test(each_spoiled_value_breaks_one_rule),
        cmocka_unit_test(blocks_that_count_themselves_twice_are_reported),
        cmocka_unit_test(a_name_that_two_instances_have_is_a_duplicate_in_any_case),
        cmocka_unit_test(same_names_below_different_parents_are_no_duplicates),
        cmocka_unit_test(an_object_with_no_instances_now_is_sound_also_with_spare_bytes),
        cmocka_unit_test(an_object_without_instances_needs_its_block),
        cmocka_unit_test(a_64_bit_value_off_its_alignment_is_found),
        cmocka_unit_test(names_in_a_code_page_are_sound),
        cmocka_unit_test(bytes_claimed_beyond_the_objects_break_the_sum),
        cmocka_unit_test(every_cut_answer_has_a_finding),
        cmocka_unit_test(a_finding_names_offset_found_and_expected),
    };

    return cmocka_run_group_tests_name("validator", tests, NULL, NULL);
}
