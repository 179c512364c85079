/* rule: v2-counter-width; a counter by reference is set by value */
#define AFTER_START PerfSetULongLongCounterValue(provider, instances[0], REFERENCE, 1);
#include "frame/provider.h"
