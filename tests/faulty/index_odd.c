/* rule: index-parity */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    counter_at(answer, 1)->CounterNameTitleIndex += 1;
    counter_at(answer, 1)->CounterHelpTitleIndex += 1;
}
#define SPOIL spoil
#include "frame/exports.h"
