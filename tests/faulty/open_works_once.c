/* rule: reopen, close-twice */
#include "frame/faulty.h"

static DWORD open_once(void)
{
    static bool was_opened;

    if (was_opened && open_count == 0)
        return ERROR_BUSY;
    was_opened = true;
    return ERROR_SUCCESS;
}
#define ON_OPEN open_once
#include "frame/exports.h"
