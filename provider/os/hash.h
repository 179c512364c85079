/* SPDX-License-Identifier: MIT
 *
 * FNV-1a, the one hash of this project: names and paths as keys of maps, and the check sum of
 * recordings. Recordings are kept in files, so the hash of the same bytes never changes.
 *
 * A hash starts with HASH_BEGIN and takes in one value after the other; the hash of two texts in a
 * row is the hash of the texts joined. The 32-bit form is for small tables in shared code. Nothing
 * here resists an attacker who wants collisions: a table that foreign names fill needs a limit as
 * well.
 *
 * Rule: the FNV reference (isthe.com/chongo/tech/comp/fnv), variant 1a.
 */
#ifndef HASH_H
#define HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN UINT64_C(0xCBF29CE484222325)
#define HASH32_BEGIN UINT32_C(0x811C9DC5)

/** Take in one value. FNV takes bytes; a wider value (a UTF-16 unit, an index) counts as one step.
 */
static inline uint64_t hash_step(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001B3);
}

static inline uint32_t hash32_step(uint32_t hash, uint32_t value)
{
    return (hash ^ value) * UINT32_C(0x01000193);
}

/** Take in `size` bytes. `bytes` may be NULL if `size` is 0. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size);

/** Take in a text without its terminator. */
uint64_t hash_text(uint64_t hash, const char *text);
uint32_t hash32_text(uint32_t hash, const char *text);

#endif /* HASH_H */
