/* rule: guard-overrun */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    const DWORD space = *call->size;
    unsigned char *start = *call->data;
    DWORD error = reply_sound(call, answer);

    if (error == ERROR_SUCCESS && answer->size)
        start[space] = 0;
    return error;
}
#define REPLY reply
#include "frame/exports.h"
