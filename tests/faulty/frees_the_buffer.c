/* rule: heap-damage; only: native, Windows' heap ignores an address that is not its own */
#include "frame/faulty.h"

static void give_back(struct call *call)
{
    free(*call->data);
}
#define ON_COLLECT give_back
#include "frame/exports.h"
