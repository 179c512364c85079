/* rule: base-missing */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    counter_at(answer, 3)->CounterType = PERF_COUNTER_RAWCOUNT;
    counter_at(answer, 3)->CounterNameTitleIndex = answer->first_counter + 8;
    counter_at(answer, 3)->CounterHelpTitleIndex = answer->first_counter + 9;
    counter_at(answer, 3)->DetailLevel = PERF_DETAIL_NOVICE;
}
#define SPOIL spoil
#include "frame/exports.h"
