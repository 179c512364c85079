/* rule: v2-memory-pair, open-refused; AllocateMemory without FreeMemory */
#define BEFORE_START context.MemFreeRoutine = NULL;
#include "frame/provider.h"
