/* rule: open-refused */
#include "frame/faulty.h"
#define ON_OPEN() 0xFFFFFFFFu /* the usual -1 of C: no value of the harness may equal it */
#include "frame/exports.h"
