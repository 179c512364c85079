/* rule: guard-underrun */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    unsigned char *start = *call->data;
    DWORD error = reply_sound(call, answer);

    if (error == ERROR_SUCCESS && answer->size)
        start[-1] = 0;
    return error;
}
#define REPLY reply
#include "frame/exports.h"
