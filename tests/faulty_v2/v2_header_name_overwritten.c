/* rule: v2-instance-header; the name of an instance is overwritten, its terminator too */
#define AFTER_START                                                                                \
    memset((char *)instances[0] + instances[0]->InstanceNameOffset, 0x78,                          \
           instances[0]->InstanceNameSize);
#include "frame/provider.h"
