/* SPDX-License-Identifier: MIT
 *
 * The child's side of provider_process.h: takes requests from the shared memory, makes each call on
 * its thread, and writes down what happened. The main thread never calls the provider, so it can
 * always report where another thread hangs.
 */
#include "provider_process.h"

#include <stdlib.h>
#include <string.h>

#include "callback_watch.h"
#include "child_process.h"
#include "fault_trap.h"
#include "harness_thread.h"
#include "process_state.h"
#include "provider_call.h"
#include "provider_exchange.h"

/* Threads; chosen. A provider that starts more is reported with this many. */
#define LEFT_OVER_LIMIT 1024

struct worker {
    bool is_running;
    uint32_t number;
    _Atomic uint32_t os_thread;
    struct harness_gate gate;
    struct provider_call_memory memory;
};

/* A child has one provider. Its data are static, because the fault trap needs them and gets no
   arguments. */
static struct child_process parent;
static struct exchange *exchange;
static struct provider_start start;
static struct provider_callee callee;
static struct worker workers[PROVIDER_THREADS];
/* threads that existed when the library was last unloaded */
static uint32_t left_over[LEFT_OVER_LIMIT];
static _Atomic size_t left_over_count;

/* threads that existed before the library was first loaded */
static uint32_t known_threads[LEFT_OVER_LIMIT];
static size_t known_count;
static bool has_unloaded;
static struct process_state first_state; /* the state before the library was loaded */

/* Note the threads that exist before the provider can have started one. */
static void note_known(void)
{
    if (known_count)
        return;
    known_count = process_state_list_threads(known_threads, LEFT_OVER_LIMIT - PROVIDER_THREADS);
    if (known_count > LEFT_OVER_LIMIT - PROVIDER_THREADS)
        known_count = LEFT_OVER_LIMIT - PROVIDER_THREADS;
}

/* Report what remains of the unloaded library, in the answer to a count of resources. */
static void report_left_threads(struct provider_observation *observation)
{
    size_t count = known_count;

    for (uint32_t i = 0; i < PROVIDER_THREADS; i++)
        if (workers[i].is_running)
            known_threads[count++] = atomic_load(&workers[i].os_thread);
    process_state_describe_threads(known_threads, count, observation->detail,
                                   sizeof(observation->detail));
    callback_watch_list(observation->detail, sizeof(observation->detail));
}

static bool was_left_over(uint32_t thread)
{
    size_t count = atomic_load(&left_over_count);

    for (size_t i = 0; i < count; i++)
        if (left_over[i] == thread)
            return true;
    return false;
}

/* Every thread that still runs, except our own, belongs to the unloaded library. */
static void note_left_over(void)
{
    atomic_store(&left_over_count, 0);
    size_t count = process_state_list_threads(left_over, LEFT_OVER_LIMIT);
    atomic_store(&left_over_count, count < LEFT_OVER_LIMIT ? count : LEFT_OVER_LIMIT);
}

/* Record a fault. Everything may be damaged, so this only stores plain values. */
static void record_fault(const struct fault_record *record)
{
    struct fault_record *to = &exchange->fault;

    *to = *record;
    for (size_t i = 0; record->fault.has_address && i < PROVIDER_THREADS; i++) {
        const struct provider_call_memory *memory = &workers[i].memory;
        uintptr_t address = (uintptr_t)record->fault.address;
        if (guarded_buffer_contains(&memory->buffer, address)) {
            to->fault.in_buffer_memory = true;
            to->fault.buffer_offset =
                (int64_t)((uint64_t)address - (uint64_t)(uintptr_t)memory->buffer.data);
        }
        if (guarded_buffer_contains(&memory->query, address))
            to->fault.in_query_memory = true;
    }
    /* Replace the thread's identifier by the number that the parent knows. */
    to->thread = PROVIDER_THREADS;
    for (uint32_t i = 0; i < PROVIDER_THREADS; i++)
        if (workers[i].is_running && atomic_load(&workers[i].os_thread) == record->thread)
            to->thread = i;
    if (to->thread == PROVIDER_THREADS && was_left_over(record->thread))
        to->fault.is_left_over = true;
    else if (to->fault.in_buffer_memory || to->fault.in_query_memory)
        to->fault.is_left_over = false; /* this memory now lies where the library was */
    atomic_fetch_add(&exchange->fault_count, 1);
}

static void answer(struct exchange_slot *slot, const struct provider_observation *observation)
{
    size_t capacity = slot->order.bytes.size;

    slot->observation = *observation;
    if (observation->bytes && observation->byte_count <= capacity)
        memcpy((unsigned char *)parent.payload + slot->order.bytes.offset, observation->bytes,
               observation->byte_count);
    else
        slot->observation.byte_count = 0;
}

/* Whether the provider has lowered a limit of this process. */
static bool is_limited(void)
{
    struct process_state now;

    process_state_take(&now);
    return (process_state_compare(&first_state, &now) &
            (PROVIDER_LIMITED_MEMORY | PROVIDER_LIMITED_FILES | PROVIDER_LIMITED_PROCESSES)) != 0;
}

