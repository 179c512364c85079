/* rule: none, record-alignment; like sound old providers: 4-byte records, reads NULL as Global */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 2);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT)->CounterOffset = 4;
    answer->offsets[0] = 4;
    for (DWORD i = 0; i < 2; i++) {
        add_instance(answer, i ? TEXT16("one") : TEXT16("two"));
        answer->size -= 4; /* the block: 12 bytes */
        block_of(answer)->ByteLength = 12;
        set_value(answer, 0, i);
    }
    end_object(answer);
}
#define BUILD build
#define WANTS(query) (!query || has_word(query, "Global") || has_index(query, first_counter()))
#include "frame/exports.h"
