/* rule: pointer-advance */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    void *start = *call->data;
    DWORD error = reply_sound(call, answer);

    *call->data = start;
    return error;
}
#define REPLY reply
#include "frame/exports.h"
