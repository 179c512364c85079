/* rule: v2-handle; a counter is changed when the provider has been stopped */
#define BEFORE_STOP                                                                                \
    HANDLE stopped = provider;                                                                     \
    PERF_COUNTERSET_INSTANCE *deleted = instances[0];
#define AFTER_STOP PerfIncrementULongCounterValue(stopped, deleted, NARROW, 1);
#include "frame/provider.h"
