/* SPDX-License-Identifier: MIT
 *
 * Marks what an answer uses; the remaining bytes are padding. No reader uses ObjectNameTitle and
 * ObjectHelpTitle, and only counters of object time use an object's times.
 */
#include "answer_map.h"

#include <string.h>

#include "object_walk.h"
#include "winperf.h"
#include "winperf_members.h"

#define TIMER_BITS 0x00300000u /* of a counter type: which clock its formula uses (winperf.h) */

static void mark(struct span bytes, unsigned char *map, size_t offset, size_t size,
                 enum answer_byte kind)
{
    if (span_at(bytes, offset, size))
        memset(map + offset, (int)kind, size);
}

static void map_object(const struct object_walk *walk, const struct walk_object *object,
                       unsigned char *map)
{
    struct walk_counter counter;
    size_t offset = 0;
    bool uses_time = false;

    mark(walk->bytes, map, object->offset, 16, ANSWER_STRUCTURE);
    mark(walk->bytes, map, object->offset + OBJECT_MEMBER(ObjectHelpTitleIndex), 4,
         ANSWER_STRUCTURE);
    mark(walk->bytes, map, object->offset + OBJECT_MEMBER(DetailLevel),
         OBJECT_MEMBER(PerfTime) - OBJECT_MEMBER(DetailLevel), ANSWER_STRUCTURE);
    while (object_walk_next_counter(walk, object, &offset, &counter)) {
        mark(walk->bytes, map, counter.offset, 8, ANSWER_STRUCTURE);
        mark(walk->bytes, map, counter.offset + COUNTER_MEMBER(CounterHelpTitleIndex), 4,
             ANSWER_STRUCTURE);
        mark(walk->bytes, map, counter.offset + COUNTER_MEMBER(DefaultScale),
             WALK_COUNTER_SIZE - COUNTER_MEMBER(DefaultScale), ANSWER_STRUCTURE);
        uses_time |= (counter.type & TIMER_BITS) == PERF_OBJECT_TIMER;
    }
    if (uses_time)
        mark(walk->bytes, map, object->offset + OBJECT_MEMBER(PerfTime),
             WALK_OBJECT_SIZE - OBJECT_MEMBER(PerfTime), ANSWER_STRUCTURE);
}

static void map_instances(struct object_walk *walk, const struct walk_object *object,
                          unsigned char *map)
{
    struct walk_instances instances;
    struct walk_instance instance;

    object_walk_begin_instances(object, &instances);
    while (object_walk_next_instance(walk, object, &instances, &instance)) {
        struct walk_counter counter;
        size_t offset = 0;

        if (instance.has_definition) {
            mark(walk->bytes, map, instance.offset, WALK_INSTANCE_SIZE, ANSWER_STRUCTURE);
            if (instance.name.size)
                mark(walk->bytes, map, (size_t)(instance.name.data - walk->bytes.data),
                     instance.name.size, ANSWER_NAME);
        }
        mark(walk->bytes, map, instance.block_offset, WALK_COUNTER_BLOCK_SIZE, ANSWER_STRUCTURE);
        while (object_walk_next_counter(walk, object, &offset, &counter)) {
            const struct span value = walk_value(&instance, &counter);

            if (value.size)
                mark(walk->bytes, map, (size_t)(value.data - walk->bytes.data), value.size,
                     ANSWER_VALUE);
        }
    }
}

void answer_map(struct span bytes, unsigned char *map)
{
    struct object_walk walk;
    struct walk_object object;

    memset(map, ANSWER_PADDING, bytes.size);
    object_walk_begin_objects(&walk, bytes, 0, NULL, NULL);
    while (object_walk_next(&walk, &object)) {
        map_object(&walk, &object, map);
        map_instances(&walk, &object, map);
    }
}
