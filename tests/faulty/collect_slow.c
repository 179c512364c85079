/* rule: slow; check: --timeout 0.4 */
#include "frame/faulty.h"

static void dawdle(struct call *call)
{
    if (has_word(call->query, "Foreign"))
        sleep_ms(150);
}
#define ON_COLLECT dawdle
#include "frame/exports.h"
