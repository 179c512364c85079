/* SPDX-License-Identifier: MIT
 *
 * truth_system.h over perfharness' own emulation: its host, its PERFLIB V2 and its process
 * snapshots. This tests the trials: what perfharness itself claims must be confirmed, and a wrong
 * behaviour of the host must be refuted (tests/wine/truth.t).
 */
#define PERFLIB_EMULATED

#include "truth_system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "perflib.h"
#include "processsnapshot.h"
#include "provider_process.h"
#include "registration.h"
#include "root_key.h"
#include "truth_service.h"

#define EVENTS_MAX 64 /* events between two marks; chosen */

const bool truth_system_is_emulated = true;

static struct host *host;
static struct registration registration;
static struct truth_system_event events[EVENTS_MAX];
static size_t event_count;
static enum host_trust trust = HOST_TRUST_ALIKE;

void truth_system_begin(int argc, char **argv)
{
    int status;

    if (provider_child_main(argc, argv, &status))
        exit(status);
}

const char *truth_system_name(void)
{
    return "perfharness";
}

/* ---- queries ------------------------------------------------------------------------------- */

static void on_event(void *context, const struct host_event *reported)
{
    (void)context;
    if (!reported->is_logged || event_count >= EVENTS_MAX)
        return;
    struct truth_system_event *event = &events[event_count++];

    memset(event, 0, sizeof(*event));
    event->id = reported->id;
    event->string_count = (unsigned)reported->string_count;
    for (size_t i = 0; i < reported->string_count && i < TRUTH_SYSTEM_EVENT_STRINGS; i++)
        snprintf(event->strings[i], TRUTH_SYSTEM_EVENT_STRING_MAX, "%s", reported->strings[i]);
}

static bool on_disable(void *context, const char *service)
{
    (void)context;
    if (strcmp(service, "windows_truth_1") == 0)
        truth_service_set_number(L"Disable Performance Counters", 1);
    return true;
}

/* Perflib reads the registry when a reader begins, so a host is opened then. */
static DWORD open_host(void)
{
    const struct host_options options = { .trust = trust,
                                          .on_event = on_event,
                                          .on_disable = on_disable };
    struct registration_error error;

    DWORD failure = registration_source_read_system(&registration, &error);
    if (failure)
        return failure;
    failure = host_open(&host, &registration, &options);
    if (failure)
        registration_release(&registration);
    return failure;
}

LONG truth_system_query(HKEY key, const WCHAR *name, DWORD *type, BYTE *data, DWORD *size)
{
    static CRITICAL_SECTION lock;
    static volatile LONG is_made;

    (void)key;
    if (InterlockedCompareExchange(&is_made, 1, 0) == 0)
        InitializeCriticalSection(&lock);
    EnterCriticalSection(&lock);
    const DWORD failure = host ? ERROR_SUCCESS : open_host();
    const LONG result = (LONG)(failure ? failure : host_query_value(host, name, type, data, size));
    LeaveCriticalSection(&lock);
    return result;
}

void truth_system_trust_registered(void)
{
    truth_system_close_key();
    trust = HOST_TRUST_REGISTERED;
}

void truth_system_close_key(void)
{
    trust = HOST_TRUST_ALIKE;
    if (!host)
        return;
    host_close_key(host);
    host_close(host);
    registration_release(&registration);
    host = NULL;
}

/* ---- the registry's other functions --------------------------------------------------------- */

static enum root_key root_of(HKEY handle)
{
    enum root_key key;

    if (!root_key_of_handle((uint32_t)(ULONG_PTR)handle, &key))
        abort(); /* the trials pass no other key */
    return key;
}

LONG truth_system_open_key(HKEY key, const WCHAR *name)
{
    (void)name;
    return (LONG)root_key_open(root_of(key));
}

LONG truth_system_query_old(HKEY key)
{
    return (LONG)root_key_call_old(root_of(key));
}

LONG truth_system_set_old(HKEY key)
{
    return (LONG)root_key_call_old(root_of(key));
}

LONG truth_system_set_value(HKEY key)
{
    return (LONG)root_key_set_value(root_of(key));
}

LONG truth_system_enum_key(HKEY key)
{
    return (LONG)root_key_enum_key(root_of(key));
}

LONG truth_system_enum_value(HKEY key, WCHAR *name, DWORD *size)
{
    (void)size;
    return (LONG)root_key_enum_value(root_of(key), name != NULL);
}

LONG truth_system_key_info(HKEY key, DWORD *subkeys, DWORD *values)
{
    return (LONG)root_key_info(root_of(key), subkeys, values);
}

LONG truth_system_close(HKEY key)
{
    root_of(key);
    truth_system_close_key();
    return ERROR_SUCCESS;
}

/* ---- functions ----------------------------------------------------------------------------- */

static const struct {
    const char *name;
    truth_system_function function;
} functions[] = {
#define FUNCTION(name)                                                                             \
    {                                                                                              \
#name, (truth_system_function)name                                                         \
    }
#define PERFLIB_FUNCTION(name) { #name, (truth_system_function)name },
#include "perflib_functions.def"
#undef PERFLIB_FUNCTION
    FUNCTION(PssCaptureSnapshot),       FUNCTION(PssFreeSnapshot),
    FUNCTION(PssQuerySnapshot),         FUNCTION(PssWalkSnapshot),
    FUNCTION(PssDuplicateSnapshot),     FUNCTION(PssWalkMarkerCreate),
    FUNCTION(PssWalkMarkerFree),        FUNCTION(PssWalkMarkerGetPosition),
    FUNCTION(PssWalkMarkerSetPosition), FUNCTION(PssWalkMarkerSeekToBeginning),
};

truth_system_function truth_system_find(const char *name)
{
    for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
        if (strcmp(functions[i].name, name) == 0)
            return functions[i].function;
    return NULL;
}

/* ---- events -------------------------------------------------------------------------------- */

bool truth_system_has_events(void)
{
    return true;
}

void truth_system_mark_events(void)
{
    event_count = 0;
}

size_t truth_system_read_events(const char *service, struct truth_system_event *found, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < event_count && count < max; i++)
        for (unsigned j = 0; j < events[i].string_count && j < TRUTH_SYSTEM_EVENT_STRINGS; j++)
            if (strstr(events[i].strings[j], service)) {
                found[count++] = events[i];
                break;
            }
    return count;
}
