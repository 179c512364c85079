/* SPDX-License-Identifier: MIT
 *
 * SipHash-2-4, for tables whose keys come from other users: without the key, no user can choose
 * texts that share a bucket. hash.h is for everything else.
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

#endif /* KEYED_HASH_H */
