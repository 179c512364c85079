/* rule: counter-overlap */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    counter_at(answer, 1)->CounterOffset = 12;
}
#define SPOIL spoil
#include "frame/exports.h"
