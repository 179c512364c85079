/* rule: leak-handles */
#include "frame/faulty.h"
#define ON_OPEN() (leak_handle(), ERROR_SUCCESS)
#include "frame/exports.h"
