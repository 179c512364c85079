/* rule: v2-no-counterset; the provider starts and registers nothing with PERFLIB */
#define OWN_START
#include "frame/provider.h"

PROVIDER_EXPORT ULONG WINAPI CounterInitialize(void);
PROVIDER_EXPORT ULONG WINAPI CounterInitialize(void)
{
    PERF_PROVIDER_CONTEXT context;

    memset(&context, 0, sizeof(context));
    context.ContextSize = sizeof(context);
    context.ControlCallback = on_request;
    context.MemAllocRoutine = allocate;
    context.MemFreeRoutine = give_back;
    context.pMemContext = &provider;
    return PerfStartProviderEx(&provider_guid, &context, &provider);
}
