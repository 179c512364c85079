/* rule: none; gauges that jump at each collect, and instances that come and go at the end */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    static const WCHAR *const names[] = { TEXT16("one"), TEXT16("two"), TEXT16("three"),
                                          TEXT16("four") };
    const DWORD noise = (DWORD)(answer->ticks * 2654435761u);
    const DWORD count = 2 + (noise >> 20) % 3;

    begin_object(answer, 0, (LONG)count);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    add_counter(answer, 4, PERF_COUNTER_LARGE_RAWCOUNT);
    for (DWORD i = 0; i < count; i++) {
        add_instance(answer, names[i]);
        set_value(answer, 0, noise >> i);
        set_value(answer, 1, (uint64_t)noise << (8 + i));
    }
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
