/* rule: v2-instance; an instance is deleted twice */
#define BEFORE_STOP PerfDeleteInstance(provider, instances[0]);
#include "frame/provider.h"
