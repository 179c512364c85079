/* rule: open-refused */
#include "frame/faulty.h"
#define ON_OPEN() ERROR_ACCESS_DENIED
#include "frame/exports.h"
