/* rule: v2-manifest; the template has another instance type than the manifest */
#define TEMPLATE_BODY template.set.InstanceType = PERF_COUNTERSET_MULTI_AGGREGATE;
#include "frame/provider.h"
