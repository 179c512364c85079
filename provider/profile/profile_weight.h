/* SPDX-License-Identifier: MIT
 *
 * The arithmetic of sampling, without libm: the distance to the next sample, and the weight of a
 * sample. A block of n bytes is sampled with the probability p = 1 - exp(-(n + 1) / rate),
 * independently of others. It is n + 1 so that blocks of 0 bytes are sampled, too. So a sample
 * represents 1 / p blocks of n bytes. This weight is computed for each block before sums are made.
 */
#ifndef PROFILE_WEIGHT_H
#define PROFILE_WEIGHT_H

#include <stdint.h>

/**
 * A distance in bytes from an exponential distribution with mean `rate`. *random is any state but
 * 0.
 */
uint64_t profile_weight_distance(uint64_t *random, uint64_t rate);

/** What one sample of a block represents. With rate 1, it represents only itself. */
struct profile_weight {
    uint64_t count; /* in units of 1 / PROFILE_COUNT_UNIT */
    uint64_t bytes;
};
struct profile_weight profile_weight_of(uint64_t size, uint64_t rate);

#endif /* PROFILE_WEIGHT_H */
