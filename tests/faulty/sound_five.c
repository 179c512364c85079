/* rule: none; five instances, as bench_check measures it */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    static const WCHAR *const names[] = { TEXT16("one"), TEXT16("two"), TEXT16("three"),
                                          TEXT16("four"), TEXT16("five") };

    begin_object(answer, 0, 5);
    add_counter(answer, 2, PERF_COUNTER_BULK_COUNT);
    add_counter(answer, 4, PERF_COUNTER_RAWCOUNT);
    add_counter(answer, 6, PERF_COUNTER_LARGE_RAWCOUNT);
    for (DWORD i = 0; i < 5; i++) {
        add_instance(answer, names[i]);
        set_value(answer, 0, answer->ticks * (i + 1));
        set_value(answer, 1, i);
        set_value(answer, 2, (uint64_t)i << 33);
    }
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
