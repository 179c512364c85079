/* rule: exit */
#include "frame/faulty.h"

static void leave(struct call *call)
{
    if (has_word(call->query, "Foreign"))
        exit(3); /* for a case that "cannot happen" */
}
#define ON_COLLECT leave
#include "frame/exports.h"
