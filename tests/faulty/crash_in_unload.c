/* rule: unload-crash */
#include "frame/faulty.h"
#define ON_UNLOAD() crash_now()
#include "frame/exports.h"
