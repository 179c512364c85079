/* rule: reader-dotnet, reader-netdata, name-length; check: --reader dotnet,netdata */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    instance_of(answer)->NameLength -= 2; /* the terminator follows it */
}

#define SPOIL spoil
#include "frame/exports.h"
