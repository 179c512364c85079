/* rule: leak-memory; each start allocates memory that no stop frees */
#include <stdlib.h>

static void *volatile room;

#define BEFORE_START room = malloc(2000);
#include "frame/provider.h"
