/* rule: hang; check: --timeout 0.3 */
#include "frame/faulty.h"

static void hang(struct call *call)
{
    while (has_word(call->query, "Global"))
        sleep_ms(10);
}
#define ON_COLLECT hang
#include "frame/exports.h"
