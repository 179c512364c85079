/* rule: reader-dotnet, reader-netdata, name-duplicate; check: --reader dotnet,netdata */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 2);
    add_counter(answer, 2, PERF_COUNTER_LARGE_RAWCOUNT);
    add_instance(answer, TEXT16("same"));
    add_instance(answer, TEXT16("same"));
    end_object(answer);
}

#define BUILD build
#include "frame/exports.h"
