/* rule: return-code */
#include "frame/faulty.h"
#define CLOSE_RESULT 0xFFFFFFFFu /* the -1 of a C programmer: no code of our own may look like it */
#include "frame/exports.h"
