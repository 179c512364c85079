/* rule: structure-unstable */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    if (collect_count % 2)
        counter_at(answer, 0)->CounterType = PERF_COUNTER_LARGE_RAWCOUNT;
}
#define SPOIL spoil
#include "frame/exports.h"
