/* SPDX-License-Identifier: MIT
 *
 * Collects findings and repairs, see diagnosis.h.
 */
#include "diagnosis.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "text.h"

#define LONGEST_TEXT 200 /* units of a value that is shown as it is; chosen */

/* Make the array large enough for one more element. False when memory ran out. */
static bool grow(struct diagnosis *diagnosis, void **items, size_t count, size_t *capacity,
                 size_t size)
{
    void *larger = array_reserve(*items, capacity, count + 1, size);

    if (larger)
        *items = larger;
    else
        diagnosis->is_lost = true;
    return larger != NULL;
}

static const char *copy(struct diagnosis *diagnosis, const char *text)
{
    return text ? text_pool_add(&diagnosis->pool, text, strlen(text)) : NULL;
}

struct diagnosis_fact diagnosis_number(uint32_t number)
{
    return (struct diagnosis_fact){ .is_known = true, .is_number = true, .number = number };
}

struct diagnosis_fact diagnosis_text(struct diagnosis *diagnosis, const char *text)
{
    return (struct diagnosis_fact){ .is_known = true, .text = copy(diagnosis, text) };
}

struct diagnosis_fact diagnosis_absent(void)
{
    return (struct diagnosis_fact){ .is_known = true, .is_absent = true };
}

struct diagnosis_fact diagnosis_unknown(void)
{
    return (struct diagnosis_fact){ .is_known = false };
}

struct diagnosis_fact diagnosis_value(struct diagnosis *diagnosis, const struct reg_value *value)
{
    const WCHAR *units = (const WCHAR *)(const void *)(value ? value->data : NULL);
    size_t length = value ? value->size / sizeof(WCHAR) : 0;
    char text[3 * LONGEST_TEXT + 1];

    if (!value)
        return diagnosis_absent();
    if (value->type == REG_DWORD && value->size == 4)
        return diagnosis_number((uint32_t)value->data[0] | (uint32_t)value->data[1] << 8 |
                                (uint32_t)value->data[2] << 16 | (uint32_t)value->data[3] << 24);
    while (length && !units[length - 1])
        length--;
    if ((value->type != REG_SZ && value->type != REG_EXPAND_SZ) || value->size % sizeof(WCHAR) ||
        length > LONGEST_TEXT)
        return diagnosis_text(diagnosis, text_pool_format(&diagnosis->pool, "%zu bytes of type %u",
                                                          value->size, (unsigned)value->type));
    text_to_utf8(units, length, text, sizeof(text));
    return diagnosis_text(diagnosis, text);
}

bool diagnosis_is_full(const struct diagnosis *diagnosis, enum doctor_fault_id fault)
{
    return diagnosis->counts[fault] >= DIAGNOSIS_MOST_OF_A_FAULT;
}

size_t diagnosis_add(struct diagnosis *diagnosis, const struct diagnosis_finding *finding)
{
    void *items = diagnosis->findings;

    bool is_full = diagnosis_is_full(diagnosis, finding->fault);
    diagnosis->counts[finding->fault]++;
    if (is_full || !grow(diagnosis, &items, diagnosis->finding_count, &diagnosis->finding_capacity,
                         sizeof(*diagnosis->findings)))
        return DIAGNOSIS_NONE;
    diagnosis->findings = items;
    struct diagnosis_finding *added = &diagnosis->findings[diagnosis->finding_count];
    *added = *finding;
    added->service = copy(diagnosis, finding->service);
    added->other = copy(diagnosis, finding->other);
    added->key = copy(diagnosis, finding->key);
    added->value = copy(diagnosis, finding->value);
    added->repair = DIAGNOSIS_NONE;
    added->serial = diagnosis->finding_count;
    return diagnosis->finding_count++;
}

size_t diagnosis_find(const struct diagnosis *diagnosis, enum doctor_fault_id fault,
                      const char *service)
{
    if (!diagnosis->counts[fault])
        return DIAGNOSIS_NONE;
    for (size_t i = 0; i < diagnosis->finding_count; i++) {
        const struct diagnosis_finding *finding = &diagnosis->findings[i];
        if (finding->fault == fault &&
            (!service ||
             (finding->service && text_utf8_equal_ignore_case(finding->service, service))))
            return i;
    }
    return DIAGNOSIS_NONE;
}

size_t diagnosis_add_repair(struct diagnosis *diagnosis, size_t finding, bool is_optional,
                            const char *id, const char *what)
{
    void *items = diagnosis->repairs;

    if (finding == DIAGNOSIS_NONE ||
        !grow(diagnosis, &items, diagnosis->repair_count, &diagnosis->repair_capacity,
              sizeof(*diagnosis->repairs)))
        return DIAGNOSIS_NONE;
    diagnosis->repairs = items;
    diagnosis->repairs[diagnosis->repair_count] = (struct diagnosis_repair){
        .id = copy(diagnosis, id),
        .finding = finding,
        .what = copy(diagnosis, what),
        .is_optional = is_optional,
    };
    return diagnosis->repair_count++;
}

