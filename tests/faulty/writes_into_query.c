/* rule: query-modified */
#include "frame/faulty.h"

static void cut(struct call *call)
{
    WCHAR *at = (WCHAR *)(uintptr_t)call->query;

    while (at && *at && *at != ' ')
        at++;
    if (at && *at == ' ')
        *at = 0; /* as wcstok does */
}
#define ON_COLLECT cut
#include "frame/exports.h"
