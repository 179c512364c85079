/* SPDX-License-Identifier: MIT
 *
 * The list of claims, expanded from claims.def, and the results of the probes, from results.def.
 */
#include "claims.h"

#include <string.h>

#define PROBE(name, does) static const struct claim_probe probe_##name = { #name, does };
#define REASON(name, text) static const char reason_##name[] = text;
#define CLAIM(id, grade, covers, text, source, tried)
#include "claims.def"
#undef PROBE
#undef REASON
#undef CLAIM

#define PROBE(name, does)
#define REASON(name, text)
#define PROBED_BY(name) .probe = &probe_##name
#define NO_PROBE(name) .no_probe = reason_##name
#define CLAIM(id, grade, covers, text, source, tried) { id, grade, covers, text, source, tried },

const struct claim claims[] = {
#include "claims.def"
};
#undef PROBE
#undef REASON
#undef PROBED_BY
#undef NO_PROBE
#undef CLAIM

const size_t claims_count = sizeof(claims) / sizeof(*claims);

#define CLAIM_RESULT(id, state, system) { id, state },
static const struct {
    const char *id;
    enum claim_state state;
} results[] = {
#include "results.def"
    { "", CLAIM_NOT_PROBED }, /* so that the table is not empty */
};
#undef CLAIM_RESULT

static const char *const grade_meanings[] = {
    "observed on Windows and published",
    "Microsoft's documentation",
    "several independent consumers rely on it",
    "our choice, where nothing is known",
};

#define GRADE_COUNT (sizeof(grade_meanings) / sizeof(*grade_meanings))

const struct claim *claim_find(const char *id)
{
    for (size_t i = 0; i < claims_count; i++)
        if (strcmp(claims[i].id, id) == 0)
            return &claims[i];
    return NULL;
}

bool claim_covers(const struct claim *claim, const char *what)
{
    const size_t length = strlen(what);

    for (const char *at = claim->covers; (at = strstr(at, what)) != NULL; at += length) {
        const bool begins = at == claim->covers || at[-1] == ' ';
        const bool ends = at[length] == '\0' || at[length] == ',';

        if (length && begins && ends)
            return true;
        if (!length)
            break;
    }
    return false;
}

const struct claim *claim_of_rule(const char *rule)
{
    static const char prefix[] = "rule:";

    for (size_t i = 0; i < claims_count; i++) {
        const char *at = claims[i].covers;

        while ((at = strstr(at, prefix)) != NULL) {
            at += sizeof(prefix) - 1;
            const size_t length = strcspn(at, ",");
            if (strlen(rule) == length && memcmp(at, rule, length) == 0)
                return &claims[i];
        }
    }
    return NULL;
}

const char *claim_grade_of_rule(const char *rule)
{
    static const char names[GRADE_COUNT][2] = { "A", "B", "C", "D" };
    const struct claim *claim = claim_of_rule(rule);

    return claim ? names[claim->grade - 'A'] : NULL;
}

size_t claims_count_grade(char grade)
{
    size_t count = 0;

    for (size_t i = 0; i < claims_count; i++)
        count += claims[i].grade == grade;
    return count;
}

enum claim_state claim_state(const struct claim *claim)
{
    for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++)
        if (strcmp(results[i].id, claim->id) == 0)
            return results[i].state;
    return CLAIM_NOT_PROBED;
}

size_t claims_count_state(enum claim_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < claims_count; i++)
        count += claim_state(&claims[i]) == state;
    return count;
}

const char *claim_grade_meaning(char grade)
{
    return grade >= 'A' && grade < 'A' + (char)GRADE_COUNT ? grade_meanings[grade - 'A'] : NULL;
}

const char *claim_state_name(enum claim_state state)
{
    static const char *const names[] = {
        [CLAIM_NOT_PROBED] = "not-probed",
        [CLAIM_CONFIRMED] = "confirmed",
        [CLAIM_REFUTED] = "refuted",
    };

    return names[state];
}
