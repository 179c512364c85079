/* SPDX-License-Identifier: MIT
 *
 * Writes profile.proto: see stack_pprof.h. A location is an address with all functions that were inlined
 * there. pprof finds names only if mappings are those of the code, as in /proc/<pid>/maps.
 */
#include "stack_pprof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "leak_stack.h"
#include "number_map.h"
#include "os.h"
#include "os_private.h"
#include "text.h"
#include "text_map.h"

/* Files; Linux allows 65,530 mappings for a process (vm.max_map_count). */
#define MAPPING_LIMIT 65536u
#define NAME_SIZE 1024u /* bytes of a place's name; chosen */

struct mapping {
    uint64_t begin, end, offset;
    uint64_t path; /* number of the string */
    bool has_names;
};

/* The output, and the numbers of what has been written. Numbers begin with 1, those of strings with 0. */
struct writer {
    const struct leak_snapshot *snapshot;
    const struct stack_print_options *options;
    struct output *output, message, inner, line;
    struct text_map strings; /* the items are not used: position + 1 is the number */
    char **copies;
    size_t copy_capacity;
    struct mapping *mappings;
    size_t mapping_count, mapping_capacity;
    struct number_map locations, functions;
};

/* ---- protocol buffers ----------------------------------------------------------------------- */

/* A field is its number and kind, then a number or a length and bytes. */
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

/* ---- strings, functions, locations ----------------------------------------------------------- */

/* The number of a string, which is written at its first use. */
static uint64_t string_number(struct writer *writer, const char *text)
{
    const struct span wanted = { (const BYTE *)text, strlen(text) };
    const size_t count = writer->strings.count;
    char *const *known = text_map_find(&writer->strings, wanted);

    if (known)
        return (uint64_t)(known - writer->copies);
    char *const copy = count < writer->copy_capacity ? text_utf8_copy(text) : NULL;
    if (!copy || !text_map_add(&writer->strings, (struct span){ (const BYTE *)copy, wanted.size },
                               &writer->copies[count])) {
        free(copy);
        writer->output->is_lost = true;
        return 0;
    }
    writer->copies[count] = copy;
    put_bytes(writer->output, 6, text, wanted.size);
    return count;
}

/* The number of the key in a map; new numbers begin with 1. 0: no memory. */
static uint64_t number_of(struct writer *writer, struct number_map *map, uint64_t key, bool *is_new)
{
    uint64_t *const number = number_map_at(map, key, is_new);

    if (!number) {
        writer->output->is_lost = true;
        *is_new = false;
        return 0;
    }
    if (*is_new)
        *number = map->count;
    return *number;
}

/* The number of a function with its file. */
static uint64_t function_number(struct writer *writer, uint64_t name, uint64_t file)
{
    bool is_new;
    const uint64_t number = number_of(writer, &writer->functions, name << 32 | file, &is_new);

    if (is_new) {
        struct output message = { 0 };
        put_field(&message, 1, number);
        put_field(&message, 2, name);
        put_field(&message, 3, name);
        if (file)
            put_field(&message, 4, file);
        put_message(writer->output, 5, &message);
        output_release(&message);
    }
    return number;
}

/* Add the lines of a location: the functions at one address, innermost first. */
static void add_line(struct writer *writer, const struct leak_place *place)
{
    const char *file;
    char name[NAME_SIZE], text[NAME_SIZE] = "";
    uint64_t line = 0;

    leak_stack_function(writer->snapshot, place, name, sizeof(name));
    leak_stack_name_length(place->symbol, &file);
    if (file) {
        const char *colon = strrchr(file, ':');
        snprintf(text, sizeof(text), "%.*s", (int)(colon - file), file);
        line = strtoull(colon + 1, NULL, 10);
    }
    const uint64_t function = function_number(writer, string_number(writer, name),
                                              file ? string_number(writer, text) : 0);
    put_field(&writer->line, 1, function);
    if (line)
        put_field(&writer->line, 2, line);
    put_message(&writer->message, 4, &writer->line);
}

/* The mapping of an address, or NULL. */
static struct mapping *mapping_of(struct writer *writer, uint64_t address)
{
    for (size_t i = 0; i < writer->mapping_count; i++)
        if (address >= writer->mappings[i].begin && address < writer->mappings[i].end)
            return &writer->mappings[i];
    return NULL;
}

/* The number of the location that begins with a place of a stack. `end` is after its last function. */
static uint64_t location_number(struct writer *writer, const struct leak_site *site, size_t first,
                                size_t *end)
{
    const struct leak_place *const place = leak_site_place(site, first);
    const uint64_t begin =
        place->module == LEAK_NO_MODULE ? 0 : writer->snapshot->modules[place->module].begin;
    const uint64_t address = begin + place->offset - 1; /* inside the call */
    uint64_t skipped = 0;
    bool is_new;

    /* Functions that are left out may be inlined at the same address: then it is another location. */
    for (size_t k = first; k > 0 && leak_site_place(site, k)->is_inlined; k--)
        skipped++;
    *end = first + 1;
    while (*end <= site->caller_count && leak_site_place(site, *end)->is_inlined)
        ++*end;
    const uint64_t number = number_of(writer, &writer->locations, address ^ skipped << 52, &is_new);
    if (!is_new)
        return number;
    struct mapping *const mapping = mapping_of(writer, address);
    for (size_t k = first; k < *end; k++)
        if (leak_site_place(site, k)->symbol)
            add_line(writer, leak_site_place(site, k));
    struct output location = { 0 };
    put_field(&location, 1, number);
    if (mapping)
        put_field(&location, 2, (uint64_t)(mapping - writer->mappings) + 1);
    put_field(&location, 3, address);
    output_add(&location, writer->message.data ? writer->message.data : "", writer->message.size);
    if (mapping && place->symbol)
        mapping->has_names = true;
    output_clear(&writer->message);
    put_message(writer->output, 4, &location);
    output_release(&location);
    return number;
}

