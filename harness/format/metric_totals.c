/* SPDX-License-Identifier: MIT
 *
 * Two lists: groups, which stay, and the heaps of live processes with their latest values. The list
 * of live heaps is built again at the end of each answer, so its length is that of the answer and
 * not of the history.
 */
#include "metric_totals.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

/* Answers in a row without a heap until it counts as ended: see metric_totals.h. */
#define MISSES 2

struct metric_process {
    struct span name;
    struct metric_group *group;
    unsigned missed; /* answers in a row without it */
    struct metric_value *last;
};

bool metric_totals_begin(struct metric_totals *totals, const struct known_labels *known,
                         size_t counter_count)
{
    if (totals->counter_count != counter_count) /* the provider was replaced by another version */
        metric_totals_release(totals);
    totals->known = known;
    totals->counter_count = counter_count;
    for (size_t i = 0; i < totals->process_count; i++)
        totals->processes[i]->missed++;
    return true;
}

/* Make the bytes of a key: its parts, each with a zero after it. */
static bool make_key(struct output *key, const struct metric_identity *identity)
{
    output_clear(key);
    output_add(key, identity->process, identity->process_size);
    output_add_byte(key, '\0');
    output_add(key, identity->heap, identity->heap_size);
    output_add_byte(key, '\0');
    return !key->is_lost;
}

static void group_release(struct metric_group *group)
{
    if (!group)
        return;
    free((void *)(uintptr_t)group->identity.process);
    free(group->ended);
    free(group->now);
    free(group);
}

static struct metric_group *add_group(struct metric_totals *totals, struct span key,
                                      const struct metric_identity *identity)
{
    struct metric_group **groups = array_reserve(totals->groups, &totals->group_capacity,
                                                 totals->group_count + 1, sizeof(*groups));
    struct metric_group *group = calloc(1, sizeof(*group));
    char *text = malloc(key.size);

    if (groups)
        totals->groups = groups;
    if (group) {
        group->ended = calloc(totals->counter_count + 1, sizeof(*group->ended));
        group->now = calloc(totals->counter_count + 1, sizeof(*group->now));
    }
    if (!groups || !group || !text || !group->ended || !group->now)
        goto free_group;
    memcpy(text, key.data, key.size);
    group->identity = (struct metric_identity){
        .process = text,
        .process_size = identity->process_size,
        .heap = text + identity->process_size + 1,
        .heap_size = identity->heap_size,
        .suffix = "",
    };
    if (!text_map_add(&totals->group_names, (struct span){ (BYTE *)text, key.size }, group))
        goto free_group;
    totals->groups[totals->group_count++] = group;
    return group;

free_group:
    free(text);
    if (group)
        group->identity.process = NULL;
    group_release(group);
    return NULL;
}

static struct metric_group *group_of(struct metric_totals *totals, struct output *key,
                                     const struct metric_identity *identity)
{
    const struct metric_identity rest = {
        .process = "other", .process_size = 5, .heap = "other", .heap_size = 5, .suffix = ""
    };
    struct metric_group *group;

    if (!make_key(key, identity))
        return NULL;
    group = (struct metric_group *)(uintptr_t)text_map_find(
        &totals->group_names, (struct span){ (BYTE *)key->data, key->size });
    if (group)
        return group;
    if (totals->group_count < METRIC_TOTALS_LIMIT)
        return add_group(totals, (struct span){ (BYTE *)key->data, key->size }, identity);
    if (!totals->other) {
        make_key(key, &rest);
        totals->other = (struct metric_group *)(uintptr_t)text_map_find(
            &totals->group_names, (struct span){ (BYTE *)key->data, key->size });
        if (!totals->other)
            totals->other = add_group(totals, (struct span){ (BYTE *)key->data, key->size }, &rest);
    }
    return totals->other;
}

static void add_value(struct metric_value *sum, const struct metric_value *value,
                      const struct metric_rule *rule)
{
    if (!value->is_there)
        return;
    if (!sum->is_there) {
        *sum = *value;
    } else if (rule->sum == KNOWN_SUM) {
        sum->whole += value->whole;
        sum->base += value->base;
        sum->computed += value->computed;
    } else {
        const bool is_larger =
            rule->is_computed ? value->computed > sum->computed : value->whole > sum->whole;

        if (is_larger == (rule->sum == KNOWN_MAX))
            *sum = *value;
    }
}

