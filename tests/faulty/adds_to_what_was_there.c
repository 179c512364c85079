/* rule: buffer-contents */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    unsigned char *start = *call->data;
    const DWORD space = *call->size;
    const unsigned char flags = answer->size && space >= answer->size ? start[108] : 0;
    DWORD error = reply_sound(call, answer);

    if (error == ERROR_SUCCESS && answer->size)
        start[84] = flags & 1; /* the low byte of the first counter's DefaultScale */
    return error;
}
#define REPLY reply
#include "frame/exports.h"
