/* rule: counter-size */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    counter_at(answer, 1)->CounterSize = 8;
}
#define SPOIL spoil
#include "frame/exports.h"
