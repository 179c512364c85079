/* rule: base-missing */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, PERF_NO_INSTANCES);
    add_counter(answer, 2, PERF_RAW_FRACTION);
    add_counter(answer, 4, PERF_COUNTER_RAWCOUNT);
    add_counter(answer, 0, PERF_RAW_BASE);
    add_block(answer);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
