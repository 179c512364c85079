/* rule: value-alignment */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, PERF_NO_INSTANCES);
    add_counter(answer, 2, PERF_COUNTER_LARGE_RAWCOUNT)->CounterOffset = 4;
    add_block(answer);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
