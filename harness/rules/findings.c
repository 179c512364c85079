/* SPDX-License-Identifier: MIT
 *
 * The list of findings: one item for each pair of rule and subject, found again by a hash.
 */
#include "findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "hash.h"
#include "text.h"

/* What a finding is found again by. */
static uint64_t key_of(enum rule_id rule, const char *subject)
{
    return hash_text(hash_text(HASH_BEGIN, rules[rule].name), subject ? subject : "");
}

static bool reserve(struct findings *findings)
{
    struct finding *items =
        array_reserve(findings->items, &findings->capacity, findings->count + 1, sizeof(*items));

    if (!items)
        return false;
    findings->items = items;
    return true;
}

static struct finding *find(struct findings *findings, uint64_t key)
{
    for (size_t i = 0; i < findings->count; i++)
        if (findings->items[i].key == key)
            return &findings->items[i];
    return NULL;
}

bool findings_add(struct findings *findings, enum rule_id rule, const struct finding_place *place,
                  const char *format, ...)
{
    const uint64_t key = key_of(rule, place->subject);
    struct finding *known = find(findings, key);
    char what[1024], message[1536];
    va_list arguments;

    findings->broken[rule] = true;
    if (known) {
        known->count++;
        return true;
    }
    if (findings->count == FINDINGS_LIMIT) {
        findings->dropped++;
        return false;
    }

    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    snprintf(message, sizeof(message), "%s. %s", what, rules[rule].remedy);

    struct finding finding = { .rule = rule,
                               .buffer_size = place->buffer_size,
                               .offset = place->offset,
                               .count = 1,
                               .key = key };
    finding.message = text8_copy(message);
    finding.query = place->query ? text8_copy(place->query) : NULL;
    if (!finding.message || (place->query && !finding.query) || !reserve(findings)) {
        free(finding.message);
        free(finding.query);
        findings->is_incomplete = true;
        return true;
    }
    findings->items[findings->count++] = finding;
    return true;
}

size_t findings_count(const struct findings *findings, enum rule_severity severity)
{
    size_t count = 0;

    for (size_t i = 0; i < findings->count; i++)
        count += rules[findings->items[i].rule].severity == severity;
    return count;
}

int findings_message_length(const char *message, enum rule_id rule)
{
    const size_t length = strlen(message), tail = strlen(rules[rule].remedy) + 2;
    const bool has_remedy =
        length > tail && strcmp(message + length - tail + 2, rules[rule].remedy) == 0;

    return (int)(has_remedy ? length - tail : length);
}

void findings_release(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        free(findings->items[i].query);
        free(findings->items[i].message);
    }
    free(findings->items);
    *findings = (struct findings){ 0 };
}