/* ---- the profile ----------------------------------------------------------------------------- */

static void put_value_type(struct writer *writer, unsigned field, const char *type,
                           const char *unit)
{
    const uint64_t type_number = string_number(writer, type);

    put_field(&writer->inner, 1, type_number);
    put_field(&writer->inner, 2, string_number(writer, unit));
    put_message(writer->output, field, &writer->inner);
}

static void add_mapping(void *context, const struct os_private_mapping *found)
{
    struct writer *writer = context;
    const size_t count = writer->mapping_count;

    if (count >= MAPPING_LIMIT)
        return;
    struct mapping *mappings =
        array_reserve(writer->mappings, &writer->mapping_capacity, count + 1, sizeof(*mappings));
    if (!mappings)
        return;
    writer->mappings = mappings;
    mappings[writer->mapping_count++] = (struct mapping){
        .begin = found->begin,
        .end = found->end,
        .offset = found->offset,
        .path = string_number(writer, found->path),
    };
}

static void put_sample(struct writer *writer, const struct leak_site *site)
{
    const struct leak_stack stack =
        leak_stack_of(writer->snapshot, site, writer->options->has_all_frames);

    for (size_t k = stack.first; k < stack.end;) {
        const uint64_t number = location_number(writer, site, k, &k);
        put_number(&writer->inner, number);
    }
    struct output sample = { 0 };
    put_message(&sample, 1, &writer->inner);
    put_number(&writer->inner, site->allocated_count);
    put_number(&writer->inner, site->allocated_bytes);
    put_number(&writer->inner, site->count);
    put_number(&writer->inner, site->bytes);
    put_message(&sample, 2, &writer->inner);
    put_message(writer->output, 2, &sample);
    output_release(&sample);
}

static void put_mappings(struct writer *writer)
{
    for (size_t i = 0; i < writer->mapping_count; i++) {
        const struct mapping *mapping = &writer->mappings[i];
        put_field(&writer->inner, 1, i + 1);
        put_field(&writer->inner, 2, mapping->begin);
        put_field(&writer->inner, 3, mapping->end);
        put_field(&writer->inner, 4, mapping->offset);
        put_field(&writer->inner, 5, mapping->path);
        for (unsigned field = 7; mapping->has_names && field <= 10; field++)
            put_field(&writer->inner, field, 1);
        put_message(writer->output, 3, &writer->inner);
    }
}

static void put_profile(struct writer *writer, uint32_t process_id)
{
    const uint64_t time = writer->snapshot->time_100ns;

    string_number(writer, "");
    put_value_type(writer, 1, "alloc_objects", "count");
    put_value_type(writer, 1, "alloc_space", "bytes");
    put_value_type(writer, 1, "inuse_objects", "count");
    put_value_type(writer, 1, "inuse_space", "bytes");
    put_value_type(writer, 11, "space", "bytes");
    put_field(writer->output, 12, writer->snapshot->rate);
    put_field(writer->output, 14, string_number(writer, "inuse_space"));
    if (time > OS_TIME_OF_1970_100NS && time - OS_TIME_OF_1970_100NS < INT64_MAX / 100)
        put_field(writer->output, 9, (time - OS_TIME_OF_1970_100NS) * 100);
    if (process_id)
        os_private_mappings(process_id, add_mapping, writer);
    for (size_t i = 0; i < writer->snapshot->site_count; i++)
        put_sample(writer, &writer->snapshot->sites[i]);
    put_mappings(writer);
}

/* ---- gzip ------------------------------------------------------------------------------------ */

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
static void put_gzip(struct output *output, const struct output *plain)
{
    static const char header[] = { 0x1F, (char)0x8B, 8, 0, 0, 0, 0, 0, 0, (char)255 };

    output_add(output, header, sizeof(header));
    for (size_t at = 0; at < plain->size;) {
        size_t size = plain->size - at < 65535 ? plain->size - at : 65535;
        output_add_byte(output, at + size == plain->size);
        put_little_endian(output, size, 2);
        put_little_endian(output, ~size, 2);
        output_add(output, plain->data + at, size);
        at += size;
    }
    put_little_endian(output, crc_of((const unsigned char *)plain->data, plain->size), 4);
    put_little_endian(output, plain->size, 4);
    output->is_lost = output->is_lost || plain->is_lost;
}

/* Most different strings: those written by this file, the names of places and their files, and paths. */
static size_t most_strings(const struct leak_snapshot *snapshot)
{
    size_t places = 0;

    for (size_t i = 0; i < snapshot->site_count; i++)
        places += snapshot->sites[i].caller_count + 1;
    return 64 + MAPPING_LIMIT + 2 * places;
}

void stack_pprof_write(struct output *output, const struct leak_snapshot *snapshot,
                       const struct stack_print_options *options, uint32_t process_id)
{
    struct output plain = { 0 };
    struct writer writer = {
        .snapshot = snapshot,
        .options = options,
        .output = &plain,
        .copy_capacity = most_strings(snapshot),
    };

    writer.copies = calloc(writer.copy_capacity, sizeof(*writer.copies));
    if (writer.copies) {
        put_profile(&writer, process_id);
        put_gzip(output, &plain);
    } else {
        output->is_lost = true;
    }
    for (size_t i = 0; writer.copies && i < writer.strings.count; i++)
        free(writer.copies[i]);
    text_map_release(&writer.strings);
    number_map_release(&writer.locations);
    number_map_release(&writer.functions);
    output_release(&writer.message);
    output_release(&writer.inner);
    output_release(&writer.line);
    output_release(&plain);
    free(writer.copies);
    free(writer.mappings);
}
