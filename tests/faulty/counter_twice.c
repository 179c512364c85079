/* rule: counter-duplicate */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    counter_at(answer, 1)->CounterNameTitleIndex = answer->first_counter + 2;
    counter_at(answer, 1)->CounterHelpTitleIndex = answer->first_counter + 3;
}
#define SPOIL spoil
#include "frame/exports.h"
