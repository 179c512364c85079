/* rule: heap-damage; may: crash, uninitialised-data, size-beyond-buffer, object-length-sum; copies to lpcbTotalBytes what belongs to *lppData */
#include "frame/faulty.h"

static DWORD reply(struct call *call, const struct answer *answer)
{
    const DWORD size = answer->size;

    if (size == 0 || size > *call->size)
        return reply_sound(call, answer);
    memcpy(call->size, answer->u.bytes, 16);
    *call->data = (unsigned char *)*call->data + size;
    *call->size = size;
    *call->count = answer->object_count;
    return ERROR_SUCCESS;
}
#define REPLY reply
#include "frame/exports.h"
