/* SPDX-License-Identifier: MIT
 *
 * Rounding up: performance data and regions keep everything at multiples of 8 bytes.
 */
#ifndef ROUND_UP_H
#define ROUND_UP_H

#include <stddef.h>
#include <stdint.h>

/**
 * The next multiple of 8.
 *
 * @param size  bytes
 * @return SIZE_MAX if there is no such multiple: a size that no buffer has, so that the comparison
 *         with the size of the buffer fails.
 */
static inline size_t round_up_8(size_t size)
{
    return size > SIZE_MAX - 7 ? SIZE_MAX : (size + 7) & ~(size_t)7;
}

#endif /* ROUND_UP_H */
