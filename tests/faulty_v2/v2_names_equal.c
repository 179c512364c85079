/* rule: v2-instance-name; two instances differ in their number only */
#define INSTANCE_NAMES                                                                             \
    {                                                                                              \
        TEXT16("one"), TEXT16("one")                                                               \
    }
#include "frame/provider.h"