void diagnosis_claim(struct diagnosis *diagnosis, size_t repair, uint32_t first, uint32_t last)
{
    if (repair == DIAGNOSIS_NONE)
        return;
    diagnosis->repairs[repair].first = first;
    diagnosis->repairs[repair].last = last;
}

static struct diagnosis_change *add_change(struct diagnosis *diagnosis, size_t repair,
                                           const char *key, const char *name,
                                           const struct reg_value *before)
{
    void *items = diagnosis->changes;

    if (repair == DIAGNOSIS_NONE || !grow(diagnosis, &items, diagnosis->change_count,
                                          &diagnosis->change_capacity, sizeof(*diagnosis->changes)))
        return NULL;
    diagnosis->changes = items;
    struct diagnosis_change *change = &diagnosis->changes[diagnosis->change_count++];
    memset(change, 0, sizeof(*change));
    change->repair = repair;
    change->key = copy(diagnosis, key);
    change->value = copy(diagnosis, name);
    if (before) {
        change->had_value = true;
        change->type_before = before->type;
        change->size_before = before->size;
        change->before = text_pool_add(
            &diagnosis->pool, before->size ? (const char *)before->data : "", before->size);
    }
    return change;
}

void diagnosis_change_data(struct diagnosis *diagnosis, size_t repair,
                           const struct diagnosis_target *target,
                           const struct diagnosis_data *after, const char *why)
{
    struct diagnosis_change *change =
        add_change(diagnosis, repair, target->key, target->name, target->before);

    if (!change)
        return;
    change->has_value = true;
    change->type_after = after->type;
    change->size_after = after->size;
    change->after = text_pool_add(&diagnosis->pool, after->bytes, after->size);
    change->why = copy(diagnosis, why);
}

void diagnosis_change_number(struct diagnosis *diagnosis, size_t repair,
                             const struct diagnosis_target *target, uint32_t number,
                             const char *why)
{
    const struct reg_value *before = target->before;
    const unsigned char bytes[4] = { (unsigned char)number, (unsigned char)(number >> 8),
                                     (unsigned char)(number >> 16), (unsigned char)(number >> 24) };

    if (before && before->type == REG_DWORD && before->size == 4 &&
        memcmp(before->data, bytes, 4) == 0)
        return;
    diagnosis_change_data(diagnosis, repair, target,
                          &(struct diagnosis_data){ REG_DWORD, bytes, sizeof(bytes) }, why);
}

void diagnosis_change_remove(struct diagnosis *diagnosis, size_t repair, const char *key,
                             const struct reg_value *before, const char *why)
{
    struct diagnosis_change *change = add_change(diagnosis, repair, key, before->node.name, before);

    if (change)
        change->why = copy(diagnosis, why);
}

static int compare_findings(const void *left, const void *right)
{
    const struct diagnosis_finding *a = left, *b = right;

    if (doctor_faults[a->fault].order != doctor_faults[b->fault].order)
        return doctor_faults[a->fault].order < doctor_faults[b->fault].order ? -1 : 1;
    return a->serial < b->serial ? -1 : 1;
}

static void sort_findings(struct diagnosis *diagnosis)
{
    size_t count = diagnosis->finding_count;
    size_t *place = calloc(count + 1, sizeof(*place)); /* by serial: where it is now */

    if (!place) {
        diagnosis->is_lost = true;
        return;
    }
    if (count)
        qsort(diagnosis->findings, count, sizeof(*diagnosis->findings), compare_findings);
    for (size_t i = 0; i < count; i++)
        place[diagnosis->findings[i].serial] = i;
    for (size_t i = 0; i < count; i++) {
        struct diagnosis_finding *finding = &diagnosis->findings[i];
        if (finding->caused_by != DIAGNOSIS_NONE)
            finding->caused_by = place[finding->caused_by];
    }
    for (size_t i = 0; i < diagnosis->repair_count; i++)
        diagnosis->repairs[i].finding = place[diagnosis->repairs[i].finding];
    for (size_t i = 0; i < count; i++)
        diagnosis->findings[i].serial = i;
    free(place);
}

static bool is_preferred(const struct diagnosis *diagnosis, const char *id)
{
    for (size_t i = 0; i < diagnosis->preferred_count; i++)
        if (text_utf8_equal_ignore_case(diagnosis->preferred[i], id))
            return true;
    return false;
}

