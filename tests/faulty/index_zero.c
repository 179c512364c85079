/* rule: index-zero */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    counter_at(answer, 1)->CounterNameTitleIndex = 0;
}
#define SPOIL spoil
#include "frame/exports.h"
