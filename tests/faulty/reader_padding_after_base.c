/* rule: reader-windows-exporter, reader-leoluk; check: --reader windows_exporter,leoluk */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, PERF_NO_INSTANCES);
    add_counter(answer, 2, PERF_AVERAGE_BULK);
    add_counter(answer, 0, PERF_AVERAGE_BASE);
    add_block(answer);
    set_value(answer, 1, 7);
    memset((char *)block_of(answer) + 20, 0x11, 4);
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
