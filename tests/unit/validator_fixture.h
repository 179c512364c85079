/* SPDX-License-Identifier: MIT
 *
 * What tests of the validator share: an answer that was built is checked, and its findings are compared as a line
 * of names of rules.
 */
#ifndef VALIDATOR_FIXTURE_H
#define VALIDATOR_FIXTURE_H

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "../faulty/frame/answer.h"
#include "validator.h"

/** Check an answer in memory of exactly its size. The caller releases the findings. */
static inline struct findings fixture_findings(const struct validator *settings,
                                               const struct answer *answer)
{
    struct findings findings = { 0 };
    struct validator validator = *settings;
    unsigned char *exact = malloc(answer->size);

    assert_non_null(exact);
    memcpy(exact, answer->u.bytes, answer->size);
    validator.findings = &findings;
    validator_check_objects(&validator, (struct span){ exact, answer->size }, answer->object_count);
    free(exact);
    return findings;
}

/** The names of the rules that an answer breaks, in their order. Valid until the next call. */
static inline const char *fixture_rules(const struct validator *settings,
                                        const struct answer *answer)
{
    static char text[512];
    struct findings findings = fixture_findings(settings, answer);

    *text = '\0';
    for (size_t i = 0; i < findings.count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
                 rules[findings.items[i].rule].name);
    findings_release(&findings);
    return text;
}

/** The finding of an answer that has only this one. The caller releases the findings. */
static inline const struct finding *fixture_only(const struct findings *findings, enum rule_id rule)
{
    assert_int_equal(findings->count, 1);
    assert_string_equal(rules[findings->items[0].rule].name, rules[rule].name);
    return &findings->items[0];
}

/** Overwrite 4 bytes of an answer. */
static inline void fixture_put(struct answer *answer, size_t offset, uint32_t value)
{
    memcpy(answer->u.bytes + offset, &value, sizeof(value));
}

#endif /* VALIDATOR_FIXTURE_H */
