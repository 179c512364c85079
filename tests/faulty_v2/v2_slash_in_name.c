/* rule: name-characters; an instance's name has a character with a meaning in counter paths */
#define INSTANCE_NAMES                                                                             \
    {                                                                                              \
        TEXT16("one\\half"), TEXT16("two")                                                         \
    }
#include "frame/provider.h"
