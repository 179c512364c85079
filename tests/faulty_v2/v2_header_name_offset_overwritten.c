/* rule: v2-instance-header; the place of the name in the header of an instance is overwritten */
#define AFTER_START instances[0]->InstanceNameOffset = 0x7FFFFFF0;
#include "frame/provider.h"
