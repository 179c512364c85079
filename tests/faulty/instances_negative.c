/* rule: instance-count */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    object_at(answer, 0)->NumInstances = -5;
}
#define SPOIL spoil
#include "frame/exports.h"
