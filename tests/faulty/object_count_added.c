/* rule: object-count-input */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    const DWORD count = *call->count;
    DWORD error = reply_sound(call, answer);

    if (error == ERROR_SUCCESS && answer->size)
        *call->count += count;
    return error;
}
#define REPLY reply
#include "frame/exports.h"
