/* rule: v2-call-failed; a counter is changed that the counterset does not have */
#define AFTER_START PerfSetULongCounterValue(provider, instances[0], 77, 1);
#include "frame/provider.h"
