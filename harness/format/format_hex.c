/* SPDX-License-Identifier: MIT
 *
 * Writes offsets, bytes and what they are: one line for each member of a structure, sixteen bytes
 * to a line for everything else.
 */
#include "format_writers.h"

#include <inttypes.h>
#include <stdio.h>

#include "format_text.h"
#include "utf8.h"

/* A member of a structure. One without a name is padding. */
struct member {
    const char *name;
    uint8_t offset, size;
    bool is_signed;
};

static const struct member data_block_members[] = {
    { "Signature", 0, 8, false },         { "LittleEndian", 8, 4, false },
    { "Version", 12, 4, false },          { "Revision", 16, 4, false },
    { "TotalByteLength", 20, 4, false },  { "HeaderLength", 24, 4, false },
    { "NumObjectTypes", 28, 4, false },   { "DefaultObject", 32, 4, true },
    { "SystemTime", 36, 16, false },      { "(padding)", 52, 4, false },
    { "PerfTime", 56, 8, true },          { "PerfFreq", 64, 8, true },
    { "PerfTime100nSec", 72, 8, true },   { "SystemNameLength", 80, 4, false },
    { "SystemNameOffset", 84, 4, false }, { NULL, 88, 0, false },
};

static const struct member object_members[] = {
    { "TotalByteLength", 0, 4, false },
    { "DefinitionLength", 4, 4, false },
    { "HeaderLength", 8, 4, false },
    { "ObjectNameTitleIndex", 12, 4, false },
    { "ObjectNameTitle", 16, 4, false },
    { "ObjectHelpTitleIndex", 20, 4, false },
    { "ObjectHelpTitle", 24, 4, false },
    { "DetailLevel", 28, 4, false },
    { "NumCounters", 32, 4, false },
    { "DefaultCounter", 36, 4, true },
    { "NumInstances", 40, 4, true },
    { "CodePage", 44, 4, false },
    { "PerfTime", 48, 8, true },
    { "PerfFreq", 56, 8, true },
    { NULL, 64, 0, false },
};

static const struct member counter_members[] = {
    { "ByteLength", 0, 4, false },
    { "CounterNameTitleIndex", 4, 4, false },
    { "CounterNameTitle", 8, 4, false },
    { "CounterHelpTitleIndex", 12, 4, false },
    { "CounterHelpTitle", 16, 4, false },
    { "DefaultScale", 20, 4, true },
    { "DetailLevel", 24, 4, false },
    { "CounterType", 28, 4, false },
    { "CounterSize", 32, 4, false },
    { "CounterOffset", 36, 4, false },
    { NULL, 40, 0, false },
};

static const struct member instance_members[] = {
    { "ByteLength", 0, 4, false },
    { "ParentObjectTitleIndex", 4, 4, false },
    { "ParentObjectInstance", 8, 4, false },
    { "UniqueID", 12, 4, true },
    { "NameOffset", 16, 4, false },
    { "NameLength", 20, 4, false },
    { NULL, 24, 0, false },
};

static const struct member block_members[] = {
    { "ByteLength", 0, 4, false },
    { NULL, 4, 0, false },
};

struct hex {
    struct output *output;
    struct span bytes;
    size_t next; /* everything before this offset has been written */
};

/* Add up to sixteen bytes and a remark. */
static void add_line(struct hex *hex, size_t offset, size_t size, const char *remark)
{
    output_add_format(hex->output, "%08zx ", offset);
    for (size_t i = 0; i < 16; i++)
        if (i < size)
            output_add_format(hex->output, " %02x", hex->bytes.data[offset + i]);
        else
            output_add_text(hex->output, *remark ? "   " : "");
    if (*remark)
        output_add_format(hex->output, "  %s", remark);
    output_add_byte(hex->output, '\n');
}

/* Add the bytes up to `end` that no structure claims, with the remark after the first line. */
static void add_bytes(struct hex *hex, size_t end, const char *remark)
{
    while (hex->next < end) {
        const size_t size = end - hex->next < 16 ? end - hex->next : 16;

        add_line(hex, hex->next, size, remark);
        remark = "";
        hex->next += size;
    }
}

static void add_heading(struct hex *hex, size_t offset, const char *structure, const char *name)
{
    add_bytes(hex, offset, "(not part of any structure)");
    output_add_format(hex->output, "\n%s", structure);
    if (name && *name) {
        output_add_text(hex->output, "  ");
        utf8_add_safe(hex->output, name, SIZE_MAX);
    }
    output_add_byte(hex->output, '\n');
}