/* Move the totals of a heap that has ended into its group. */
static void end(const struct metric_totals *totals, const struct metric_process *process,
                const struct metric_rule rules[])
{
    for (size_t i = 0; i < totals->counter_count; i++)
        if (rules[i].is_total)
            add_value(&process->group->ended[i], &process->last[i], &rules[i]);
}

static bool has_fallen(const struct metric_totals *totals, const struct metric_process *process,
                       const struct metric_rule rules[], const struct metric_value values[])
{
    for (size_t i = 0; i < totals->counter_count; i++)
        if (rules[i].is_total && values[i].is_there && values[i].whole < process->last[i].whole)
            return true;
    return false;
}

static void process_release(struct metric_process *process)
{
    if (!process)
        return;
    free((void *)(uintptr_t)process->name.data);
    free(process->last);
    free(process);
}

static struct metric_process *add_process(struct metric_totals *totals, struct span name,
                                          struct metric_group *group)
{
    struct metric_process **processes =
        array_reserve(totals->processes, &totals->process_capacity, totals->process_count + 1,
                      sizeof(*processes));
    struct metric_process *process = calloc(1, sizeof(*process));
    BYTE *text = malloc(name.size);

    if (processes)
        totals->processes = processes;
    if (process)
        process->last = calloc(totals->counter_count + 1, sizeof(*process->last));
    if (!processes || !process || !text || !process->last) {
        free(text);
        process_release(process);
        return NULL;
    }
    memcpy(text, name.data, name.size);
    process->name.data = text;
    process->name.size = name.size;
    process->group = group;
    if (!text_map_add(&totals->process_names, process->name, process)) {
        process_release(process);
        return NULL;
    }
    totals->processes[totals->process_count++] = process;
    return process;
}

bool metric_totals_add(struct metric_totals *totals, const struct metric_identity *identity,
                       uint32_t occurrence, const struct metric_rule rules[],
                       const struct metric_value values[])
{
    struct output key = { 0 };
    struct metric_group *group = group_of(totals, &key, identity);
    struct metric_process *process = NULL;

    if (group && make_key(&key, identity)) {
        output_add_text(&key, identity->suffix);
        output_add_byte(&key, '\0');
        output_add(&key, &identity->process_id, sizeof(identity->process_id));
        output_add(&key, &occurrence, sizeof(occurrence));
        if (!key.is_lost) {
            const struct span name = { (BYTE *)key.data, key.size };

            process =
                (struct metric_process *)(uintptr_t)text_map_find(&totals->process_names, name);
            if (!process)
                process = add_process(totals, name, group);
        }
    }
    output_release(&key);
    if (!process)
        return false;
    if (has_fallen(totals, process, rules, values))
        end(totals, process, rules);
    process->missed = 0;
    memcpy(process->last, values, totals->counter_count * sizeof(*values));
    return true;
}

bool metric_totals_end(struct metric_totals *totals, const struct metric_rule rules[])
{
    struct text_map names = { 0 };
    size_t kept = 0;

    for (size_t i = 0; i < totals->process_count; i++) {
        struct metric_process *process = totals->processes[i];

        if (process->missed >= MISSES) {
            end(totals, process, rules);
            process_release(process);
        } else {
            totals->processes[kept++] = process;
        }
    }
    totals->process_count = kept;
    text_map_release(&totals->process_names);
    for (size_t i = 0; i < kept; i++)
        if (!text_map_add(&names, totals->processes[i]->name, totals->processes[i])) {
            text_map_release(&names);
            return false;
        }
    totals->process_names = names;

    for (size_t i = 0; i < totals->group_count; i++) {
        struct metric_group *group = totals->groups[i];

        group->live_count = 0;
        memcpy(group->now, group->ended, totals->counter_count * sizeof(*group->now));
    }
    for (size_t i = 0; i < kept; i++) {
        const struct metric_process *process = totals->processes[i];

        process->group->live_count += !process->missed;
        for (size_t k = 0; k < totals->counter_count; k++)
            if (!process->missed || rules[k].is_total)
                add_value(&process->group->now[k], &process->last[k], &rules[k]);
    }
    return true;
}

void metric_totals_release(struct metric_totals *totals)
{
    for (size_t i = 0; i < totals->group_count; i++)
        group_release(totals->groups[i]);
    for (size_t i = 0; i < totals->process_count; i++)
        process_release(totals->processes[i]);
    free(totals->groups);
    free(totals->processes);
    text_map_release(&totals->group_names);
    text_map_release(&totals->process_names);
    *totals = (struct metric_totals){ 0 };
}
