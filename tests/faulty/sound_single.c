/* rule: none; one block, no instances */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, PERF_NO_INSTANCES);
    add_counter(answer, 2, PERF_COUNTER_LARGE_RAWCOUNT);
    add_counter(answer, 4, PERF_COUNTER_RAWCOUNT);
    add_block(answer);
    set_value(answer, 0, 1u << 30);
    set_value(answer, 1, 7);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
