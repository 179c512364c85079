/* rule: leak-memory; a start that fails does not free what it has allocated itself */
#include <stdlib.h>

static void *volatile leaked;

#define BEFORE_START leaked = malloc(2000);
#define AFTER_STOP                                                                                 \
    free(leaked);                                                                                  \
    leaked = NULL;
#include "frame/provider.h"
