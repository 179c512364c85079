/* rule: crash */
#include "frame/faulty.h"

static void crash(void)
{
    crash_now();
}
#define ON_CLOSE crash
#include "frame/exports.h"
