/* rule: open-refused */
#include "frame/faulty.h"
#define ON_OPEN() 0xFFFFFFFFu /* the -1 of a C programmer: no code of our own may look like it */
#include "frame/exports.h"
