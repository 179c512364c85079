/* rule: name-place */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    instance_of(answer)->NameOffset = 16;
}
#define SPOIL spoil
#include "frame/exports.h"
