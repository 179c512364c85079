/* rule: hang; check: --timeout 0.3 */
#include "frame/faulty.h"

static void loop(struct call *call)
{
    volatile bool goes_on = has_word(call->query, "Foreign");

    while (goes_on)
        ;
}
#define ON_COLLECT loop
#include "frame/exports.h"
