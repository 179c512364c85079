/* SPDX-License-Identifier: MIT
 *
 * The walk over a data block and its objects. It reads each structure once, compares each length
 * with the enclosing bytes, and reports the first fault. The decoder interprets names, types and
 * values; the validator checks style.
 */
#include "object_walk.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdarg.h>
#include <stdio.h>

#include "printf_like.h"
#include "winperf.h"
#include "winperf_members.h"

static_assert(sizeof(PERF_DATA_BLOCK) == WALK_DATA_BLOCK_SIZE, "see winperf.h");
static_assert(sizeof(PERF_OBJECT_TYPE) == WALK_OBJECT_SIZE, "see winperf.h");
static_assert(sizeof(PERF_COUNTER_DEFINITION) == WALK_COUNTER_SIZE, "see winperf.h");
static_assert(sizeof(PERF_INSTANCE_DEFINITION) == WALK_INSTANCE_SIZE, "see winperf.h");
static_assert(sizeof(PERF_COUNTER_BLOCK) == WALK_COUNTER_BLOCK_SIZE, "see winperf.h");

static const char data_block_name[] = "PERF_DATA_BLOCK";
static const char object_name[] = "PERF_OBJECT_TYPE";
static const char counter_name[] = "PERF_COUNTER_DEFINITION";
static const char instance_name[] = "PERF_INSTANCE_DEFINITION";
static const char block_name[] = "PERF_COUNTER_BLOCK";

/* Report a breach. False if the walk ends. */
PRINTF_LIKE(5, 6)
static bool breach(struct object_walk *walk, enum walk_rule rule, const char *structure,
                   size_t offset, const char *format, ...)
{
    char message[256];
    struct walk_breach found = {
        .rule = rule, .structure = structure, .offset = offset, .message = message
    };
    va_list arguments;

    if (walk->is_stopped)
        return false;
    walk->breach_count++;
    if (!walk->on_breach)
        return true;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    if (!walk->on_breach(walk->context, &found))
        walk->is_stopped = true;
    return !walk->is_stopped;
}

static bool check_header_length(struct object_walk *walk, const struct walk_data_block *block)
{
    if (block->header_length >= WALK_DATA_BLOCK_SIZE && block->header_length <= walk->bytes.size)
        return true;

    breach(walk, WALK_RULE_data_header_length, data_block_name, DATA_BLOCK_MEMBER(HeaderLength),
           "HeaderLength is %" PRIu32
           ": it must be at least %u and at most the %zu bytes there are",
           block->header_length, WALK_DATA_BLOCK_SIZE, walk->bytes.size);
    return false;
}

static bool check_total_length(struct object_walk *walk, const struct walk_data_block *block)
{
    walk->end = walk->bytes.size;
    if (block->total_length == walk->bytes.size)
        return true;
    if (block->total_length > walk->bytes.size)
        return breach(walk, WALK_RULE_data_total_length, data_block_name,
                      DATA_BLOCK_MEMBER(TotalByteLength),
                      "TotalByteLength is %" PRIu32 ", but there are only %zu bytes",
                      block->total_length, walk->bytes.size);
    if (block->total_length < block->header_length)
        return breach(walk, WALK_RULE_data_total_length, data_block_name,
                      DATA_BLOCK_MEMBER(TotalByteLength),
                      "TotalByteLength is %" PRIu32 ", less than HeaderLength %" PRIu32,
                      block->total_length, block->header_length);

    walk->end = block->total_length;
    return breach(walk, WALK_RULE_data_total_length, data_block_name,
                  DATA_BLOCK_MEMBER(TotalByteLength),
                  "TotalByteLength is %" PRIu32 ", but there are %zu bytes", block->total_length,
                  walk->bytes.size);
}

static bool read_system_name(struct object_walk *walk, struct walk_data_block *block)
{
    const unsigned char *at = walk->bytes.data;
    const uint32_t length = read_u32(at + DATA_BLOCK_MEMBER(SystemNameLength));
    const uint32_t offset = read_u32(at + DATA_BLOCK_MEMBER(SystemNameOffset));
    const struct span header = { at, block->header_length };

    block->system_name = span_part(header, offset, length);
    if (block->system_name.data || length == 0)
        return true;
    return breach(walk, WALK_RULE_data_system_name, data_block_name,
                  DATA_BLOCK_MEMBER(SystemNameLength),
                  "the system name (%" PRIu32 " bytes at %" PRIu32
                  ") does not lie inside the header's %" PRIu32 " bytes",
                  length, offset, block->header_length);
}

