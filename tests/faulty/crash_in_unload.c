/* rule: unload-crash; a crash in a destructor or in DLL_PROCESS_DETACH, which Windows' loader swallows */
#include "frame/faulty.h"
#define ON_UNLOAD() crash_now()
#include "frame/exports.h"
