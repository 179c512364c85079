/* rule: guard-overrun, crash, collect-before-open; check: --thorough; an overrun at every size hides neither a crash at one nor later stages */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    if (answer->size && *call->size == 97)
        crash_now();
    if (answer->size && *call->size < answer->size)
        ((volatile unsigned char *)*call->data)[*call->size] = 0;
    return reply_sound(call, answer);
}
#define REPLY reply
#define NEEDS_OPEN 0
#include "frame/exports.h"
