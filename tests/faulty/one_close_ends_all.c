/* rule: second-open */
#include "frame/faulty.h"
#define COUNT_CLOSE() (open_count = 0)
#include "frame/exports.h"
