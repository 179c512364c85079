/* SPDX-License-Identifier: MIT
 *
 * The harness's side of provider_process.h: starts the child, hands it calls, watches the time, and
 * makes one observation out of whatever came back - or did not.
 */
#include "provider_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child_process.h"
#include "os.h"
#include "provider_exchange.h"
#include "symbol_file.h"
#include "text.h"

#define DEFAULT_TIMEOUT_MS 10000
#define START_TRIES 3
#define START_TIMEOUT_MS 60000 /* of the child itself; long for a machine under load */
#define LOCATE_TIMEOUT_MS 500

struct provider_process {
    struct provider_start start; /* own copies of all it points to */
    struct child_process child;
    bool knows_start;                  /* the child has been given it */
    uint64_t places[PROVIDER_THREADS]; /* of the buffers in the payload, by thread */
};

static struct exchange *exchange_of(const struct provider_process *process)
{
    return process->child.header;
}

static void free_start(struct provider_start *start)
{
    free((void *)(uintptr_t)start->library);
    free((void *)(uintptr_t)start->open);
    free((void *)(uintptr_t)start->collect);
    free((void *)(uintptr_t)start->close);
    free((void *)(uintptr_t)start->service);
    free((void *)(uintptr_t)start->manifest);
    free((void *)(uintptr_t)start->context);
}

/* A copy; NULL stays NULL. *failed is set when memory is short. */
static char *copy_text(const char *text, bool *failed)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy)
        memcpy(copy, text, size);
    else
        *failed = true;
    return copy;
}

