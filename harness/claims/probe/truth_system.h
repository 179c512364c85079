/* SPDX-License-Identifier: MIT
 *
 * The system whose behaviour is tried: Windows' own functions (truth_system_win.c), or perfharness'
 * emulation of them (truth_emulated_win.c), which tests the trials themselves.
 */
#ifndef TRUTH_SYSTEM_H
#define TRUTH_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

#include "wintypes.h"

#define TRUTH_SYSTEM_EVENT_STRINGS 6      /* kept strings of an event; chosen */
#define TRUTH_SYSTEM_EVENT_STRING_MAX 128 /* bytes of a kept string; chosen: longer ones are cut */

/** An event about performance counters that has been logged. */
struct truth_system_event {
    unsigned id;
    unsigned string_count; /* may be larger than TRUTH_SYSTEM_EVENT_STRINGS */
    char strings[TRUTH_SYSTEM_EVENT_STRINGS][TRUTH_SYSTEM_EVENT_STRING_MAX];
};

typedef void (*truth_system_function)(void);

/** Whether this is perfharness' emulation. */
extern const bool truth_system_is_emulated;

/** Called first in main. */
void truth_system_begin(int argc, char **argv);

/** The name of the system: "Windows", "Wine 8.0", "perfharness". */
const char *truth_system_name(void);

/**
 * RegQueryValueExW of one of the three keys of performance data. A NULL name is passed to the
 * function for ANSI texts, because that call has been observed on Windows.
 */
LONG truth_system_query(HKEY key, const WCHAR *name, DWORD *type, BYTE *data, DWORD *size);

/**
 * From the next query on, trust the libraries that are registered as trusted (--trust registered of
 * perfharness). Windows has no such choice, and its versions differ in what trust means.
 */
void truth_system_trust_registered(void);

/** RegCloseKey(HKEY_PERFORMANCE_DATA). */
void truth_system_close_key(void);

/**
 * The registry's other functions, with one of the three keys. Keys that they open are closed again,
 * and nothing is written.
 */
LONG truth_system_open_key(HKEY key, const WCHAR *name); /* RegOpenKeyExW */
LONG truth_system_query_old(HKEY key);                   /* RegQueryValueA, of Windows 3.1 */
LONG truth_system_set_old(HKEY key);                     /* RegSetValueW, of Windows 3.1 */
LONG truth_system_set_value(HKEY key);                   /* RegSetValueExW */
LONG truth_system_enum_key(HKEY key);                    /* RegEnumKeyW, the first key */
LONG truth_system_close(HKEY key);                       /* RegCloseKey */

/** RegEnumValueW, the first value. `size` is that of the buffer for the name. */
LONG truth_system_enum_value(HKEY key, WCHAR *name, DWORD *size);

/** RegQueryInfoKeyW: the numbers of subkeys and values. */
LONG truth_system_key_info(HKEY key, DWORD *subkeys, DWORD *values);

/** A function of PERFLIB V2 or of process snapshots, by its Windows name; NULL if it is missing. */
truth_system_function truth_system_find(const char *name);

/** Whether events can be read here. */
bool truth_system_has_events(void);

/** From now on, only events that are logged later are read. */
void truth_system_mark_events(void);

/**
 * Read the events since the mark whose strings name a service. This waits for a moment, because
 * another process logs the events.
 *
 * @return their number, at most `max`; the oldest is the first
 */
size_t truth_system_read_events(const char *service, struct truth_system_event *events, size_t max);

#endif /* TRUTH_SYSTEM_H */
