/* SPDX-License-Identifier: MIT
 *
 * Calls into a provider that is loaded in this process, and what they did. Without any protection:
 * the child of provider_process.c uses it, and a host that was told to run providers in-process.
 */
#ifndef PROVIDER_CALL_H
#define PROVIDER_CALL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guarded_buffer.h"
#include "os.h"
#include "provider_observation.h"
#include "provider_request.h"
#include "provider_start.h"
#include "v2_session.h"

typedef DWORD(APIENTRY provider_open_proc)(WCHAR *context);
typedef DWORD(APIENTRY provider_collect_proc)(WCHAR *query, void **data, DWORD *total_bytes,
                                              DWORD *object_types);
typedef DWORD(APIENTRY provider_close_proc)(void);

/** A provider's library, loaded or not. */
struct provider_callee {
    bool is_loaded;
    struct os_library library;
    provider_open_proc *open;
    provider_collect_proc *collect;
    provider_close_proc *close;
    v2_procedure *start, *stop; /* of a V2 provider, in the place of open and close */
};

/** Some code of the library that is loaded; NULL when none is known. */
const void *provider_callee_code(const struct provider_callee *callee);

/** How far the calls of one order have come; written for another process to see. */
struct provider_call_progress {
    _Atomic uint32_t begun; /* calls */
    _Atomic uint32_t size;  /* of the buffer at the last one, bytes */
};

/** Memory that one thread's calls use; zeroed at first, kept between calls. */
struct provider_call_memory {
    struct guarded_buffer buffer;
    struct guarded_buffer query; /* ends at an inaccessible page */
    struct guarded_buffer context;
    struct provider_call_progress *progress; /* NULL: nobody looks at it */
};

/**
 * Make one call in the calling thread.
 *
 * @param start        what to load and with which context
 * @param call         as for provider_process_call; `thread` and `timeout_ms` mean nothing here
 * @param observation  written; `bytes` points into `memory`, until the next call with it
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: the call was not made
 */
DWORD provider_call_make(struct provider_callee *callee, const struct provider_start *start,
                         const struct provider_call *call, struct provider_call_memory *memory,
                         struct provider_observation *observation);

/** Give the memory back. */
void provider_call_memory_release(struct provider_call_memory *memory);

#endif /* PROVIDER_CALL_H */
