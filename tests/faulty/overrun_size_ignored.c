/* rule: guard-overrun, heap-damage */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 40);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    for (DWORD i = 0; i < 40; i++) {
        const WCHAR name[] = { (WCHAR)('A' + i / 20), (WCHAR)('a' + i % 20), 0 };

        add_instance(answer, name);
    }
    end_object(answer);
}

static DWORD reply(struct call *call, struct answer *answer)
{
    *call->size = 1u << 20; /* whatever the size of the caller's buffer */
    return reply_sound(call, answer);
}

#define BUILD build
#define REPLY reply
#include "frame/exports.h"
