/* SPDX-License-Identifier: MIT
 *
 * Tables and folded stacks: see stack_print.h.
 */
#include "stack_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format_text.h"
#include "leak_stack.h"
#include "text_map.h"
#include "utf8.h"

#define NAME_SIZE 512u /* bytes of a place's name; chosen */

/* A function or a stack. */
struct row {
    const char *name;             /* of a function */
    const struct leak_site *site; /* of a stack */
    uint64_t own_live, live, own_allocated, allocated;
    int64_t own_growth, growth;
    size_t last_site; /* 1 + the last site that was added, so that recursion counts once */
};

struct rows {
    struct row *rows;
    size_t count;
    struct text_map numbers; /* of functions, by name */
};

/* ---- rows ---------------------------------------------------------------------------------- */

static int compare_rows(const struct row *a, const struct row *b, enum stack_print_order order)
{
    if (order == STACK_PRINT_BY_GROWTH && a->growth != b->growth)
        return a->growth < b->growth ? 1 : -1;
    if (order == STACK_PRINT_BY_ALLOCATED && a->allocated != b->allocated)
        return a->allocated < b->allocated ? 1 : -1;
    if (a->live != b->live)
        return a->live < b->live ? 1 : -1;
    if (a->allocated != b->allocated)
        return a->allocated < b->allocated ? 1 : -1;
    if (a->own_live != b->own_live)
        return a->own_live < b->own_live ? 1 : -1;
    return a->name && b->name ? strcmp(a->name, b->name) : 0;
}

static int by_live(const void *left, const void *right)
{
    return compare_rows(left, right, STACK_PRINT_BY_LIVE);
}

static int by_allocated(const void *left, const void *right)
{
    return compare_rows(left, right, STACK_PRINT_BY_ALLOCATED);
}

static int by_growth(const void *left, const void *right)
{
    return compare_rows(left, right, STACK_PRINT_BY_GROWTH);
}

static size_t most_functions(const struct leak_snapshot *snapshot)
{
    size_t count = 1;

    for (size_t i = 0; i < snapshot->site_count; i++)
        count += snapshot->sites[i].caller_count + 1;
    return count;
}

/* The row of a function; NULL if there is no memory. */
static struct row *row_of(struct rows *rows, const char *name)
{
    const struct span text = { (const BYTE *)name, strlen(name) };
    const struct row *known = text_map_find(&rows->numbers, text);

    if (known)
        return &rows->rows[known - rows->rows];
    struct row *row = &rows->rows[rows->count];
    char *const copy = malloc(text.size + 1);
    if (!copy)
        return NULL;
    memcpy(copy, name, text.size + 1);
    if (!text_map_add(&rows->numbers, (struct span){ (const BYTE *)copy, text.size }, row)) {
        free(copy);
        return NULL;
    }
    row->name = copy;
    rows->count++;
    return row;
}

/* Add a stack to its functions. Returns false if there is no memory. */
static bool add_functions(struct rows *rows, const struct leak_snapshot *snapshot, size_t index,
                          bool has_all)
{
    const struct leak_site *const site = &snapshot->sites[index];
    const struct leak_stack stack = leak_stack_of(snapshot, site, has_all);
    char name[NAME_SIZE];

    for (size_t k = stack.first; k < stack.end; k++) {
        leak_stack_function(snapshot, leak_site_place(site, k), name, sizeof(name));
        struct row *row = row_of(rows, name);
        if (!row)
            return false;
        if (k == stack.first) {
            row->own_live += site->bytes;
            row->own_allocated += site->allocated_bytes;
            row->own_growth += site->growth;
        }
        if (row->last_site == index + 1)
            continue;
        row->last_site = index + 1;
        row->live += site->bytes;
        row->allocated += site->allocated_bytes;
        row->growth += site->growth;
    }
    return true;
}

static void add_stacks(struct rows *rows, const struct leak_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->site_count; i++) {
        const struct leak_site *site = &snapshot->sites[i];
        rows->rows[rows->count++] = (struct row){
            .site = site,
            .live = site->bytes,
            .allocated = site->allocated_bytes,
            .growth = site->growth,
        };
    }
}

/* ---- the table ----------------------------------------------------------------------------- */

static void add_size(struct output *output, uint64_t size, bool is_exact)
{
    char text[40];

    if (is_exact)
        snprintf(text, sizeof(text), "%" PRIu64, size);
    else
        format_text_size(text, sizeof(text), size);
    output_add_format(output, "%14s ", text);
}

static void add_growth(struct output *output, int64_t growth, bool is_exact)
{
    const uint64_t size = growth < 0 ? 0 - (uint64_t)growth : (uint64_t)growth;
    char number[40], text[48];

    if (is_exact)
        snprintf(number, sizeof(number), "%" PRIu64, size);
    else
        format_text_size(number, sizeof(number), size);
    snprintf(text, sizeof(text), "%s%s", growth < 0 ? "-" : growth ? "+" : "", number);
    output_add_format(output, "%14s ", text);
}