/* A preferred repair is chosen; otherwise the only one that is not optional. */
static void choose_repairs(struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < diagnosis->finding_count; i++) {
        diagnosis->findings[i].repair = DIAGNOSIS_NONE;
        diagnosis->findings[i].is_ambiguous = diagnosis->findings[i].is_contested = false;
    }
    for (size_t i = 0; i < diagnosis->repair_count; i++) {
        struct diagnosis_repair *repair = &diagnosis->repairs[i];
        struct diagnosis_finding *finding = &diagnosis->findings[repair->finding];
        repair->is_chosen = false;
        if (repair->is_withdrawn)
            continue;
        bool has_preferred = finding->repair != DIAGNOSIS_NONE &&
                             is_preferred(diagnosis, diagnosis->repairs[finding->repair].id);
        if (has_preferred)
            continue;
        if (is_preferred(diagnosis, repair->id)) {
            finding->repair = i;
            finding->is_ambiguous = false;
        } else if (!repair->is_optional && !finding->is_ambiguous) {
            finding->is_ambiguous = finding->repair != DIAGNOSIS_NONE;
            finding->repair = finding->is_ambiguous ? DIAGNOSIS_NONE : i;
        }
    }
    for (size_t i = 0; i < diagnosis->finding_count; i++)
        if (diagnosis->findings[i].repair != DIAGNOSIS_NONE)
            diagnosis->repairs[diagnosis->findings[i].repair].is_chosen = true;
}

static void drop_repair(struct diagnosis *diagnosis, struct diagnosis_repair *repair,
                        bool is_contested)
{
    struct diagnosis_finding *finding = &diagnosis->findings[repair->finding];

    repair->is_chosen = false;
    finding->repair = DIAGNOSIS_NONE;
    finding->is_ambiguous = finding->is_contested = is_contested;
}

static int compare_claims(const void *left, const void *right)
{
    const struct diagnosis_repair *a = *(struct diagnosis_repair *const *)left;
    const struct diagnosis_repair *b = *(struct diagnosis_repair *const *)right;

    return a->first < b->first ? -1 : a->first > b->first;
}

static bool is_overlapping(const struct diagnosis_repair *one, const struct diagnosis_repair *other)
{
    return one->first <= other->last && other->first <= one->last;
}

/* Discard repairs that give another service the indices of a preferred repair. */
static void settle_preferred(struct diagnosis *diagnosis, struct diagnosis_repair *const *claims,
                             size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count && is_preferred(diagnosis, claims[i]->id); k++)
            if (is_overlapping(claims[i], claims[k]) && !is_preferred(diagnosis, claims[k]->id))
                drop_repair(diagnosis, claims[k], false);
}

/* Discard all other repairs that overlap, because only the user knows which is right. */
static void settle_others(struct diagnosis *diagnosis, struct diagnosis_repair *const *claims,
                          size_t count)
{
    struct diagnosis_repair *farthest = NULL;

    for (size_t i = 0; i < count; i++) {
        struct diagnosis_repair *claim = claims[i];
        if (!claim->is_chosen)
            continue;
        if (farthest && is_overlapping(farthest, claim)) {
            drop_repair(diagnosis, farthest, true);
            drop_repair(diagnosis, claim, true);
        }
        if (!farthest || claim->last > farthest->last)
            farthest = claim;
    }
}

/* Discard chosen repairs that give the same indices to different services. */
static void settle_claims(struct diagnosis *diagnosis)
{
    struct diagnosis_repair **claims =
        calloc(diagnosis->repair_count + 1, sizeof(struct diagnosis_repair *));
    size_t count = 0;

    if (!claims) {
        diagnosis->is_lost = true;
        return;
    }
    for (size_t i = 0; i < diagnosis->repair_count; i++)
        if (diagnosis->repairs[i].is_chosen && diagnosis->repairs[i].last)
            claims[count++] = &diagnosis->repairs[i];
    qsort(claims, count, sizeof(struct diagnosis_repair *), compare_claims);
    settle_preferred(diagnosis, claims, count);
    settle_others(diagnosis, claims, count);
    free(claims);
}

void diagnosis_finish(struct diagnosis *diagnosis)
{
    diagnosis->is_lost = diagnosis->is_lost || diagnosis->pool.is_lost;
    sort_findings(diagnosis);
    choose_repairs(diagnosis);
    settle_claims(diagnosis);
}

size_t diagnosis_count(const struct diagnosis *diagnosis, enum doctor_severity severity)
{
    size_t count = 0;

    for (size_t i = 0; i < diagnosis->finding_count; i++)
        count += doctor_faults[diagnosis->findings[i].fault].severity >= severity;
    return count;
}

bool diagnosis_is_chosen(const struct diagnosis *diagnosis, const struct diagnosis_change *change)
{
    return diagnosis->repairs[change->repair].is_chosen;
}

void diagnosis_release(struct diagnosis *diagnosis)
{
    text_pool_release(&diagnosis->pool);
    free(diagnosis->findings);
    free(diagnosis->repairs);
    free(diagnosis->changes);
    memset(diagnosis, 0, sizeof(*diagnosis));
}
