/* rule: reader-windows-exporter, reader-leoluk; check: --reader windows_exporter,leoluk */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, PERF_NO_INSTANCES);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT)->ByteLength += 8;
    answer_take(answer, 8);
    /* The second definition lies 8 bytes after the place that counter_at finds. An object's header has 64 bytes,
       a definition 40; here the first has 48. */
    add_counter(answer, 4, PERF_COUNTER_RAWCOUNT);
    memmove(answer->u.bytes + 64 + 48, answer->u.bytes + 64 + 40, 40);
    memset(answer->u.bytes + 64 + 40, 0, 8);
    object_at(answer, 0)->DefinitionLength += 8;
    add_block(answer);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
