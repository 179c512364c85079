/* SPDX-License-Identifier: MIT
 *
 * rules.c, the table of rules, and findings.c, the list of breaches.
 */
#include "unit.h"

#include "findings.h"
#include "rules.h"

static const char *const ids[] = {
#define RULE(id, name, stage, severity, description, remedy, source) #id,
#include "rules.def"
#undef RULE
};

static void a_name_is_the_id_with_dashes(void **state)
{
    (void)state;
    for (size_t i = 0; i < RULE_COUNT; i++) {
        char name[64];

        snprintf(name, sizeof(name), "%s", ids[i]);
        for (char *c = name; *c; c++)
            if (*c == '_')
                *c = '-';
        assert_string_equal(rules[i].name, name);
    }
}

static void rules_of_v2_concern_v2_providers_only(void **state)
{
    (void)state;
    assert_true(rule_concerns(RULE_crash, false) && rule_concerns(RULE_crash, true));
    assert_true(!rule_concerns(RULE_v2_handle, false) && rule_concerns(RULE_v2_handle, true));
    for (size_t i = 0; i < RULE_COUNT; i++)
        assert_int_equal(strncmp(rules[i].name, "v2-", 3) == 0, rules[i].stage == RULE_STAGE_V2);
    assert_int_equal(rules_count(true), RULE_COUNT);
    assert_true(rules_count(false) < RULE_COUNT);
}

static void texts_are_one_line_and_not_empty(void **state)
{
    (void)state;
    for (size_t i = 0; i < RULE_COUNT; i++) {
        assert_true(strlen(rules[i].description) > 10 && !strchr(rules[i].description, '\n'));
        assert_true(strlen(rules[i].remedy) > 10 && !strchr(rules[i].remedy, '\n'));
        assert_true(strlen(rules[i].source) > 3 && !strchr(rules[i].source, '|'));
    }
}

static void one_fault_seen_often_is_one_finding(void **state)
{
    struct findings findings = { 0 };

    (void)state;
    for (uint32_t size = 1; size <= 100; size++) {
        const struct finding_place place = { .query = "Global",
                                             .buffer_size = size,
                                             .offset = FINDINGS_NO_OFFSET,
                                             .subject = "object 2" };

        assert_true(findings_add(&findings, RULE_guard_overrun, &place, "%u bytes", size));
    }
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.items[0].count, 100);
    assert_int_equal(findings.items[0].buffer_size, 1);
    assert_true(findings.broken[RULE_guard_overrun]);
    assert_int_equal(findings_count(&findings, RULE_ERROR), 1);
    assert_int_equal(findings_count(&findings, RULE_WARNING), 0);
    findings_release(&findings);
}

static void a_finding_keeps_copies_of_its_place(void **state)
{
    char query[] = "Global", subject[] = "object 2", function[] = "CollectData", file[] = "mine.c";
    const struct finding_location location = { .function = function, .file = file, .line = 17 };
    const enum rule_id cause = RULE_header_length;
    const struct finding_place place = {
        .query = query, .subject = subject, .location = &location, .caused_by = &cause
    };
    struct findings findings = { 0 };

    (void)state;
    findings_add(&findings, RULE_crash, &place, "It crashes");
    query[0] = subject[0] = function[0] = file[0] = 'X';

    const struct finding *finding = &findings.items[0];

    assert_string_equal(finding->message, "It crashes");
    assert_string_equal(finding->query, "Global");
    assert_string_equal(finding->subject, "object 2");
    assert_string_equal(finding->location.function, "CollectData");
    assert_string_equal(finding->location.file, "mine.c");
    assert_int_equal(finding->location.line, 17);
    assert_true(finding->has_cause);
    assert_int_equal(finding->caused_by, RULE_header_length);
    findings_release(&findings);
}

static void too_many_findings_are_counted_only(void **state)
{
    struct findings findings = { 0 };

    (void)state;
    for (unsigned i = 0; i < FINDINGS_LIMIT + 5; i++) {
        char subject[32];
        const struct finding_place place = { .subject = subject };

        const enum rule_id rule = (enum rule_id)(i / FINDINGS_RULE_LIMIT);

        snprintf(subject, sizeof(subject), "object %u", i);
        assert_int_equal(findings_add(&findings, rule, &place, "x"), i < FINDINGS_LIMIT);
    }
    assert_int_equal(findings.count, FINDINGS_LIMIT);
    assert_int_equal(findings.dropped, 5);
    findings_release(&findings);
}

static void too_many_findings_of_one_rule_leave_space_for_those_of_others(void **state)
{
    struct findings findings = { 0 };
    const struct finding_place other = { .subject = "object 1" };
    bool is_removed[RULE_COUNT] = { [RULE_crash] = true };

    (void)state;
    for (unsigned i = 0; i < FINDINGS_RULE_LIMIT + 5; i++) {
        char subject[32];
        const struct finding_place place = { .subject = subject };

        snprintf(subject, sizeof(subject), "object %u", i);
        assert_true(findings_add(&findings, RULE_crash, &place, "x"));
    }
    assert_int_equal(findings.count, FINDINGS_RULE_LIMIT);
    assert_int_equal(findings.dropped, 5);
    assert_true(findings_add(&findings, RULE_hang, &other, "x"));
    assert_int_equal(findings.count, FINDINGS_RULE_LIMIT + 1);
    findings_remove(&findings, is_removed);
    assert_true(findings_add(&findings, RULE_crash, &other, "x"));
    assert_int_equal(findings.count, 2);
    findings_release(&findings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_the_id_with_dashes),
        cmocka_unit_test(rules_of_v2_concern_v2_providers_only),
        cmocka_unit_test(texts_are_one_line_and_not_empty),
        cmocka_unit_test(one_fault_seen_often_is_one_finding),
        cmocka_unit_test(a_finding_keeps_copies_of_its_place),
        cmocka_unit_test(too_many_findings_are_counted_only),
        cmocka_unit_test(too_many_findings_of_one_rule_leave_space_for_those_of_others),
    };

    return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
