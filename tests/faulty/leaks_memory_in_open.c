/* rule: leak-memory */
#include "frame/faulty.h"

static DWORD leak(void)
{
    static unsigned char *volatile last;

    last = malloc(30000);
    if (last)
        memset(last, 1, 30000);
    return ERROR_SUCCESS;
}
#define ON_OPEN leak
#include "frame/exports.h"
