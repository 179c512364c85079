/* rule: none; instances that only a UniqueID distinguishes, without names */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 3);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    for (LONG i = 0; i < 3; i++) {
        add_instance_bytes(answer, "", 0)->UniqueID = 4711 * (i + 1);
        set_value(answer, 0, (uint64_t)i);
    }
    end_object(answer);
}

#define BUILD build
#include "frame/exports.h"
