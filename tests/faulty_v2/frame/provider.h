/* SPDX-License-Identifier: MIT
 *
 * The common part of the providers of the V2 gallery: a sound provider. It has one counterset with
 * two instances, and a heap of its own for PERFLIB. A faulty provider defines one of the hooks
 * before it includes this, as a macro of the same name, and so inserts its own code:
 *
 *   ALLOCATE(size), FREE(block)     the memory routines; NO_ROUTINES: it has no routines
 *   CALLBACK_BODY                   statements of the control callback; `code` is the request
 *   TEMPLATE_BODY                   statements that change `template` before it is used
 *   BEFORE_START, AFTER_START, BEFORE_STOP, AFTER_STOP     statements
 *   INSTANCE_NAMES                  the names of the two instances
 *   CLEAN_UP                        statements that replace those at the end
 *   START, STOP                     names of the exports; OWN_START, OWN_STOP: it has its own
 *   NARROW                          the identifier of the first counter
 */
#ifndef PROVIDER_H
#define PROVIDER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../faulty/export.h"
#include "perflib.h"
#include "winperf.h"

/* No faulty provider uses everything here. */
#define MAYBE_UNUSED __attribute__((unused))

MAYBE_UNUSED static GUID provider_guid = {
    0x5e1d0a10, 0x7d1e, 0x4f5b, { 0x91, 2, 3, 4, 5, 6, 7, 1 }
};
static const GUID set_guid = { 0x5e1d0a10, 0x7d1e, 0x4f5b, { 0x91, 2, 3, 4, 5, 6, 7, 2 } };

#ifndef NARROW
#define NARROW 1
#endif
enum { WIDE = 2, REFERENCE = 3 };

MAYBE_UNUSED static struct template
{
    PERF_COUNTERSET_INFO set;
    PERF_COUNTER_INFO counters[3];
}
sound_template(void)
{
    const struct template sound = {
        { set_guid, provider_guid, 3, PERF_COUNTERSET_MULTI_INSTANCES },
        {
            { NARROW, PERF_COUNTER_RAWCOUNT, 0, sizeof(ULONG), PERF_DETAIL_NOVICE, 0, 0 },
            { WIDE, PERF_COUNTER_BULK_COUNT, 0, sizeof(ULONGLONG), PERF_DETAIL_NOVICE, 0, 0 },
            { REFERENCE, PERF_COUNTER_LARGE_RAWCOUNT, PERF_ATTRIB_BY_REFERENCE, sizeof(ULONGLONG),
              PERF_DETAIL_NOVICE, 0, 0 },
        },
    };

    return sound;
}

static HANDLE provider;
static PERF_COUNTERSET_INSTANCE *instances[2];
MAYBE_UNUSED static ULONGLONG referred = 33;

#ifndef ALLOCATE
#define ALLOCATE(size) malloc(size)
#endif
#ifndef FREE
#define FREE(block) free(block)
#endif
#ifndef CALLBACK_BODY
#define CALLBACK_BODY
#endif
#ifndef TEMPLATE_BODY
#define TEMPLATE_BODY
#endif
#ifndef BEFORE_START
#define BEFORE_START
#endif
#ifndef AFTER_START
#define AFTER_START
#endif
#ifndef BEFORE_STOP
#define BEFORE_STOP
#endif
#ifndef AFTER_STOP
#define AFTER_STOP
#endif
#ifndef INSTANCE_NAMES
#define INSTANCE_NAMES                                                                             \
    {                                                                                              \
        TEXT16("one"), TEXT16("two")                                                               \
    }
#endif
#ifndef START
#define START CounterInitialize
#endif
#ifndef STOP
#define STOP CounterCleanup
#endif

#ifndef NO_ROUTINES
MAYBE_UNUSED static LPVOID CALLBACK allocate(SIZE_T size, LPVOID context)
{
    return context == &provider ? ALLOCATE(size) : NULL;
}

MAYBE_UNUSED static void CALLBACK give_back(LPVOID block, LPVOID context)
{
    if (context == &provider)
        FREE(block);
}
#endif

MAYBE_UNUSED static ULONG WINAPI on_request(ULONG code, PVOID buffer, ULONG size)
{
    (void)buffer;
    (void)size;
    CALLBACK_BODY
    if (code == PERF_COLLECT_START)
        for (int i = 0; i < 2; i++)
            if (instances[i])
                PerfIncrementULongLongCounterValue(provider, instances[i], WIDE, 1);
    return ERROR_SUCCESS;
}

MAYBE_UNUSED static void clean_up(void)
{
#ifdef CLEAN_UP
    CLEAN_UP
#else
    for (int i = 0; i < 2; i++) {
        if (instances[i])
            PerfDeleteInstance(provider, instances[i]);
        instances[i] = NULL;
    }
    if (provider)
        PerfStopProvider(provider);
    provider = NULL;
#endif
}

MAYBE_UNUSED static ULONG fill(PERF_COUNTERSET_INSTANCE *instance)
{
    ULONG error = PerfSetULongCounterValue(provider, instance, NARROW, 11);

    if (!error)
        error = PerfSetULongLongCounterValue(provider, instance, WIDE, 22);
    if (!error)
        error = PerfSetCounterRefValue(provider, instance, REFERENCE, &referred);
    return error;
}

#ifndef OWN_START
PROVIDER_EXPORT ULONG WINAPI START(void);
PROVIDER_EXPORT ULONG WINAPI START(void)
{
    static const WCHAR *const names[2] = INSTANCE_NAMES;
    struct template template = sound_template();
    PERF_PROVIDER_CONTEXT context;
    ULONG error;

    memset(&context, 0, sizeof(context));
    context.ContextSize = sizeof(context);
    context.ControlCallback = on_request;
#ifndef NO_ROUTINES
    context.MemAllocRoutine = allocate;
    context.MemFreeRoutine = give_back;
    context.pMemContext = &provider;
#endif
    BEFORE_START
    TEMPLATE_BODY
    error = PerfStartProviderEx(&provider_guid, &context, &provider);
    if (error) {
        provider = NULL;
        return error;
    }
    error = PerfSetCounterSetInfo(provider, &template.set, sizeof(template));
    for (int i = 0; i < 2 && !error; i++) {
        instances[i] = PerfCreateInstance(provider, &set_guid, names[i], (ULONG)i);
        error = instances[i] ? fill(instances[i]) : GetLastError();
    }
    if (error) {
        clean_up();
        return error;
    }
    AFTER_START
    return ERROR_SUCCESS;
}
#endif

#ifndef OWN_STOP
PROVIDER_EXPORT void WINAPI STOP(void);
PROVIDER_EXPORT void WINAPI STOP(void)
{
    BEFORE_STOP
    clean_up();
    AFTER_STOP
}
#endif

#endif /* PROVIDER_H */
