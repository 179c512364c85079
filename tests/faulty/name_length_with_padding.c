/* rule: name-length */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    instance_of(answer)->NameLength = 16;
}
#define SPOIL spoil
#include "frame/exports.h"
