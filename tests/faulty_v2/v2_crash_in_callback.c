/* rule: crash; the control callback follows NULL */
#define CALLBACK_BODY                                                                              \
    int *volatile nothing = NULL;                                                                  \
    if (code == PERF_COLLECT_START)                                                                \
        *(volatile int *)nothing = 1;
#include "frame/provider.h"
