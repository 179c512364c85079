/* rule: return-code */
#include "frame/faulty.h"
#define CLOSE_RESULT 0xFFFFFFFFu /* the usual -1 of C: no value of the harness may equal it */
#include "frame/exports.h"
