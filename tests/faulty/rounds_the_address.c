/* rule: buffer-alignment */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    unsigned char *start = *call->data;
    const DWORD gap = (DWORD)(-(uintptr_t)start & 7);

    if (answer->size && gap && *call->size >= answer->size + gap) {
        memset(start, 0, gap);
        memcpy(start + gap, answer->u.bytes, answer->size);
        *call->data = start + gap + answer->size;
        *call->size = gap + answer->size;
        *call->count = answer->object_count;
        return ERROR_SUCCESS;
    }
    return reply_sound(call, answer);
}
#define REPLY reply
#include "frame/exports.h"
