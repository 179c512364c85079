/* rule: uninitialised-data; says: none of them was written; */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    const DWORD space = *call->size;

    *call->size = *call->count = 0;
    if (answer->size == 0)
        return ERROR_SUCCESS;
    if (space < answer->size)
        return ERROR_MORE_DATA;
    *call->data = (unsigned char *)*call->data + answer->size;
    *call->size = answer->size;
    *call->count = answer->object_count;
    return ERROR_SUCCESS;
}
#define REPLY reply
#include "frame/exports.h"
