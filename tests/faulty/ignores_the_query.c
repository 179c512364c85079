/* rule: unknown-query, answers-foreign */
#include "frame/faulty.h"
#define WANTS(query) (query != NULL)
#include "frame/exports.h"
