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

#endif /* HOST_OPTIONS_H */
