/* rule: no-data-outputs; says: *lpcbTotalBytes is as it was passed, *lpNumObjectTypes is 0; */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    if (answer->size == 0) {
        *call->count = 0;
        return ERROR_SUCCESS;
    }
    return reply_sound(call, answer);
}
#define REPLY reply
#include "frame/exports.h"
