/* rule: counter-count */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    object_at(answer, 0)->NumCounters = 5; /* more than exist */
}
#define SPOIL spoil
#include "frame/exports.h"
