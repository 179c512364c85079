/* rule: partial-answer */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    if (*call->size < answer->size)
        answer->size = 0; /* success without data */
    return reply_sound(call, answer);
}
#define REPLY reply
#include "frame/exports.h"
