/* SPDX-License-Identifier: MIT
 *
 * The host plays perflib: loads registered providers, calls Open, Collect and Close as Windows
 * does, and assembles the PERF_DATA_BLOCK. Its core, host_query_value, has the parameters and
 * results of RegQueryValueExW(HKEY_PERFORMANCE_DATA, ...).
 *
 * Each provider runs in a process of its own (provider_process.h), unless in_process is set: one
 * that crashes, hangs or exits costs its own data and becomes an event. A program that uses a host
 * therefore calls provider_process_main first thing in main().
 *
 * What a provider finds in its environment, set before its library is loaded, because a native one
 * has no registry to read it from:
 *   PERFLIB_SERVICE        name of the service that it is called as
 *   PERFLIB_FIRST_COUNTER  First Counter of that service, decimal; not set when not registered
 *   PERFLIB_FIRST_HELP     First Help, likewise
 *
 * One host is used by one thread at a time.
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registration.h"
#include "wintypes.h"

/** When providers are opened and unloaded. */
enum host_lifecycle {
    HOST_LIFECYCLE_WINDOWS, /* opened at the first query that wants them, kept until close */
    HOST_LIFECYCLE_WINE,    /* opened, collected, closed and unloaded at every query */
};

/**
 * Whether libraries that are registered as trusted are told from others.
 *
 * Microsoft's texts contradict each other. The current one of ExtCounterTestLevel knows one level
 * for all. Those of Windows 2000 and Server 2003 say: the level is for *trusted* libraries, whose
 * calls are not timed either; all others are always tested as at level 1 and timed, unless
 * Configuration Flags say otherwise (4: no tests of the buffer, 8: no time limits). A library is
 * trusted when `Library Validation Code`, which `lodctr /T` writes, fits it; when it does not, it
 * has been exchanged: event 2003, and it is not trusted.
 */
enum host_trust {
    HOST_TRUST_ALIKE,      /* one level, one time limit for all */
    HOST_TRUST_REGISTERED, /* as the older texts say, as strict as Windows ever was */
};

/** An event that perflib would write to the Application log. */
struct host_event {
    uint32_t id;                /* 1008 Open failed, 1010 exception in Collect, ... */
    uint32_t level;             /* enum os_event_level */
    const char *service;        /* UTF-8 */
    const char *text;           /* one line for people, UTF-8 */
    const char *const *strings; /* the event's insertion strings, in its documented order */
    size_t string_count;
    bool is_logged; /* severe enough for the log, by the registered EventLogLevel */
};

struct host_options {
    const char *library_path; /* folder where libraries are looked for first; NULL: none */
    uint32_t test_level;      /* 1..4; 0: what the registration says */
    enum host_lifecycle lifecycle;
    enum host_trust trust;
    void (*on_event)(void *context, const struct host_event *event); /* may be NULL */
    void *event_context;
    /**
     * Remember that a service misbehaved: write its `Disable Performance Counters`, as Windows
     * does where it may. Returns whether that was done: then event 1017, else 1018, the service
     * being disabled for this session only. NULL: it is not to be remembered. A harness is run
     * again and again over providers that misbehave, so nothing is remembered unless asked for.
     */
    bool (*on_disable)(void *context, const char *service);
    void *disable_context;
    bool in_process; /* call providers in this process, unprotected and without time limits: for
                        measurements. Otherwise each has a process of its own */
};

struct host;

/**
 * Make a host for a registration, which must outlive it. Loads nothing yet.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_PARAMETER (test level); ERROR_NOT_ENOUGH_MEMORY
 */
DWORD host_open(struct host **host, const struct registration *registration,
                const struct host_options *options);

/**
 * One query, as RegQueryValueExW(HKEY_PERFORMANCE_DATA, value_name, NULL, type, data, size).
 *
 * @param value_name  "Global", "238 2", "Counter 009", ...; NULL and "" are allowed
 * @param type        receives REG_BINARY or REG_MULTI_SZ; may be NULL
 * @param data        receives the answer; NULL asks with no room
 * @param size        bytes of room; receives the bytes used. With ERROR_MORE_DATA to a data query
 *                    it receives 0, as on Windows: keep the room in a variable of your own.
 * @return ERROR_SUCCESS; ERROR_MORE_DATA; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD host_query_value(struct host *host, const WCHAR *value_name, DWORD *type, BYTE *data,
                       DWORD *size);

/** RegCloseKey(HKEY_PERFORMANCE_DATA): Close and unload every provider; the host stays usable. */
void host_close_key(struct host *host);

/** host_close_key, and free the host. NULL is allowed. */
void host_close(struct host *host);

/**
 * Query until it fits: grows the room on ERROR_MORE_DATA up to a limit.
 *
 * @param data  receives memory from malloc, owned by the caller
 * @param size  receives the bytes of the answer
 * @return ERROR_SUCCESS; ERROR_MORE_DATA when it does not fit in 1 GiB; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD host_query_growing(struct host *host, const WCHAR *value_name, DWORD *type, BYTE **data,
                         DWORD *size);

/**
 * Path of the library that a service's Library value means here: environment variables expanded,
 * ".dll" replaced by ".so" on systems that have those, looked for in `library_path`, then beside
 * the program, then as it stands; a name without a folder never in the current directory.
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND: *path holds the first place looked at
 */
DWORD host_find_library(const struct service *service, const char *library_path, char *path,
                        size_t size);

#endif /* HOST_H */
