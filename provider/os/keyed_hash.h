/* SPDX-License-Identifier: MIT
 *
 * SipHash-2-4, for tables whose keys come from other users: without the key, no user can choose
 * texts that share a bucket, or whose hashes are equal. Among a million texts, two hashes of 64 bits
 * are equal by chance once in 37 million runs. hash.h is for everything else.
 *
 * Rule: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), and its test vectors.
 */
#ifndef KEYED_HASH_H
#define KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>

/** A secret key, from os_random. */
struct keyed_hash {
    uint64_t key[2];
};

/** The hash of `size` bytes. `bytes` may be NULL if `size` is 0. */
uint64_t keyed_hash_of(const struct keyed_hash *key, const void *bytes, size_t size);

/**
 * The hash of a text within a group. Groups are any numbers; the hash of another text is one, too.
 * It is keyed_hash_of the eight bytes of the group, lowest first, and the text without its terminator.
 */
uint64_t keyed_hash_text(const struct keyed_hash *key, uint64_t group, const char *text);

#endif /* KEYED_HASH_H */
