/* rule: v2-instance-header; the size in the header of an instance is overwritten */
#define AFTER_START instances[0]->dwSize = 0xFFFFFFF0;
#include "frame/provider.h"
