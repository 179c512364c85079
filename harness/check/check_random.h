/* SPDX-License-Identifier: MIT
 *
 * Pseudo-random numbers: the same seed gives the same numbers.
 */
#ifndef CHECK_RANDOM_H
#define CHECK_RANDOM_H

#include <stdint.h>

struct check;

/** The next number of the seeded generator. */
uint64_t check_random(struct check *check);

#endif /* CHECK_RANDOM_H */
