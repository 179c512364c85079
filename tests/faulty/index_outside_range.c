/* rule: index-range; register: plain */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    counter_at(answer, 1)->CounterNameTitleIndex += 1000;
    counter_at(answer, 1)->CounterHelpTitleIndex += 1000;
}
#define SPOIL spoil
#include "frame/exports.h"
