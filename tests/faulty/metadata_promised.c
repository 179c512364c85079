/* rule: metadata-missing; register: metadata */
#include "frame/faulty.h"
#include "frame/exports.h"
