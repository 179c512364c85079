/* rule: none, slow; check: --timeout 0.4; Collect takes a quarter of its limit at each call */
#include "frame/faulty.h"
#define ON_COLLECT(call) sleep_ms(85)
#include "frame/exports.h"
