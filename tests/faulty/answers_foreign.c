/* rule: answers-foreign */
#include "frame/faulty.h"
#define WANTS(query)                                                                               \
    (has_word(query, "Global") || has_word(query, "Foreign") || has_index(query, first_counter()))
#include "frame/exports.h"
