/* rule: side-effect */
#include "frame/faulty.h"
#define ON_OPEN() (change_directory(), ERROR_SUCCESS)
#include "frame/exports.h"
