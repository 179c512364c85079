/* SPDX-License-Identifier: MIT
 *
 * Calls into a provider that is loaded in this process, and observations of what they did. There is
 * no protection. The child of provider_process.c uses this, and so does a host whose options ask
 * for providers in its own process.
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
    v2_procedure *start, *stop; /* of a V2 provider, instead of open and close */
};

/** The address of some code of the loaded library, or NULL. */
const void *provider_call_code_of(const struct provider_callee *callee);

/** How far the calls of one order have come. Another process reads it meanwhile. */
struct provider_call_progress {
    _Atomic uint32_t begun; /* calls that have begun */
    _Atomic uint32_t size;  /* size of the buffer at the last one, in bytes */
};

/** Memory for the calls of one thread. It is zeroed first and kept between calls. */
struct provider_call_memory {
    struct guarded_buffer buffer;
    struct guarded_buffer query; /* its memory ends at an inaccessible page */
    struct guarded_buffer context;
    struct provider_call_progress *progress; /* NULL if no other process reads it */
};

/**
 * Make one call in the calling thread.
 *
 * @param start        what to load and with which context
 * @param call         as for provider_process_call; `thread` and `timeout_ms` are not used
 * @param observation  written; `bytes` points into `memory`, until the next call with it
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: the call was not made
 */
DWORD provider_call_make(struct provider_callee *callee, const struct provider_start *start,
                         const struct provider_call *call, struct provider_call_memory *memory,
                         struct provider_observation *observation);

/** Release the memory. */
void provider_call_memory_release(struct provider_call_memory *memory);

#endif /* PROVIDER_CALL_H */
