/* rule: v2-manifest; the template has another counter type than the manifest */
#define TEMPLATE_BODY template.counters[0].Type = PERF_COUNTER_COUNTER;
#include "frame/provider.h"
