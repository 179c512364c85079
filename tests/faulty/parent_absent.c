/* rule: parent-object */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    instance_of(answer)->ParentObjectTitleIndex = answer->first_counter + 20;
}
#define SPOIL spoil
#include "frame/exports.h"
