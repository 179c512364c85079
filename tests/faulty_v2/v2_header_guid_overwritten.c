/* rule: v2-instance-header; the GUID in the header of an instance is overwritten */
#define AFTER_START memset(&instances[0]->CounterSetGuid, 0x11, sizeof(GUID));
#include "frame/provider.h"
