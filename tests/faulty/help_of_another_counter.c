/* rule: index-help */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    counter_at(answer, 1)->CounterHelpTitleIndex += 2;
}
#define SPOIL spoil
#include "frame/exports.h"
