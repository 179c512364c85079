/* rule: asked-object-missing */
#include "frame/faulty.h"
#define WANTS(query) has_word(query, "Global")
#include "frame/exports.h"
