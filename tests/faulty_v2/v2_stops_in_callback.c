/* rule: v2-stop-in-callback; a collection ends the provider */
#define CALLBACK_BODY                                                                              \
    if (code == PERF_COLLECT_END)                                                                  \
        PerfStopProvider(provider);
#include "frame/provider.h"
