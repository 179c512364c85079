/* SPDX-License-Identifier: MIT
 *
 * How a host treats its providers, and the events that it reports.
 */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** When providers are opened and unloaded. */
enum host_lifecycle {
    /* opened at the first query that needs them, kept until the key is closed */
    HOST_LIFECYCLE_WINDOWS,
    HOST_LIFECYCLE_WINE, /* opened, collected, closed and unloaded at every query */
};

/**
 * Whether libraries that are registered as trusted are treated differently from others.
 *
 * Microsoft's texts contradict each other. The current text on ExtCounterTestLevel knows one level
 * for all libraries. The texts of Windows 2000 and Server 2003 say that the level is for *trusted*
 * libraries, whose calls are not timed either. All other libraries are tested as at level 1 and
 * timed, unless Configuration Flags say otherwise (4: no tests of the buffer, 8: no time limits). A
 * library is trusted if it matches `Library Validation Code`, which `lodctr /T` writes. If it does
 * not match, it has been replaced: event 2003 is written, and it is not trusted.
 */
enum host_trust {
    HOST_TRUST_ALIKE,      /* one level and one time limit for all libraries */
    HOST_TRUST_REGISTERED, /* as in the older texts, the strictest behaviour of any Windows */
};

/** An event that perflib would write to the Application log. */
struct host_event {
    uint32_t id;                /* e.g. 1008 Open failed, 1010 exception in Collect */
    uint32_t level;             /* enum os_event_level */
    const char *service;        /* UTF-8 */
    const char *text;           /* one line for users, UTF-8 */
    const char *const *strings; /* the event's insertion strings, in its documented order */
    size_t string_count;
    bool is_logged; /* the registered EventLogLevel includes events of this severity */
};

struct host_options {
    /* folder where libraries are looked for first; NULL: no such folder */
    const char *library_path;
    uint32_t test_level; /* 1..4; 0: as registered */
    enum host_lifecycle lifecycle;
    enum host_trust trust;
    void (*on_event)(void *context, const struct host_event *event); /* may be NULL */
    void *event_context;
    /**
     * Remember that a service misbehaved: write its `Disable Performance Counters`, as Windows does
     * where it has the right to. Returns whether it was written: then event 1017 follows, otherwise
     * 1018, and the service is disabled for this session only. NULL: nothing is remembered. That is
     * the default, because a harness is run again and again over providers that misbehave.
     */
    bool (*on_disable)(void *context, const char *service);
    void *disable_context;
    bool in_process; /* call providers in this process, without protection and time limits, for
                        measurements. Otherwise each has a process of its own */
};

#endif /* HOST_OPTIONS_H */
