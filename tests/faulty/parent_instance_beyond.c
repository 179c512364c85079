/* rule: parent-instance */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    instance_of(answer)->ParentObjectTitleIndex = answer->first_counter;
    instance_of(answer)->ParentObjectInstance = 2;
}
#define SPOIL spoil
#include "frame/exports.h"
