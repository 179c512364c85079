/* SPDX-License-Identifier: MIT
 *
 * A profile as a table by function, as folded stacks and as pprof's file: see heap_profile.h.
 * Innermost frames of operator new and of the preload library are left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap_profile.h"

/* ---- names --------------------------------------------------------------------------------- */

/* The function's name without its line. An address without a name gets its module and offset. */
static void name_of(const struct heap_profile *profile, uint64_t address, char *name, size_t size)
{
    const struct heap_profile_location *at = heap_profile_at(profile, address);

    if (at && at->symbol) {
        const char *line = strrchr(at->symbol, '(');
        size_t length = line && line > at->symbol && line[-1] == ' ' && strchr(line, ':')
                            ? (size_t)(line - at->symbol) - 1
                            : strlen(at->symbol);
        snprintf(name, size, "%.*s", (int)(length < size ? length : size - 1), at->symbol);
    } else if (at && at->mapping != UINT32_MAX) {
        const struct heap_profile_mapping *mapping = &profile->mappings[at->mapping];
        const char *slash = strrchr(mapping->path, '/');
        snprintf(name, size, "%.200s+0x%" PRIx64, slash ? slash + 1 : mapping->path,
                 address - mapping->begin + mapping->offset);
    } else {
        snprintf(name, size, "0x%" PRIx64, address);
    }
}

