/* rule: default-counter */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    object_at(answer, 0)->DefaultCounter = (LONG)answer->first_counter + 2;
}
#define SPOIL spoil
#include "frame/exports.h"
