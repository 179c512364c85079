/* rule: counter-decreased; a counter that only grows is set to less */
#define CALLBACK_BODY                                                                              \
    static ULONG count = 1000000;                                                                  \
    if (code == PERF_COLLECT_START && instances[0])                                                \
        PerfSetULongLongCounterValue(provider, instances[0], WIDE, count -= 10);                   \
    if (code == PERF_COLLECT_START)                                                                \
        return ERROR_SUCCESS;
#include "frame/provider.h"
