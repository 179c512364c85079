/* SPDX-License-Identifier: MIT
 *
 * See known_value.h.
 */
#include "known_value.h"

#include <string.h>

#include "known_metric.h"

struct known_value known_value_of(const struct decoded_object *object, size_t place)
{
    const struct known_presence *presence =
        known_metric_find_presence(object->name, object->counters[place].name);

    for (size_t i = 0; presence && i < object->counter_count; i++)
        if (object->counters[i].name && strcmp(object->counters[i].name, presence->by) == 0)
            return (struct known_value){ i, presence->bits };
    return (struct known_value){ SIZE_MAX, 0 };
}

bool known_value_is(const struct known_value *known, const struct decoder *decoder)
{
    uint64_t value;

    return known->place == SIZE_MAX ||
           (decoder_raw(decoder, known->place, &value) && (value & known->bits) != 0);
}