/* Add a name without characters that control a terminal. */
static void add_name(struct output *output, const char *name)
{
    const size_t size = strlen(name);

    for (size_t at = 0, begin = 0; at < size; begin = at)
        if (utf8_is_unsafe(utf8_next(name, size, &at)))
            output_add_byte(output, '?');
        else
            output_add(output, name + begin, at - begin);
}

static void print_heading(struct output *output, const struct leak_snapshot *snapshot,
                          bool is_by_stack)
{
    if (is_by_stack) {
        output_add_format(output, "%14s %14s ", "live", "allocated");
        if (snapshot->has_growth)
            output_add_format(output, "%14s ", "growth");
    } else {
        output_add_format(output, "%14s %14s %14s %14s ", "live, own", "live, all",
                          "allocated, own", "allocated, all");
        if (snapshot->has_growth)
            output_add_format(output, "%14s %14s ", "growth, own", "growth, all");
    }
    output_add_format(output, " %s\n", is_by_stack ? "stack" : "function");
}

static void print_row(struct output *output, const struct leak_snapshot *snapshot,
                      const struct row *row, const struct stack_print_options *options)
{
    char name[NAME_SIZE];

    if (row->name)
        add_size(output, row->own_live, options->is_exact);
    add_size(output, row->live, options->is_exact);
    if (row->name)
        add_size(output, row->own_allocated, options->is_exact);
    add_size(output, row->allocated, options->is_exact);
    if (snapshot->has_growth && row->name)
        add_growth(output, row->own_growth, options->is_exact);
    if (snapshot->has_growth)
        add_growth(output, row->growth, options->is_exact);
    output_add_byte(output, ' ');
    if (row->name) {
        add_name(output, row->name);
        output_add_byte(output, '\n');
        return;
    }
    const struct leak_stack stack = leak_stack_of(snapshot, row->site, options->has_all_frames);
    for (size_t k = stack.first; k < stack.end; k++) {
        if (k > stack.first)
            output_add_format(output, "%*s  by ", snapshot->has_growth ? 45 : 30, "");
        leak_stack_place(snapshot, leak_site_place(row->site, k), name, sizeof(name));
        add_name(output, name);
        output_add_byte(output, '\n');
    }
}

void stack_print_table(struct output *output, const struct leak_snapshot *snapshot,
                       const struct stack_print_options *options)
{
    struct rows rows = { .rows = calloc(most_functions(snapshot), sizeof(struct row)) };
    bool is_complete = rows.rows != NULL;

    if (is_complete && options->is_by_stack)
        add_stacks(&rows, snapshot);
    for (size_t i = 0; is_complete && !options->is_by_stack && i < snapshot->site_count; i++)
        is_complete = add_functions(&rows, snapshot, i, options->has_all_frames);
    if (is_complete) {
        const size_t shown =
            options->most_rows && options->most_rows < rows.count ? options->most_rows : rows.count;
        qsort(rows.rows, rows.count, sizeof(*rows.rows),
              options->order == STACK_PRINT_BY_GROWTH      ? by_growth
              : options->order == STACK_PRINT_BY_ALLOCATED ? by_allocated
                                                           : by_live);
        print_heading(output, snapshot, options->is_by_stack);
        for (size_t i = 0; i < shown; i++)
            print_row(output, snapshot, &rows.rows[i], options);
        if (shown < rows.count)
            output_add_format(output, "(%zu more)\n", rows.count - shown);
    } else {
        output->is_lost = true;
    }
    for (size_t i = 0; rows.rows && i < rows.count; i++)
        free((char *)(uintptr_t)rows.rows[i].name);
    text_map_release(&rows.numbers);
    free(rows.rows);
}

/* ---- folded stacks -------------------------------------------------------------------------- */

void stack_print_folded(struct output *output, const struct leak_snapshot *snapshot,
                        const struct stack_print_options *options)
{
    char name[NAME_SIZE];

    for (size_t i = 0; i < snapshot->site_count; i++) {
        const struct leak_site *site = &snapshot->sites[i];
        const struct leak_stack stack = leak_stack_of(snapshot, site, options->has_all_frames);

        if (!site->bytes)
            continue;
        for (size_t k = stack.end; k-- > stack.first;) {
            leak_stack_function(snapshot, leak_site_place(site, k), name, sizeof(name));
            for (char *byte = name; *byte; byte++)
                if (*byte == ';')
                    *byte = ':';
            add_name(output, name);
            output_add_byte(output, k == stack.first ? ' ' : ';');
        }
        output_add_format(output, "%" PRIu64 "\n", site->bytes);
    }
}
