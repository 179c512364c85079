/* SPDX-License-Identifier: MIT
 *
 * The one walk over a PERF_DATA_BLOCK, or over the objects that a provider's Collect wrote: data
 * block header, objects, counter definitions, instances, counter blocks, raw values. The decoder,
 * the formats and the validator all go through it.
 *
 * The bytes are hostile. Every step is bounded by the bytes that are there, never by a count or a
 * length found in them; nothing is copied, nothing is allocated; one forward pass, so 100 MB are as
 * easy as 100 bytes. Views point into the bytes, which must outlive them.
 *
 * A breach of structure goes to `on_breach`, once, where the walk meets it. If that says "go on",
 * the walk continues with what can still be read: a structure that cannot be read ends the level
 * that it belongs to (a bad instance length ends the object's instances, a bad object length the
 * objects), a length that reaches too far is cut at the end of what encloses it. What is read
 * right but not as it should be (alignment, missing terminators, order of bases) is the
 * validator's.
 *
 * Rule: PERF_DATA_BLOCK and the structures in it (winperf.h), "Performance Data Format".
 */
#ifndef OBJECT_WALK_H
#define OBJECT_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

/** Bytes of the structures' fixed parts: the least that ByteLength members may say. */
#define WALK_DATA_BLOCK_SIZE 88u
#define WALK_OBJECT_SIZE 64u
#define WALK_COUNTER_SIZE 40u
#define WALK_INSTANCE_SIZE 24u
#define WALK_COUNTER_BLOCK_SIZE 4u

/** NumInstances that are no number of instances. */
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
    const char *message;   /* for people, UTF-8; valid during the call */
};

/**
 * Told of each breach.
 *
 * @return true: go on with what can still be read; false: the walk ends here
 */
typedef bool walk_on_breach(void *context, const struct walk_breach *breach);

struct object_walk {
    struct span bytes;         /* what is walked */
    walk_on_breach *on_breach; /* NULL: go on, silently */
    void *context;
    size_t breach_count;
    bool is_stopped; /* on_breach said so: every further step returns false */

    /* The walk's own: where the next object is, how many were seen, how many were announced. */
    size_t next;
    size_t end;
    size_t object_count;
    uint32_t announced_count;
    bool is_count_checked;
};

/** The data block's header. */
struct walk_data_block {
    uint32_t version, revision;
    uint32_t total_length, header_length; /* as they stand */
    uint32_t object_count;                /* NumObjectTypes, as it stands */
    int32_t default_object;
    uint16_t system_time[8]; /* SYSTEMTIME, UTC: year, month, weekday, day, hour, minute, s, ms */
    int64_t perf_time, perf_freq, time_100ns;
    struct span system_name; /* UTF-16LE bytes, with the terminator if there is one; may be empty */
};

/** One object. */
struct walk_object {
    size_t offset; /* from the start of the bytes */
    size_t size;   /* TotalByteLength, cut at the end of the bytes */
    uint32_t total_length, definition_length, header_length; /* as they stand */
    uint32_t name_index, help_index, detail_level;
    uint32_t counter_count; /* definitions that can be read; <= NumCounters */
    int32_t default_counter;
    int32_t instance_count; /* NumInstances, as it stands: WALK_NO_INSTANCES ... */
    uint32_t code_page;     /* 0: names are UTF-16LE */
    int64_t perf_time, perf_freq;

    /* For the functions below. */
    struct span definitions; /* PERF_COUNTER_DEFINITIONs, whole ones only */
    size_t data_offset;      /* of the first instance or of the one counter block */
    uint64_t values_end;     /* least ByteLength of a block that holds every counter's value */
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

/** One instance with its counter block; of an object without instances, the one block it has. */
struct walk_instance {
    size_t offset;       /* of PERF_INSTANCE_DEFINITION, or of the block when there is none */
    uint32_t position;   /* 0 for the first of the object */
    bool has_definition; /* false in an object without instances: the next five mean nothing */
    uint32_t length;     /* ByteLength */
    uint32_t parent_object, parent_instance;
    int32_t unique_id;
    struct span name;    /* NameLength bytes, terminator included if there is one; may be empty */
    size_t block_offset; /* of PERF_COUNTER_BLOCK */
    struct span block;   /* ByteLength of it, cut at the object's end */
};

/** Forward position in the instances of one object; made by walk_instances_begin. */
struct walk_instances {
    size_t next; /* offset of the next instance */
    uint32_t position;
    bool is_at_end;
};

/**
 * Begin with a whole answer: PERF_DATA_BLOCK and what follows it.
 *
 * @return false when there is no header that can be read, or a breach stopped the walk
 */
bool object_walk_begin(struct object_walk *walk, struct span bytes, walk_on_breach *on_breach,
                       void *context, struct walk_data_block *block);

/** Begin with objects only, as Collect writes them; `count` is what it said in lpNumObjectTypes. */
void object_walk_begin_objects(struct object_walk *walk, struct span bytes, uint32_t count,
                               walk_on_breach *on_breach, void *context);

/** The next object; false at the end. */
bool object_walk_next(struct object_walk *walk, struct walk_object *object);

/**
 * The next counter definition of an object.
 *
 * @param offset  position, 0 for the first; moved on
 * @return false at the end
 */
bool walk_next_counter(const struct object_walk *walk, const struct walk_object *object,
                       size_t *offset, struct walk_counter *counter);

/** Begin with an object's first instance. */
void walk_instances_begin(const struct walk_object *object, struct walk_instances *instances);

/**
 * The next instance. An object without instances has one, without definition; one that has none
 * now (0) or tells only of itself (metadata) has none.
 *
 * @return false at the end
 */
bool walk_next_instance(struct object_walk *walk, const struct walk_object *object,
                        struct walk_instances *instances, struct walk_instance *instance);

/** A counter's raw value in a block: CounterSize bytes; empty when they do not lie inside it. */
static inline struct span walk_value(const struct walk_instance *instance,
                                     const struct walk_counter *counter)
{
    return span_part(instance->block, counter->value_offset, counter->size);
}

#endif /* OBJECT_WALK_H */
