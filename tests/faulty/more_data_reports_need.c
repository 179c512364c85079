/* rule: more-data-outputs */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    DWORD error = reply_sound(call, answer);

    if (error == ERROR_MORE_DATA)
        *call->size = answer->size; /* as RegQueryValueEx does; perflib adds it to its sum */
    return error;
}
#define REPLY reply
#include "frame/exports.h"
