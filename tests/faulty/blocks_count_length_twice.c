/* rule: block-length */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    /* The blocks of the two instances: 40 bytes each, 40 bytes apart from their ends. */
    block_of(answer)->ByteLength += 4;
    answer->block -= 80;
    block_of(answer)->ByteLength += 4;
}
#define SPOIL spoil
#include "frame/exports.h"
