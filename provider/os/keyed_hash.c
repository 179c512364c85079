/* SPDX-License-Identifier: MIT
 *
 * SipHash-2-4: see keyed_hash.h.
 */
#include "keyed_hash.h"

#include <string.h>

struct state {
    uint64_t v[4];
};

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static void rounds(struct state *state, int count)
{
    uint64_t *v = state->v;

    while (count-- > 0) {
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

static void take_in(struct state *state, uint64_t word)
{
    state->v[3] ^= word;
    rounds(state, 2);
    state->v[0] ^= word;
}

static struct state begin(const struct keyed_hash *key)
{
    return (struct state){
        { key->key[0] ^ UINT64_C(0x736F6D6570736575), key->key[1] ^ UINT64_C(0x646F72616E646F6D),
          key->key[0] ^ UINT64_C(0x6C7967656E657261), key->key[1] ^ UINT64_C(0x7465646279746573) }
    };
}

/* Take in the remaining bytes and the size of all, of which `size_before` were taken in as whole words. */
static uint64_t end(struct state *state, const unsigned char *at, size_t size, size_t size_before)
{
    uint64_t word = 0;

    for (size_t i = 0; i < size; i++) {
        word |= (uint64_t)at[i] << 8 * (i % 8);
        if (i % 8 == 7) {
            take_in(state, word);
            word = 0;
        }
    }
    take_in(state, word | (uint64_t)(size_before + size) << 56);
    state->v[2] ^= 0xFF;
    rounds(state, 4);
    return state->v[0] ^ state->v[1] ^ state->v[2] ^ state->v[3];
}

uint64_t keyed_hash_of(const struct keyed_hash *key, const void *bytes, size_t size)
{
    struct state state = begin(key);

    return end(&state, bytes, size, 0);
}

uint64_t keyed_hash_text(const struct keyed_hash *key, uint64_t group, const char *text)
{
    struct state state = begin(key);

    take_in(&state, group);
    return end(&state, (const unsigned char *)text, strlen(text), sizeof(group));
}