static bool is_wrapper(const struct heap_profile *profile, uint64_t address)
{
    static const char *const beginnings[] = { "operator new",
                                              "_Znwm",
                                              "_Znam",
                                              "std::allocator<",
                                              "__gnu_cxx::new_allocator<",
                                              "std::__new_allocator<",
                                              "std::allocator_traits<",
                                              "void* std::__cxx11::" };
    const struct heap_profile_location *at = heap_profile_at(profile, address);

    if (at && at->mapping != UINT32_MAX &&
        strstr(profile->mappings[at->mapping].path, "libheaptracker-preload.so"))
        return true;
    for (size_t i = 0; at && at->symbol && i < sizeof(beginnings) / sizeof(*beginnings); i++)
        if (strncmp(at->symbol, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

/* The innermost frame to show. */
static uint32_t first_shown(const struct heap_profile *profile,
                            const struct heap_profile_stack *stack)
{
    uint32_t first = 0;

    while (first + 1 < stack->frame_count && is_wrapper(profile, stack->frames[first]))
        first++;
    return first;
}

/* ---- the table ----------------------------------------------------------------------------- */

struct function {
    char name[256];
    uint64_t own_live, live, own_allocated, allocated; /* bytes */
};

static int compare_names(const void *left, const void *right)
{
    return strcmp(((const struct function *)left)->name, ((const struct function *)right)->name);
}

static int compare_live(const void *left, const void *right)
{
    const struct function *a = left, *b = right;

    if (a->live != b->live)
        return a->live < b->live ? 1 : -1;
    if (a->allocated != b->allocated)
        return a->allocated < b->allocated ? 1 : -1;
    return strcmp(a->name, b->name);
}

/* Add each function of a stack once, however often the stack contains it. */
static size_t add_stack(const struct heap_profile *profile, const struct heap_profile_stack *stack,
                        struct function functions[])
{
    size_t count = 0;

    for (uint32_t i = first_shown(profile, stack); i < stack->frame_count; i++) {
        struct function *function = &functions[count];
        memset(function, 0, sizeof(*function));
        name_of(profile, stack->frames[i], function->name, sizeof(function->name));
        bool is_known = false;
        for (size_t k = 0; k < count && !is_known; k++)
            is_known = strcmp(functions[k].name, function->name) == 0;
        if (is_known)
            continue;
        function->live = stack->live_bytes;
        function->allocated = stack->allocated_bytes;
        if (count == 0) {
            function->own_live = stack->live_bytes;
            function->own_allocated = stack->allocated_bytes;
        }
        count++;
    }
    return count;
}

void heap_profile_print_table(struct output *output, const struct heap_profile *profile)
{
    size_t capacity = 1, count = 0, kept = 0;

    for (size_t i = 0; i < profile->stack_count; i++)
        capacity += profile->stacks[i].frame_count;
    struct function *functions = malloc(capacity * sizeof(*functions));
    if (!functions) {
        output->is_lost = true;
        return;
    }
    for (size_t i = 0; i < profile->stack_count; i++)
        count += add_stack(profile, &profile->stacks[i], functions + count);
    qsort(functions, count, sizeof(*functions), compare_names);
    for (size_t i = 0; i < count; i++) {
        if (kept && strcmp(functions[kept - 1].name, functions[i].name) == 0) {
            functions[kept - 1].own_live += functions[i].own_live;
            functions[kept - 1].live += functions[i].live;
            functions[kept - 1].own_allocated += functions[i].own_allocated;
            functions[kept - 1].allocated += functions[i].allocated;
        } else {
            functions[kept++] = functions[i];
        }
    }
    qsort(functions, kept, sizeof(*functions), compare_live);
    output_add_format(output, "%14s %14s %14s %14s  %s\n", "live, own", "live, all",
                      "allocated, own", "allocated, all", "function");
    for (size_t i = 0; i < kept; i++)
        output_add_format(output, "%14" PRIu64 " %14" PRIu64 " %14" PRIu64 " %14" PRIu64 "  %s\n",
                          functions[i].own_live, functions[i].live, functions[i].own_allocated,
                          functions[i].allocated, functions[i].name);
    free(functions);
}

/* ---- folded stacks -------------------------------------------------------------------------- */

void heap_profile_print_folded(struct output *output, const struct heap_profile *profile)
{
    char name[256];

    for (size_t i = 0; i < profile->stack_count; i++) {
        const struct heap_profile_stack *stack = &profile->stacks[i];
        uint32_t first = first_shown(profile, stack);
        if (!stack->live_bytes)
            continue;
        if (!stack->frame_count)
            output_add_text(output, "(stacks without space)");
        for (uint32_t k = stack->frame_count; k-- > first;) {
            name_of(profile, stack->frames[k], name, sizeof(name));
            for (char *byte = name; *byte; byte++)
                if (*byte == ';' || (unsigned char)*byte < ' ')
                    *byte = ':';
            output_add_format(output, "%s%s", k + 1 == stack->frame_count ? "" : ";", name);
        }
        output_add_format(output, " %" PRIu64 "\n", stack->live_bytes);
    }
}

/* ---- pprof ---------------------------------------------------------------------------------- */

/* Protocol buffers: a field is its number and kind, then a number or a length and bytes. */
static void put_number(struct output *output, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        output_add_byte(output, (char)(number | 0x80));
    output_add_byte(output, (char)number);
}

static void put_field(struct output *output, unsigned field, uint64_t number)
{
    put_number(output, (uint64_t)field << 3);
    put_number(output, number);
}

static void put_bytes(struct output *output, unsigned field, const void *data, size_t size)
{
    put_number(output, (uint64_t)field << 3 | 2);
    put_number(output, size);
    output_add(output, data, size);
}

static void put_message(struct output *output, unsigned field, struct output *message)
{
    put_bytes(output, field, message->data ? message->data : "", message->size);
    output->is_lost = output->is_lost || message->is_lost;
    output_clear(message);
}

/* Strings are numbered in the order in which they are written. The first one is empty. */
static uint64_t put_string(struct output *output, const char *text, uint64_t *count)
{
    put_bytes(output, 6, text, strlen(text));
    return (*count)++;
}

static void put_value_type(struct output *output, unsigned field, uint64_t type, uint64_t unit)
{
    struct output message = { 0 };

    put_field(&message, 1, type);
    put_field(&message, 2, unit);
    put_message(output, field, &message);
    output_release(&message);
}

static void put_profile(struct output *output, const struct heap_profile *profile)
{
    struct output message = { 0 }, inner = { 0 };
    uint64_t strings = 0;
    char name[1024];

    put_string(output, "", &strings);
    const uint64_t count = put_string(output, "count", &strings);
    const uint64_t bytes = put_string(output, "bytes", &strings);
    put_value_type(output, 1, put_string(output, "alloc_objects", &strings), count);
    put_value_type(output, 1, put_string(output, "alloc_space", &strings), bytes);
    put_value_type(output, 1, put_string(output, "inuse_objects", &strings), count);
    const uint64_t in_use = put_string(output, "inuse_space", &strings);
    put_value_type(output, 1, in_use, bytes);
    put_value_type(output, 11, put_string(output, "space", &strings), bytes);
    put_field(output, 12, profile->rate);
    put_field(output, 14, in_use);
    for (size_t i = 0; i < profile->mapping_count; i++) {
        const struct heap_profile_mapping *mapping = &profile->mappings[i];
        put_field(&message, 1, i + 1);
        put_field(&message, 2, mapping->begin);
        put_field(&message, 3, mapping->end);
        put_field(&message, 4, mapping->offset);
        put_field(&message, 5, put_string(output, mapping->path, &strings));
        put_message(output, 3, &message);
    }
    for (size_t i = 0; i < profile->location_count; i++) {
        const struct heap_profile_location *at = &profile->locations[i];
        put_field(&message, 1, i + 1);
        if (at->mapping != UINT32_MAX)
            put_field(&message, 2, at->mapping + 1);
        put_field(&message, 3, at->address - 1);
        if (at->symbol) {
            put_field(&inner, 1, i + 1);
            put_message(&message, 4, &inner);
        }
        put_message(output, 4, &message);
        if (!at->symbol)
            continue;
        name_of(profile, at->address, name, sizeof(name));
        uint64_t text = put_string(output, name, &strings);
        put_field(&message, 1, i + 1);
        put_field(&message, 2, text);
        put_field(&message, 3, text);
        put_message(output, 5, &message);
    }
    for (size_t i = 0; i < profile->stack_count; i++) {
        const struct heap_profile_stack *stack = &profile->stacks[i];
        for (uint32_t k = first_shown(profile, stack); k < stack->frame_count; k++)
            put_number(&inner,
                       (uint64_t)(heap_profile_at(profile, stack->frames[k]) - profile->locations) +
                           1);
        put_message(&message, 1, &inner);
        put_number(&inner, (stack->allocated_count + PROFILE_COUNT_UNIT / 2) / PROFILE_COUNT_UNIT);
        put_number(&inner, stack->allocated_bytes);
        put_number(&inner, (stack->live_count + PROFILE_COUNT_UNIT / 2) / PROFILE_COUNT_UNIT);
        put_number(&inner, stack->live_bytes);
        put_message(&message, 2, &inner);
        put_message(output, 2, &message);
    }
    output_release(&message);
    output_release(&inner);
}

static uint32_t crc_of(const unsigned char *data, size_t size)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static void put_little_endian(struct output *output, uint64_t number, int size)
{
    for (int i = 0; i < size; i++)
        output_add_byte(output, (char)(number >> 8 * i));
}

/* Write gzip (RFC 1952) with stored blocks: readers need the format, not the compression. */
void heap_profile_print_pprof(struct output *output, const struct heap_profile *profile)
{
    static const char header[] = { 0x1F, (char)0x8B, 8, 0, 0, 0, 0, 0, 0, (char)255 };
    struct output plain = { 0 };

    put_profile(&plain, profile);
    output_add(output, header, sizeof(header));
    for (size_t at = 0; at < plain.size;) {
        size_t size = plain.size - at < 65535 ? plain.size - at : 65535;
        output_add_byte(output, at + size == plain.size);
        put_little_endian(output, size, 2);
        put_little_endian(output, ~size, 2);
        output_add(output, plain.data + at, size);
        at += size;
    }
    put_little_endian(output, crc_of((const unsigned char *)plain.data, plain.size), 4);
    put_little_endian(output, plain.size, 4);
    output->is_lost = output->is_lost || plain.is_lost;
    output_release(&plain);
}
