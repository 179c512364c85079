/* SPDX-License-Identifier: MIT
 *
 * The arithmetic of sampling, without libm: the distance to the next sample, and what a sample of a
 * block stands for. A block of n bytes is sampled with the probability p = 1 - exp(-(n + 1) / rate), each
 * on its own; n + 1, so that blocks of no bytes are sampled too. So a sample stands for 1 / p blocks of n
 * bytes. That is computed for each block before sums are made.
 */
#ifndef PROFILE_WEIGHT_H
#define PROFILE_WEIGHT_H

#include <stdint.h>

/** A distance in bytes, exponentially distributed around `rate`. *random is any state but 0. */
uint64_t profile_distance(uint64_t *random, uint64_t rate);

/** What one sample of a block stands for; rate 1 stands for itself. */
struct profile_weight {
    uint64_t count; /* in units of 1 / PROFILE_COUNT_UNIT */
    uint64_t bytes;
};
struct profile_weight profile_weight_of(uint64_t size, uint64_t rate);

#endif /* PROFILE_WEIGHT_H */
