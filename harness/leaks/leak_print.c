/* SPDX-License-Identifier: MIT
 *
 * Tables and JSON of snapshots and differences: see leak_print.h.
 */
#include "leak_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json_writer.h"
#include "leak_stack.h"
#include "text_table.h"

static void add_number(struct text_table *table, const char *format, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), format, number);
    text_table_add(table, text);
}

static void put_table(struct text_table *table, struct output *output)
{
    text_table_write(table, output, 0, false);
    output->is_lost = output->is_lost || table->is_lost;
    text_table_release(table);
}

static void add_signed(struct text_table *table, int64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), number ? "%+" PRId64 : "%" PRId64, number);
    text_table_add(table, text);
}

static void add_words(struct text_table *table, const char *const words[], size_t count)
{
    table->column_count = count;
    table->heading_rows = 1;
    for (size_t i = 0; i < count; i++)
        text_table_add(table, words[i]);
}
#define ADD_WORDS(table, words) add_words(table, words, sizeof(words) / sizeof(*(words)))

/* Add one fault. The caller adds its count. */
static void add_fault(struct text_table *table, const struct leak_snapshot *snapshot,
                      const struct leak_fault *fault)
{
    char text[1200];

    leak_stack_place(snapshot, &fault->place, text, sizeof(text));
    text_table_add(table, text);
    text_table_add(table, fault->kind);
    add_number(table, "0x%" PRIx64, fault->address);
    leak_stack_place(snapshot, &fault->first, text, sizeof(text));
    text_table_add(table, text);
}

static const char *const fault_words[] = { "fault at", "kind", "an address",
                                           "freed or allocated first at", "times" };

static void print_faults(struct output *output, const struct leak_snapshot *snapshot)
{
    struct text_table table = { 0 };

    if (!snapshot->fault_count)
        return;
    output_add_byte(output, '\n');
    ADD_WORDS(&table, fault_words);
    for (size_t i = 0; i < snapshot->fault_count; i++) {
        add_fault(&table, snapshot, &snapshot->faults[i]);
        add_number(&table, "%" PRIu64, snapshot->faults[i].count);
    }
    put_table(&table, output);
}

/* Add the callers of a site, each in a row without numbers. */
static void add_callers(struct text_table *table, const struct leak_snapshot *snapshot,
                        const struct leak_site *site, const struct leak_stack *stack)
{
    char place[1200], text[1210];

    for (size_t k = stack->first + 1; k < stack->end; k++) {
        leak_stack_place(snapshot, leak_site_place(site, k), place, sizeof(place));
        snprintf(text, sizeof(text), "  by %s", place);
        text_table_add(table, text);
        for (size_t i = 1; i < table->column_count; i++)
            text_table_add(table, "");
    }
}

void leak_print_table(struct output *output, const struct leak_snapshot *snapshot,
                      bool has_all_frames)
{
    static const char *const words[] = { "call site", "bytes", "blocks" };
    struct text_table table = { 0 };
    char text[1200];

    ADD_WORDS(&table, words);
    for (size_t i = 0; i < snapshot->site_count; i++) {
        const struct leak_site *site = &snapshot->sites[i];
        const struct leak_stack stack = leak_stack_of(snapshot, site, has_all_frames);

        leak_stack_place(snapshot, leak_site_place(site, stack.first), text, sizeof(text));
        text_table_add(&table, text);
        add_number(&table, "%" PRIu64, site->bytes);
        add_number(&table, "%" PRIu64, site->count);
        add_callers(&table, snapshot, site, &stack);
    }
    text_table_add(&table, "total");
    add_number(&table, "%" PRIu64, snapshot->bytes);
    add_number(&table, "%" PRIu64, snapshot->count);
    put_table(&table, output);
    print_faults(output, snapshot);
}

