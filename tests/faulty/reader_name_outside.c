/* rule: reader-oshi, name-place; check: --reader oshi */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    instance_of(answer)->NameLength = 0x10000;
}

#define SPOIL spoil
#include "frame/exports.h"
