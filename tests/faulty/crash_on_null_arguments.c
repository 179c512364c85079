/* rule: null-arguments */
#include "frame/faulty.h"
#define TOLERATES_NULL 0
#include "frame/exports.h"
