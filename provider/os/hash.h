/* SPDX-License-Identifier: MIT
 *
 * FNV-1a of 64 bits: names and paths as keys of a number_map, and the check sum of recordings,
 * which are kept in files: what it gives for the same bytes stays the same.
 */
#ifndef HASH_H
#define HASH_H

#include <stddef.h>
#include <stdint.h>

/** What a hash begins with. A number in front of the bytes is put in by XOR. */
#define HASH_BEGIN UINT64_C(0xCBF29CE484222325)

/** The hash of what `hash` stands for and then these bytes, or this text without its terminator. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size);
uint64_t hash_text(uint64_t hash, const char *text);

#endif /* HASH_H */
