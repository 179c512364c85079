/* rule: second-open, reopen; says: has 2 counters; before, it had 1; each Open adds its counters once more */
#include "frame/faulty.h"

static DWORD opened;

static DWORD on_open(void)
{
    opened++;
    return ERROR_SUCCESS;
}
#define ON_OPEN on_open

static void build(struct answer *answer)
{
    begin_object(answer, 0, 1);
    for (DWORD i = 0; i < opened && i < 60; i++)
        add_counter(answer, 2 + 2 * i, PERF_COUNTER_RAWCOUNT);
    add_instance(answer, TEXT16("one"));
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
