/* rule: counter-offset; says: counter 2386 at; of two counters outside the block both are named */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    counter_at(answer, 1)->CounterOffset = 40;
    counter_at(answer, 2)->CounterOffset = 48;
}
#define SPOIL spoil
#include "frame/exports.h"
