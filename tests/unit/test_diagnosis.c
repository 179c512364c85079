/* SPDX-License-Identifier: MIT
 *
 * diagnosis.c: how values of a registry are shown, which findings are kept, and which changes have no effect.
 */
#include "unit.h"

#include "diagnosis.h"
#include "failing_memory.h"

static struct diagnosis diagnosis;
static long blocks; /* that were there before the test */

static int begin(void **state)
{
    (void)state;
    blocks = failing_memory_blocks;
    return 0;
}

static int end(void **state)
{
    (void)state;
    diagnosis_release(&diagnosis);
    return failing_memory_blocks == blocks ? 0 : -1;
}

/* The fact about a value whose data lie in memory of exactly their size. */
static struct diagnosis_fact fact_of(uint32_t type, const void *data, size_t size)
{
    unsigned char *memory = size ? malloc(size) : NULL;
    struct reg_value value = { .type = type, .data = memory, .size = size };

    if (size) {
        assert_non_null(memory);
        memcpy(memory, data, size);
    }
    const struct diagnosis_fact fact = diagnosis_value(&diagnosis, &value);
    free(memory);
    assert_true(fact.is_known);
    assert_false(fact.is_absent);
    return fact;
}

static void a_value_is_a_number_a_text_or_a_size(void **state)
{
    static const struct {
        uint32_t type;
        const char *data;
        size_t size;
        const char *text;
    } cases[] = {
        { REG_SZ, "", 0, "" },
        { REG_SZ, "a\0b\0", 4, "ab" },
        { REG_SZ, "a\0\0\0\0", 6, "a" },
        { REG_SZ, "\0\0\0", 4, "" },
        { REG_EXPAND_SZ, "a\0", 2, "a" },
        { REG_SZ, "a\0b", 3, "3 bytes of type 1" },
        { REG_SZ, "a", 1, "1 bytes of type 1" },
        { REG_MULTI_SZ, "a\0", 2, "2 bytes of type 7" },
        { REG_BINARY, "a\0b\0", 4, "4 bytes of type 3" },
        { REG_DWORD, "a\0b", 3, "3 bytes of type 4" },
        { REG_DWORD, "a\0b\0c", 5, "5 bytes of type 4" },
        { REG_DWORD, "", 0, "0 bytes of type 4" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct diagnosis_fact fact = fact_of(cases[i].type, cases[i].data, cases[i].size);
        assert_false(fact.is_number);
        assert_string_equal(fact.text, cases[i].text);
    }
    const struct diagnosis_fact number = fact_of(REG_DWORD, "\x01\x02\x03\xF4", 4);
    assert_true(number.is_number);
    assert_int_equal(number.number, 0xF4030201);
    assert_true(diagnosis_value(&diagnosis, NULL).is_absent);
}

/* 200 characters are shown, also if each has 3 bytes in UTF-8. */
static void a_long_text_is_a_size(void **state)
{
    WCHAR units[202] = { 0 };

    (void)state;
    for (size_t i = 0; i < 201; i++)
        units[i] = 0x20AC;
    assert_string_equal(fact_of(REG_SZ, units, 402).text, "402 bytes of type 1");
    assert_string_equal(fact_of(REG_SZ, units, 404).text, "404 bytes of type 1");
    units[200] = 0;
    const struct diagnosis_fact fact = fact_of(REG_SZ, units, 402);
    assert_int_equal(strlen(fact.text), 600);
    assert_string_equal(fact.text + 597, "\xE2\x82\xAC");
}

static void of_each_fault_500_findings_are_kept(void **state)
{
    const struct diagnosis_finding finding = { .fault = FAULT_object_list,
                                               .caused_by = DIAGNOSIS_NONE };
    const struct diagnosis_finding other = { .fault = FAULT_updating,
                                             .service = "A",
                                             .caused_by = DIAGNOSIS_NONE };

    (void)state;
    assert_int_equal(diagnosis_find(&diagnosis, FAULT_updating, NULL), DIAGNOSIS_NONE);
    for (size_t i = 0; i < DIAGNOSIS_MOST_OF_A_FAULT; i++) {
        assert_false(diagnosis_is_full(&diagnosis, FAULT_object_list));
        assert_int_equal(diagnosis_add(&diagnosis, &finding), i);
    }
    assert_true(diagnosis_is_full(&diagnosis, FAULT_object_list));
    assert_int_equal(diagnosis_add(&diagnosis, &finding), DIAGNOSIS_NONE);
    assert_int_equal(diagnosis.counts[FAULT_object_list], DIAGNOSIS_MOST_OF_A_FAULT + 1);
    assert_int_equal(diagnosis_add(&diagnosis, &other), DIAGNOSIS_MOST_OF_A_FAULT);
    assert_int_equal(diagnosis_find(&diagnosis, FAULT_updating, NULL), DIAGNOSIS_MOST_OF_A_FAULT);
    assert_int_equal(diagnosis_find(&diagnosis, FAULT_updating, "a"), DIAGNOSIS_MOST_OF_A_FAULT);
    assert_int_equal(diagnosis_find(&diagnosis, FAULT_updating, "b"), DIAGNOSIS_NONE);
    assert_int_equal(diagnosis_find(&diagnosis, FAULT_object_list, "a"), DIAGNOSIS_NONE);
    assert_int_equal(diagnosis_find(&diagnosis, FAULT_object_list, NULL), 0);
}

/* How many changes there are after a number is written over a value; without one if `size` is 9. */
static size_t changes_of(uint32_t type, size_t size, uint32_t number)
{
    unsigned char *memory = malloc(size ? size : 1);
    const struct reg_value before = { .type = type, .data = size ? memory : NULL, .size = size };

    assert_non_null(memory);
    memcpy(memory, "\x01\x02\x03\x04\x05", size < 5 ? size : 5);
    diagnosis_release(&diagnosis);
    size_t finding =
        diagnosis_add(&diagnosis, &(struct diagnosis_finding){ .fault = FAULT_object_list,
                                                               .caused_by = DIAGNOSIS_NONE });
    size_t repair = diagnosis_add_repair(&diagnosis, finding, false, "r", "r");
    diagnosis_change_number(&diagnosis, repair,
                            &(struct diagnosis_target){ "k", "v", size == 9 ? NULL : &before },
                            number, "");
    free(memory);
    if (diagnosis.change_count) {
        const struct diagnosis_change *change = &diagnosis.changes[0];
        assert_int_equal(change->had_value, size != 9);
        assert_int_equal(change->size_before, size == 9 ? 0 : size);
        if (change->size_before)
            assert_memory_equal(change->before, "\x01\x02\x03\x04\x05", size);
        assert_int_equal(change->size_after, 4);
        assert_int_equal(((const unsigned char *)change->after)[3], number >> 24);
    }
    return diagnosis.change_count;
}

static void a_number_that_is_there_is_not_written(void **state)
{
    (void)state;
    assert_int_equal(changes_of(REG_DWORD, 4, 0x04030201), 0);
    assert_int_equal(changes_of(REG_DWORD, 4, 0x05030201), 1);
    assert_int_equal(changes_of(REG_DWORD, 3, 0x04030201), 1);
    assert_int_equal(changes_of(REG_DWORD, 5, 0x04030201), 1);
    assert_int_equal(changes_of(REG_DWORD, 0, 0x04030201), 1);
    assert_int_equal(changes_of(REG_BINARY, 4, 0x04030201), 1);
    assert_int_equal(changes_of(REG_DWORD, 9, 0x04030201), 1);
}

static size_t add_finding(enum doctor_fault_id fault, size_t cause)
{
    return diagnosis_add(&diagnosis,
                         &(struct diagnosis_finding){ .fault = fault, .caused_by = cause });
}

static void causes_come_before_consequences(void **state)
{
    (void)state;
    diagnosis_finish(&diagnosis); /* it is empty */
    const size_t list = add_finding(FAULT_object_list, DIAGNOSIS_NONE);
    const size_t again = add_finding(FAULT_object_list, list);
    const size_t cut = add_finding(FAULT_names_cut, DIAGNOSIS_NONE);
    const size_t slipped = add_finding(FAULT_object_list, cut);
    const size_t repair = diagnosis_add_repair(&diagnosis, slipped, false, "r", "r");
    const size_t moved = diagnosis_add_repair(&diagnosis, cut, false, "m", "m");
    assert_int_equal(again, 1);
    diagnosis_finish(&diagnosis);
    assert_int_equal(diagnosis.findings[0].fault, FAULT_names_cut);
    assert_int_equal(diagnosis.findings[0].caused_by, DIAGNOSIS_NONE);
    assert_int_equal(diagnosis.findings[1].caused_by, DIAGNOSIS_NONE);
    assert_int_equal(diagnosis.findings[2].caused_by, 1);
    assert_int_equal(diagnosis.findings[3].caused_by, 0);
    assert_int_equal(diagnosis.findings[3].repair, repair);
    assert_int_equal(diagnosis.repairs[repair].finding, 3);
    assert_int_equal(diagnosis.findings[0].repair, moved);
    assert_int_equal(diagnosis.repairs[moved].finding, 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(diagnosis.findings[i].serial, i);
    assert_int_equal(diagnosis_count(&diagnosis, FAULT_NOTE), 4);
    add_finding(FAULT_names_gap, DIAGNOSIS_NONE);
    assert_int_equal(diagnosis_count(&diagnosis, FAULT_NOTE), 5);
    assert_int_equal(diagnosis_count(&diagnosis, doctor_faults[FAULT_names_gap].severity + 1), 4);
}

/* A claim of one repair to indices, for a finding of its own. */
struct claim {
    const char *id;
    uint32_t first, last;
};

/* The ids of the chosen repairs, after each a blank. `preferred` are two ids, or one, or none. */
static const char *chosen(const struct claim *claims, size_t count, const char *const *preferred)
{
    static char text[100];

    diagnosis_release(&diagnosis);
    diagnosis.preferred = preferred;
    diagnosis.preferred_count = (size_t)(preferred[0] != NULL) + (preferred[1] != NULL);
    for (size_t i = 0; i < count; i++)
        diagnosis_claim(&diagnosis,
                        diagnosis_add_repair(&diagnosis,
                                             add_finding(FAULT_object_list, DIAGNOSIS_NONE), false,
                                             claims[i].id, ""),
                        claims[i].first, claims[i].last);
    diagnosis_finish(&diagnosis);
    *text = 0;
    for (size_t i = 0; i < count; i++) {
        const struct diagnosis_finding *finding = &diagnosis.findings[diagnosis.repairs[i].finding];
        assert_int_equal(finding->repair, diagnosis.repairs[i].is_chosen ? i : DIAGNOSIS_NONE);
        if (diagnosis.repairs[i].is_chosen)
            sprintf(text + strlen(text), "%s ", diagnosis.repairs[i].id);
        else
            assert_int_equal(finding->is_contested, diagnosis.preferred_count != 1);
    }
    return text;
}

static void two_services_do_not_get_the_same_indices(void **state)
{
    static const struct {
        struct claim claims[4];
        const char *preferred[2];
        const char *chosen;
    } cases[] = {
        { { { "a", 10, 20 }, { "b", 22, 30 } }, { NULL }, "a b " },
        { { { "a", 10, 20 }, { "b", 22, 30 } }, { "a" }, "a b " },
        { { { "a", 10, 20 }, { "b", 22, 30 } }, { "b" }, "a b " },
        { { { "a", 20, 30 }, { "b", 10, 20 } }, { NULL }, "" },
        { { { "a", 20, 30 }, { "b", 10, 20 } }, { "A" }, "a " },
        { { { "a", 20, 30 }, { "b", 10, 20 } }, { "b" }, "b " },
        { { { "a", 20, 30 }, { "b", 10, 20 } }, { "a", "b" }, "" },
        { { { "a", 10, 40 }, { "b", 12, 14 }, { "c", 16, 18 } }, { NULL }, "" },
        { { { "a", 10, 40 }, { "b", 12, 14 }, { "c", 16, 18 } }, { "a" }, "a " },
        { { { "a", 10, 40 }, { "b", 12, 14 }, { "c", 16, 18 } }, { "b" }, "b c " },
        { { { "a", 10, 12 }, { "b", 10, 12 }, { "c", 14, 14 } }, { NULL }, "c " },
        { { { "a", 10, 12 }, { "b", 14, 20 }, { "c", 16, 18 } }, { NULL }, "a " },
        { { { "a", 30, 40 }, { "b", 10, 20 }, { "c", 15, 35 } }, { NULL }, "" },
        /* repairs without indices */
        { { { "a", 0, 0 }, { "b", 0, 0 } }, { NULL }, "a b " },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        size_t count = 0;
        while (count < UNIT_COUNT(cases[i].claims) && cases[i].claims[count].id)
            count++;
        const char *found = chosen(cases[i].claims, count, cases[i].preferred);
        if (strcmp(found, cases[i].chosen) != 0)
            fail_msg("case %zu: %s", i, found);
    }
}

static void a_withdrawn_repair_claims_no_indices(void **state)
{
    static const struct claim claims[] = { { "a", 10, 20 }, { "b", 10, 20 } };
    static const char *const preferred[2] = { "a" };

    (void)state;
    assert_string_equal(chosen(claims, 2, preferred), "a ");
    diagnosis.repairs[0].is_withdrawn = true;
    diagnosis_finish(&diagnosis);
    assert_false(diagnosis.repairs[0].is_chosen);
    assert_true(diagnosis.repairs[1].is_chosen);
}

static void one_of_several_repairs_is_chosen_if_it_is_preferred(void **state)
{
    static const char *const preferred[] = { "o", "none" };

    (void)state;
    size_t finding = add_finding(FAULT_object_list, DIAGNOSIS_NONE);
    size_t optional = diagnosis_add_repair(&diagnosis, finding, true, "o", "");
    diagnosis_finish(&diagnosis);
    assert_int_equal(diagnosis.findings[0].repair, DIAGNOSIS_NONE);
    size_t first = diagnosis_add_repair(&diagnosis, finding, false, "f", "");
    diagnosis_finish(&diagnosis);
    assert_int_equal(diagnosis.findings[0].repair, first);
    diagnosis_add_repair(&diagnosis, finding, false, "g", "");
    diagnosis_finish(&diagnosis);
    assert_int_equal(diagnosis.findings[0].repair, DIAGNOSIS_NONE);
    assert_true(diagnosis.findings[0].is_ambiguous);
    diagnosis_add_repair(&diagnosis, finding, false, "h", "");
    diagnosis_finish(&diagnosis);
    assert_int_equal(diagnosis.findings[0].repair, DIAGNOSIS_NONE);
    diagnosis.preferred = preferred;
    diagnosis.preferred_count = 2;
    diagnosis_finish(&diagnosis);
    assert_int_equal(diagnosis.findings[0].repair, optional);
    assert_false(diagnosis.findings[0].is_ambiguous);
    diagnosis.repairs[optional].is_withdrawn = true;
    diagnosis_finish(&diagnosis);
    assert_int_equal(diagnosis.findings[0].repair, DIAGNOSIS_NONE);
    assert_false(diagnosis.repairs[optional].is_chosen);
}

static void a_change_belongs_to_a_repair(void **state)
{
    const struct reg_value before = { .node.name = (char[]){ "v" }, .type = REG_SZ };

    (void)state;
    diagnosis_change_remove(&diagnosis, DIAGNOSIS_NONE, "k", &before, "because");
    assert_int_equal(diagnosis.change_count, 0);
    size_t repair = diagnosis_add_repair(&diagnosis, add_finding(FAULT_object_list, DIAGNOSIS_NONE),
                                         false, "r", "r");
    diagnosis_change_remove(&diagnosis, repair, "k", &before, "because");
    assert_int_equal(diagnosis.change_count, 1);
    assert_string_equal(diagnosis.changes[0].why, "because");
    assert_true(diagnosis.changes[0].had_value);
    assert_false(diagnosis.changes[0].has_value);
}

static void a_finding_without_memory_is_counted_and_not_found(void **state)
{
    (void)state;
    failing_memory_countdown = 1;
    assert_int_equal(add_finding(FAULT_object_list, DIAGNOSIS_NONE), DIAGNOSIS_NONE);
    assert_true(diagnosis.is_lost);
    assert_int_equal(diagnosis.counts[FAULT_object_list], 1);
    assert_int_equal(diagnosis_find(&diagnosis, FAULT_object_list, NULL), DIAGNOSIS_NONE);
}

static void without_memory_a_diagnosis_is_lost(void **state)
{
    bool has_failed = true;

    (void)state;
    for (unsigned step = 1; has_failed; step++) {
        const struct reg_value before = { .node.name = (char[]){ "v" } };
        diagnosis_release(&diagnosis);
        failing_memory_countdown = step;
        size_t finding =
            diagnosis_add(&diagnosis, &(struct diagnosis_finding){ .fault = FAULT_object_list,
                                                                   .caused_by = DIAGNOSIS_NONE });
        size_t repair = diagnosis_add_repair(&diagnosis, finding, false, "r", "r");
        diagnosis_claim(&diagnosis, repair, 1848, 1850);
        diagnosis_change_remove(&diagnosis, repair, "k", &before, "");
        diagnosis_change_number(&diagnosis, repair, &(struct diagnosis_target){ "k", "w", NULL }, 1,
                                "");
        diagnosis_finish(&diagnosis);
        has_failed = !failing_memory_countdown;
        failing_memory_countdown = 0;
        assert_int_equal(diagnosis.is_lost, has_failed);
    }
    assert_int_equal(diagnosis.change_count, 2);
    assert_true(diagnosis_is_chosen(&diagnosis, &diagnosis.changes[0]));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_value_is_a_number_a_text_or_a_size),
        TEST(a_long_text_is_a_size),
        TEST(of_each_fault_500_findings_are_kept),
        TEST(a_number_that_is_there_is_not_written),
        TEST(causes_come_before_consequences),
        TEST(two_services_do_not_get_the_same_indices),
        TEST(a_withdrawn_repair_claims_no_indices),
        TEST(one_of_several_repairs_is_chosen_if_it_is_preferred),
        TEST(a_change_belongs_to_a_repair),
        TEST(a_finding_without_memory_is_counted_and_not_found),
        TEST(without_memory_a_diagnosis_is_lost),
    };

    return cmocka_run_group_tests_name("diagnosis", tests, NULL, NULL);
}
