/* rule: instance-identity */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    instance_of(answer)->NameLength = 0;
}
#define SPOIL spoil
#include "frame/exports.h"
