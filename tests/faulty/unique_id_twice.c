/* rule: unique-id-duplicate */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    instance_of(answer)->UniqueID = 0;
    answer->instance -= 80;
    instance_of(answer)->UniqueID = 0;
}
#define SPOIL spoil
#include "frame/exports.h"