/* Whether the lengths at this place could be those of an object. */
static bool looks_like_object(struct span bytes, size_t offset)
{
    const unsigned char *at = span_at(bytes, offset, WALK_OBJECT_SIZE);

    return at &&
           read_u32(at + OBJECT_MEMBER(TotalByteLength)) >=
               read_u32(at + OBJECT_MEMBER(DefinitionLength)) &&
           read_u32(at + OBJECT_MEMBER(TotalByteLength)) <= bytes.size - offset &&
           read_u32(at + OBJECT_MEMBER(DefinitionLength)) >=
               read_u32(at + OBJECT_MEMBER(HeaderLength)) &&
           read_u32(at + OBJECT_MEMBER(HeaderLength)) >= WALK_OBJECT_SIZE;
}

/* Wine (up to 8.0 at least) places the objects too far by the size of a header, and does not count
   this gap in TotalByteLength. */
static bool find_first_object(struct object_walk *walk, const struct walk_data_block *block)
{
    walk->next = block->header_length;
    walk->announced_count = block->object_count;
    if (!block->object_count || looks_like_object(walk->bytes, walk->next) ||
        !looks_like_object(walk->bytes, walk->next + WALK_DATA_BLOCK_SIZE))
        return true;

    walk->next += WALK_DATA_BLOCK_SIZE;
    walk->end = walk->bytes.size - walk->end < WALK_DATA_BLOCK_SIZE
                    ? walk->bytes.size
                    : walk->end + WALK_DATA_BLOCK_SIZE;
    return breach(walk, WALK_RULE_data_shifted, data_block_name, DATA_BLOCK_MEMBER(HeaderLength),
                  "the first object is %u bytes after the place that HeaderLength %" PRIu32
                  " gives: this is Wine's RegQueryValueEx, not the provider",
                  WALK_DATA_BLOCK_SIZE, block->header_length);
}

bool object_walk_begin(struct object_walk *walk, struct span bytes, walk_on_breach *on_breach,
                       void *context, struct walk_data_block *block)
{
    static const unsigned char signature[8] = { 'P', 0, 'E', 0, 'R', 0, 'F', 0 };
    const unsigned char *at = span_at(bytes, 0, WALK_DATA_BLOCK_SIZE);
    struct walk_data_block read = { 0 };

    *walk = (struct object_walk){ .bytes = bytes, .on_breach = on_breach, .context = context };
    if (!at) {
        breach(walk, WALK_RULE_data_header, data_block_name, 0,
               "there are only %zu bytes: the header alone has %u", bytes.size,
               WALK_DATA_BLOCK_SIZE);
        return false;
    }

    if (memcmp(at, signature, sizeof(signature)) != 0 &&
        !breach(walk, WALK_RULE_data_header, data_block_name, 0,
                "Signature is not \"PERF\" in UTF-16: is this an answer of HKEY_PERFORMANCE_DATA?"))
        return false;
    if (read_u32(at + DATA_BLOCK_MEMBER(LittleEndian)) != 1 &&
        !breach(walk, WALK_RULE_data_header, data_block_name, DATA_BLOCK_MEMBER(LittleEndian),
                "LittleEndian is %" PRIu32 ": only little-endian data (1) can be read",
                read_u32(at + DATA_BLOCK_MEMBER(LittleEndian))))
        return false;

    read.version = read_u32(at + DATA_BLOCK_MEMBER(Version));
    read.revision = read_u32(at + DATA_BLOCK_MEMBER(Revision));
    read.total_length = read_u32(at + DATA_BLOCK_MEMBER(TotalByteLength));
    read.header_length = read_u32(at + DATA_BLOCK_MEMBER(HeaderLength));
    read.object_count = read_u32(at + DATA_BLOCK_MEMBER(NumObjectTypes));
    read.default_object = (int32_t)read_u32(at + DATA_BLOCK_MEMBER(DefaultObject));
    memcpy(read.system_time, at + DATA_BLOCK_MEMBER(SystemTime), sizeof(read.system_time));
    read.perf_time = (int64_t)read_u64(at + DATA_BLOCK_MEMBER(PerfTime));
    read.perf_freq = (int64_t)read_u64(at + DATA_BLOCK_MEMBER(PerfFreq));
    read.time_100ns = (int64_t)read_u64(at + DATA_BLOCK_MEMBER(PerfTime100nSec));
    if (!check_header_length(walk, &read) || !check_total_length(walk, &read) ||
        !read_system_name(walk, &read) || !find_first_object(walk, &read))
        return false;
    *block = read;
    return true;
}

