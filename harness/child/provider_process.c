/* SPDX-License-Identifier: MIT
 *
 * The harness's side of provider_process.h: starts the child, passes calls to it, watches the
 * time, and waits for the answers, which provider_answers.c reads.
 */
#include "provider_process.h"

#include <stdlib.h>
#include <string.h>

#include "child_process.h"
#include "os.h"
#include "provider_answers.h"
#include "provider_exchange.h"
#include "provider_output.h"
#include "text.h"

#define DEFAULT_TIMEOUT_MS 10000 /* what Windows waits if no time-out is registered */
#define START_TRIES 3            /* see start_child */
#define START_TIMEOUT_MS 60000   /* chosen: for the child itself, on a machine under load */
#define LOCATE_TIMEOUT_MS 500    /* chosen: for the child to find where a thread hangs */
#define LOOK_MS 100              /* chosen: between two checks of a call that has not returned */
#define DYING_MS 5000 /* chosen: for a child to end after its trap has recorded a fault */

struct provider_process {
    struct provider_start start; /* with copies of everything that it points to */
    struct child_process child;
    struct provider_output output;
    bool (*goes_on)(void *context); /* called while a call is waited for; may be NULL */
    void *goes_on_context;
    bool knows_start;                               /* the child has received `start` */
    struct exchange_order orders[PROVIDER_THREADS]; /* what was last requested, by thread */
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

/* Copy a text; NULL stays NULL. *failed is set if there is no memory. */
static const char *copy(const char *text, bool *failed)
{
    const char *made = text_utf8_copy(text);

    *failed = *failed || (text && !made);
    return made;
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
    made->start.library = copy(start->library, &failed);
    made->start.open = copy(start->open, &failed);
    made->start.collect = copy(start->collect, &failed);
    made->start.close = copy(start->close, &failed);
    made->start.service = copy(start->service, &failed);
    made->start.manifest = copy(start->manifest, &failed);
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

static void end_child(struct provider_process *process)
{
    child_process_release(&process->child);
    provider_output_end(&process->output);
}

static DWORD start_child(struct provider_process *process)
{
    const struct child_output output = { .receive = provider_output_is_heard()
                                                        ? provider_output_receive
                                                        : NULL,
                                         .context = &process->output };
    enum child_process_event event = CHILD_ENDED;
    DWORD error = ERROR_GEN_FAILURE;

    process->knows_start = false;
    process->output.library = process->start.library;
    /* Under load, Wine 8.0 sometimes fails to create a process. The next try succeeds. */
    for (int tries = 0; tries < START_TRIES && event == CHILD_ENDED; tries++) {
        struct child_process_end end;

        child_process_release(&process->child);
        error = child_process_start(&process->child, sizeof(struct exchange), &output);
        if (error == ERROR_NOT_SUPPORTED)
            break;
        if (!error)
            event = child_process_wait(&process->child, START_TIMEOUT_MS, &end);
    }
    if (event == CHILD_NOTIFIED)
        return ERROR_SUCCESS;
    /* The program does not call provider_child_main, or it could not start. */
    child_process_release(&process->child);
    return error ? error : ERROR_GEN_FAILURE;
}

/* ---- requests ----------------------------------------------------------------------------- */

/* Reserve that many bytes of the payload. */
static struct exchange_part plan_part(size_t size, bool is_given, size_t *used)
{
    struct exchange_part part = { *used, is_given ? size : 0, is_given };

    *used += (part.size + 15) & ~(size_t)15;
    return part;
}

/* The plan is the parent's own: the provider may have changed the exchange meanwhile. A part that is not given
   has no data. */
static void fill_part(const struct provider_process *process, struct exchange_part plan,
                      const void *data)
{
    if (data)
        memcpy((unsigned char *)process->child.payload + plan.offset, data, plan.size);
}

/* Plan all parts, grow the payload, then copy: growing loses the contents of the payload. */
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
    size_t used = 0;

    if (!process->knows_start) {
        for (size_t i = 0; i < TEXT_COUNT; i++)
            text_plans[i] = plan_part(texts[i] ? strlen(texts[i]) + 1 : 0, texts[i] != NULL, &used);
        context_plan =
            plan_part(start->context_length * sizeof(WCHAR), start->context != NULL, &used);
    }
    for (size_t i = 0; i < count; i++) {
        const WCHAR *query = calls[i].query;
        struct exchange_order *order = &process->orders[calls[i].thread];
        order->call = calls[i];
        order->query =
            plan_part(query ? (text_length(query) + 1) * sizeof(*query) : 0, query != NULL, &used);
        order->bytes =
            plan_part(calls[i].buffer_size, provider_request_has_buffer(calls[i].kind), &used);
    }
    DWORD error = child_process_grow(&process->child, used);
    if (error)
        return error;

    if (!process->knows_start) {
        for (size_t i = 0; i < TEXT_COUNT; i++) {
            fill_part(process, text_plans[i], texts[i]);
            exchange->texts[i] = text_plans[i];
        }
        fill_part(process, context_plan, start->context);
        exchange->context = context_plan;
        exchange->has_indices = start->has_indices;
        exchange->first_counter = start->first_counter;
        exchange->first_help = start->first_help;
        exchange->is_v2 = start->is_v2;
        exchange->is_elsewhere = start->is_elsewhere;
        exchange->has_start = 1;
        process->knows_start = true;
    }
    for (size_t i = 0; i < count; i++) {
        struct exchange_slot *slot = &exchange->slots[calls[i].thread];
        const struct exchange_order *order = &process->orders[calls[i].thread];
        fill_part(process, order->query, calls[i].query);
        memcpy(&slot->order, order, sizeof(*order));
        slot->error = ERROR_SUCCESS;
        atomic_store(&slot->progress.begun, 0);
        atomic_store(&slot->progress.size, calls[i].buffer_size);
        atomic_store(&slot->state, EXCHANGE_ASKED);
    }
    exchange->request = EXCHANGE_CALL;
    return ERROR_SUCCESS;
}

/* ---- waiting ------------------------------------------------------------------------------ */

/* Calls that have not all come back. */
struct pending {
    struct provider_process *process;
    const struct provider_call *calls;
    struct provider_observation *observations;
    size_t count;
    uint32_t missing; /* bit i is set until calls[i] comes back */
    uint64_t begin;   /* clock ticks */
    struct {
        uint32_t begun;    /* how many calls of the order have begun */
        uint64_t since_ms; /* when `begun` was first seen, in milliseconds after `begin` */
    } progress[PROVIDER_THREADS];
};

static bool is_missing(const struct pending *pending, size_t i)
{
    return pending->missing & 1u << i;
}

static struct exchange_slot *slot_of(const struct pending *pending, size_t i)
{
    return &exchange_of(pending->process)->slots[pending->calls[i].thread];
}

static uint64_t passed_ms(const struct pending *pending)
{
    return (os_clock_ticks() - pending->begin) / (os_clock_frequency() / 1000);
}

/* Whether the order in the exchange is unchanged. Otherwise the child does something else, for any time. */
static bool is_intact(const struct pending *pending)
{
    bool is_intact = exchange_of(pending->process)->request == EXCHANGE_CALL;

    for (size_t i = 0; i < pending->count && is_intact; i++) {
        const struct exchange_slot *slot = slot_of(pending, i);
        const struct exchange_order *order = &pending->process->orders[pending->calls[i].thread];
        if (!is_missing(pending, i))
            continue;
        uint32_t state = atomic_load(&slot->state);
        is_intact = (state == EXCHANGE_ASKED || state == EXCHANGE_DONE) &&
                    /* Compared as bytes: the order was copied with its padding. */
                    memcmp((const unsigned char *)&slot->order, (const unsigned char *)order,
                           sizeof(*order)) == 0;
    }
    return is_intact;
}

static DWORD take_answers(struct pending *pending)
{
    for (size_t i = 0; i < pending->count; i++) {
        struct exchange_slot *slot = slot_of(pending, i);
        if (!is_missing(pending, i) || atomic_load(&slot->state) != EXCHANGE_DONE)
            continue;
        pending->missing &= ~(1u << i);
        atomic_store(&slot->state, EXCHANGE_IDLE);
        DWORD error =
            provider_answer_read(&pending->process->child, &pending->calls[i],
                                 &pending->process->orders[pending->calls[i].thread],
                                 (passed_ms(pending) + 1) * 10000, &pending->observations[i]);
        if (error)
            return error;
    }
    return ERROR_SUCCESS;
}

/* The child has ended: find out which of the calls that have not come back ended it. */
static void explain_end(const struct pending *pending, const struct child_process_end *end)
{
    struct fault_record record = { .thread = PROVIDER_THREADS }; /* that of no call */
    const bool has_fault = provider_answer_read_fault(exchange_of(pending->process),
                                                      pending->process->start.library, &record);
    struct provider_observation *culprit = NULL;

    for (size_t i = 0; i < pending->count; i++)
        if (is_missing(pending, i) && (!culprit || pending->calls[i].thread == record.thread))
            culprit = &pending->observations[i];
    if (!culprit)
        return;
    provider_answer_read_progress(exchange_of(pending->process),
                                  &pending->calls[culprit - pending->observations], culprit);
    provider_answer_explain_end(culprit, has_fault ? &record : NULL, end);
}

/* Ask the child where the thread of a call is, before the child is killed. */
static void explain_hang(const struct pending *pending, size_t hung)
{
    struct provider_process *process = pending->process;
    struct provider_observation *observation = &pending->observations[hung];
    struct exchange *exchange = exchange_of(process);
    struct child_process_end end;
    struct fault_record record;

    observation->outcome = PROVIDER_HUNG;
    provider_answer_read_progress(exchange, &pending->calls[hung], observation);
    exchange->request = EXCHANGE_LOCATE;
    exchange->located = pending->calls[hung].thread;
    child_process_notify(&process->child);
    child_process_wait(&process->child, LOCATE_TIMEOUT_MS, &end);
    if (provider_answer_read_fault(exchange, process->start.library, &record))
        observation->fault = record.fault;
}

static void explain_damage(const struct pending *pending)
{
    for (size_t i = 0; i < pending->count; i++)
        if (is_missing(pending, i)) {
            pending->observations[i].outcome = PROVIDER_CRASHED;
            pending->observations[i].fault =
                (struct provider_fault){ .code = PROVIDER_HEAP_DAMAGED,
                                         .name = "harness's memory overwritten" };
            return;
        }
}

static uint32_t timeout_of(const struct provider_call *call)
{
    return call->timeout_ms ? call->timeout_ms : DEFAULT_TIMEOUT_MS;
}

/* Milliseconds that a call has left, of its order's time and of its own. */
static uint32_t time_left_of(struct pending *pending, size_t i, uint64_t passed)
{
    const struct provider_call *call = &pending->calls[i];
    const uint32_t begun = atomic_load(&slot_of(pending, i)->progress.begun);
    uint64_t limit = timeout_of(call);

    if (begun != pending->progress[i].begun) {
        pending->progress[i].begun = begun;
        pending->progress[i].since_ms = passed;
    }
    if (call->single_timeout_ms && pending->progress[i].since_ms + call->single_timeout_ms < limit)
        limit = pending->progress[i].since_ms + call->single_timeout_ms;
    return passed < limit ? (uint32_t)(limit - passed) : 0;
}

/* Milliseconds until the first of the missing calls is out of time, and which call that is. */
static uint32_t time_left(struct pending *pending, size_t *next)
{
    const uint64_t passed = passed_ms(pending);
    uint32_t left = UINT32_MAX;

    for (size_t i = 0; i < pending->count; i++) {
        if (!is_missing(pending, i))
            continue;
        const uint32_t own = time_left_of(pending, i, passed);
        if (own <= left) {
            left = own;
            *next = i;
        }
    }
    return left;
}

static bool has_lost_thread(const struct pending *pending)
{
    for (size_t i = 0; i < pending->count; i++)
        if (pending->observations[i].outcome == PROVIDER_THREAD_ENDED)
            return true;
    return false;
}

/* Wait for all calls. A call that does not come back keeps PROVIDER_GONE or gets a reason. */
static DWORD wait_for_all(struct pending *pending)
{
    struct child_process *child = &pending->process->child;
    struct child_process_end end = { 0 };
    uint64_t dying_since = UINT64_MAX; /* in milliseconds passed */

    for (;;) {
        size_t next = 0;

        if (!is_intact(pending)) {
            explain_damage(pending);
            break;
        }
        DWORD error = take_answers(pending);
        if (error)
            return error;
        if (has_lost_thread(pending))
            break;
        if (!pending->missing)
            return ERROR_SUCCESS;

        const uint64_t passed = passed_ms(pending);
        if (dying_since == UINT64_MAX && atomic_load(&exchange_of(pending->process)->fault_count))
            dying_since = passed;
        const bool is_dying = dying_since != UINT64_MAX;
        const uint32_t left = time_left(pending, &next);
        if (is_dying && (left == 0 || passed - dying_since > DYING_MS)) {
            explain_end(pending, &end);
            break;
        }
        if (left == 0) {
            explain_hang(pending, next);
            break;
        }
        const enum child_process_event event =
            child_process_wait(child, left < LOOK_MS ? left : LOOK_MS, &end);

        if (event == CHILD_TIMED_OUT && pending->process->goes_on &&
            !pending->process->goes_on(pending->process->goes_on_context))
            break; /* the missing calls are lost */
        if (event != CHILD_ENDED)
            continue;
        if (is_intact(pending)) { /* calls that were done before the end count */
            error = take_answers(pending);
            if (error)
                return error;
        }
        explain_end(pending, &end);
        break;
    }
    end_child(pending->process);
    return ERROR_SUCCESS;
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
        observations[i].size = calls[i].buffer_size;
    }
    if (count < 1 || count > PROVIDER_THREADS)
        return ERROR_INVALID_PARAMETER;
    for (size_t i = 0; i < count; i++) {
        if (calls[i].thread >= PROVIDER_THREADS || threads & 1u << calls[i].thread ||
            calls[i].misalignment > 7 || calls[i].spare_size > calls[i].buffer_size ||
            (calls[i].size_step && calls[i].least_size > calls[i].buffer_size) ||
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
        child_process_notify(&process->child);
        struct pending pending = { .process = process,
                                   .calls = calls,
                                   .observations = observations,
                                   .count = count,
                                   .missing = (1u << count) - 1,
                                   .begin = os_clock_ticks() };
        error = wait_for_all(&pending);
    }
    if (error) /* the child is in an unknown state */
        end_child(process);
    return error;
}

DWORD provider_process_call(struct provider_process *process, const struct provider_call *call,
                            struct provider_observation *observation)
{
    return provider_process_call_together(process, call, 1, observation);
}

void provider_process_watch(struct provider_process *process, bool (*goes_on)(void *context),
                            void *context)
{
    process->goes_on = goes_on;
    process->goes_on_context = context;
}

bool provider_process_is_alive(const struct provider_process *process)
{
    return process->child.is_alive;
}

void provider_process_kill(struct provider_process *process)
{
    end_child(process);
}

void provider_process_stop(struct provider_process *process)
{
    if (!process)
        return;
    end_child(process);
    free_start(&process->start);
    free(process);
}

unsigned provider_process_escaped_count(void)
{
    return child_process_escaped_count();
}
