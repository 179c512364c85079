/* rule: none; PERFLIB's memory is the process heap's */
#define NO_ROUTINES
#include "frame/provider.h"
