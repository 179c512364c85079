/* rule: none; names in a code page */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 2)->CodePage = 1252;
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance_bytes(answer, "Z\xFCrich", 7);
    add_instance_bytes(answer, "Bern", 5);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
