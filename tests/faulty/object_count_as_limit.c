/* rule: object-count-input */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    if (*call->count == 0 && answer->size) { /* treats 0 as "the caller takes no objects" */
        *call->size = 0;
        return ERROR_SUCCESS;
    }
    return reply_sound(call, answer);
}
#define REPLY reply
#include "frame/exports.h"
