/* rule: read-outside */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    const unsigned char *start = *call->data;
    const DWORD space = *call->size;
    DWORD error = reply_sound(call, answer);
    volatile unsigned char byte = 0;

    if (error == ERROR_SUCCESS && answer->size)
        byte = start[space]; /* is there a byte after the buffer? */
    (void)byte;
    return error;
}
#define REPLY reply
#include "frame/exports.h"
