/* rule: leak-memory; a start that fails does not free what it has allocated itself */
#include <stdlib.h>

static void *volatile room;

#define BEFORE_START room = malloc(2000);
#define BEHIND_STOP                                                                                \
    free(room);                                                                                    \
    room = NULL;
#include "frame/provider.h"