void leak_print_diff_table(struct output *output, const struct leak_diff *diff, bool has_all_frames)
{
    static const char *const words[] = { "call site", "bytes growth", "blocks growth", "bytes now",
                                         "blocks now" };
    const struct leak_snapshot *before = diff->before, *after = diff->after;
    struct text_table table = { 0 };
    char text[1200];

    ADD_WORDS(&table, words);
    for (size_t i = 0; i < diff->site_count; i++) {
        const struct leak_growth *site = &diff->sites[i];
        const struct leak_stack stack = leak_stack_of(site->snapshot, site->site, has_all_frames);

        leak_stack_place(site->snapshot, leak_site_place(site->site, stack.first), text,
                         sizeof(text));
        text_table_add(&table, text);
        add_signed(&table, site->bytes_growth);
        add_signed(&table, site->count_growth);
        add_number(&table, "%" PRIu64, site->bytes);
        add_number(&table, "%" PRIu64, site->count);
        add_callers(&table, site->snapshot, site->site, &stack);
    }
    text_table_add(&table, "total");
    add_signed(&table, (int64_t)(after->bytes - before->bytes));
    add_signed(&table, (int64_t)(after->count - before->count));
    add_number(&table, "%" PRIu64, after->bytes);
    add_number(&table, "%" PRIu64, after->count);
    put_table(&table, output);
    if (!diff->fault_count)
        return;
    output_add_byte(output, '\n');
    table = (struct text_table){ 0 };
    ADD_WORDS(&table, fault_words);
    for (size_t i = 0; i < diff->fault_count; i++) {
        add_fault(&table, diff->faults[i].snapshot, diff->faults[i].fault);
        add_signed(&table, diff->faults[i].growth);
    }
    put_table(&table, output);
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void json_place(struct json_writer *json, const struct leak_snapshot *snapshot,
                       const struct leak_place *place)
{
    char text[24];

    snprintf(text, sizeof(text), "0x%" PRIx64, place->offset);
    json_writer_key(json, "module");
    if (place->module == LEAK_NO_MODULE)
        json_writer_null(json);
    else
        json_writer_string(json, snapshot->modules[place->module].path);
    json_writer_key(json, "offset");
    json_writer_string(json, text);
    json_writer_key(json, "symbol");
    if (place->symbol)
        json_writer_string(json, place->symbol);
    else
        json_writer_null(json);
}

/* Write the place of a site, and its callers if it has a stack. */
static void json_site(struct json_writer *json, const struct leak_snapshot *snapshot,
                      const struct leak_site *site)
{
    json_place(json, snapshot, &site->place);
    if (!snapshot->rate)
        return;
    json_writer_key(json, "callers");
    json_writer_begin_array(json);
    for (size_t k = 0; k < site->caller_count; k++) {
        json_writer_begin_object_on_one_line(json);
        json_place(json, snapshot, &site->callers[k]);
        json_writer_key(json, "is_inlined");
        json_writer_bool(json, site->callers[k].is_inlined);
        json_writer_end_object(json);
    }
    json_writer_end_array(json);
}

static void json_number(struct json_writer *json, const char *key, uint64_t number)
{
    json_writer_key(json, key);
    json_writer_unsigned(json, number);
}

static void json_signed(struct json_writer *json, const char *key, int64_t number)
{
    json_writer_key(json, key);
    json_writer_signed(json, number);
}

/* Write the members of a fault. The caller's object is open. */
static void json_fault(struct json_writer *json, const struct leak_snapshot *snapshot,
                       const struct leak_fault *fault)
{
    char text[24];

    json_writer_key(json, "kind");
    json_writer_string(json, fault->kind);
    snprintf(text, sizeof(text), "0x%" PRIx64, fault->address);
    json_writer_key(json, "address");
    json_writer_string(json, text);
    json_place(json, snapshot, &fault->place);
    json_writer_key(json, "first");
    json_writer_begin_object(json);
    json_place(json, snapshot, &fault->first);
    json_writer_end_object(json);
}

void leak_print_json(struct output *output, const struct leak_snapshot *snapshot)
{
    struct json_writer json;

    json_writer_init(&json, output);
    json_writer_begin_object(&json);
    json_writer_key(&json, "heap");
    json_writer_string(&json, snapshot->heap);
    json_number(&json, "pid", snapshot->process_id);
    json_number(&json, "time_100ns", snapshot->time_100ns);
    json_number(&json, "blocks", snapshot->count);
    json_number(&json, "bytes", snapshot->bytes);
    json_number(&json, "unmatched_count", snapshot->unmatched_count);
    json_number(&json, "lost_count", snapshot->lost_count);
    json_number(&json, "missed_count", snapshot->missed_count);
    json_writer_key(&json, "sites");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < snapshot->site_count; i++) {
        json_writer_begin_object(&json);
        json_number(&json, "blocks", snapshot->sites[i].count);
        json_number(&json, "bytes", snapshot->sites[i].bytes);
        if (snapshot->rate) {
            json_number(&json, "allocated_blocks", snapshot->sites[i].allocated_count);
            json_number(&json, "allocated_bytes", snapshot->sites[i].allocated_bytes);
        }
        json_site(&json, snapshot, &snapshot->sites[i]);
        json_writer_end_object(&json);
    }
    json_writer_end_array(&json);
    json_writer_key(&json, "faults");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < snapshot->fault_count; i++) {
        json_writer_begin_object(&json);
        json_number(&json, "count", snapshot->faults[i].count);
        json_fault(&json, snapshot, &snapshot->faults[i]);
        json_writer_end_object(&json);
    }
    json_writer_end_array(&json);
    json_writer_end_object(&json);
}

void leak_print_diff_json(struct output *output, const struct leak_diff *diff)
{
    const struct leak_snapshot *before = diff->before, *after = diff->after;
    struct json_writer json;

    json_writer_init(&json, output);
    json_writer_begin_object(&json);
    json_writer_key(&json, "before");
    json_writer_string(&json, before->heap);
    json_writer_key(&json, "after");
    json_writer_string(&json, after->heap);
    json_signed(&json, "time_100ns", (int64_t)(after->time_100ns - before->time_100ns));
    json_signed(&json, "blocks", (int64_t)(after->count - before->count));
    json_signed(&json, "bytes", (int64_t)(after->bytes - before->bytes));
    json_number(&json, "blocks_now", after->count);
    json_number(&json, "bytes_now", after->bytes);
    json_writer_key(&json, "sites");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < diff->site_count; i++) {
        const struct leak_growth *site = &diff->sites[i];
        json_writer_begin_object(&json);
        json_signed(&json, "blocks", site->count_growth);
        json_signed(&json, "bytes", site->bytes_growth);
        json_number(&json, "blocks_now", site->count);
        json_number(&json, "bytes_now", site->bytes);
        json_site(&json, site->snapshot, site->site);
        json_writer_end_object(&json);
    }
    json_writer_end_array(&json);
    json_writer_key(&json, "faults");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < diff->fault_count; i++) {
        json_writer_begin_object(&json);
        json_signed(&json, "count", diff->faults[i].growth);
        json_fault(&json, diff->faults[i].snapshot, diff->faults[i].fault);
        json_writer_end_object(&json);
    }
    json_writer_end_array(&json);
    json_writer_end_object(&json);
}
