/* rule: uninitialised-data; may: crash, heap-damage, guard-overrun, guard-underrun; keeps the place of the buffer from the first call on */
#include "frame/faulty.h"

static unsigned char *first;

static DWORD reply(struct call *call, const struct answer *answer)
{
    const DWORD size = answer->size;

    if (size == 0 || size > *call->size)
        return reply_sound(call, answer);
    if (!first)
        first = *call->data;
    memcpy(first, answer->u.bytes, size);
    *call->data = (unsigned char *)*call->data + size;
    *call->size = size;
    *call->count = answer->object_count;
    return ERROR_SUCCESS;
}
#define REPLY reply
#include "frame/exports.h"
