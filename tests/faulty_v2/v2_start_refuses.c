/* rule: open-refused; the start returns an error */
#define BEFORE_START return ERROR_NOT_READY;
#include "frame/provider.h"
