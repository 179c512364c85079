/* rule: collect-before-open, collect-after-close */
#include "frame/faulty.h"
#define NEEDS_OPEN 0
#include "frame/exports.h"
