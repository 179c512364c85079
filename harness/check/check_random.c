/* SPDX-License-Identifier: MIT
 *
 * The seeded generator of a check: the same seed gives the same queries.
 */
#include "check_random.h"

#include "check_state.h"

uint64_t check_random(struct check *check)
{
    /* splitmix64 */
    uint64_t z = check->random += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}
