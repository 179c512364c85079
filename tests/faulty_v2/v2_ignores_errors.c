/* rule: v2-error-ignored; the start returns success whatever PERFLIB returns */
#define OWN_START
#include "frame/provider.h"

PROVIDER_EXPORT ULONG WINAPI CounterInitialize(void);
PROVIDER_EXPORT ULONG WINAPI CounterInitialize(void)
{
    struct template template = sound_template();

    if (PerfStartProvider(&provider_guid, on_request, &provider)) {
        provider = NULL;
        return ERROR_SUCCESS;
    }
    PerfSetCounterSetInfo(provider, &template.set, sizeof(template));
    for (int i = 0; i < 2; i++) {
        instances[i] =
            PerfCreateInstance(provider, &set_guid, i ? TEXT16("two") : TEXT16("one"), (ULONG)i);
        if (instances[i])
            fill(instances[i]);
    }
    return ERROR_SUCCESS;
}
