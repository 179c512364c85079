/* SPDX-License-Identifier: MIT
 *
 * Makes the constant part of an object, from the counter table and the title indices of the
 * registration.
 */
#include "object_definition.h"

#include <string.h>

static PERF_COUNTER_DEFINITION counter_definition(const struct counter *counter,
                                                  uint32_t first_counter, uint32_t first_help)
{
    PERF_COUNTER_DEFINITION definition;
    bool has_title = counter->title != TITLE_NONE;

    memset(&definition, 0, sizeof(definition));
    definition.ByteLength = sizeof(definition);
    definition.CounterNameTitleIndex = has_title ? first_counter + counter->title : 0;
    definition.CounterHelpTitleIndex = has_title ? first_help + counter->title : 0;
    definition.DefaultScale = counter->scale;
    definition.DetailLevel = counter->detail;
    definition.CounterType = counter->type;
    definition.CounterSize = counter_table_counter_size(counter);
    definition.CounterOffset = (DWORD)(COUNTER_SLOT_SIZE * (counter->slot + 1));
    return definition;
}

void object_definition_init(struct object_definition *definition, const struct object *object,
                            uint32_t first_counter, uint32_t first_help)
{
    size_t count = counter_table_counter_count(object);
    unsigned char *at = definition->bytes + sizeof(PERF_OBJECT_TYPE);
    PERF_OBJECT_TYPE type;

    memset(definition, 0, sizeof(*definition));
    for (size_t i = 0; i < count; i++) {
        PERF_COUNTER_DEFINITION counter = counter_definition(
            &counter_table_counters[object->first_counter + i], first_counter, first_help);

        memcpy(at, &counter, sizeof(counter));
        at += sizeof(counter);
    }
    definition->object = object;
    definition->index = first_counter + object->title;
    definition->counter_count = (uint32_t)count;
    definition->size = (uint32_t)(at - definition->bytes);
    definition->block_size = (uint32_t)(COUNTER_SLOT_SIZE * (object->slot_count + 1));

    memset(&type, 0, sizeof(type));
    type.TotalByteLength = definition->size;
    type.DefinitionLength = definition->size;
    type.HeaderLength = sizeof(type);
    type.ObjectNameTitleIndex = definition->index;
    type.ObjectHelpTitleIndex = first_help + object->title;
    type.DetailLevel = counter_table_object_detail(object);
    type.NumCounters = definition->counter_count;
    type.DefaultCounter = (LONG)object->default_counter;
    type.NumInstances = PERF_NO_INSTANCES;
    memcpy(definition->bytes, &type, sizeof(type));
}
