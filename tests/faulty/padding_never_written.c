/* rule: uninitialised-padding */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    unsigned char *start = *call->data, kept[4];
    const DWORD at = answer->block + 4; /* between ByteLength and the first value */
    const bool has_space = answer->size && *call->size >= answer->size;
    DWORD error;

    if (has_space)
        memcpy(kept, start + at, sizeof(kept));
    error = reply_sound(call, answer);
    if (has_space)
        memcpy(start + at, kept, sizeof(kept));
    return error;
}
#define REPLY reply
#include "frame/exports.h"
