/* rule: v2-provider-left, leak-memory; a start that fails half-way does not stop the provider */
#define CLEAN_UP                                                                                   \
    if (instances[1]) {                                                                            \
        PerfDeleteInstance(provider, instances[0]);                                                \
        PerfDeleteInstance(provider, instances[1]);                                                \
        PerfStopProvider(provider);                                                                \
    }                                                                                              \
    provider = NULL;                                                                               \
    instances[0] = instances[1] = NULL;
#include "frame/provider.h"
