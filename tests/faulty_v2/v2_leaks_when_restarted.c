/* rule: leak-memory; each start allocates memory that no stop frees */
#include <stdlib.h>

static void *volatile leaked;

#define BEFORE_START leaked = malloc(2000);
#include "frame/provider.h"
