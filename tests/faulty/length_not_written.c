/* rule: object-length-sum, uninitialised-data; says: TotalByteLength is (not written); never: 2863311530; */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    unsigned char *start = *call->data, kept[4];
    const bool has_space = answer->size && *call->size >= answer->size;
    DWORD error;

    if (has_space)
        memcpy(kept, start, sizeof(kept));
    error = reply_sound(call, answer);
    if (has_space)
        memcpy(start, kept, sizeof(kept));
    return error;
}
#define REPLY reply
#include "frame/exports.h"
