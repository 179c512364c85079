/* SPDX-License-Identifier: MIT
 *
 * FNV-1a, the one hash of this project. It is used for names and paths as keys of maps, and for the
 * check sum of recordings. Recordings are kept in files, so the hash of the same bytes must never
 * change.
 *
 * A hash starts with HASH_BEGIN, and one value after the other is added. The hash of two texts in a
 * row is the hash of the joined text. The 32-bit form is for small tables in shared code. Nothing
 * here resists an attacker who wants collisions: a table with names of other users needs a limit,
 * or keyed_hash.h.
 *
 * Rule: the FNV reference (isthe.com/chongo/tech/comp/fnv), variant 1a.
 */
#ifndef HASH_H
#define HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN UINT64_C(0xCBF29CE484222325)
#define HASH32_BEGIN UINT32_C(0x811C9DC5)

/** Add one value. FNV adds bytes; a wider value (a UTF-16 unit, an index) counts as one step. */
static inline uint64_t hash_step(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001B3);
}

static inline uint32_t hash_step32(uint32_t hash, uint32_t value)
{
    return (hash ^ value) * UINT32_C(0x01000193);
}

/** Add `size` bytes. `bytes` may be NULL if `size` is 0. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size);

/** Add a text without its terminator. */
uint64_t hash_text(uint64_t hash, const char *text);
uint32_t hash_text32(uint32_t hash, const char *text);

#endif /* HASH_H */
