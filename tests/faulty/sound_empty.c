/* rule: none; an object that has no instances at the moment */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 0);
    add_counter(answer, 2, PERF_COUNTER_LARGE_RAWCOUNT);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
