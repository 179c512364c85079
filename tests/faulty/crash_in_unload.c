/* rule: unload-crash; only: native, since Windows' loader swallows it */
#include "frame/faulty.h"
#define ON_UNLOAD() crash_now()
#include "frame/exports.h"
