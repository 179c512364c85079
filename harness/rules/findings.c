/* SPDX-License-Identifier: MIT
 *
 * The list of findings, with one item for each pair of rule and subject. A hash finds the item
 * again.
 */
#include "findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "hash.h"
#include "text.h"

/* The key that finds a finding again. */
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

/* Copy a text; NULL stays NULL. Returns false when memory ran out. */
static bool copy_text(char **copy, const char *text)
{
    *copy = text ? text_utf8_copy(text) : NULL;
    return *copy || !text;
}

/* The copies belong to the finding, whose release frees them. */
static bool copy_location(struct finding_location *copy, const struct finding_location *location)
{
    char *function, *file, *callers;
    const bool has_function = copy_text(&function, location->function),
               has_file = copy_text(&file, location->file),
               has_callers = copy_text(&callers, location->callers);

    *copy = (struct finding_location){ function, file, location->line, callers };
    return has_function && has_file && has_callers;
}

static void release(struct finding *finding)
{
    free(finding->query);
    free(finding->subject);
    free(finding->message);
    free((char *)finding->location.function);
    free((char *)finding->location.file);
    free((char *)finding->location.callers);
}

bool findings_add(struct findings *findings, enum rule_id rule, const struct finding_place *place,
                  const char *format, ...)
{
    const uint64_t key = key_of(rule, place->subject);
    struct finding *known = find(findings, key);
    char message[1024];
    va_list arguments;

    findings->broken[rule] = true;
    if (known) {
        known->count++;
        /* One fault is seen in several ways, and not all of them say where it is. */
        if (place->location && !known->location.function && !known->location.file &&
            !copy_location(&known->location, place->location))
            findings->is_incomplete = true;
        return true;
    }
    if (findings->count == FINDINGS_LIMIT || findings->rule_counts[rule] == FINDINGS_RULE_LIMIT) {
        findings->dropped++;
        return findings->count < FINDINGS_LIMIT && findings->dropped < FINDINGS_LIMIT;
    }

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);

    struct finding finding = { .rule = rule,
                               .buffer_size = place->buffer_size,
                               .offset = place->offset,
                               .has_cause = place->caused_by != NULL,
                               .count = 1,
                               .key = key };
    bool is_whole = true;

    if (place->caused_by)
        finding.caused_by = *place->caused_by;
    finding.message = text_utf8_copy(message);
    is_whole &= finding.message != NULL;
    is_whole &= copy_text(&finding.query, place->query);
    is_whole &= copy_text(&finding.subject, place->subject);
    if (place->location)
        is_whole &= copy_location(&finding.location, place->location);
    if (!is_whole || !reserve(findings)) {
        release(&finding);
        findings->is_incomplete = true;
        return true;
    }
    findings->items[findings->count++] = finding;
    findings->rule_counts[rule]++;
    return true;
}

size_t findings_count(const struct findings *findings, enum rule_severity severity)
{
    size_t count = 0;

    for (size_t i = 0; i < findings->count; i++)
        count += rules[findings->items[i].rule].severity == severity;
    return count;
}

void findings_remove(struct findings *findings, const bool is_removed[RULE_COUNT])
{
    size_t kept = 0;

    for (size_t i = 0; i < findings->count; i++) {
        struct finding *finding = &findings->items[i];

        if (is_removed[finding->rule]) {
            release(finding);
            continue;
        }
        if (finding->has_cause && is_removed[finding->caused_by])
            finding->has_cause = false;
        findings->items[kept++] = *finding;
    }
    findings->count = kept;
    for (size_t i = 0; i < RULE_COUNT; i++) {
        findings->broken[i] &= !is_removed[i];
        findings->rule_counts[i] = is_removed[i] ? 0 : findings->rule_counts[i];
    }
}

void findings_release(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        release(&findings->items[i]);
    free(findings->items);
    *findings = (struct findings){ 0 };
}
