/* rule: header-length */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    object_at(answer, 0)->HeaderLength = 60;
}
#define SPOIL spoil
#include "frame/exports.h"
