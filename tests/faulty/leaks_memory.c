/* rule: leak-memory */
#include "frame/faulty.h"

static void leak(struct call *call)
{
    static unsigned char *volatile last;

    (void)call;
    last = malloc(1000);
    if (last)
        memset(last, 1, 1000);
}
#define ON_COLLECT leak
#include "frame/exports.h"
