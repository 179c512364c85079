/* SPDX-License-Identifier: MIT
 *
 * The probe event_texts: numbers, levels and strings of the events that Windows' performance
 * library has published. Nothing is logged, and no rights are needed.
 */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "truth_system.h"
#include "trial.h"

#include <winevt.h>

#define PROVIDER L"Microsoft-Windows-Perflib"
#define ID_LIMIT 4000 /* perflib's numbers are below this */
#define LEVEL_ERROR 2
#define LEVEL_WARNING 3

static struct {
    EVT_HANDLE(WINAPI *open_publisher)(EVT_HANDLE, LPCWSTR, LPCWSTR, LCID, DWORD);
    EVT_HANDLE(WINAPI *open_enum)(EVT_HANDLE, DWORD);
    EVT_HANDLE(WINAPI *next)(EVT_HANDLE, DWORD);
    BOOL(WINAPI *property)
    (EVT_HANDLE, EVT_EVENT_METADATA_PROPERTY_ID, DWORD, DWORD, PEVT_VARIANT, PDWORD);
    BOOL(WINAPI *format)
    (EVT_HANDLE, EVT_HANDLE, DWORD, DWORD, PEVT_VARIANT, DWORD, DWORD, LPWSTR, PDWORD);
    BOOL(WINAPI *close)(EVT_HANDLE);
} evt;

/* The newest version of one event. */
struct published {
    bool is_there;
    DWORD version, level, strings;
};

static bool find(HMODULE module, const char *name, void *function)
{
    const FARPROC found = GetProcAddress(module, name);

    memcpy(function, &found, sizeof(found));
    return found != NULL;
}

static bool load(void)
{
    HMODULE module = LoadLibraryW(L"wevtapi.dll");

    return module && find(module, "EvtOpenPublisherMetadata", &evt.open_publisher) &&
           find(module, "EvtOpenEventMetadataEnum", &evt.open_enum) &&
           find(module, "EvtNextEventMetadata", &evt.next) &&
           find(module, "EvtGetEventMetadataProperty", &evt.property) &&
           find(module, "EvtFormatMessage", &evt.format) && find(module, "EvtClose", &evt.close);
}

static DWORD number(EVT_HANDLE event, EVT_EVENT_METADATA_PROPERTY_ID id)
{
    EVT_VARIANT value = { 0 };
    DWORD used;

    return evt.property(event, id, 0, sizeof(value), &value, &used) ? value.UInt32Val : 0;
}

/* The largest N of %N in the event's text. */
static DWORD count_strings(EVT_HANDLE publisher, EVT_HANDLE event)
{
    static WCHAR text[4096];
    DWORD used, largest = 0;
    const DWORD message = number(event, EventMetadataEventMessageID);

    if (!evt.format(publisher, NULL, message, 0, NULL, EvtFormatMessageId, 4096, text, &used))
        return 0;
    for (const WCHAR *at = text; (at = wcschr(at, '%')) != NULL; at++) {
        const DWORD position = wcstoul(at + 1, NULL, 10);

        if (position > largest && position < 20)
            largest = position;
    }
    return largest;
}

/* Read all events of perflib. Returns false if they cannot be read here. */
static bool read_all(struct trial *trial, struct published all[ID_LIMIT])
{
    EVT_HANDLE publisher = NULL, events = NULL, event;
    unsigned count = 0;

    memset(all, 0, ID_LIMIT * sizeof(*all));
    if (load())
        publisher = evt.open_publisher(NULL, PROVIDER, NULL, 0x409, 0);
    if (publisher)
        events = evt.open_enum(publisher, 0);
    while (events && (event = evt.next(events, 0)) != NULL) {
        const DWORD id = number(event, EventMetadataEventID);
        const DWORD version = number(event, EventMetadataEventVersion);

        if (id < ID_LIMIT && (!all[id].is_there || version >= all[id].version)) {
            all[id] = (struct published){ true, version, number(event, EventMetadataEventLevel),
                                          count_strings(publisher, event) };
            count++;
        }
        evt.close(event);
    }
    if (events)
        evt.close(events);
    if (publisher)
        evt.close(publisher);
    if (!count)
        trial_impossible(trial, "the events of %ls cannot be read: error %lu", PROVIDER,
                         GetLastError());
    return count != 0;
}

static struct published all[ID_LIMIT];

/* Compare one event: its level, and the number of strings in its text. */
static void expect_event(struct trial *trial, unsigned id, DWORD level, DWORD strings)
{
    if (!read_all(trial, all))
        return;
    const struct published *event = &all[id];
    trial_expect(trial, event->is_there && event->strings == strings,
                 "event %u, version %lu: level %lu, %lu strings in its text", id, event->version,
                 event->level, event->strings);
    if (level)
        trial_expect(trial, event->level == level, "its level is %lu", event->level);
}

void try_event_open_failure(struct trial *trial)
{
    if (!read_all(trial, all))
        return;
    expect_event(trial, 1008, all[1008].version ? LEVEL_WARNING : LEVEL_ERROR, 3);
}

void try_event_access_denied(struct trial *trial)
{
    expect_event(trial, 1000, LEVEL_ERROR, 2);
}

void try_event_guards(struct trial *trial)
{
    expect_event(trial, 1002, LEVEL_ERROR, 2);
}

void try_event_pointer(struct trial *trial)
{
    expect_event(trial, 2000, LEVEL_WARNING, 4);
}

void try_event_length_sum(struct trial *trial)
{
    expect_event(trial, 1003, LEVEL_ERROR, 3);
}

void try_event_instance_sum(struct trial *trial)
{
    expect_event(trial, 1004, LEVEL_ERROR, 3);
}

void try_event_procedure(struct trial *trial)
{
    expect_event(trial, 3003, LEVEL_ERROR, 2);
}

/* Older versions of Windows have it, in version 0 of their events. */
void try_event_value(struct trial *trial)
{
    if (!read_all(trial, all))
        return;
    trial_expect(trial, all[3004].is_there == (all[1008].version == 0),
                 "event 1008 has version %lu, and there is %s event 3004", all[1008].version,
                 all[3004].is_there ? "an" : "no");
}

void try_event_objects(struct trial *trial)
{
    expect_event(trial, 3002, LEVEL_ERROR, 0);
}

void try_event_numbers(struct trial *trial)
{
    if (!read_all(trial, all))
        return;
    trial_expect(trial, !all[1012].is_there, "there is %s event 1012",
                 all[1012].is_there ? "an" : "no");
    for (unsigned id = 2004; id <= 2009; id++)
        trial_expect(trial, !all[id].is_there, "there is %s event %u",
                     all[id].is_there ? "an" : "no", id);
}

void try_event_source(struct trial *trial)
{
    static const unsigned ids[] = { 1000, 1001, 1005, 1008, 1010, 1017, 1021, 1023, 2001, 2003 };

    if (!read_all(trial, all))
        return;
    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
        trial_expect(trial, all[ids[i]].is_there, "there is %s event %u",
                     all[ids[i]].is_there ? "an" : "no", ids[i]);
}
