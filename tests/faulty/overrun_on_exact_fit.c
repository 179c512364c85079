/* rule: guard-overrun */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    const DWORD space = *call->size;
    unsigned char *start = *call->data;
    DWORD error = reply_sound(call, answer);

    if (error == ERROR_SUCCESS && space == answer->size && space)
        memset(start + space, 0, 8); /* to "round up to the next object" */
    return error;
}
#define REPLY reply
#include "frame/exports.h"
