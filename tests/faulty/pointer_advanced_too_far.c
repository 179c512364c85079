/* rule: pointer-advance */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    DWORD error = reply_sound(call, answer);

    if (error == ERROR_SUCCESS && answer->size)
        *call->data = (unsigned char *)*call->data + 8;
    return error;
}
#define REPLY reply
#include "frame/exports.h"
