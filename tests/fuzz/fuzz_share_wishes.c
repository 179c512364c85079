/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as a consumer's wishes, and as the replies of an owner. A wish that is
 * accepted lies inside the bytes, and its number grows.
 */
#include <stdint.h>
#include <stdlib.h>

#include "share_wishes.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span state = { data, size };
    struct wish wish = { 0 };
    struct span sets;
    uint32_t last = 0;

    for (size_t at = 0, before = 0; share_wishes_next(state, &at, &wish); before = at) {
        if (at <= before || at > size || wish.number <= last || wish.request.name != wish.name ||
            text_length(wish.name) >= PERF_MAX_INSTANCE_NAME)
            abort();
        last = wish.number;
    }
    if (share_wishes_read_replies(state, &sets) &&
        (sets.size > size || sets.data < data || sets.data + sets.size != data + size))
        abort();
    return 0;
}