void object_walk_begin_objects(struct object_walk *walk, struct span bytes, uint32_t count,
                               walk_on_breach *on_breach, void *context)
{
    *walk = (struct object_walk){ .bytes = bytes,
                                  .on_breach = on_breach,
                                  .context = context,
                                  .end = bytes.size,
                                  .announced_count = count };
}

/* At the end of the objects: compare their number with the announced number. */
static void check_count(struct object_walk *walk)
{
    if (walk->is_count_checked)
        return;
    walk->is_count_checked = true;
    if (walk->object_count != walk->announced_count)
        breach(walk, WALK_RULE_object_count, data_block_name, walk->next,
               "%" PRIu32 " objects were announced, the bytes hold %zu", walk->announced_count,
               walk->object_count);
}

/* Find how many definitions can be read, where they end, and how long a block must be for them. */
static void measure_definitions(struct object_walk *walk, struct walk_object *object,
                                uint32_t announced)
{
    const size_t start = object->offset + object->header_length;
    const struct span bytes = { walk->bytes.data + start,
                                object->definition_length - object->header_length };
    size_t offset = 0;
    uint32_t count = 0;
    bool is_whole = true;

    while (count < announced) {
        const unsigned char *at = span_at(bytes, offset, WALK_COUNTER_SIZE);

        if (!at) {
            is_whole = false;
            breach(walk, WALK_RULE_counter_count, object_name,
                   object->offset + OBJECT_MEMBER(NumCounters),
                   "NumCounters is %" PRIu32 ", but DefinitionLength %" PRIu32
                   " has space for only %" PRIu32,
                   announced, object->definition_length, count);
            break;
        }

        const uint32_t length = read_u32(at + COUNTER_MEMBER(ByteLength));
        const uint64_t end = (uint64_t)read_u32(at + COUNTER_MEMBER(CounterSize)) +
                             read_u32(at + COUNTER_MEMBER(CounterOffset));

        if (length < WALK_COUNTER_SIZE || length > bytes.size - offset) {
            is_whole = false;
            breach(walk, WALK_RULE_counter_definition_length, counter_name, start + offset,
                   "ByteLength is %" PRIu32 ": it must be at least %u and at most the "
                   "%zu bytes left of DefinitionLength",
                   length, WALK_COUNTER_SIZE, bytes.size - offset);
            break;
        }
        if (read_u32(at + COUNTER_MEMBER(CounterSize)) > 0 &&
            read_u32(at + COUNTER_MEMBER(CounterOffset)) < WALK_COUNTER_BLOCK_SIZE) {
            breach(walk, WALK_RULE_counter_offset, counter_name,
                   start + offset + COUNTER_MEMBER(CounterOffset),
                   "CounterOffset is %" PRIu32
                   ": the first %u bytes of a counter block are its ByteLength",
                   read_u32(at + COUNTER_MEMBER(CounterOffset)), WALK_COUNTER_BLOCK_SIZE);
        }
        if (end > object->values_end) {
            object->values_end = end;
            object->widest_counter = offset;
        }
        offset += length;
        count++;
    }
    object->counter_count = count;
    object->definitions = (struct span){ bytes.data, offset };
    if (is_whole && count == announced && offset != bytes.size)
        breach(walk, WALK_RULE_definition_length, object_name,
               object->offset + OBJECT_MEMBER(DefinitionLength),
               "the %" PRIu32 " counter definitions end at %zu, DefinitionLength says "
               "%" PRIu32,
               count, object->header_length + offset, object->definition_length);
}

