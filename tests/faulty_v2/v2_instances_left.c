/* rule: v2-instance-left; the instances are not deleted before the provider is stopped */
#define CLEAN_UP                                                                                   \
    instances[0] = instances[1] = NULL;                                                            \
    if (provider)                                                                                  \
        PerfStopProvider(provider);                                                                \
    provider = NULL;
#include "frame/provider.h"
