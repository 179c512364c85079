/* rule: timeout; check: --timeout 0.2 */
#include "frame/faulty.h"

static void dawdle(struct call *call)
{
    if (has_word(call->query, "Foreign"))
        sleep_ms(250);
}
#define ON_COLLECT dawdle
#include "frame/exports.h"
