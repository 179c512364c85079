/* rule: heap-damage */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    DWORD error = reply_sound(call, answer);
    const uint64_t count = *call->count;

    memcpy(call->count, &count, sizeof(count)); /* a 64-bit count into 32 bits */
    return error;
}
#define REPLY reply
#include "frame/exports.h"
