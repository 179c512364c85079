/* rule: read-outside; says: reads outside the query string; compares as many bytes as its longest keyword has */
#include "frame/faulty.h"

static volatile unsigned differences;

static void on_collect(const struct call *call)
{
    const volatile WCHAR *query = call->query;

    for (size_t i = 0; query && i < 15; i++)
        differences += query[i] != "MetadataGlobal"[i];
}
#define ON_COLLECT(call) on_collect(call)
#include "frame/exports.h"
