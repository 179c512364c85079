/* rule: v2-allocation-failure; that PerfCreateInstance may return NULL is not checked */
#define OWN_START
#include "frame/provider.h"

PROVIDER_EXPORT ULONG WINAPI CounterInitialize(void);
PROVIDER_EXPORT ULONG WINAPI CounterInitialize(void)
{
    struct template template = sound_template();
    ULONG error = PerfStartProvider(&provider_guid, on_request, &provider);

    if (error)
        return error;
    error = PerfSetCounterSetInfo(provider, &template.set, sizeof(template));
    if (error) {
        clean_up();
        return error;
    }
    instances[0] = PerfCreateInstance(provider, &set_guid, TEXT16("one"), 0);
    instances[0]->InstanceId = 0;
    return fill(instances[0]);
}
