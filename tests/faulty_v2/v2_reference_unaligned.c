/* rule: v2-reference-alignment; a counter by reference is a member of a packed structure */
#define AFTER_START                                                                                \
    static _Alignas(8) unsigned char packed[16];                                                   \
    PerfSetCounterRefValue(provider, instances[0], REFERENCE, packed + 1);
#include "frame/provider.h"
