/* SPDX-License-Identifier: MIT
 *
 * Whether a value of the current instance is known. Counters of heapctrs whose value is not known are 0,
 * and another counter of the object says so: see PRESENT in provider/counters.def.
 */
#ifndef KNOWN_VALUE_H
#define KNOWN_VALUE_H

#include "decoder.h"

/** How to find out whether a counter's value is known. */
struct known_value {
    size_t place;  /* of the counter that says so; SIZE_MAX: the value is always known */
    uint64_t bits; /* one of them must be set there */
};

/** The same for the counter at `place` of an object. */
struct known_value known_value_of(const struct decoded_object *object, size_t place);

/** Whether the value of the decoder's current instance is known. */
bool known_value_is(const struct known_value *known, const struct decoder *decoder);

#endif /* KNOWN_VALUE_H */
