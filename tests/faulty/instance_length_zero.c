/* rule: instance-length */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    instance_of(answer)->ByteLength = 0;
}
#define SPOIL spoil
#include "frame/exports.h"
