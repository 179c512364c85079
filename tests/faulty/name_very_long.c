/* rule: name-too-long */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    WCHAR name[201];

    for (int i = 0; i < 200; i++)
        name[i] = 'a';
    name[200] = 0;
    begin_object(answer, 0, 1);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance(answer, name);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
