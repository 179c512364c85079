/* rule: exit */
#include "frame/faulty.h"
#include "export.h"

static void leave(struct call *call)
{
    if (has_word(call->query, "Foreign"))
        provider_end_thread();
}

#define ON_COLLECT leave
#include "frame/exports.h"
