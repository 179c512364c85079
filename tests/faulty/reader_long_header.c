/* rule: reader-windows-exporter, reader-leoluk; check: --reader windows_exporter,leoluk */
#include "frame/faulty.h"

/* A header of 72 bytes, as a later version of the structure may have. */
static void spoil(struct answer *answer)
{
    unsigned char *end = answer->u.bytes + sizeof(PERF_OBJECT_TYPE);

    memmove(end + 8, end, answer->size - sizeof(PERF_OBJECT_TYPE));
    memset(end, 0, 8);
    answer->size += 8;
    object_at(answer, 0)->HeaderLength += 8;
    object_at(answer, 0)->DefinitionLength += 8;
    object_at(answer, 0)->TotalByteLength += 8;
}

#define SPOIL spoil
#include "frame/exports.h"
