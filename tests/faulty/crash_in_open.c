/* rule: crash */
#include "frame/faulty.h"

static DWORD crash(void)
{
    crash_now();
    return ERROR_SUCCESS;
}
#define ON_OPEN crash
#include "frame/exports.h"
