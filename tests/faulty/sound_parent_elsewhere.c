/* rule: none; parents in the system's object Process, which another provider answers */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 2);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    for (DWORD i = 0; i < 2; i++) {
        add_instance(answer, i ? TEXT16("1") : TEXT16("0"))->ParentObjectTitleIndex = 230;
        instance_of(answer)->ParentObjectInstance = 5 + i;
    }
    end_object(answer);
}

#define BUILD build
#include "frame/exports.h"
