/* SPDX-License-Identifier: MIT
 *
 * Turns what the child has written into the exchange into an observation. A provider may have
 * overwritten any of it, so everything is checked before it is used.
 */
#include "provider_answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbol_file.h"
#include "text.h"

/* The provider may have written a byte that is neither true nor false. */
static void settle_bool(bool *question)
{
    unsigned char byte;

    memcpy(&byte, question, sizeof(byte));
    *question = byte != 0;
}

#define END_TEXT(text) ((text)[sizeof(text) - 1] = 0)

/* Correct the texts and kinds of a fault: everything that was read may have any value. */
static void settle_fault(struct provider_fault *fault)
{
    END_TEXT(fault->name);
    END_TEXT(fault->module);
    END_TEXT(fault->symbol);
    END_TEXT(fault->caller_symbol);
    settle_bool(&fault->has_address);
    settle_bool(&fault->is_write);
    settle_bool(&fault->in_buffer_memory);
    settle_bool(&fault->in_query_memory);
    settle_bool(&fault->is_left_over);
    settle_bool(&fault->has_caller);
    if (!fault->caller_module_offset) /* a return address follows a call */
        fault->has_caller = false;
    if (fault->candidate_count > PROVIDER_CANDIDATES)
        fault->candidate_count = PROVIDER_CANDIDATES;
    fault->frame_count = 0;
}

static void settle(struct provider_observation *observation)
{
    uint32_t outcome;

    memcpy(&outcome, &observation->outcome, sizeof(outcome));
    observation->outcome =
        outcome <= PROVIDER_GONE ? (enum provider_outcome)outcome : PROVIDER_GONE;
    END_TEXT(observation->detail);
    settle_fault(&observation->fault);
    settle_bool(&observation->data_is_null);
    settle_bool(&observation->damage.before);
    settle_bool(&observation->damage.after);
    observation->bytes = NULL;
}

/* The size if it is one that the order asks for, otherwise the order's own size. */
static uint32_t settle_size(const struct provider_call *call, uint32_t size)
{
    const bool is_swept = call->size_step && size <= call->buffer_size && size >= call->least_size;

    return is_swept ? size : call->buffer_size;
}

void provider_answer_read_progress(const struct exchange *exchange,
                                   const struct provider_call *call,
                                   struct provider_observation *observation)
{
    const struct exchange_slot *slot = &exchange->slots[call->thread];
    const uint32_t begun = atomic_load(&slot->progress.begun);
    const uint32_t count = provider_request_count(call);

    observation->size = settle_size(call, atomic_load(&slot->progress.size));
    observation->repeated = begun == 0 ? 0 : begun > count ? count - 1 : begun - 1;
}

DWORD provider_answer_read(const struct child_process *child, const struct provider_call *call,
                           const struct exchange_order *order, uint64_t passed_100ns,
                           struct provider_observation *observation)
{
    const struct exchange *exchange = child->header;
    const struct exchange_slot *slot = &exchange->slots[call->thread];
    const uint32_t count = provider_request_count(call);

    memcpy(observation, &slot->observation, sizeof(*observation));
    settle(observation);
    if (observation->duration_100ns > passed_100ns)
        observation->duration_100ns = passed_100ns;
    if (observation->repeated > count)
        observation->repeated = count;
    observation->size = settle_size(call, observation->size);
    DWORD failure = slot->error;
    if (failure) {
        observation->byte_count = 0;
        return failure;
    }
    size_t size = observation->byte_count;
    if (size > observation->size)
        size = observation->byte_count = 0;
    if (!provider_request_has_buffer(call->kind) || observation->outcome != PROVIDER_RETURNED) {
        observation->byte_count = 0;
        return ERROR_SUCCESS;
    }
    observation->bytes = malloc(size + 1);
    if (!observation->bytes)
        return ERROR_NOT_ENOUGH_MEMORY;
    memcpy(observation->bytes, (unsigned char *)child->payload + order->bytes.offset, size);
    return ERROR_SUCCESS;
}