static bool check_lengths(struct object_walk *walk, struct walk_object *object)
{
    if (object->header_length < WALK_OBJECT_SIZE || object->header_length > object->size) {
        breach(walk, WALK_RULE_header_length, object_name,
               object->offset + OBJECT_MEMBER(HeaderLength),
               "HeaderLength is %" PRIu32 ": it must be at least %u and at most the object's %zu "
               "bytes",
               object->header_length, WALK_OBJECT_SIZE, object->size);
        return false;
    }
    if (object->definition_length < object->header_length ||
        object->definition_length > object->size) {
        breach(walk, WALK_RULE_definition_length, object_name,
               object->offset + OBJECT_MEMBER(DefinitionLength),
               "DefinitionLength is %" PRIu32 ": it must be at least HeaderLength %" PRIu32
               " and at most the object's %zu bytes",
               object->definition_length, object->header_length, object->size);
        return false;
    }
    return true;
}

/* An object with instances ends where the last instance ends; object_walk_next_instance checks that. An
   object without instances must not end before its definitions. Spare bytes after them are
   harmless. */
static bool check_instance_count(struct object_walk *walk, const struct walk_object *object)
{
    if (object->instance_count >= WALK_METADATA_NO_INSTANCES)
        return true;
    return breach(walk, WALK_RULE_instance_count, object_name,
                  object->offset + OBJECT_MEMBER(NumInstances),
                  "NumInstances is %" PRId32 ": negative numbers other than -1, -2 and -3 mean "
                  "nothing",
                  object->instance_count);
}

/* The size of the object: TotalByteLength, limited by the existing bytes. */
static bool check_size(struct object_walk *walk, struct walk_object *object)
{
    const size_t left = walk->end - object->offset;

    object->size = object->total_length;
    if (object->total_length >= WALK_OBJECT_SIZE && object->total_length <= left)
        return true;

    object->size = left;
    return breach(walk, WALK_RULE_object_length, object_name, object->offset,
                  "TotalByteLength is %" PRIu32
                  ": it must be at least %u and at most the %zu bytes "
                  "that are left",
                  object->total_length, WALK_OBJECT_SIZE, left);
}

bool object_walk_next(struct object_walk *walk, struct walk_object *object)
{
    const struct span bytes = { walk->bytes.data, walk->end };
    const unsigned char *at;
    struct walk_object read = { .offset = walk->next };

    if (walk->is_stopped)
        return false;
    if (walk->next == walk->end) {
        check_count(walk);
        return false;
    }
    at = span_at(bytes, walk->next, WALK_OBJECT_SIZE);
    if (!at) {
        if (breach(walk, WALK_RULE_object_length, object_name, walk->next,
                   "only %zu bytes are left: an object has at least %u", walk->end - walk->next,
                   WALK_OBJECT_SIZE))
            check_count(walk);
        walk->next = walk->end;
        return false;
    }

    read.total_length = read_u32(at + OBJECT_MEMBER(TotalByteLength));
    read.definition_length = read_u32(at + OBJECT_MEMBER(DefinitionLength));
    read.header_length = read_u32(at + OBJECT_MEMBER(HeaderLength));
    read.name_index = read_u32(at + OBJECT_MEMBER(ObjectNameTitleIndex));
    read.help_index = read_u32(at + OBJECT_MEMBER(ObjectHelpTitleIndex));
    read.detail_level = read_u32(at + OBJECT_MEMBER(DetailLevel));
    read.default_counter = (int32_t)read_u32(at + OBJECT_MEMBER(DefaultCounter));
    read.instance_count = (int32_t)read_u32(at + OBJECT_MEMBER(NumInstances));
    read.code_page = read_u32(at + OBJECT_MEMBER(CodePage));
    read.perf_time = (int64_t)read_u64(at + OBJECT_MEMBER(PerfTime));
    read.perf_freq = (int64_t)read_u64(at + OBJECT_MEMBER(PerfFreq));
    if (!check_size(walk, &read))
        return false;

    walk->next += read.size;
    walk->object_count++;
    read.definitions.data = at;
    read.data_offset = read.offset + read.size;
    if (check_lengths(walk, &read)) {
        read.data_offset = read.offset + read.definition_length;
        measure_definitions(walk, &read, read_u32(at + OBJECT_MEMBER(NumCounters)));
    }
    if (!walk->is_stopped)
        check_instance_count(walk, &read);
    if (walk->is_stopped)
        return false;
    *object = read;
    return true;
}

