/* rule: crash */
#include "frame/faulty.h"

static void crash(struct call *call)
{
    (void)call;
    crash_now();
}
#define ON_COLLECT crash
#include "frame/exports.h"