DWORD provider_process_start(struct provider_process **process, const struct provider_start *start)
{
    bool failed = false;

    if (!start->library || !*start->library)
        return ERROR_INVALID_PARAMETER;
    struct provider_process *made = calloc(1, sizeof(*made));
    if (!made)
        return ERROR_NOT_ENOUGH_MEMORY;
    made->start = *start;
    made->start.library = copy_text(start->library, &failed);
    made->start.open = copy_text(start->open, &failed);
    made->start.collect = copy_text(start->collect, &failed);
    made->start.close = copy_text(start->close, &failed);
    made->start.service = copy_text(start->service, &failed);
    made->start.manifest = copy_text(start->manifest, &failed);
    made->start.context = NULL;
    if (start->context) {
        WCHAR *context = calloc(start->context_length + 1, sizeof(*context));
        if (context)
            memcpy(context, start->context, start->context_length * sizeof(*context));
        else
            failed = true;
        made->start.context = context;
    }
    if (failed) {
        free_start(&made->start);
        free(made);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    *process = made;
    return ERROR_SUCCESS;
}

static DWORD start_child(struct provider_process *process)
{
    enum child_process_event event = CHILD_ENDED;
    DWORD error = ERROR_GEN_FAILURE;

    process->knows_start = false;
    /* Wine 8.0 fails to create a process now and then, under load: not for any reason of ours. */
    for (int tries = 0; tries < START_TRIES && event == CHILD_ENDED; tries++) {
        struct child_process_end end;

        child_process_release(&process->child);
        error = child_process_start(&process->child, sizeof(struct exchange));
        if (error == ERROR_NOT_SUPPORTED)
            break;
        if (!error)
            event = child_process_wait(&process->child, START_TIMEOUT_MS, &end);
    }
    if (event == CHILD_RANG)
        return ERROR_SUCCESS;
    /* It is not a program that calls provider_process_main, or it could not start. */
    child_process_release(&process->child);
    return error ? error : ERROR_GEN_FAILURE;
}

/* ---- requests ----------------------------------------------------------------------------- */

static bool has_buffer(const struct provider_call *call)
{
    return call->kind == PROVIDER_COLLECT || call->kind == PROVIDER_SYSTEM_QUERY ||
           call->kind == PROVIDER_V2_FINDINGS;
}

/* Reserve so many bytes of the payload. */
static struct exchange_part plan_part(size_t size, bool is_given, size_t *used)
{
    struct exchange_part part = { *used, is_given ? size : 0, is_given };

    *used += (part.size + 15) & ~(size_t)15;
    return part;
}

/* The plan is ours: what stands in the exchange the provider may have changed meanwhile. */
static void fill_part(const struct provider_process *process, struct exchange_part plan,
                      const void *data, struct exchange_part *told)
{
    if (plan.is_given && data)
        memcpy((unsigned char *)process->child.payload + plan.offset, data, plan.size);
    *told = plan;
}

/* Lay everything out, make room, then copy: growing loses what the payload held. */
static DWORD write_requests(struct provider_process *process, const struct provider_call calls[],
                            size_t count)
{
    const struct provider_start *start = &process->start;
    const char *texts[TEXT_COUNT] = {
        [TEXT_LIBRARY] = start->library, [TEXT_OPEN] = start->open,
        [TEXT_COLLECT] = start->collect, [TEXT_CLOSE] = start->close,
        [TEXT_SERVICE] = start->service, [TEXT_MANIFEST] = start->manifest,
    };
    struct exchange *exchange = exchange_of(process);
    struct exchange_part text_plans[TEXT_COUNT] = { { 0 } }, context_plan = { 0 };
    struct exchange_part query_plans[PROVIDER_THREADS], byte_plans[PROVIDER_THREADS];
    size_t used = 0;

    if (!process->knows_start) {
        for (size_t i = 0; i < TEXT_COUNT; i++)
            text_plans[i] = plan_part(texts[i] ? strlen(texts[i]) + 1 : 0, texts[i] != NULL, &used);
        context_plan =
            plan_part(start->context_length * sizeof(WCHAR), start->context != NULL, &used);
    }
    for (size_t i = 0; i < count; i++) {
        const WCHAR *query = calls[i].query;
        query_plans[i] =
            plan_part(query ? (text_length(query) + 1) * sizeof(*query) : 0, query != NULL, &used);
        byte_plans[i] = plan_part(calls[i].buffer_size, has_buffer(&calls[i]), &used);
        process->places[calls[i].thread] = byte_plans[i].offset;
    }
    DWORD error = child_process_grow(&process->child, used);
    if (error)
        return error;

    if (!process->knows_start) {
        for (size_t i = 0; i < TEXT_COUNT; i++)
            fill_part(process, text_plans[i], texts[i], &exchange->texts[i]);
        fill_part(process, context_plan, start->context, &exchange->context);
        exchange->has_indices = start->has_indices;
        exchange->first_counter = start->first_counter;
        exchange->first_help = start->first_help;
        exchange->is_v2 = start->is_v2;
        exchange->has_start = 1;
        process->knows_start = true;
    }
    for (size_t i = 0; i < count; i++) {
        struct exchange_slot *slot = &exchange->slots[calls[i].thread];
        fill_part(process, query_plans[i], calls[i].query, &slot->query);
        fill_part(process, byte_plans[i], NULL, &slot->bytes);
        slot->call = calls[i];
        slot->error = ERROR_SUCCESS;
        atomic_store(&slot->state, EXCHANGE_ASKED);
    }
    exchange->request = EXCHANGE_CALL;
    return ERROR_SUCCESS;
}

/* ---- answers ------------------------------------------------------------------------------ */

/* A bool that somebody else wrote may be neither. */
static void settle_bool(bool *question)
{
    unsigned char byte;

    memcpy(&byte, question, sizeof(byte));
    *question = byte != 0;
}

#define END_TEXT(text) ((text)[sizeof(text) - 1] = 0)

/* Nothing that was read is taken for a text, an answer or a kind that it is not. */
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
    settle_bool(&observation->damage.behind);
    observation->bytes = NULL;
}

static DWORD read_answer(struct provider_process *process, const struct provider_call *call,
                         struct provider_observation *observation)
{
    const struct exchange_slot *slot = &exchange_of(process)->slots[call->thread];

    memcpy(observation, &slot->observation, sizeof(*observation));
    settle(observation);
    DWORD failure = slot->error;
    if (failure) {
        observation->byte_count = 0;
        return failure;
    }
    size_t size = observation->byte_count;
    if (size > call->buffer_size)
        size = observation->byte_count = 0;
    if (!has_buffer(call) || observation->outcome != PROVIDER_RETURNED) {
        observation->byte_count = 0;
        return ERROR_SUCCESS;
    }
    observation->bytes = malloc(size + 1);
    if (!observation->bytes)
        return ERROR_NOT_ENOUGH_MEMORY;
    memcpy(observation->bytes,
           (unsigned char *)process->child.payload + process->places[call->thread], size);
    return ERROR_SUCCESS;
}

