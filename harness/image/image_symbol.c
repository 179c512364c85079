/* SPDX-License-Identifier: MIT
 *
 * Implements image_symbol.h.
 */
#include "image_symbol.h"

#include <string.h>

size_t image_symbol_name(const struct image_symbol *symbol, const char **name)
{
    const struct span bytes = symbol->name;
    const size_t most = bytes.size > IMAGE_NAME_LIMIT ? IMAGE_NAME_LIMIT + 1 : bytes.size;
    const unsigned char *end = most ? memchr(bytes.data, 0, most) : NULL;

    if (!end && !symbol->is_fixed_name)
        return 0;

    const size_t size = end ? (size_t)(end - bytes.data) : most;

    if (size)
        *name = (const char *)bytes.data;
    return size;
}
