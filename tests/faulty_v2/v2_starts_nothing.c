/* rule: v2-no-counterset; the start does nothing */
#define OWN_START
#include "frame/provider.h"

PROVIDER_EXPORT ULONG WINAPI CounterInitialize(void);
PROVIDER_EXPORT ULONG WINAPI CounterInitialize(void)
{
    return ERROR_SUCCESS;
}
