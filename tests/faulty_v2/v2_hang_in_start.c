/* rule: hang; check: --timeout 0.3; the start never returns */
#define BEFORE_START                                                                               \
    for (;;)                                                                                       \
        provider_sleep(1000);
#include "frame/provider.h"
