/* SPDX-License-Identifier: MIT
 *
 * See hash.h.
 */
#include "hash.h"

#include <string.h>

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < size; i++)
        hash = hash_step(hash, at[i]);
    return hash;
}

uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash, text, strlen(text));
}

uint32_t hash_text32(uint32_t hash, const char *text)
{
    for (; *text; text++)
        hash = hash_step32(hash, (unsigned char)*text);
    return hash;
}
