/* rule: unknown-query */
#include "frame/faulty.h"
#define WANTS(query)                                                                               \
    (has_word(query, "Global") || has_word(query, "MetadataGlobal") ||                             \
     has_index(query, first_counter()))
#include "frame/exports.h"
