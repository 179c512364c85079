/* rule: none; the exports are named as CTRPP -Legacy names them */
#define START PerfAutoInitialize
#define STOP PerfAutoCleanup
#include "frame/provider.h"
