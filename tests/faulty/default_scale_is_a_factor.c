/* rule: default-scale */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    counter_at(answer, 0)->DefaultScale = 1000;
}
#define SPOIL spoil
#include "frame/exports.h"
