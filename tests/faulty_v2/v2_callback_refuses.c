/* rule: v2-callback-error; requests of no interest are answered with an error */
#define CALLBACK_BODY                                                                              \
    if (code == PERF_ADD_COUNTER)                                                                  \
        return ERROR_INVALID_PARAMETER;
#include "frame/provider.h"
