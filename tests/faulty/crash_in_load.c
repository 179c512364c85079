/* rule: load-crash */
#include "frame/faulty.h"
#define ON_LOAD() crash_now()
#include "frame/exports.h"
