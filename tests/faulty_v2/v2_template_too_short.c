/* rule: v2-call-failed, open-refused; NumCounters is more than the template's size holds */
#define TEMPLATE_BODY template.set.NumCounters = 4;
#include "frame/provider.h"
