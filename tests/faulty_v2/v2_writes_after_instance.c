/* rule: v2-memory-damage; a value is stored after the instance's block */
#define AFTER_START ((unsigned char *)instances[1])[instances[1]->dwSize] = 0;
#include "frame/provider.h"
