/* rule: object-length-sum */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    answer_take(answer, 8);
}
#define SPOIL spoil
#include "frame/exports.h"
