/* rule: counter-count */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    object_at(answer, 0)->NumCounters = 3;
}
#define SPOIL spoil
#include "frame/exports.h"
