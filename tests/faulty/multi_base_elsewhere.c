/* rule: multi-base-place */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, PERF_NO_INSTANCES);
    add_counter(answer, 2, PERF_100NSEC_MULTI_TIMER)->CounterOffset = 16;
    add_counter(answer, 0, PERF_COUNTER_MULTI_BASE)->CounterOffset = 8;
    add_block(answer);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
