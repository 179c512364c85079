/* rule: none, answers-foreign; an object of other computers, answered to Foreign and its index */
#include "frame/faulty.h"
#define WANTS(query) (has_word(query, "Foreign") || has_index(query, first_counter()))
#include "frame/exports.h"
