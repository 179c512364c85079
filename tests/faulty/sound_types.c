/* rule: none; every counter type, each with its base */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    static const DWORD types[] = {
#define COUNTER_TYPE(name, value, formula, clock, base, unit) value, base,
#include "../../harness/perfdata/counter_types.def"
#undef COUNTER_TYPE
    };
    DWORD symbol = 0;

    begin_object(answer, 0, 1);
    for (DWORD i = 0; i < sizeof(types) / sizeof(types[0]); i += 2) {
        if ((types[i] & 0x00070C00) == (PERF_TYPE_COUNTER | PERF_COUNTER_BASE))
            continue; /* added with the counters that need them */
        add_counter(answer, symbol += 2, types[i]);
        if (types[i + 1])
            add_counter(answer, 0, types[i + 1]);
    }
    add_instance(answer, TEXT16("all"));
    for (DWORD i = 0; i < object_at(answer, 0)->NumCounters; i++)
        set_value(answer, i, answer->ticks);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
