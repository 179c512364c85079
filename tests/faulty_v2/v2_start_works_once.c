/* rule: v2-allocation-failure; after a start that failed, none succeeds any more */
#define BEFORE_START                                                                               \
    static int is_started;                                                                         \
    if (is_started)                                                                                \
        return ERROR_ALREADY_EXISTS;                                                               \
    is_started = 1;
#define AFTER_START is_started = 0;
#include "frame/provider.h"
