/* rule: object-count; says: as it was passed; never: 3435973836; success with data, and lpNumObjectTypes as it came */
#include "frame/faulty.h"

static DWORD reply(struct call *call, const struct answer *answer)
{
    const DWORD on_entry = *call->count;
    const DWORD error = reply_sound(call, answer);

    if (*call->size)
        *call->count = on_entry;
    return error;
}
#define REPLY reply
#include "frame/exports.h"
