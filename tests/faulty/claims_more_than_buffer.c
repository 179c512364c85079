/* rule: size-beyond-buffer */
#include "frame/faulty.h"

static DWORD reply(struct call *call, struct answer *answer)
{
    const DWORD space = *call->size;

    *call->size = 0;
    *call->count = 0;
    if (answer->size == 0)
        return ERROR_SUCCESS;
    memcpy(*call->data, answer->u.bytes, answer->size < space ? answer->size : space);
    *call->data = (unsigned char *)*call->data + answer->size;
    *call->size = answer->size;
    *call->count = answer->object_count;
    return ERROR_SUCCESS;
}
#define REPLY reply
#include "frame/exports.h"
