/* rule: none; register: metadata; uses what is registered, answers Metadata */
#include "frame/faulty.h"

static bool is_metadata;

static bool wants(const WCHAR *query)
{
    is_metadata = has_word(query, "MetadataGlobal");
    return is_metadata || has_word(query, "Global") || has_index(query, first_counter());
}

static void build(struct answer *answer)
{
    if (!is_metadata) {
        build_sound(answer);
        return;
    }
    begin_object(answer, 0, PERF_METADATA_MULTIPLE_INSTANCES);
    add_counter(answer, 2, PERF_COUNTER_BULK_COUNT);
    add_counter(answer, 4, PERF_COUNTER_RAWCOUNT);
    end_object(answer);
}
#define WANTS wants
#define BUILD build
#include "frame/exports.h"
