/* SPDX-License-Identifier: MIT
 *
 * One call of a provider, as the harness requests it.
 */
#ifndef PROVIDER_REQUEST_H
#define PROVIDER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** Threads on which a child can make calls, numbered from 0; chosen. Each lives as long as the child. */
#define PROVIDER_THREADS 16

/**
 * Bytes of each guard area, before and after the buffer. Rule: PM_COLLECT_PROC,
 * ExtCounterTestLevel.
 */
#define PROVIDER_GUARD_SIZE 1024

/** The pattern of the guard areas: byte i of an area is provider_guard_pattern(i). */
static inline unsigned char provider_guard_pattern(size_t i)
{
    return (unsigned char)(0xA5 ^ (i * 7));
}

enum provider_call_kind {
    PROVIDER_LOAD,         /* load the library, look up the exports */
    PROVIDER_OPEN,         /* Open(context) */
    PROVIDER_COLLECT,      /* Collect(query, &data, &total_bytes, &object_types) */
    PROVIDER_CLOSE,        /* Close() */
    PROVIDER_UNLOAD,       /* unload the library (FreeLibrary, dlclose) */
    PROVIDER_RESOURCES,    /* call nothing, count what the child holds */
    PROVIDER_SYSTEM_QUERY, /* ask the operating system's registry, not the library: `query` is the
                              value's name. Starts a child as LOAD does. The results are
                              return_code, total_bytes and bytes; object_types is the type of the
                              value */
    PROVIDER_SYSTEM_CLOSE, /* close the registry's performance key */
    PROVIDER_V2_FINDINGS,  /* call nothing: `bytes` receives the breaches of a V2 provider since the
                              last such call, total_bytes of them (v2_session.h) */
};

/** Where Collect's buffer lies. */
enum provider_guard {
    /* as a consumer's own buffer: ordinary memory follows, and it is not checked */
    PROVIDER_GUARD_NONE,
    PROVIDER_GUARD_PATTERN,    /* guard areas before and after, then a reserve */
    PROVIDER_GUARD_PAGE_END,   /* ends at an inaccessible page; pattern before it */
    PROVIDER_GUARD_PAGE_BEGIN, /* begins at an inaccessible page; pattern after it */
};

/** Arguments of Collect that are passed as NULL (bits). */
enum provider_null {
    PROVIDER_NULL_DATA_POINTER = 1, /* lppData itself */
    PROVIDER_NULL_DATA = 2,         /* *lppData */
    PROVIDER_NULL_TOTAL_BYTES = 4,  /* lpcbTotalBytes */
    PROVIDER_NULL_OBJECT_TYPES = 8, /* lpNumObjectTypes */
};

/** One call. Zeroed fields mean: thread 0, aligned, no guards, no poison, 10 s. */
struct provider_call {
    enum provider_call_kind kind;
    uint32_t thread;     /* 0 .. PROVIDER_THREADS - 1 */
    uint32_t timeout_ms; /* after it the child is killed; 0: 10,000 */
    uint32_t repeat;     /* make the call this often (0: once) and observe the last; stop after a
                            call that damages a guard or returns another code than the first */

    uint32_t single_timeout_ms; /* for each of the calls that `repeat` or `size_step` ask for, while
                                   timeout_ms is for all of them; 0: timeout_ms alone */

    uint32_t failing_allocation; /* PROVIDER_OPEN of a V2 provider: PERFLIB's n-th allocation from
                                    now on fails, 1 is the next; 0: all succeed */

    /* Only for PROVIDER_COLLECT: */
    const WCHAR *query;    /* copied with its terminator, after which an inaccessible page begins;
                              NULL: the provider gets NULL */
    uint32_t buffer_size;  /* *lpcbTotalBytes on entry, and the true size of the buffer */
    uint32_t misalignment; /* 0..7: the buffer begins this many bytes after a multiple of 8. With
                              PAGE_END it ends at the page only if (begin + size) allows it;
                              otherwise a gap of less than 8 bytes holds the pattern. PAGE_BEGIN is
                              alike */
    uint32_t size_step;    /* not 0: a sweep. The call is made with buffer_size, then with size_step
                              bytes less each time, down to least_size. It ends after the first call
                              that does not simply refuse (ERROR_MORE_DATA, both counts 0, no
                              damage); the observation has that call's size */
    uint32_t least_size;
    enum provider_guard guard;
    uint32_t reserve_size; /* accessible bytes after the guard area; 0: 1 MiB. An inaccessible page
                              follows them. Used by GUARD_NONE and GUARD_PATTERN */
    uint32_t spare_size;   /* SYSTEM_QUERY: bytes of the buffer that are kept from the system */
    bool has_poison;       /* fill the buffer with bytes of `poison` before the call */
    unsigned char poison;  /* the bytes are all this value */
    uint32_t object_types; /* *lpNumObjectTypes on entry: a wrong value, on purpose */
    uint32_t null_arguments; /* enum provider_null */
    bool copy_used_only;     /* `bytes` holds only *lpcbTotalBytes after success (saves time) */
};

/** Whether the answer to a call has bytes, for which its order needs a buffer. */
static inline bool provider_request_has_buffer(enum provider_call_kind kind)
{
    return kind == PROVIDER_COLLECT || kind == PROVIDER_SYSTEM_QUERY ||
           kind == PROVIDER_V2_FINDINGS;
}

/** The number of calls that an order asks for at most. */
static inline uint32_t provider_request_count(const struct provider_call *call)
{
    if (call->size_step)
        return (call->buffer_size - call->least_size) / call->size_step + 1;
    return call->repeat ? call->repeat : 1;
}

#endif /* PROVIDER_REQUEST_H */