bool object_walk_next_counter(const struct object_walk *walk, const struct walk_object *object,
                              size_t *offset, struct walk_counter *counter)
{
    const unsigned char *at = span_at(object->definitions, *offset, WALK_COUNTER_SIZE);
    const uint32_t position = *offset ? counter->position + 1 : 0;

    if (!at)
        return false;

    *counter = (struct walk_counter){
        .offset = (size_t)(at - walk->bytes.data),
        .position = position,
        .length = read_u32(at + COUNTER_MEMBER(ByteLength)),
        .name_index = read_u32(at + COUNTER_MEMBER(CounterNameTitleIndex)),
        .help_index = read_u32(at + COUNTER_MEMBER(CounterHelpTitleIndex)),
        .default_scale = (int32_t)read_u32(at + COUNTER_MEMBER(DefaultScale)),
        .detail_level = read_u32(at + COUNTER_MEMBER(DetailLevel)),
        .type = read_u32(at + COUNTER_MEMBER(CounterType)),
        .size = read_u32(at + COUNTER_MEMBER(CounterSize)),
        .value_offset = read_u32(at + COUNTER_MEMBER(CounterOffset)),
    };
    *offset += counter->length;
    return true;
}

void object_walk_begin_instances(const struct walk_object *object, struct walk_instances *instances)
{
    *instances = (struct walk_instances){ .next = object->data_offset };
}

/* Read the counter block at `offset`. False if it cannot be read at all. */
static bool read_block(struct object_walk *walk, const struct walk_object *object, size_t offset,
                       struct walk_instance *instance)
{
    const size_t end = object->offset + object->size;
    const struct span bytes = { walk->bytes.data, end };
    const unsigned char *at = span_at(bytes, offset, WALK_COUNTER_BLOCK_SIZE);
    uint32_t length;

    instance->block_offset = offset;
    instance->block = (struct span){ walk->bytes.data, 0 };
    if (!at) {
        breach(walk,
               instance->has_definition ? WALK_RULE_block_length : WALK_RULE_no_instances_block,
               block_name, offset, "the object ends at %zu: there is no space for a counter block",
               end);
        return false;
    }
    length = read_u32(at);
    if (length >= WALK_COUNTER_BLOCK_SIZE && length <= end - offset) {
        instance->block = (struct span){ at, length };
        return true;
    }

    instance->block = (struct span){ at, length < WALK_COUNTER_BLOCK_SIZE ? 0 : end - offset };
    breach(walk, WALK_RULE_block_length, block_name, offset,
           "ByteLength is %" PRIu32
           ": it must be at least %u and at most the %zu bytes left of the "
           "object",
           length, WALK_COUNTER_BLOCK_SIZE, end - offset);
    return false;
}

static bool name_value(struct object_walk *walk, const struct walk_counter *counter,
                       const struct walk_instance *instance)
{
    return breach(walk, WALK_RULE_counter_offset, counter_name,
                  counter->offset + COUNTER_MEMBER(CounterOffset),
                  "CounterOffset %" PRIu32 " and CounterSize %" PRIu32
                  " reach outside the counter block at %zu, which has %zu bytes",
                  counter->value_offset, counter->size, instance->block_offset,
                  instance->block.size);
}

/* Check that every value is inside the block. Of the object's first block that is too short, all values
   outside it are named. Of its other blocks only the value that reaches farthest is named, so that the
   cost stays linear. */
static bool check_values(struct object_walk *walk, const struct walk_object *object,
                         const struct walk_instance *instance)
{
    struct walk_counter counter = { 0 };
    size_t offset = object->widest_counter;

    if (instance->block.size >= object->values_end || instance->block.size == 0 ||
        !object_walk_next_counter(walk, object, &offset, &counter))
        return true;
    if (!walk->on_breach || walk->values_named == object->offset + 1)
        return name_value(walk, &counter, instance);
    walk->values_named = object->offset + 1;
    offset = 0;
    while (object_walk_next_counter(walk, object, &offset, &counter))
        if ((uint64_t)counter.value_offset + counter.size > instance->block.size &&
            !name_value(walk, &counter, instance))
            return false;
    return true;
}

