/* SPDX-License-Identifier: MIT
 *
 * The walk over a PERF_DATA_BLOCK, or over the objects that a provider's Collect wrote: data block
 * header, objects, counter definitions, instances, counter blocks, raw values. The decoder, the
 * formats and the validator all use it.
 *
 * The bytes are hostile. Every step is limited by the existing bytes, never by a count or a length
 * that they contain. Nothing is copied or allocated. There is one forward pass, so the cost grows
 * linearly. The returned views point into the bytes, which must exist as long as the views.
 *
 * A breach of structure is reported once to `on_breach`. If it returns true, the walk continues
 * with the data that can still be read. A structure that cannot be read ends its level: a bad
 * instance length ends the object's instances, a bad object length the objects. A length that is
 * too large is reduced to the end of the enclosing structure. The validator checks what is readable
 * but wrong: alignment, missing terminators, the order of bases.
 *
 * Rule: PERF_DATA_BLOCK and the structures in it (winperf.h), "Performance Data Format".
 */
#ifndef OBJECT_WALK_H
#define OBJECT_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

/** Bytes of the structures' fixed parts: the minimum of their ByteLength members. */
#define WALK_DATA_BLOCK_SIZE 88u
#define WALK_OBJECT_SIZE 64u
#define WALK_COUNTER_SIZE 40u
#define WALK_INSTANCE_SIZE 24u
#define WALK_COUNTER_BLOCK_SIZE 4u

/** Values of NumInstances that are not a number of instances. */
#define WALK_NO_INSTANCES (-1)
#define WALK_METADATA_MULTIPLE_INSTANCES (-2)
#define WALK_METADATA_NO_INSTANCES (-3)

/** The rules that the walk checks; rules.def describes each under the same id. */
enum walk_rule {
#define WALK_RULE(id) WALK_RULE_##id,
#include "walk_rules.def"
#undef WALK_RULE
};

/** One breach. */
struct walk_breach {
    enum walk_rule rule;
    const char *structure; /* winperf.h's name: "PERF_OBJECT_TYPE" */
    size_t offset;         /* of the member that is wrong, from the start of the bytes */
    const char *message;   /* for people, UTF-8; valid only during the call */
};

/**
 * Called for each breach.
 *
 * @return true: continue with the data that can still be read; false: end the walk
 */
typedef bool walk_on_breach(void *context, const struct walk_breach *breach);

struct object_walk {
    struct span bytes;         /* the walked bytes */
    walk_on_breach *on_breach; /* NULL: continue without a report */
    void *context;
    size_t breach_count;
    bool is_stopped; /* on_breach returned false: every further step returns false */

    /* Internal: the offset of the next object, the number of seen objects, the announced number. */
    size_t next;
    size_t end;
    size_t object_count;
    uint32_t announced_count;
    bool is_count_checked;
    size_t values_named; /* offset + 1 of the object whose values outside a block were all named */
};

/** The data block's header. */
struct walk_data_block {
    uint32_t version, revision;
    uint32_t total_length, header_length; /* as in the header */
    uint32_t object_count;                /* NumObjectTypes, as in the header */
    int32_t default_object;
    uint16_t system_time[8]; /* SYSTEMTIME, UTC: year, month, weekday, day, hour, minute, s, ms */
    int64_t perf_time, perf_freq, time_100ns;
    struct span system_name; /* UTF-16LE bytes, with the terminator if there is one; may be empty */
};

/** One object. */
struct walk_object {
    size_t offset; /* from the start of the bytes */
    size_t size;   /* TotalByteLength, limited by the end of the bytes */
    uint32_t total_length, definition_length, header_length; /* as in the object */
    uint32_t name_index, help_index, detail_level;
    uint32_t counter_count; /* definitions that can be read; <= NumCounters */
    int32_t default_counter;
    int32_t instance_count; /* NumInstances, as in the object: WALK_NO_INSTANCES ... */
    uint32_t code_page;     /* 0: names are UTF-16LE */
    int64_t perf_time, perf_freq;

    /* Internal, for the functions below. */
    struct span definitions; /* PERF_COUNTER_DEFINITIONs, only complete ones */
    size_t data_offset;      /* of the first instance or of the one counter block */
    uint64_t values_end;     /* smallest ByteLength of a block that contains every value */
    size_t widest_counter;   /* offset in `definitions` of the counter whose value ends there */
};

/** One counter definition. */
struct walk_counter {
    size_t offset;     /* from the start of the bytes */
    uint32_t position; /* 0 for the first of the object */
    uint32_t length;   /* ByteLength */
    uint32_t name_index, help_index;
    int32_t default_scale;
    uint32_t detail_level, type;
    uint32_t size;         /* CounterSize, bytes */
    uint32_t value_offset; /* CounterOffset, from the start of the counter block */
};

/** One instance with its counter block; in an object without instances, its only block. */
struct walk_instance {
    size_t offset;       /* of PERF_INSTANCE_DEFINITION, or of the block without one */
    uint32_t position;   /* 0 for the first of the object */
    bool has_definition; /* false in an object without instances: the next five are unused */
    uint32_t length;     /* ByteLength */
    uint32_t parent_object, parent_instance;
    int32_t unique_id;
    struct span name;    /* NameLength bytes, terminator included if there is one; may be empty */
    size_t block_offset; /* of PERF_COUNTER_BLOCK */
    struct span block;   /* its ByteLength, limited by the object's end */
};

/** Forward position in the instances of one object; made by object_walk_begin_instances. */
struct walk_instances {
    size_t next; /* offset of the next instance */
    uint32_t position;
    bool is_at_end;
};

/**
 * Begin with a whole answer: PERF_DATA_BLOCK and the objects after it.
 *
 * @return false if the header cannot be read, or on_breach ended the walk
 */
bool object_walk_begin(struct object_walk *walk, struct span bytes, walk_on_breach *on_breach,
                       void *context, struct walk_data_block *block);

/**
 * Begin with objects only, as Collect writes them. `count` is the value that it returned in
 * lpNumObjectTypes.
 */
void object_walk_begin_objects(struct object_walk *walk, struct span bytes, uint32_t count,
                               walk_on_breach *on_breach, void *context);

/** The next object; false at the end. */
bool object_walk_next(struct object_walk *walk, struct walk_object *object);

/**
 * The next counter definition of an object.
 *
 * @param offset  position, 0 for the first; moved to the next
 * @return false at the end
 */
bool object_walk_next_counter(const struct object_walk *walk, const struct walk_object *object,
                              size_t *offset, struct walk_counter *counter);

/** Begin with an object's first instance. */
void object_walk_begin_instances(const struct walk_object *object,
                                 struct walk_instances *instances);

/**
 * The next instance. An object without instances has one without a definition. An object whose
 * number of instances is 0, or that contains only metadata, has no instance.
 *
 * @return false at the end
 */
bool object_walk_next_instance(struct object_walk *walk, const struct walk_object *object,
                               struct walk_instances *instances, struct walk_instance *instance);

/** Bytes that hold each text of object_walk_counter_name. */
#define WALK_COUNTER_NAME_SIZE 32

/**
 * Write what messages call a counter: "counter 5602" by its title index, or "counter at position 3" if it
 * has no index, like a base.
 */
void object_walk_counter_name(uint32_t name_index, uint32_t position,
                              char name[WALK_COUNTER_NAME_SIZE]);

/** A counter's raw value in a block: CounterSize bytes; empty if they are not inside the block. */
static inline struct span walk_value(const struct walk_instance *instance,
                                     const struct walk_counter *counter)
{
    return span_part(instance->block, counter->value_offset, counter->size);
}

#endif /* OBJECT_WALK_H */
