/* rule: heap-damage */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    unsigned char *end = (unsigned char *)*call->data + *call->size;
    const DWORD space = *call->size;
    DWORD error = reply_sound(call, answer);

    /* An index far outside the buffer. Where there is a page, Collect crashes on it. */
    if (error == ERROR_SUCCESS && answer->size && space != answer->size && space % 8 == 0 &&
        space > answer->size * 2)
        end[5000] = 1;
    return error;
}
#define REPLY reply
#include "frame/exports.h"
