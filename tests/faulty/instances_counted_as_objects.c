/* rule: object-count */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    answer->object_count = 2;
}
#define SPOIL spoil
#include "frame/exports.h"
