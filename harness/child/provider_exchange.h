/* SPDX-License-Identifier: MIT
 *
 * What the harness and a provider's child write into the memory that both map. The parent trusts
 * nothing that it reads there, and checks that its own orders are unchanged, because a provider may
 * have overwritten them.
 */
#ifndef PROVIDER_EXCHANGE_H
#define PROVIDER_EXCHANGE_H

#include <stdatomic.h>
#include <stdint.h>

#include "fault_trap.h"
#include "provider_call.h"
#include "provider_observation.h"
#include "provider_request.h"

/** A text or bytes in the payload. */
struct exchange_part {
    uint64_t offset, size; /* bytes */
    uint32_t is_given;     /* 0: the value is NULL */
};

enum exchange_state { EXCHANGE_IDLE, EXCHANGE_ASKED, EXCHANGE_DONE };

/** One call, as the parent requests it. The child does not change it. */
struct exchange_order {
    struct provider_call call; /* its pointers are not used */
    struct exchange_part query;
    struct exchange_part bytes; /* where the buffer's bytes are returned */
};

/** A call and its result. */
struct exchange_slot {
    _Atomic uint32_t state; /* enum exchange_state */
    uint32_t error;         /* the child could not make the call */
    struct provider_call_progress progress;
    struct exchange_order order;
    struct provider_observation observation; /* its pointers are not used */
};

enum exchange_request { EXCHANGE_CALL, EXCHANGE_LOCATE };

enum exchange_text {
    TEXT_LIBRARY,
    TEXT_OPEN,
    TEXT_COLLECT,
    TEXT_CLOSE,
    TEXT_SERVICE,
    TEXT_MANIFEST,
    TEXT_COUNT
};

/** The header of the shared memory. */
struct exchange {
    uint32_t request;   /* enum exchange_request: why the child was woken */
    uint32_t located;   /* EXCHANGE_LOCATE: number of the thread in question */
    uint32_t has_start; /* the child reads the next six members first */
    uint32_t has_indices, first_counter, first_help, is_v2, is_elsewhere;
    struct exchange_part texts[TEXT_COUNT], context;
    _Atomic uint32_t fault_count; /* how often `fault` was written: once for each child at most */
    struct fault_record fault;
    struct exchange_slot slots[PROVIDER_THREADS];
};

#endif /* PROVIDER_EXCHANGE_H */
