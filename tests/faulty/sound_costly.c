/* rule: none; an object that answers to Costly and its index only */
#include "frame/faulty.h"
#define WANTS(query) (has_word(query, "Costly") || has_index(query, first_counter()))
#include "frame/exports.h"
