/* rule: hang; check: --timeout 0.3; at the hundredth Collect in a row that asks for the same */
#include "frame/faulty.h"

static void hang(struct call *call)
{
    static unsigned in_a_row, thread;
    static DWORD size;

    if (!has_word(call->query, "Global") || *call->size != size || this_thread() != thread)
        in_a_row = 0;
    thread = this_thread();
    size = *call->size;
    while (++in_a_row > 100)
        sleep_ms(10);
}
#define ON_COLLECT hang
#include "frame/exports.h"
