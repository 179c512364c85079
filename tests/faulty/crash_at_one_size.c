/* rule: crash */
#include "frame/faulty.h"

static void crash(struct call *call)
{
    if (call->size && *call->size == 64)
        crash_now(); /* one buffer size out of hundreds */
}
#define ON_COLLECT crash
#include "frame/exports.h"
