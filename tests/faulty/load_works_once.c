/* rule: reload */
#include "frame/faulty.h"

static DWORD open_once(void)
{
    static bool has_mark_of_mine;

    if (has_mark("FAULTY_PROVIDER_WAS_OPENED") && !has_mark_of_mine)
        return ERROR_ALREADY_EXISTS;
    set_mark("FAULTY_PROVIDER_WAS_OPENED");
    has_mark_of_mine = true;
    return ERROR_SUCCESS;
}
#define ON_OPEN open_once
#include "frame/exports.h"
