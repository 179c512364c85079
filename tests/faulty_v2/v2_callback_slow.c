/* rule: v2-callback-slow; check: --lifecycle windows; a collection is prepared too slowly */
#define CALLBACK_BODY                                                                              \
    static int count;                                                                              \
    if (code == PERF_COLLECT_START && ++count == 2)                                                \
        provider_sleep(1500);
#include "frame/provider.h"
