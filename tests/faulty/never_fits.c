/* rule: never-fits */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    if (answer->size) {
        *call->size = 0;
        *call->count = 0;
        return ERROR_MORE_DATA;
    }
    return reply_sound(call, answer);
}
#define REPLY reply
#include "frame/exports.h"
