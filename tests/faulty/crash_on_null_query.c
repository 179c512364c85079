/* rule: null-query */
#include "frame/faulty.h"

static void measure(struct call *call)
{
    size_t length = 0;

    while (((const volatile WCHAR *)call->query)[length])
        length++;
    (void)length;
}
#define ON_COLLECT measure
#include "frame/exports.h"