/* Find which candidates are callers. The call before a return address, which is never 0, must lead to the function
   that was found last. An indirect call may lead anywhere, so it is accepted if it is the next candidate. */
static void find_frames(struct provider_fault *fault, const char *library, bool is_in_library)
{
    uint64_t offsets[1 + 2 * PROVIDER_CANDIDATES];
    struct symbol_file_place places[1 + 2 * PROVIDER_CANDIDATES];
    const size_t count = fault->candidate_count;
    size_t next = 0;

    if (!count || (!fault->has_caller && !is_in_library))
        return;
    offsets[0] = fault->has_caller ? fault->caller_module_offset - 1 : fault->module_offset;
    for (size_t i = 0; i < count; i++) {
        offsets[1 + i] = fault->candidates[i].module_offset - 1;
        offsets[1 + count + i] = fault->candidates[i].target;
    }
    symbol_file_find_all(library, offsets, 1 + 2 * count, places);
    uint64_t begin = places[0].begin;

    for (size_t i = 0; i < count && places[0].symbol[0] && fault->frame_count < PROVIDER_FRAMES;
         i++) {
        const uint64_t target = fault->candidates[i].target;
        const struct symbol_file_place *place = &places[1 + i];

        if (!fault->candidates[i].module_offset || !place->symbol[0] ||
            (target ? target != begin : i != next || place->begin == begin))
            continue;
        fault->frames[fault->frame_count].module_offset = fault->candidates[i].module_offset;
        memcpy(fault->frames[fault->frame_count++].symbol, place->symbol, sizeof(place->symbol));
        begin = place->begin;
        next = i + 1;
    }
}

bool provider_answer_read_fault(const struct exchange *exchange, const char *library,
                                struct fault_record *record)
{
    struct provider_fault *fault = &record->fault;

    if (atomic_load(&exchange->fault_count) == 0)
        return false;
    memcpy(record, &exchange->fault, sizeof(*record));
    settle_fault(fault);
    settle_bool(&record->is_stack_overflow);
    END_TEXT(record->module_path);
    fault->symbol[0] = fault->caller_symbol[0] = 0;
    /* A path that leads to no file, like "", leaves the symbol as it is. */
    symbol_file_find(record->module_path, fault->module_offset, fault->symbol,
                     sizeof(fault->symbol), &fault->symbol_offset);
    if (fault->has_caller)
        symbol_file_find(library, fault->caller_module_offset, fault->caller_symbol,
                         sizeof(fault->caller_symbol), &fault->caller_symbol_offset);
    find_frames(fault, library, strcmp(text_utf8_file_name(library), fault->module) == 0);
    return true;
}

/* Signals that end a process without a handler, with the code that Windows would use. */
static uint32_t code_of_signal(uint32_t number)
{
    return number == 11 ? 0xC0000005 : number == 6 ? 0x40000015 : 0xC000013A;
}

void provider_answer_explain_end(struct provider_observation *culprit,
                                 const struct fault_record *record,
                                 const struct child_process_end *end)
{
    if (record) {
        culprit->outcome = record->is_stack_overflow ? PROVIDER_STACK_OVERFLOW : PROVIDER_CRASHED;
        culprit->fault = record->fault;
    } else if (end->by_signal) {
        culprit->outcome = PROVIDER_CRASHED;
        culprit->fault.code = code_of_signal(end->status);
        snprintf(culprit->fault.name, sizeof(culprit->fault.name), "signal %u",
                 (unsigned)end->status);
    } else if (end->status >= 0xC0000000) { /* Windows: an exception that no handler has seen */
        culprit->outcome = end->status == 0xC00000FD ? PROVIDER_STACK_OVERFLOW : PROVIDER_CRASHED;
        culprit->fault.code = end->status;
        snprintf(culprit->fault.name, sizeof(culprit->fault.name), "exception 0x%08lX",
                 (unsigned long)end->status);
    } else {
        culprit->outcome = PROVIDER_EXITED;
        culprit->exit_status = end->status;
    }
}
