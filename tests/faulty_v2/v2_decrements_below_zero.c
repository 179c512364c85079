/* rule: v2-decrement-below-zero; a counter of 0 is counted down */
#define AFTER_START                                                                                \
    PerfSetULongCounterValue(provider, instances[0], NARROW, 0);                                   \
    PerfDecrementULongCounterValue(provider, instances[0], NARROW, 1);                             \
    PerfSetULongCounterValue(provider, instances[0], NARROW, 11);
#include "frame/provider.h"
