/* rule: base-type */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    counter_at(answer, 3)->CounterType = PERF_SAMPLE_BASE;
}
#define SPOIL spoil
#include "frame/exports.h"
