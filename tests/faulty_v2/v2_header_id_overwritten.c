/* rule: v2-instance-header; the number in the header of an instance is overwritten */
#define AFTER_START instances[0]->InstanceId = 77;
#include "frame/provider.h"
