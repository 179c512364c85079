/* rule: object-time */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, PERF_NO_INSTANCES)->PerfFreq.QuadPart = 0;
    add_counter(answer, 2, PERF_ELAPSED_TIME);
    add_block(answer);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
