/* rule: crash; the start follows NULL */
#define BEFORE_START                                                                               \
    int *volatile nothing = NULL;                                                                  \
    *(volatile int *)nothing = 1;
#include "frame/provider.h"
