/* SPDX-License-Identifier: MIT
 *
 * The registry call, and what its bugs ask for.
 */
#include "system_query.h"

#include <stdlib.h>
#include <string.h>

#include "object_walk.h"

#define FIRST_ROOM (256u * 1024)
#define LARGEST_ROOM (1024u * 1024 * 1024)
#define SPARE 8192u /* room that the system is not told of */
#define POISON 0xA5

/* Wine leaves the bytes where the first object should be as they were. */
static bool objects_are_shifted(const BYTE *data, DWORD size, DWORD room)
{
    const struct span bytes = { data, room };
    const DWORD header = size >= WALK_DATA_BLOCK_SIZE ? read_u32(data + 24) : 0;
    const BYTE *gap = header ? span_at(bytes, header, WALK_DATA_BLOCK_SIZE) : NULL;

    if (!gap || !read_u32(data + 28))
        return false;
    for (unsigned i = 0; i < WALK_DATA_BLOCK_SIZE; i++)
        if (gap[i] != POISON)
            return false;
    return true;
}

DWORD system_query(const WCHAR *value_name, DWORD *type, BYTE **data, DWORD *size, bool *is_shifted)
{
    for (DWORD room = FIRST_ROOM; room <= LARGEST_ROOM; room *= 2) {
        BYTE *buffer = malloc((size_t)room + SPARE);
        DWORD used = room, kind = 0;
        LONG error;

        if (!buffer)
            return ERROR_NOT_ENOUGH_MEMORY;
        memset(buffer, POISON, (size_t)room + SPARE);
        error = RegQueryValueExW(HKEY_PERFORMANCE_DATA, value_name, NULL, &kind, buffer, &used);
        if (error == ERROR_SUCCESS) {
            const DWORD header = used >= WALK_DATA_BLOCK_SIZE ? read_u32(buffer + 24) : 0;

            *is_shifted = kind == REG_BINARY && objects_are_shifted(buffer, used, room + SPARE);
            if (*is_shifted)
                memmove(buffer + header, buffer + header + WALK_DATA_BLOCK_SIZE, used - header);
            *type = kind;
            *data = buffer;
            *size = used;
            return ERROR_SUCCESS;
        }
        free(buffer);
        if (error != ERROR_MORE_DATA)
            return (DWORD)error;
    }
    return ERROR_MORE_DATA;
}

void system_query_close(void)
{
    RegCloseKey(HKEY_PERFORMANCE_DATA);
}
