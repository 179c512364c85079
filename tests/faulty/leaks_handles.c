/* rule: leak-handles */
#include "frame/faulty.h"
#define ON_COLLECT(call) leak_handle()
#include "frame/exports.h"
