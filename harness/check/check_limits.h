/* SPDX-License-Identifier: MIT
 *
 * How often a stage calls a provider, and the time limits of its calls. Both follow from the time that
 * the calls so far have taken, so that the check of a slow provider ends.
 */
#ifndef CHECK_LIMITS_H
#define CHECK_LIMITS_H

#include <stdint.h>

struct check;

/**
 * How often a stage makes a Collect that it should make `count` times. A slow provider gets as many as
 * fit into 1.5 seconds, but at least `least`.
 */
uint32_t check_limits_repetitions(const struct check *check, uint32_t count, uint32_t least);

/**
 * A time limit in milliseconds for `times` calls in a row, each of which may take limit_ms. If
 * calls have been quick so far, the limit is shorter than that of all calls together, so that a
 * hang among many does not cost all of their time.
 */
uint32_t check_limits_of_row(const struct check *check, uint32_t limit_ms, uint32_t times);

/**
 * A time limit in milliseconds for each of `together` calls that are made at the same time. It is limit_ms
 * and a little more, and the time that the calls may wait for each other.
 */
uint32_t check_limits_of_call(const struct check *check, uint32_t limit_ms, uint32_t together);

#endif /* CHECK_LIMITS_H */
