/* rule: counter-type */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    counter_at(answer, 1)->CounterType = 0x00010042; /* no type of winperf.h */
}
#define SPOIL spoil
#include "frame/exports.h"