static void work(void *context)
{
    struct worker *worker = context;
    struct exchange_slot *slot = &exchange->slots[worker->number];
    struct provider_observation observation;

    atomic_store(&worker->os_thread, os_thread_id());
    worker->memory.progress = &slot->progress;
    fault_trap_enter_thread();
    for (;;) {
        harness_thread_gate_wait(&worker->gate);
        struct provider_call call = slot->order.call;
        call.query = slot->order.query.is_given
                         ? (const WCHAR *)(const void *)((unsigned char *)parent.payload +
                                                         slot->order.query.offset)
                         : NULL;
        if (call.kind == PROVIDER_LOAD) {
            note_known();
            callback_watch_begin(start.library);
        }
        if (call.kind == PROVIDER_UNLOAD)
            fault_trap_begin_unloading();
        slot->error = provider_call_make(&callee, &start, &call, &worker->memory, &observation);
        if (slot->error && is_limited()) {
            slot->error = ERROR_SUCCESS;
            memset(&observation, 0, sizeof(observation));
            observation.outcome = PROVIDER_LIMITED;
        }
        if (call.kind == PROVIDER_UNLOAD) {
            fault_trap_end_unloading();
            has_unloaded = true;
        }
        if (call.kind == PROVIDER_RESOURCES && has_unloaded && !callee.is_loaded)
            report_left_threads(&observation);
        if (call.kind == PROVIDER_LOAD || call.kind == PROVIDER_UNLOAD)
            fault_trap_set_provider(provider_call_code_of(&callee));
        if (call.kind == PROVIDER_UNLOAD)
            note_left_over();
        answer(slot, &observation);
        atomic_store(&slot->state, EXCHANGE_DONE);
        child_process_notify_parent(&parent);
    }
}

/* A thread has ended by ExitThread or in a similar way, and its call with it. */
static void end_work(void *context)
{
    const struct worker *worker = context;
    struct exchange_slot *slot = &exchange->slots[worker->number];

    memset(&slot->observation, 0, sizeof(slot->observation));
    slot->observation.outcome = PROVIDER_THREAD_ENDED;
    atomic_store(&slot->state, EXCHANGE_DONE);
    child_process_notify_parent(&parent);
}

/* Copy a part of the payload; NULL if it is not given. The copies of the start are never freed. */
static void *copy_part(const struct exchange_part *part)
{
    if (!part->is_given)
        return NULL;
    unsigned char *copy = calloc(1, part->size + sizeof(WCHAR));
    if (!copy)
        child_process_exit(ERROR_NOT_ENOUGH_MEMORY);
    memcpy(copy, (unsigned char *)parent.payload + part->offset, part->size);
    return copy;
}

static void take_start(void)
{
    start.library = copy_part(&exchange->texts[TEXT_LIBRARY]);
    start.open = copy_part(&exchange->texts[TEXT_OPEN]);
    start.collect = copy_part(&exchange->texts[TEXT_COLLECT]);
    start.close = copy_part(&exchange->texts[TEXT_CLOSE]);
    start.service = copy_part(&exchange->texts[TEXT_SERVICE]);
    start.context = copy_part(&exchange->context);
    start.context_length = exchange->context.size / sizeof(WCHAR);
    start.has_indices = exchange->has_indices;
    start.first_counter = exchange->first_counter;
    start.first_help = exchange->first_help;
    start.is_v2 = exchange->is_v2;
    start.is_elsewhere = exchange->is_elsewhere;
    start.manifest = copy_part(&exchange->texts[TEXT_MANIFEST]);
    exchange->has_start = 0;
}

static void dispatch(void)
{
    uint32_t asked = 0;

    /* This comes first: a worker's last call happened before its slot was used again. */
    for (uint32_t i = 0; i < PROVIDER_THREADS; i++)
        if (atomic_load(&exchange->slots[i].state) == EXCHANGE_ASKED)
            asked |= 1u << i;
    if (child_process_follow(&parent))
        child_process_exit(ERROR_NOT_ENOUGH_MEMORY);
    if (exchange->has_start && !start.library)
        take_start();
    for (uint32_t i = 0; i < PROVIDER_THREADS; i++) {
        struct worker *worker = &workers[i];
        if (!(asked & 1u << i))
            continue;
        if (!worker->is_running) {
            worker->number = i;
            if (harness_thread_gate_init(&worker->gate) ||
                harness_thread_start(work, end_work, worker))
                child_process_exit(ERROR_NOT_ENOUGH_MEMORY);
            worker->is_running = true;
        }
    }
    /* The gates open only now, so that calls for the same moment begin together. The states are
       not read again: the first call may be done already, and the parent may have asked for
       more. */
    for (uint32_t i = 0; i < PROVIDER_THREADS; i++)
        if (asked & 1u << i)
            harness_thread_gate_open(&workers[i].gate);
}

static void locate(void)
{
    uint32_t number = exchange->located;

    if (number < PROVIDER_THREADS && workers[number].is_running)
        fault_trap_locate(atomic_load(&workers[number].os_thread), record_fault);
    child_process_notify_parent(&parent);
}

bool provider_child_main(int argc, char **argv, int *status)
{
    DWORD error = child_process_attach(&parent, sizeof(struct exchange), argc, argv);

    if (error == ERROR_NOT_FOUND)
        return false;
    if (error) {
        *status = 2;
        return true;
    }
    exchange = parent.header;
    process_state_take(&first_state);
    fault_trap_set(record_fault);
    child_process_notify_parent(&parent); /* this process is ready */
    while (child_process_wait_for_parent(&parent)) {
        if (exchange->request == EXCHANGE_LOCATE)
            locate();
        else
            dispatch();
    }
    child_process_exit(0);
}
