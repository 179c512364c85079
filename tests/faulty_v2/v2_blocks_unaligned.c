/* rule: v2-memory-alignment; a header of 4 bytes precedes each block */
#define ALLOCATE(size) ((char *)malloc((size) + 4) + 4)
#define FREE(block) free((char *)(block)-4)
#include "frame/provider.h"
