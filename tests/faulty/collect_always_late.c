/* rule: timeout; check: --timeout 0.3 */
#include "frame/faulty.h"
#define ON_COLLECT(call) sleep_ms(350)
#include "frame/exports.h"
