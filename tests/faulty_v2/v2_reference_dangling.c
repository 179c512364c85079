/* rule: crash; a counter by reference points nowhere */
#define AFTER_START PerfSetCounterRefValue(provider, instances[0], REFERENCE, (PVOID)(uintptr_t)16);
#include "frame/provider.h"
