/* rule: return-code */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    if (*call->size < answer->size) {
        *call->size = 0;
        *call->count = 0;
        return ERROR_INSUFFICIENT_BUFFER;
    }
    return reply_sound(call, answer);
}
#define REPLY reply
#include "frame/exports.h"
