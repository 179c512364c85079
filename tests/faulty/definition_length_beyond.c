/* rule: definition-length */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    object_at(answer, 0)->DefinitionLength += 8;
}
#define SPOIL spoil
#include "frame/exports.h"