/* What the trap recorded, with the symbols that the files tell; false when it recorded nothing. */
static bool read_fault(const struct provider_process *process, struct fault_record *record)
{
    const struct exchange *exchange = exchange_of(process);
    struct provider_fault *fault = &record->fault;

    if (atomic_load(&exchange->fault_count) == 0)
        return false;
    memcpy(record, &exchange->fault, sizeof(*record));
    settle_fault(fault);
    settle_bool(&record->is_stack_overflow);
    END_TEXT(record->module_path);
    fault->symbol[0] = fault->caller_symbol[0] = 0;
    if (*record->module_path)
        symbol_file_find(record->module_path, fault->module_offset, fault->symbol,
                         sizeof(fault->symbol), &fault->symbol_offset);
    if (fault->has_caller)
        symbol_file_find(process->start.library, fault->caller_module_offset, fault->caller_symbol,
                         sizeof(fault->caller_symbol), &fault->caller_symbol_offset);
    return true;
}

/* Signals that end a process and that no handler saw, as Windows would call them. */
static uint32_t code_of_signal(uint32_t number)
{
    return number == 11 ? 0xC0000005 : number == 6 ? 0x40000015 : 0xC000013A;
}

/* The child has ended: whose doing was it, of the calls that had not come back? */
static void explain_end(struct provider_process *process, const struct provider_call calls[],
                        size_t count, const struct child_process_end *end,
                        struct provider_observation observations[])
{
    struct fault_record record;
    bool has_fault = read_fault(process, &record);
    struct provider_observation *culprit = NULL;

    for (size_t i = 0; i < count; i++) {
        if (observations[i].outcome != PROVIDER_GONE)
            continue;
        if (!culprit || (has_fault && calls[i].thread == record.thread))
            culprit = &observations[i];
    }
    if (!culprit)
        return;
    if (has_fault) {
        culprit->outcome = record.is_stack_overflow ? PROVIDER_STACK_OVERFLOW : PROVIDER_CRASHED;
        culprit->fault = record.fault;
    } else if (end->by_signal) {
        culprit->outcome = PROVIDER_CRASHED;
        culprit->fault.code = code_of_signal(end->status);
        snprintf(culprit->fault.name, sizeof(culprit->fault.name), "signal %u",
                 (unsigned)end->status);
    } else if (end->status >= 0xC0000000) { /* Windows: an exception that nobody could catch */
        culprit->outcome = end->status == 0xC00000FD ? PROVIDER_STACK_OVERFLOW : PROVIDER_CRASHED;
        culprit->fault.code = end->status;
        snprintf(culprit->fault.name, sizeof(culprit->fault.name), "exception 0x%08lX",
                 (unsigned long)end->status);
    } else {
        culprit->outcome = PROVIDER_EXITED;
        culprit->exit_status = end->status;
    }
}

/* Ask the child where the thread of a call is, before it is killed. */
static void explain_hang(struct provider_process *process, const struct provider_call *call,
                         struct provider_observation *observation)
{
    struct exchange *exchange = exchange_of(process);
    struct child_process_end end;
    struct fault_record record;

    observation->outcome = PROVIDER_HUNG;
    exchange->request = EXCHANGE_LOCATE;
    exchange->located = call->thread;
    child_process_ring(&process->child);
    child_process_wait(&process->child, LOCATE_TIMEOUT_MS, &end);
    if (read_fault(process, &record))
        observation->fault = record.fault;
}

static uint64_t milliseconds(void)
{
    return os_clock_ticks() / (os_clock_frequency() / 1000);
}

static uint32_t timeout_of(const struct provider_call *call)
{
    return call->timeout_ms ? call->timeout_ms : DEFAULT_TIMEOUT_MS;
}

