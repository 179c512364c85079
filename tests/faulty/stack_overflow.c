/* rule: stack-overflow */
#include "frame/faulty.h"

static unsigned dig(volatile unsigned char *above, unsigned depth)
{
    volatile unsigned char here[4096];

    here[0] = above ? above[0] : 1;
    here[4095] = here[0];
    return depth + (here[4095] ? dig(here, depth + 1) : 0) + here[0];
}

static void overflow(struct call *call)
{
    *call->count = dig(NULL, 0);
}
#define ON_COLLECT overflow
#include "frame/exports.h"