static bool read_definition(struct object_walk *walk, const struct walk_object *object,
                            size_t offset, struct walk_instance *instance)
{
    const size_t end = object->offset + object->size;
    const struct span bytes = { walk->bytes.data, end };
    const unsigned char *at = span_at(bytes, offset, WALK_INSTANCE_SIZE);
    uint32_t name_offset, name_length;

    if (!at) {
        breach(walk, WALK_RULE_instance_count, object_name,
               object->offset + OBJECT_MEMBER(NumInstances),
               "NumInstances is %" PRId32 ", but the object's bytes hold only %" PRIu32,
               object->instance_count, instance->position);
        return false;
    }
    instance->has_definition = true;
    instance->length = read_u32(at + INSTANCE_MEMBER(ByteLength));
    instance->parent_object = read_u32(at + INSTANCE_MEMBER(ParentObjectTitleIndex));
    instance->parent_instance = read_u32(at + INSTANCE_MEMBER(ParentObjectInstance));
    instance->unique_id = (int32_t)read_u32(at + INSTANCE_MEMBER(UniqueID));
    if (instance->length < WALK_INSTANCE_SIZE || instance->length > end - offset) {
        breach(walk, WALK_RULE_instance_length, instance_name, offset,
               "ByteLength is %" PRIu32
               ": it must be at least %u and at most the %zu bytes left of "
               "the object",
               instance->length, WALK_INSTANCE_SIZE, end - offset);
        return false;
    }

    name_offset = read_u32(at + INSTANCE_MEMBER(NameOffset));
    name_length = read_u32(at + INSTANCE_MEMBER(NameLength));
    instance->name = span_part((struct span){ at, instance->length }, name_offset, name_length);
    if (name_length == 0 || (instance->name.data && name_offset >= WALK_INSTANCE_SIZE))
        return true;
    return breach(walk, WALK_RULE_name_place, instance_name, offset + INSTANCE_MEMBER(NameOffset),
                  "the name (%" PRIu32 " bytes at %" PRIu32
                  ") does not lie between the definition's "
                  "%u bytes and its ByteLength %" PRIu32,
                  name_length, name_offset, WALK_INSTANCE_SIZE, instance->length);
}

/* Check that the object ends after its last instance. Spare bytes after a single counter block are
   harmless. */
static void check_end(struct object_walk *walk, const struct walk_object *object,
                      const struct walk_instances *instances)
{
    if (object->instance_count > 0 && instances->next != object->offset + object->size)
        breach(
            walk, WALK_RULE_instance_walk, object_name, object->offset,
            "the last instance ends at %zu, but TotalByteLength says that the object ends at %zu",
            instances->next - object->offset, object->size);
}

bool object_walk_next_instance(struct object_walk *walk, const struct walk_object *object,
                               struct walk_instances *instances, struct walk_instance *instance)
{
    struct walk_instance read = { .offset = instances->next, .position = instances->position };
    const uint32_t count = object->instance_count == WALK_NO_INSTANCES ? 1
                           : object->instance_count > 0 ? (uint32_t)object->instance_count
                                                        : 0;

    if (walk->is_stopped || instances->is_at_end)
        return false;
    if (instances->position == count) {
        instances->is_at_end = true;
        check_end(walk, object, instances);
        return false;
    }

    if (object->instance_count != WALK_NO_INSTANCES &&
        !read_definition(walk, object, instances->next, &read)) {
        instances->is_at_end = true;
        return false;
    }
    if (!read_block(walk, object, instances->next + read.length, &read))
        instances->is_at_end = true;
    if (walk->is_stopped || !check_values(walk, object, &read))
        return false;

    instances->next = read.block_offset + read.block.size;
    instances->position++;
    *instance = read;
    return true;
}

void object_walk_counter_name(uint32_t name_index, uint32_t position,
                              char name[WALK_COUNTER_NAME_SIZE])
{
    if (name_index)
        snprintf(name, WALK_COUNTER_NAME_SIZE, "counter %" PRIu32, name_index);
    else
        snprintf(name, WALK_COUNTER_NAME_SIZE, "counter at position %" PRIu32, position);
}
