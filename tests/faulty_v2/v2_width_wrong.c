/* rule: v2-counter-width; a counter of 8 bytes is set as one of 4 */
#define AFTER_START PerfSetULongCounterValue(provider, instances[0], WIDE, 1);
#include "frame/provider.h"
