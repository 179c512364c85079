/* rule: reader-nmap; check: --reader nmap; says: shows 30064771072 for counter 2382 of instance 0 of object 2380, which is 7 */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, PERF_NO_INSTANCES);
    add_counter(answer, 2, PERF_COUNTER_LARGE_RAWCOUNT);
    add_block(answer);
    set_value(answer, 0, 7); /* nmap reads it 4 bytes too early, after ByteLength: 7 << 32 */
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
