/* rule: crash; a crash with buffers of 200 to 215 of the 384 bytes that it needs, and no others */
#include "frame/faulty.h"

static void on_collect(const struct call *call)
{
    if (call->size && *call->size >= 200 && *call->size < 216)
        crash_now();
}
#define ON_COLLECT on_collect
#include "frame/exports.h"