/* Wait for all calls; those that did not come back keep PROVIDER_GONE or get a reason. */
static DWORD wait_for_all(struct provider_process *process, const struct provider_call calls[],
                          size_t count, struct provider_observation observations[])
{
    struct exchange *exchange = exchange_of(process);
    uint64_t begin = milliseconds();
    bool has_lost_thread = false;

    for (;;) {
        uint64_t passed = milliseconds() - begin;
        uint32_t left = UINT32_MAX;
        size_t next = count;

        for (size_t i = 0; i < count; i++) {
            struct exchange_slot *slot = &exchange->slots[calls[i].thread];
            uint32_t state = atomic_load(&slot->state);
            if (state == EXCHANGE_DONE) {
                atomic_store(&slot->state, EXCHANGE_IDLE);
                DWORD error = read_answer(process, &calls[i], &observations[i]);
                if (error)
                    return error;
                has_lost_thread =
                    has_lost_thread || observations[i].outcome == PROVIDER_THREAD_ENDED;
            } else if (state == EXCHANGE_ASKED) {
                uint64_t limit = timeout_of(&calls[i]);
                uint32_t own = passed < limit ? (uint32_t)(limit - passed) : 0;
                if (own < left) {
                    left = own;
                    next = i;
                }
            }
        }
        if (has_lost_thread) {
            child_process_release(&process->child);
            return ERROR_SUCCESS;
        }
        if (next == count)
            return ERROR_SUCCESS;
        if (left == 0) {
            explain_hang(process, &calls[next], &observations[next]);
            child_process_release(&process->child);
            return ERROR_SUCCESS;
        }
        struct child_process_end end;
        enum child_process_event event = child_process_wait(&process->child, left, &end);
        if (event != CHILD_ENDED)
            continue;
        for (size_t i = 0; i < count; i++) /* what was done before the end counts */
            if (atomic_load(&exchange->slots[calls[i].thread].state) == EXCHANGE_DONE &&
                read_answer(process, &calls[i], &observations[i]))
                return ERROR_NOT_ENOUGH_MEMORY;
        explain_end(process, calls, count, &end, observations);
        child_process_release(&process->child);
        return ERROR_SUCCESS;
    }
}

DWORD provider_process_call_together(struct provider_process *process,
                                     const struct provider_call calls[], size_t count,
                                     struct provider_observation observations[])
{
    uint32_t threads = 0;
    bool is_load = false;

    for (size_t i = 0; i < count && i < PROVIDER_THREADS; i++) {
        memset(&observations[i], 0, sizeof(observations[i]));
        observations[i].outcome = PROVIDER_GONE;
    }
    if (count < 1 || count > PROVIDER_THREADS)
        return ERROR_INVALID_PARAMETER;
    for (size_t i = 0; i < count; i++) {
        if (calls[i].thread >= PROVIDER_THREADS || threads & 1u << calls[i].thread ||
            calls[i].misalignment > 7 || calls[i].spare_size > calls[i].buffer_size ||
            (calls[i].kind == PROVIDER_SYSTEM_QUERY && !calls[i].query))
            return ERROR_INVALID_PARAMETER;
        threads |= 1u << calls[i].thread;
        is_load =
            is_load || calls[i].kind == PROVIDER_LOAD || calls[i].kind == PROVIDER_SYSTEM_QUERY;
    }
    if (!process->child.is_alive) {
        if (!is_load)
            return ERROR_SUCCESS;
        DWORD error = start_child(process);
        if (error)
            return error;
    }
    DWORD error = write_requests(process, calls, count);
    if (!error) {
        child_process_ring(&process->child);
        error = wait_for_all(process, calls, count, observations);
    }
    if (error) /* in an unknown state */
        child_process_release(&process->child);
    return error;
}

DWORD provider_process_call(struct provider_process *process, const struct provider_call *call,
                            struct provider_observation *observation)
{
    return provider_process_call_together(process, call, 1, observation);
}

bool provider_process_is_alive(const struct provider_process *process)
{
    return process->child.is_alive;
}

void provider_process_kill(struct provider_process *process)
{
    child_process_release(&process->child);
}

void provider_process_stop(struct provider_process *process)
{
    if (!process)
        return;
    child_process_release(&process->child);
    free_start(&process->start);
    free(process);
}

void provider_observation_release(struct provider_observation *observation)
{
    free(observation->bytes);
    observation->bytes = NULL;
    observation->byte_count = 0;
}

const char *provider_fault_access(const struct provider_fault *fault)
{
    return fault->is_write                        ? "writing"
           : fault->address == fault->instruction ? "executing"
                                                  : "reading";
}
