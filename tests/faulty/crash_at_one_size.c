/* rule: crash */
#include "frame/faulty.h"

static void crash(struct call *call)
{
    if (call->size && *call->size == 64)
        crash_now(); /* at one of hundreds of buffer sizes */
}
#define ON_COLLECT crash
#include "frame/exports.h"