static void add_members(struct hex *hex, size_t offset, const struct member *members)
{
    for (; members->name; members++) {
        const unsigned char *at = span_at(hex->bytes, offset + members->offset, members->size);
        char remark[128];

        if (!at)
            break;
        if (members->size == 4 && members->is_signed)
            snprintf(remark, sizeof(remark), "%-22s %" PRId32, members->name,
                     (int32_t)read_u32(at));
        else if (members->size == 4)
            snprintf(remark, sizeof(remark), "%-22s %" PRIu32, members->name, read_u32(at));
        else if (members->size == 8 && members->is_signed)
            snprintf(remark, sizeof(remark), "%-22s %" PRId64, members->name,
                     (int64_t)read_u64(at));
        else if (members->size == 16)
            snprintf(remark, sizeof(remark), "%-22s %04u-%02u-%02u %02u:%02u:%02u.%03u",
                     members->name, read_u16(at), read_u16(at + 2), read_u16(at + 6),
                     read_u16(at + 8), read_u16(at + 10), read_u16(at + 12), read_u16(at + 14));
        else
            snprintf(remark, sizeof(remark), "%s", members->name);
        add_line(hex, offset + members->offset, members->size, remark);
        hex->next = offset + members->offset + members->size;
    }
}

static void add_instance(struct hex *hex, struct decoder *decoder,
                         const struct decoded_object *object,
                         const struct decoded_instance *instance)
{
    const struct walk_instance *definition = &instance->definition;
    const size_t end = definition->block_offset + definition->block.size;

    if (definition->has_definition) {
        add_heading(hex, definition->offset, "PERF_INSTANCE_DEFINITION", instance->name);
        add_members(hex, definition->offset, instance_members);
        add_bytes(hex, definition->block_offset, "name and padding");
    }
    add_heading(hex, definition->block_offset, "PERF_COUNTER_BLOCK", NULL);
    add_members(hex, definition->block_offset, block_members);
    for (size_t i = 0; i < object->counter_count; i++) {
        const struct decoded_counter *counter = &object->counters[i];
        const struct span value = decoder_value(decoder, i);
        const size_t offset = (size_t)(value.data - hex->bytes.data);
        struct output remark = { 0 };

        if (!value.size || offset < hex->next)
            continue;
        add_bytes(hex, offset, "padding");
        format_text_add_title(&remark, counter->name, counter->definition.name_index);
        output_add_text(&remark, " = ");
        format_text_add_value(&remark, decoder, object, i, false);
        if (!remark.is_lost) {
            struct output safe = { 0 };

            utf8_add_safe(&safe, remark.data, SIZE_MAX);
            add_bytes(hex, offset + value.size, safe.data ? safe.data : "");
            output_release(&safe);
        }
        output_release(&remark);
    }
    add_bytes(hex, end, "padding");
}

DWORD format_hex_write(struct output *output, const struct decoder_input *input,
                       const struct format_options *options)
{
    struct hex hex = { output, input->newer, 0 };
    const struct decoded_object *object;
    const struct decoded_instance *instance;
    struct decoder_input all = *input;
    struct decoder *decoder;
    DWORD error;

    (void)options;
    all.path_count = 0; /* all bytes are shown, in their order */
    error = decoder_open(&decoder, &all);
    if (error)
        return error;

    output_add_text(output, "PERF_DATA_BLOCK\n");
    add_members(&hex, 0, data_block_members);
    add_bytes(&hex, decoder_header(decoder)->header_length, "system name and padding");
    while ((object = decoder_next_object(decoder))) {
        const size_t end = object->definition.offset + object->definition.size;

        add_heading(&hex, object->definition.offset, "PERF_OBJECT_TYPE", object->name);
        add_members(&hex, object->definition.offset, object_members);
        for (size_t i = 0; i < object->counter_count; i++) {
            const struct decoded_counter *counter = &object->counters[i];

            add_heading(&hex, counter->definition.offset, "PERF_COUNTER_DEFINITION", counter->name);
            add_members(&hex, counter->definition.offset, counter_members);
            if (counter->type) {
                output->size--; /* remove the end of the line that follows CounterOffset */
                output_add_format(output, "   %s\n", counter->type->name);
            }
        }
        while ((instance = decoder_next_instance(decoder)))
            add_instance(&hex, decoder, object, instance);
        add_bytes(&hex, end, "(not part of any structure)");
    }
    error = decoder_error(decoder);
    decoder_close(decoder);
    add_bytes(&hex, input->newer.size, "(not part of any structure)");
    return error ? error : output->is_lost ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}
