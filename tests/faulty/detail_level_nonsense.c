/* rule: detail-level */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    object_at(answer, 0)->DetailLevel = 1;
    for (DWORD i = 0; i < 3; i++)
        counter_at(answer, i)->DetailLevel = 1;
}
#define SPOIL spoil
#include "frame/exports.h"
