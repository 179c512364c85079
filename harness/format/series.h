/* SPDX-License-Identifier: MIT
 *
 * Series: the cooked values of counters over many samples, by object, instance and counter. `watch`
 * and `report` draw them. Instances may come and go. For a sample without the instance or its
 * value, the series has SERIES_NO_VALUE.
 */
#ifndef SERIES_H
#define SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decoder.h"
#include "keyed_hash.h"
#include "number_map.h"

/** There is no value: the instance was missing, or the value could not be calculated. */
#define SERIES_NO_VALUE (-1.0)

struct series {
    char *object, *counter; /* names, or title indices as numbers */
    char *instance;         /* parent/name#n; NULL if the object has no instances */
    uint32_t object_index, counter_index;
    uint64_t raw; /* the latest raw value */
    enum cook_unit unit;
    int32_t scale;   /* DefaultScale */
    bool is_default; /* it is the object's DefaultCounter */
    double *values;  /* one for each sample since `first`, oldest first; >= 0, or no value */
    size_t first;    /* number of the sample of values[0], counted from 0 */
    size_t count, capacity;
};

struct series_set {
    struct series *items; /* in the order in which they were first seen */
    size_t count, capacity;
    struct number_map places; /* from that hash to the position in items + 1: see series.c */
    struct keyed_hash key;    /* secret: names of a provider are distinguished by their hashes */
    size_t sample_count;
    size_t limit; /* values kept of each series; 0: all */
};

/**
 * Add one sample.
 *
 * @param input  newer sample, the one before it, and the selection
 * @return as decoder_open; after ERROR_NOT_ENOUGH_MEMORY the set can be used, but lacks the rest of
 *         this sample
 */
DWORD series_set_add(struct series_set *set, const struct decoder_input *input);

/** The value of a series in the latest sample. */
double series_last(const struct series_set *set, const struct series *series);

/** The smallest and the largest value. Returns false if the series has no value. */
bool series_range(const struct series *series, double *smallest, double *largest);

/** Free everything. The set is empty and ready again. */
void series_set_release(struct series_set *set);

#endif /* SERIES_H */
