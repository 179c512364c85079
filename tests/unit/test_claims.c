/* SPDX-License-Identifier: MIT
 *
 * claims.c, the list of claims.
 */
#include "unit.h"

#include "claims.h"

static bool is_id(const char *id)
{
    const size_t length = strlen(id);

    return length > 2 && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == length &&
           id[0] != '-' && id[length - 1] != '-' && !strstr(id, "--");
}

static void ids_are_words_with_dashes_and_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < claims_count; i++) {
        if (!is_id(claims[i].id))
            fail_msg("%s is no words with dashes", claims[i].id);
        if (claim_find(claims[i].id) != &claims[i])
            fail_msg("%s is there twice", claims[i].id);
    }
    assert_null(claim_find("no-such-claim"));
    assert_null(claim_find(""));
}

static void a_claim_has_a_grade_a_source_and_one_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < claims_count; i++) {
        const struct claim *claim = &claims[i];
        const size_t length = strlen(claim->text);

        if (!claim_grade_meaning(claim->grade))
            fail_msg("%s has grade %c", claim->id, claim->grade);
        if (length < 20 || claim->text[length - 1] != '.' || strchr(claim->text, '\n'))
            fail_msg("%s is no sentence on one line", claim->id);
        if (strlen(claim->source) < 5)
            fail_msg("%s has no source", claim->id);
    }
}

static void a_claim_has_either_a_probe_or_a_reason_for_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < claims_count; i++)
        if (!claims[i].probe == !claims[i].no_probe)
            fail_msg("%s has both or neither", claims[i].id);
}

static void every_claim_is_counted_once(void **state)
{
    size_t graded = 0;

    (void)state;
    for (char grade = 'A'; claim_grade_meaning(grade); grade++)
        graded += claims_count_grade(grade);
    assert_int_equal(graded, claims_count);
    assert_int_equal(claims_count_state(CLAIM_NOT_PROBED) + claims_count_state(CLAIM_CONFIRMED) +
                         claims_count_state(CLAIM_REFUTED),
                     claims_count);
    assert_null(claim_grade_meaning('A' - 1));
    assert_null(claim_grade_meaning('E'));
}

static void a_rule_has_the_grade_of_the_one_claim_that_names_it(void **state)
{
    const struct claim *claim = claim_of_rule("guard-overrun");

    (void)state;
    assert_non_null(claim);
    assert_string_equal(claim->id, "level-guards");
    assert_string_equal(claim_grade_of_rule("guard-overrun"), "B");
    assert_true(claim_covers(claim, "rule:guard-overrun"));
}

static void names_are_compared_as_a_whole(void **state)
{
    const struct claim claim = { .covers = "rule:name-text, event:1001" };

    (void)state;
    assert_true(claim_covers(&claim, "rule:name-text"));
    assert_true(claim_covers(&claim, "event:1001"));
    assert_false(claim_covers(&claim, "event:100"));
    assert_false(claim_covers(&claim, "rule:name"));
    assert_false(claim_covers(&claim, "name-text"));
    assert_false(claim_covers(&claim, ""));
    assert_null(claim_of_rule("guard-overru"));
    assert_null(claim_of_rule("overrun"));
    assert_null(claim_of_rule(""));
    assert_null(claim_grade_of_rule("no-such-rule"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_words_with_dashes_and_unique),
        cmocka_unit_test(a_claim_has_a_grade_a_source_and_one_sentence),
        cmocka_unit_test(a_claim_has_either_a_probe_or_a_reason_for_none),
        cmocka_unit_test(every_claim_is_counted_once),
        cmocka_unit_test(a_rule_has_the_grade_of_the_one_claim_that_names_it),
        cmocka_unit_test(names_are_compared_as_a_whole),
    };

    return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
