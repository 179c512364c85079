/* SPDX-License-Identifier: MIT
 *
 * Copies the selected objects of a blob after its header.
 */
#include "blob_query.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "object_walk.h"

/* Whether a query consists of words only. Each word selects all saved objects. */
static bool wants_all(const char *query)
{
    return !strpbrk(query, "0123456789");
}

/* Title indices are matched as whole numbers. */
static bool wants_index(const char *query, uint32_t index)
{
    while (*query) {
        const size_t length = strcspn(query, " \t");
        uint64_t number = 0;
        bool is_number = length > 0;

        for (size_t i = 0; i < length; i++) {
            is_number = is_number && query[i] >= '0' && query[i] <= '9' && number <= UINT32_MAX;
            number = number * 10 + (uint64_t)(query[i] - '0');
        }
        if (is_number && number == index)
            return true;
        query += length;
        query += strspn(query, " \t");
    }
    return false;
}

DWORD blob_query(struct span blob, const char *query, struct output *answer)
{
    struct walk_data_block header;
    struct walk_object object;
    struct object_walk walk;
    uint32_t count = 0, total;

    if (!object_walk_begin(&walk, blob, NULL, NULL, &header))
        return ERROR_INVALID_DATA;
    if (wants_all(query)) {
        output_add(answer, blob.data, blob.size);
        return answer->is_lost ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
    }

    output_add(answer, blob.data, header.header_length);
    while (object_walk_next(&walk, &object))
        if (wants_index(query, object.name_index)) {
            output_add(answer, blob.data + object.offset, object.size);
            count++;
        }
    if (answer->is_lost)
        return ERROR_NOT_ENOUGH_MEMORY;
    total = (uint32_t)answer->size;
    memcpy(answer->data + 20, &total, sizeof(total));
    memcpy(answer->data + 28, &count, sizeof(count));
    return ERROR_SUCCESS;
}
