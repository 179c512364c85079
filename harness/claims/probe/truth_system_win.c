/* SPDX-License-Identifier: MIT
 *
 * Windows' own functions. Those of newer versions are looked up, so that the program starts on all
 * versions.
 */
#include "truth_system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "winperf.h"

#define LOG_BUFFER 65536 /* bytes for one read of the event log; chosen */
#define LOG_WAIT_MS 1500 /* chosen: time for the service that logs events */
#define LOG_PAUSE_MS 50  /* chosen: between two reads of the log */

const bool truth_system_is_emulated = false;

static DWORD event_mark; /* record number of the first event that counts */

void truth_system_begin(int argc, char **argv)
{
    (void)argc;
    (void)argv;
}

const char *truth_system_name(void)
{
    static char name[64];
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    const char *(CDECL * wine_version)(void) = NULL;
    FARPROC found = ntdll ? GetProcAddress(ntdll, "wine_get_version") : NULL;

    memcpy(&wine_version, &found, sizeof(found));
    if (!wine_version)
        return "Windows";
    snprintf(name, sizeof(name), "Wine %s", wine_version());
    return name;
}

LONG truth_system_query(HKEY key, const WCHAR *name, DWORD *type, BYTE *data, DWORD *size)
{
    return name ? RegQueryValueExW(key, name, NULL, type, data, size)
                : RegQueryValueExA(key, NULL, NULL, type, data, size);
}

void truth_system_trust_registered(void)
{
}

void truth_system_close_key(void)
{
    RegCloseKey(HKEY_PERFORMANCE_DATA);
}

/* ---- the registry's other functions --------------------------------------------------------- */

#define NO_VALUE_NAME L"windows-truth"

LONG truth_system_open_key(HKEY key, const WCHAR *name)
{
    HKEY opened;
    const LONG error = RegOpenKeyExW(key, name, 0, KEY_READ, &opened);

    if (!error)
        RegCloseKey(opened);
    return error;
}

LONG truth_system_query_old(HKEY key)
{
    char text[16];
    LONG size = sizeof(text);

    return RegQueryValueA(key, NULL, text, &size);
}

/* Wine 5.0 writes a value there, which is removed again. */
LONG truth_system_set_old(HKEY key)
{
    const LONG error = RegSetValueW(key, NO_VALUE_NAME, REG_SZ, L"", 0);

    if (!error)
        RegDeleteKeyW(key, NO_VALUE_NAME);
    return error;
}

LONG truth_system_set_value(HKEY key)
{
    const LONG error =
        RegSetValueExW(key, NO_VALUE_NAME, 0, REG_SZ, (const BYTE *)L"", sizeof(WCHAR));

    if (!error)
        RegDeleteValueW(key, NO_VALUE_NAME);
    return error;
}

LONG truth_system_enum_key(HKEY key)
{
    WCHAR name[64];

    return RegEnumKeyW(key, 0, name, 64);
}

LONG truth_system_enum_value(HKEY key, WCHAR *name, DWORD *size)
{
    return RegEnumValueW(key, 0, name, size, NULL, NULL, NULL, NULL);
}

LONG truth_system_key_info(HKEY key, DWORD *subkeys, DWORD *values)
{
    return RegQueryInfoKeyW(key, NULL, NULL, NULL, subkeys, NULL, NULL, values, NULL, NULL, NULL,
                            NULL);
}

LONG truth_system_close(HKEY key)
{
    return RegCloseKey(key);
}

truth_system_function truth_system_find(const char *name)
{
    static const WCHAR *const modules[] = { L"kernel32.dll", L"advapi32.dll", L"kernelbase.dll" };
    truth_system_function function = NULL;

    for (size_t i = 0; !function && i < sizeof(modules) / sizeof(*modules); i++) {
        HMODULE module = GetModuleHandleW(modules[i]);
        FARPROC found = module ? GetProcAddress(module, name) : NULL;

        memcpy(&function, &found, sizeof(found));
    }
    return function;
}

/* ---- the event log ------------------------------------------------------------------------- */

/* The number that the next event gets; 0 if there is no log. */
static DWORD next_record(void)
{
    DWORD oldest = 0, count = 0;
    HANDLE log = OpenEventLogW(NULL, L"Application");

    if (!log)
        return 0;
    if (!GetOldestEventLogRecord(log, &oldest) || !GetNumberOfEventLogRecords(log, &count))
        count = 0;
    CloseEventLog(log);
    return count ? oldest + count : 0;
}

bool truth_system_has_events(void)
{
    return next_record() != 0;
}

void truth_system_mark_events(void)
{
    event_mark = next_record();
}

static void read_strings(const EVENTLOGRECORD *record, struct truth_system_event *event)
{
    const WCHAR *text = (const void *)((const BYTE *)record + record->StringOffset);

    event->id = record->EventID & 0xFFFF;
    event->string_count = record->NumStrings;
    for (unsigned i = 0; i < record->NumStrings && i < TRUTH_SYSTEM_EVENT_STRINGS; i++) {
        WideCharToMultiByte(CP_UTF8, 0, text, -1, event->strings[i],
                            TRUTH_SYSTEM_EVENT_STRING_MAX - 1, NULL, NULL);
        text += lstrlenW(text) + 1;
    }
}

static bool names(const struct truth_system_event *event, const char *service)
{
    for (unsigned i = 0; i < event->string_count && i < TRUTH_SYSTEM_EVENT_STRINGS; i++)
        if (strstr(event->strings[i], service))
            return true;
    return false;
}

static size_t read_log(const char *service, struct truth_system_event *events, size_t max)
{
    BYTE *buffer = malloc(LOG_BUFFER);
    HANDLE log = OpenEventLogW(NULL, L"Application");
    DWORD used, needed;
    size_t count = 0;

    while (buffer && log &&
           ReadEventLogW(log, EVENTLOG_SEQUENTIAL_READ | EVENTLOG_BACKWARDS_READ, 0, buffer,
                         LOG_BUFFER, &used, &needed)) {
        bool is_old = false;

        for (DWORD at = 0; at < used;) {
            const EVENTLOGRECORD *record = (const void *)(buffer + at);
            const WCHAR *source = (const void *)(record + 1);
            struct truth_system_event event = { 0 };

            if (!record->Length)
                break;
            at += record->Length;
            is_old = record->RecordNumber < event_mark;
            if (is_old)
                break;
            read_strings(record, &event);
            if (count < max && wcsstr(source, L"Perflib") && names(&event, service)) {
                memmove(events + 1, events, count * sizeof(*events));
                events[0] = event;
                count++;
            }
        }
        if (is_old)
            break;
    }
    if (log)
        CloseEventLog(log);
    free(buffer);
    return count;
}

size_t truth_system_read_events(const char *service, struct truth_system_event *events, size_t max)
{
    size_t count = 0, last = 0;

    /* If some events have come and no more follow, the list is complete. */
    for (DWORD waited = 0; waited < LOG_WAIT_MS; waited += LOG_PAUSE_MS) {
        count = read_log(service, events, max);
        if (count && count == last)
            break;
        last = count;
        Sleep(LOG_PAUSE_MS);
    }
    return count;
}
