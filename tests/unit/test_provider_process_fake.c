/* SPDX-License-Identifier: MIT
 *
 * provider_process.c with a fake child. The linker replaces the functions of child_process.h, the clock, and
 * malloc and calloc: see the Makefile. Each wait takes the next step of the test's list: time passes, the child
 * writes what it likes into the exchange, and the wait ends as the list says. Nothing here waits for real time.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "child_process.h"
#include "os.h"
#include "provider_exchange.h"
#include "provider_output.h"
#include "provider_process.h"
#include "text.h"

uint64_t __wrap_os_clock_ticks(void);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
DWORD __wrap_child_process_start(struct child_process *child, size_t header_size,
                                 const struct child_output *output);
DWORD __wrap_child_process_grow(struct child_process *child, size_t size);
void __wrap_child_process_notify(struct child_process *child);
enum child_process_event __wrap_child_process_wait(struct child_process *child, uint32_t timeout_ms,
                                                   struct child_process_end *end);
void __wrap_child_process_release(struct child_process *child);

/* The threads of the calls, and others than the numbers of the calls. */
enum { FIRST = 3, SECOND = 5, BUFFER = 100, ANSWER = 42, STARTS = 4, STEPS = 64 };
#define BIT(thread) (1u << (thread))
#define BOTH (BIT(FIRST) | BIT(SECOND))

/* ---- the fake child --------------------------------------------------------------------------- */

/* What happens while the parent waits. */
struct step {
    uint32_t passed_ms; /* before the wait ends */
    uint32_t done;      /* threads whose calls return ANSWER, as bits */
    void (*act)(void);  /* what the child does besides; NULL: nothing */
    enum child_process_event event;
    struct child_process_end end;
};

/* One fake child lives at a time. */
static struct exchange exchange;
static unsigned char payload[65536];
static unsigned live_count, start_count, notify_count;
static bool is_starting; /* it was started, and not notified yet */
static struct child_output given_output;

static DWORD start_errors[STARTS];
static enum child_process_event start_events[STARTS];
static const struct step *steps;
static size_t step_count, step_at;
static uint32_t timeouts_ms[STEPS]; /* of the waits */
static DWORD grow_error;
static size_t grown; /* the size that was asked for last, in bytes */
static uint64_t clock_ms;
static unsigned countdown; /* requests for memory until one fails; 0: none fails */

static bool has_no_memory(void)
{
    return countdown && --countdown == 0;
}

void *__wrap_malloc(size_t size)
{
    return has_no_memory() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return has_no_memory() ? NULL : __real_calloc(count, size);
}

uint64_t __wrap_os_clock_ticks(void)
{
    return clock_ms * (os_clock_frequency() / 1000);
}

DWORD __wrap_child_process_start(struct child_process *child, size_t header_size,
                                 const struct child_output *output)
{
    assert_int_equal(header_size, sizeof(exchange));
    assert_int_equal(live_count, 0);
    assert_true(start_count < STARTS);
    DWORD error = start_errors[start_count++];
    if (error)
        return error;
    memset(&exchange, 0, sizeof(exchange));
    memset(payload, 0, sizeof(payload));
    given_output = *output;
    live_count++;
    is_starting = true;
    *child = (struct child_process){
        .header = &exchange, .payload = payload, .os_process = 1, .is_alive = true
    };
    return ERROR_SUCCESS;
}

DWORD __wrap_child_process_grow(struct child_process *child, size_t size)
{
    (void)child;
    assert_true(size <= sizeof(payload));
    grown = size;
    return grow_error;
}

void __wrap_child_process_notify(struct child_process *child)
{
    assert_true(child->is_alive);
    is_starting = false;
    notify_count++;
}

static void return_call(uint32_t thread)
{
    exchange.slots[thread].observation.return_code = ANSWER;
    exchange.slots[thread].observation.size = BUFFER;
    exchange.slots[thread].observation.byte_count = BUFFER;
    atomic_store(&exchange.slots[thread].state, EXCHANGE_DONE);
}

enum child_process_event __wrap_child_process_wait(struct child_process *child, uint32_t timeout_ms,
                                                   struct child_process_end *end)
{
    enum child_process_event event;

    assert_true(child->is_alive);
    if (is_starting) {
        assert_int_equal(timeout_ms, 60000);
        event = start_events[start_count - 1];
        memset(end, 0, sizeof(*end));
    } else {
        assert_true(step_at < step_count && step_at < STEPS);
        const struct step *step = &steps[step_at];
        timeouts_ms[step_at++] = timeout_ms;
        clock_ms += step->passed_ms;
        for (uint32_t i = 0; i < PROVIDER_THREADS; i++)
            if (step->done & BIT(i))
                return_call(i);
        if (step->act)
            step->act();
        event = step->event;
        if (event == CHILD_ENDED)
            *end = step->end;
    }
    child->is_alive = event != CHILD_ENDED;
    return event;
}

void __wrap_child_process_release(struct child_process *child)
{
    if (child->os_process)
        live_count--;
    memset(child, 0, sizeof(*child));
}

/* ---- calls -------------------------------------------------------------------------------------- */

static struct provider_process *process;
static struct provider_observation observations[PROVIDER_THREADS + 1];

static int begin(void **state)
{
    const struct provider_start start = { .library = "no/library" };

    (void)state;
    memset(start_errors, 0, sizeof(start_errors));
    for (size_t i = 0; i < STARTS; i++)
        start_events[i] = CHILD_NOTIFIED;
    live_count = start_count = notify_count = countdown = 0;
    is_starting = false;
    grow_error = ERROR_SUCCESS;
    clock_ms = 1000000;
    step_count = step_at = 0;
    memset(observations, 0, sizeof(observations));
    return provider_process_start(&process, &start) != ERROR_SUCCESS;
}

static void release_observations(void)
{
    for (size_t i = 0; i < UNIT_COUNT(observations); i++)
        provider_observation_release(&observations[i]);
}

static int end(void **state)
{
    (void)state;
    release_observations();
    provider_process_stop(process);
    process = NULL;
    return live_count != 0;
}

/* Make calls, during which exactly these steps happen. There is something else after the calls and observations. */
static DWORD make(const struct provider_call calls[], size_t count, const struct step list[],
                  size_t length)
{
    struct provider_call more[PROVIDER_THREADS + 1];

    release_observations();
    memcpy(more, calls, count * sizeof(*calls));
    more[count] = (struct provider_call){ .kind = PROVIDER_LOAD, .thread = 9, .misalignment = 8 };
    observations[count].outcome = PROVIDER_THREAD_ENDED;
    steps = list;
    step_count = length;
    step_at = 0;
    DWORD error = provider_process_call_together(process, more, count, observations);
    assert_int_equal(step_at, step_count);
    assert_int_equal(observations[count].outcome, PROVIDER_THREAD_ENDED);
    assert_int_equal(live_count, provider_process_is_alive(process));
    return error;
}

static struct provider_call call_of(uint32_t thread)
{
    return (struct provider_call){ .kind = PROVIDER_LOAD, .thread = thread, .timeout_ms = 100000 };
}

/* Make two calls, of the threads FIRST and SECOND. The results are in `observations`. */
static DWORD make_both(const struct step list[], size_t length)
{
    const struct provider_call calls[] = { call_of(FIRST), call_of(SECOND) };

    return make(calls, 2, list, length);
}

static DWORD make_one(const struct provider_call *call, const struct step list[], size_t length)
{
    return make(call, 1, list, length);
}

/* A process of its own for each case of a table. */
static void begin_again(void)
{
    end(NULL);
    begin(NULL);
}

/* ---- the start ---------------------------------------------------------------------------------- */

static void a_child_that_ends_at_once_is_started_again(void **state)
{
    static const struct {
        const char *title;
        DWORD start_errors[STARTS];
        enum child_process_event events[STARTS];
        DWORD error;
        unsigned start_count;
    } cases[] = {
        { "the first try", { 0 }, { CHILD_NOTIFIED }, ERROR_SUCCESS, 1 },
        { "the last try", { 0 }, { CHILD_ENDED, CHILD_ENDED, CHILD_NOTIFIED }, ERROR_SUCCESS, 3 },
        { "one more",
          { 0 },
          { CHILD_ENDED, CHILD_ENDED, CHILD_ENDED, CHILD_NOTIFIED },
          ERROR_GEN_FAILURE,
          3 },
        { "it cannot be started at first",
          { ERROR_TOO_MANY_OPEN_FILES },
          { CHILD_ENDED, CHILD_NOTIFIED },
          ERROR_SUCCESS,
          2 },
        { "it can never be started",
          { ERROR_TOO_MANY_OPEN_FILES, ERROR_NOT_ENOUGH_MEMORY, ERROR_TOO_MANY_OPEN_FILES },
          { CHILD_NOTIFIED },
          ERROR_TOO_MANY_OPEN_FILES,
          3 },
        { "inside a child",
          { ERROR_NOT_SUPPORTED, ERROR_SUCCESS },
          { CHILD_NOTIFIED, CHILD_NOTIFIED },
          ERROR_NOT_SUPPORTED,
          1 },
        { "it does not answer", { 0 }, { CHILD_TIMED_OUT }, ERROR_GEN_FAILURE, 1 },
    };
    static const struct step returns[] = { { .done = BIT(0), .event = CHILD_NOTIFIED } };
    const struct provider_call call = call_of(0);

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        begin_again();
        memcpy(start_errors, cases[i].start_errors, sizeof(start_errors));
        memcpy(start_events, cases[i].events, sizeof(start_events));
        DWORD error = make_one(&call, returns, cases[i].error == ERROR_SUCCESS);
        if (error != cases[i].error || start_count != cases[i].start_count)
            fail_msg("%s: error %u, %u starts", cases[i].title, (unsigned)error, start_count);
        assert_int_equal(provider_process_is_alive(process), !error);
        assert_int_equal(notify_count, !error);
    }
}

static void hear(const char *library, const char *line)
{
    (void)library, (void)line;
}

static void output_is_received_if_somebody_listens(void **state)
{
    static const struct step returns[] = { { .done = BIT(0), .event = CHILD_NOTIFIED } };
    const struct provider_call call = call_of(0);

    (void)state;
    assert_int_equal(make_one(&call, returns, 1), ERROR_SUCCESS);
    assert_null(given_output.receive);
    begin_again();
    provider_output_listen(hear);
    assert_int_equal(make_one(&call, returns, 1), ERROR_SUCCESS);
    provider_output_listen(NULL);
    assert_ptr_equal(given_output.receive, provider_output_receive);
}

static void without_memory_there_is_no_process(void **state)
{
    /* The process, the six texts and the context. */
    enum { REQUESTS = 8 };
    static const WCHAR context[] = TEXT16("context");
    const struct provider_start start = { .library = "l",
                                          .open = "o",
                                          .collect = "c",
                                          .close = "d",
                                          .service = "s",
                                          .manifest = "m",
                                          .context = context,
                                          .context_length = UNIT_COUNT(context) };
    struct provider_process *made = NULL;

    (void)state;
    for (unsigned i = 1; i <= REQUESTS; i++) {
        countdown = i;
        assert_int_equal(provider_process_start(&made, &start), ERROR_NOT_ENOUGH_MEMORY);
        assert_int_equal(countdown, 0);
        assert_null(made);
    }
    countdown = REQUESTS + 1;
    assert_int_equal(provider_process_start(&made, &start), ERROR_SUCCESS);
    assert_int_equal(countdown, 1);
    countdown = 0;
    provider_process_stop(made);
}

/* ---- requests ----------------------------------------------------------------------------------- */

static const WCHAR context[] = TEXT16("a\0b\0");
static const WCHAR query[] = TEXT16("Global");

static void assert_part(const struct exchange_part *part, const void *data, size_t size)
{
    assert_int_equal(part->is_given, data != NULL);
    assert_int_equal(part->size, data ? size : 0);
    if (data)
        assert_memory_equal(payload + part->offset, data, size);
}

/* The child has taken the start, and would notice another one. */
static void take_start(void)
{
    assert_int_equal(exchange.has_start, 1);
    assert_int_equal(exchange.request, EXCHANGE_CALL);
    assert_part(&exchange.texts[TEXT_LIBRARY], "library", 8);
    assert_part(&exchange.texts[TEXT_OPEN], "open", 5);
    assert_part(&exchange.texts[TEXT_COLLECT], NULL, 0);
    assert_part(&exchange.texts[TEXT_CLOSE], "", 1);
    assert_part(&exchange.texts[TEXT_SERVICE], "service", 8);
    assert_part(&exchange.texts[TEXT_MANIFEST], "m", 2);
    assert_part(&exchange.context, context, sizeof(context));
    assert_int_equal(exchange.has_indices, 1);
    assert_int_equal(exchange.first_counter, 3000);
    assert_int_equal(exchange.first_help, 3001);
    exchange.has_start = 0;
    memset(exchange.texts, 0, sizeof(exchange.texts));
    memset(&exchange.context, 0, sizeof(exchange.context));
}

/* Bytes of the payload for parts of these sizes, each rounded up to 16. */
static size_t sum_of(const size_t sizes[], size_t count)
{
    size_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += (sizes[i] + 15) / 16 * 16;
    return sum;
}

static void the_start_is_passed_once(void **state)
{
    const struct provider_start start = {
        .library = "library",
        .open = "open",
        .close = "",
        .service = "service",
        .manifest = "m",
        .context = context,
        .context_length = UNIT_COUNT(context),
        .has_indices = true,
        .first_counter = 3000,
        .first_help = 3001,
    };
    static const struct step taken[] = { { .done = BIT(0),
                                           .act = take_start,
                                           .event = CHILD_NOTIFIED } },
                             returns[] = { { .done = BIT(0), .event = CHILD_NOTIFIED } };
    const size_t first[] = { 8, 5, 1, 8, 2, sizeof(context) }, second[] = { sizeof(query), BUFFER };
    struct provider_call call = call_of(0);
    static const struct exchange_part none = { 0 };

    (void)state;
    provider_process_stop(process);
    assert_int_equal(provider_process_start(&process, &start), ERROR_SUCCESS);
    call.buffer_size = BUFFER; /* a call that has no use for a buffer */
    assert_int_equal(make_one(&call, taken, 1), ERROR_SUCCESS);
    assert_int_equal(grown, sum_of(first, UNIT_COUNT(first)));
    assert_part(&exchange.slots[0].order.query, NULL, 0);
    assert_part(&exchange.slots[0].order.bytes, NULL, 0);
    assert_int_equal(observations[0].return_code, ANSWER);
    assert_null(observations[0].bytes);

    call.kind = PROVIDER_COLLECT;
    call.query = query;
    assert_int_equal(make_one(&call, returns, 1), ERROR_SUCCESS);
    assert_int_equal(grown, sum_of(second, UNIT_COUNT(second)));
    assert_int_equal(exchange.has_start, 0);
    for (size_t i = 0; i < TEXT_COUNT; i++)
        assert_memory_equal(&exchange.texts[i], &none, sizeof(none));
    assert_part(&exchange.slots[0].order.query, query, sizeof(query));
    assert_int_equal(exchange.slots[0].order.bytes.size, BUFFER);
    assert_int_equal(observations[0].byte_count, BUFFER);

    provider_process_kill(process); /* the next child needs it again */
    call.kind = PROVIDER_LOAD;
    call.query = NULL;
    assert_int_equal(make_one(&call, taken, 1), ERROR_SUCCESS);
}

/* A context that is NULL has no bytes, whatever its length. */
static void what_is_null_takes_no_memory(void **state)
{
    const struct provider_start start = { .library = "library", .context_length = 1000 };
    static const struct step returns[] = { { .done = BIT(0), .event = CHILD_NOTIFIED } };
    const struct provider_call call = call_of(0);

    (void)state;
    provider_process_stop(process);
    assert_int_equal(provider_process_start(&process, &start), ERROR_SUCCESS);
    assert_int_equal(make_one(&call, returns, 1), ERROR_SUCCESS);
    assert_int_equal(grown, 16);
    assert_part(&exchange.context, NULL, 0);
}

static void each_call_has_its_slot(void **state)
{
    static const struct step returns[] = { { .done = BOTH, .event = CHILD_NOTIFIED } };
    struct provider_call calls[] = { call_of(FIRST), call_of(SECOND) };

    (void)state;
    calls[1].kind = PROVIDER_COLLECT;
    calls[1].buffer_size = BUFFER;
    assert_int_equal(make(calls, 2, returns, 1), ERROR_SUCCESS);
    assert_int_equal(notify_count, 1);
    assert_int_equal(exchange.slots[FIRST].order.call.kind, PROVIDER_LOAD);
    assert_int_equal(exchange.slots[SECOND].order.call.kind, PROVIDER_COLLECT);
    assert_int_equal(atomic_load(&exchange.slots[SECOND].progress.size), BUFFER);
    for (uint32_t i = 0; i < PROVIDER_THREADS; i++) {
        assert_int_equal(atomic_load(&exchange.slots[i].state), EXCHANGE_IDLE);
        assert_int_equal(exchange.slots[i].order.call.thread, i == FIRST || i == SECOND ? i : 0);
    }
    assert_null(observations[0].bytes);
    assert_int_equal(observations[1].byte_count, BUFFER);
}

/* The arrays end where the calls do: AddressSanitizer notices a read or write after them. */
static void no_more_calls_are_used_than_there_are(void **state)
{
    static const struct step returns[] = { { .event = CHILD_NOTIFIED },
                                           { .done = BIT(FIRST), .event = CHILD_NOTIFIED } };
    struct provider_call *call = malloc(sizeof(*call));
    struct provider_observation *observation = malloc(sizeof(*observation));

    (void)state;
    assert_true(call && observation);
    *call = call_of(FIRST);
    steps = returns;
    step_count = 2;
    assert_int_equal(provider_process_call_together(process, call, 1, observation), ERROR_SUCCESS);
    assert_int_equal(observation->return_code, ANSWER);
    provider_observation_release(observation);
    free(observation);
    free(call);
}

static void a_call_without_memory_is_not_made(void **state)
{
    const struct provider_call call = call_of(0);

    (void)state;
    grow_error = ERROR_NOT_ENOUGH_MEMORY;
    assert_int_equal(make_one(&call, NULL, 0), ERROR_NOT_ENOUGH_MEMORY);
    assert_int_equal(notify_count, 0);
    assert_int_equal(observations[0].outcome, PROVIDER_GONE);
    assert_false(provider_process_is_alive(process));
}

/* ---- answers ------------------------------------------------------------------------------------ */

static void refuse_first(void)
{
    exchange.slots[FIRST].error = ERROR_NOT_ENOUGH_MEMORY;
    atomic_store(&exchange.slots[FIRST].state, EXCHANGE_DONE);
}

static void a_child_that_cannot_make_a_call_is_ended(void **state)
{
    static const struct step before[] = { { .act = refuse_first, .event = CHILD_NOTIFIED } },
                             at_end[] = { { .act = refuse_first, .event = CHILD_ENDED } };

    (void)state;
    assert_int_equal(make_both(before, 1), ERROR_NOT_ENOUGH_MEMORY);
    assert_false(provider_process_is_alive(process));
    assert_int_equal(observations[1].outcome, PROVIDER_GONE);
    begin_again();
    assert_int_equal(make_both(at_end, 1), ERROR_NOT_ENOUGH_MEMORY);
    assert_false(provider_process_is_alive(process));
    assert_int_equal(observations[1].outcome, PROVIDER_GONE);
}

static void end_second_thread(void)
{
    exchange.slots[SECOND].observation.outcome = PROVIDER_THREAD_ENDED;
    atomic_store(&exchange.slots[SECOND].state, EXCHANGE_DONE);
}

static void a_child_that_lost_a_thread_is_ended(void **state)
{
    static const struct step list[] = { { .act = end_second_thread, .event = CHILD_NOTIFIED } };

    (void)state;
    assert_int_equal(make_both(list, 1), ERROR_SUCCESS);
    assert_int_equal(observations[0].outcome, PROVIDER_GONE);
    assert_int_equal(observations[1].outcome, PROVIDER_THREAD_ENDED);
    assert_false(provider_process_is_alive(process));
}

/* ---- damage ------------------------------------------------------------------------------------- */

static void request_to_locate(void)
{
    exchange.request = EXCHANGE_LOCATE;
}

static void overwrite_request(void)
{
    memset(&exchange.request, 0xFF, sizeof(exchange.request));
}

static void make_first_idle(void)
{
    atomic_store(&exchange.slots[FIRST].state, EXCHANGE_IDLE);
}

static void overwrite_first_state(void)
{
    atomic_store(&exchange.slots[FIRST].state, EXCHANGE_DONE + 1);
}

static void overwrite_second_state(void)
{
    atomic_store(&exchange.slots[SECOND].state, UINT32_MAX);
}

static void change_first_byte(void)
{
    ((unsigned char *)&exchange.slots[FIRST].order)[0] ^= 1;
}

static void change_last_byte(void)
{
    ((unsigned char *)(&exchange.slots[SECOND].order + 1))[-1] ^= 1;
}

static void move_bytes(void)
{
    exchange.slots[SECOND].order.bytes.offset += 16;
}

/* The child overwrites its order, and claims that the call is done. */
static void damage_and_return(void)
{
    return_call(FIRST);
    change_first_byte();
}

static void overwrite_all(void)
{
    memset(&exchange, 0xFF, sizeof(exchange));
}

static void assert_damaged(const struct provider_observation *observation, const char *title)
{
    if (observation->outcome != PROVIDER_CRASHED ||
        observation->fault.code != PROVIDER_HEAP_DAMAGED || !*observation->fault.name)
        fail_msg("%s: outcome %d, code 0x%X", title, (int)observation->outcome,
                 (unsigned)observation->fault.code);
}

static void a_child_that_changes_its_orders_is_ended(void **state)
{
    static const struct {
        const char *title;
        void (*act)(void);
    } cases[] = {
        { "another request", request_to_locate },
        { "no request", overwrite_request },
        { "a call that is idle", make_first_idle },
        { "a state after the last", overwrite_first_state },
        { "any state of the second call", overwrite_second_state },
        { "the first byte of an order", change_first_byte },
        { "the last byte of the second order", change_last_byte },
        { "the place of the bytes", move_bytes },
        { "an answer to another order", damage_and_return },
        { "everything", overwrite_all },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct step list[] = { { .act = cases[i].act, .event = CHILD_NOTIFIED } };

        begin_again();
        assert_int_equal(make_both(list, 1), ERROR_SUCCESS);
        assert_damaged(&observations[0], cases[i].title);
        assert_int_equal(observations[1].outcome, PROVIDER_GONE);
        assert_false(provider_process_is_alive(process));
    }
}

static void damage_is_that_of_a_call_that_is_not_back(void **state)
{
    static const struct step list[] = {
        { .done = BIT(FIRST), .event = CHILD_NOTIFIED },
        { .act = change_last_byte, .event = CHILD_TIMED_OUT },
    };

    (void)state;
    assert_int_equal(make_both(list, 2), ERROR_SUCCESS);
    assert_int_equal(observations[0].outcome, PROVIDER_RETURNED);
    assert_damaged(&observations[1], "the second call");
}

static void answer_again(void)
{
    change_first_byte();
    exchange.slots[FIRST].observation.return_code = ANSWER + 1;
    atomic_store(&exchange.slots[FIRST].state, EXCHANGE_DONE);
}

static void an_answer_that_was_read_does_not_change(void **state)
{
    static const struct step list[] = {
        { .done = BIT(FIRST), .event = CHILD_NOTIFIED },
        { .act = answer_again, .event = CHILD_NOTIFIED },
        { .done = BIT(SECOND), .event = CHILD_NOTIFIED },
    };

    (void)state;
    assert_int_equal(make_both(list, 3), ERROR_SUCCESS);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(observations[i].outcome, PROVIDER_RETURNED);
        assert_int_equal(observations[i].return_code, ANSWER);
    }
    assert_true(provider_process_is_alive(process));
}

/* ---- the end of the child ----------------------------------------------------------------------- */

static void a_call_that_was_done_before_the_end_counts(void **state)
{
    static const struct step
        one[] = { { .done = BIT(FIRST), .event = CHILD_ENDED, .end = { false, 7 } } },
        all[] = { { .done = BOTH, .event = CHILD_ENDED, .end = { false, 7 } } },
        damaged[] = { { .act = damage_and_return, .event = CHILD_ENDED, .end = { false, 7 } } };

    (void)state;
    assert_int_equal(make_both(one, 1), ERROR_SUCCESS);
    assert_int_equal(observations[0].outcome, PROVIDER_RETURNED);
    assert_int_equal(observations[1].outcome, PROVIDER_EXITED);
    assert_int_equal(observations[1].exit_status, 7);
    assert_false(provider_process_is_alive(process));

    begin_again();
    assert_int_equal(make_both(all, 1), ERROR_SUCCESS);
    assert_int_equal(observations[0].outcome, PROVIDER_RETURNED);
    assert_int_equal(observations[1].outcome, PROVIDER_RETURNED);
    assert_false(provider_process_is_alive(process));

    begin_again();
    assert_int_equal(make_both(damaged, 1), ERROR_SUCCESS);
    assert_int_equal(observations[0].outcome, PROVIDER_EXITED);
    assert_int_equal(observations[0].return_code, 0);
    assert_int_equal(observations[1].outcome, PROVIDER_GONE);
}

static uint32_t fault_thread;

static void prepare_fault(void)
{
    exchange.fault.thread = fault_thread;
    exchange.fault.fault.code = 0xC0000005;
}

static void record_fault(void)
{
    prepare_fault();
    atomic_store(&exchange.fault_count, 1);
}

/* Of calls in the threads FIRST and SECOND, and in thread 7 after them. */
static void the_call_of_the_thread_that_failed_is_the_culprit(void **state)
{
    static const struct {
        const char *title;
        uint32_t done, fault_thread;
        bool has_fault;
        size_t culprit;
    } cases[] = {
        { "the first thread failed", 0, FIRST, true, 0 },
        { "the second thread failed", 0, SECOND, true, 1 },
        { "the last thread failed", 0, 7, true, 2 },
        { "another thread failed", 0, PROVIDER_THREADS, true, 0 },
        { "an unknown thread failed", 0, UINT32_MAX, true, 0 },
        { "the thread of a call that is back failed", BIT(FIRST), FIRST, true, 1 },
        { "nothing failed", 0, SECOND, false, 0 },
        { "nothing failed after the first call", BIT(FIRST), 7, false, 1 },
    };
    const struct provider_call calls[] = { call_of(FIRST), call_of(SECOND), call_of(7) };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct step list[] = { { .done = cases[i].done,
                                       .act = cases[i].has_fault ? record_fault : prepare_fault,
                                       .event = CHILD_ENDED,
                                       .end = { false, 7 } } };

        begin_again();
        fault_thread = cases[i].fault_thread;
        assert_int_equal(make(calls, 3, list, 1), ERROR_SUCCESS);
        for (size_t j = 0; j < 3; j++) {
            const enum provider_outcome expected = cases[i].done & BIT(calls[j].thread)
                                                       ? PROVIDER_RETURNED
                                                   : j != cases[i].culprit ? PROVIDER_GONE
                                                   : cases[i].has_fault    ? PROVIDER_CRASHED
                                                                           : PROVIDER_EXITED;
            if (observations[j].outcome != expected)
                fail_msg("%s: outcome %d of call %d", cases[i].title, (int)observations[j].outcome,
                         (int)j);
        }
    }
}

/* A child in which a fault is recorded ends by itself, but not always. */
static void a_child_that_does_not_die_is_ended(void **state)
{
    static const struct step after_5_seconds[] = {
        { .passed_ms = 10, .event = CHILD_TIMED_OUT },
        { .passed_ms = 10, .act = record_fault, .event = CHILD_TIMED_OUT }, /* dying since then */
        { .passed_ms = 4999, .event = CHILD_TIMED_OUT },
        { .passed_ms = 1, .event = CHILD_TIMED_OUT },
        { .passed_ms = 1, .event = CHILD_TIMED_OUT },
    };
    static const struct step out_of_time[] = {
        { .passed_ms = 900, .act = record_fault, .event = CHILD_TIMED_OUT },
        { .passed_ms = 99, .event = CHILD_TIMED_OUT },
        { .passed_ms = 1, .event = CHILD_TIMED_OUT },
    };
    static const struct step at_once[] = {
        { .act = record_fault, .event = CHILD_TIMED_OUT },
        { .event = CHILD_ENDED, .end = { true, 9 } },
    };
    struct provider_call call = call_of(FIRST);

    (void)state;
    fault_thread = FIRST;
    assert_int_equal(make_one(&call, after_5_seconds, 5), ERROR_SUCCESS);
    assert_int_equal(observations[0].outcome, PROVIDER_CRASHED);
    assert_int_equal(observations[0].fault.code, 0xC0000005);
    assert_false(provider_process_is_alive(process));

    begin_again();
    call.timeout_ms = 1000;
    assert_int_equal(make_one(&call, out_of_time, 3), ERROR_SUCCESS);
    assert_int_equal(observations[0].outcome, PROVIDER_CRASHED);

    begin_again();
    assert_int_equal(make_one(&call, at_once, 2), ERROR_SUCCESS);
    assert_int_equal(observations[0].outcome, PROVIDER_CRASHED);
    assert_int_equal(observations[0].fault.code, 0xC0000005);
}

/* ---- time --------------------------------------------------------------------------------------- */

static void locate(void)
{
    assert_int_equal(exchange.request, EXCHANGE_LOCATE);
    assert_int_equal(exchange.located, FIRST);
    exchange.fault.fault.code = 7;
    snprintf(exchange.fault.fault.module, sizeof(exchange.fault.fault.module), "module");
    atomic_store(&exchange.fault_count, 1);
}

static void a_call_that_hangs_is_located(void **state)
{
    static const struct step located[] = { { .passed_ms = 300, .event = CHILD_TIMED_OUT },
                                           { .act = locate, .event = CHILD_NOTIFIED } },
                             unknown[] = { { .passed_ms = 300, .event = CHILD_TIMED_OUT },
                                           { .passed_ms = 500, .event = CHILD_TIMED_OUT } };
    static const struct provider_fault none = { 0 };
    struct provider_call call = call_of(FIRST);

    (void)state;
    call.timeout_ms = 300;
    assert_int_equal(make_one(&call, located, 2), ERROR_SUCCESS);
    assert_int_equal(timeouts_ms[1], 500);
    assert_int_equal(notify_count, 2);
    assert_int_equal(observations[0].outcome, PROVIDER_HUNG);
    assert_string_equal(observations[0].fault.module, "module");
    assert_false(provider_process_is_alive(process));

    begin_again();
    assert_int_equal(make_one(&call, unknown, 2), ERROR_SUCCESS);
    assert_int_equal(observations[0].outcome, PROVIDER_HUNG);
    assert_memory_equal(&observations[0].fault, &none, sizeof(none));
}

/* How long the waits for one call may be, in order. The call hangs after the last one. */
static void a_call_has_its_time_and_not_more(void **state)
{
    static const struct {
        const char *title;
        uint32_t timeout_ms, single_timeout_ms;
        uint32_t passed_ms[4], waits_ms[4]; /* 0 ends the list */
    } cases[] = {
        { "less than the time between two checks", 99, 0, { 98, 1 }, { 99, 1 } },
        { "as much", 100, 0, { 100 }, { 100 } },
        { "more", 101, 0, { 99, 2 }, { 100, 2 } },
        { "more, and the wait ends late", 200, 0, { 50, 500 }, { 100, 100 } },
        { "the usual time", 0, 0, { 9899, 2, 98, 1 }, { 100, 100, 99, 1 } },
        { "less for a single call", 1000, 300, { 299, 1 }, { 100, 1 } },
        { "more for a single call", 300, 600000, { 299, 1 }, { 100, 1 } },
        { "as much for a single call", 300, 300, { 299, 1 }, { 100, 1 } },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct provider_call call = call_of(FIRST);
        struct step list[5] = { { .event = CHILD_TIMED_OUT } };
        size_t length = 0;

        begin_again();
        call.timeout_ms = cases[i].timeout_ms;
        call.single_timeout_ms = cases[i].single_timeout_ms;
        for (; length < 4 && cases[i].passed_ms[length]; length++)
            list[length] =
                (struct step){ .passed_ms = cases[i].passed_ms[length], .event = CHILD_TIMED_OUT };
        list[length] = (struct step){ .event = CHILD_TIMED_OUT }; /* it is not located */
        assert_int_equal(make_one(&call, list, length + 1), ERROR_SUCCESS);
        assert_int_equal(observations[0].outcome, PROVIDER_HUNG);
        for (size_t j = 0; j < length; j++)
            if (timeouts_ms[j] != cases[i].waits_ms[j])
                fail_msg("%s: wait %d of %u ms", cases[i].title, (int)j, (unsigned)timeouts_ms[j]);
    }
}

static void begin_next(void)
{
    atomic_fetch_add(&exchange.slots[FIRST].progress.begun, 1);
}

/* Each of the calls has 300 ms, and all of them have 1,000 ms. */
static void the_time_of_a_single_call_begins_with_it(void **state)
{
    static const struct step single[] = {
        { .passed_ms = 200, .act = begin_next, .event = CHILD_TIMED_OUT },
        { .passed_ms = 200, .event = CHILD_TIMED_OUT },
        { .passed_ms = 99, .event = CHILD_TIMED_OUT },
        { .passed_ms = 1, .event = CHILD_TIMED_OUT }, /* 300 ms after the call was seen */
        { .event = CHILD_TIMED_OUT },
    };
    static const struct step together[] = {
        { .passed_ms = 290, .act = begin_next, .event = CHILD_TIMED_OUT },
        { .passed_ms = 290, .act = begin_next, .event = CHILD_TIMED_OUT },
        { .passed_ms = 290, .act = begin_next, .event = CHILD_TIMED_OUT },
        { .passed_ms = 129, .event = CHILD_TIMED_OUT },
        { .passed_ms = 1, .event = CHILD_TIMED_OUT },
        { .event = CHILD_TIMED_OUT },
    };
    struct provider_call call = call_of(FIRST);

    (void)state;
    call.repeat = 5;
    call.timeout_ms = 1000;
    call.single_timeout_ms = 300;
    assert_int_equal(make_one(&call, single, 5), ERROR_SUCCESS);
    assert_int_equal(observations[0].outcome, PROVIDER_HUNG);
    assert_int_equal(observations[0].repeated, 0);
    assert_int_equal(timeouts_ms[3], 1);
    begin_again();
    assert_int_equal(make_one(&call, together, 6), ERROR_SUCCESS);
    assert_int_equal(observations[0].outcome, PROVIDER_HUNG);
    assert_int_equal(observations[0].repeated, 2);
    assert_int_equal(timeouts_ms[4], 1);
}

static void the_call_with_the_least_time_hangs(void **state)
{
    static const struct step list[] = { { .passed_ms = 300, .event = CHILD_TIMED_OUT },
                                        { .event = CHILD_TIMED_OUT } };
    static const struct step after_first[] = {
        { .passed_ms = 100, .done = BIT(FIRST), .event = CHILD_NOTIFIED },
        { .passed_ms = 200, .event = CHILD_TIMED_OUT },
        { .passed_ms = 200, .event = CHILD_TIMED_OUT },
        { .event = CHILD_TIMED_OUT },
    };

    (void)state;
    for (size_t first = 0; first < 2; first++) {
        struct provider_call calls[] = { call_of(FIRST), call_of(SECOND) };

        begin_again();
        calls[first].timeout_ms = 300;
        assert_int_equal(make(calls, 2, list, 2), ERROR_SUCCESS);
        assert_int_equal(exchange.located, calls[first].thread);
        assert_int_equal(observations[first].outcome, PROVIDER_HUNG);
        assert_int_equal(observations[1 - first].outcome, PROVIDER_GONE);
    }

    /* A call that is back has no time to lose. */
    struct provider_call calls[] = { call_of(FIRST), call_of(SECOND) };

    begin_again();
    calls[0].timeout_ms = 300;
    calls[1].timeout_ms = 500;
    assert_int_equal(make(calls, 2, after_first, 4), ERROR_SUCCESS);
    assert_int_equal(observations[0].outcome, PROVIDER_RETURNED);
    assert_int_equal(observations[1].outcome, PROVIDER_HUNG);
}

static unsigned asked_count;
static bool answer_of_watcher;

static bool goes_on(void *count)
{
    assert_ptr_equal(count, &asked_count);
    asked_count++;
    return answer_of_watcher;
}

static void the_watcher_is_asked_when_a_wait_was_for_nothing(void **state)
{
    static const struct step list[] = { { .event = CHILD_NOTIFIED },
                                        { .event = CHILD_TIMED_OUT },
                                        { .event = CHILD_NOTIFIED },
                                        { .event = CHILD_TIMED_OUT },
                                        { .done = BIT(FIRST), .event = CHILD_NOTIFIED } };
    const struct provider_call call = call_of(FIRST);

    (void)state;
    asked_count = 0;
    answer_of_watcher = true;
    provider_process_watch(process, goes_on, &asked_count);
    assert_int_equal(make_one(&call, list, 5), ERROR_SUCCESS);
    assert_int_equal(asked_count, 2);
    assert_int_equal(observations[0].outcome, PROVIDER_RETURNED);

    answer_of_watcher = false;
    assert_int_equal(make_one(&call, list, 2), ERROR_SUCCESS);
    assert_int_equal(asked_count, 3);
    assert_int_equal(observations[0].outcome, PROVIDER_GONE);
    assert_false(provider_process_is_alive(process));

    provider_process_watch(process, NULL, NULL);
    assert_int_equal(make_one(&call, list, 5), ERROR_SUCCESS);
    assert_int_equal(asked_count, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_child_that_ends_at_once_is_started_again),
        TEST(output_is_received_if_somebody_listens),
        TEST(without_memory_there_is_no_process),
        TEST(the_start_is_passed_once),
        TEST(what_is_null_takes_no_memory),
        TEST(each_call_has_its_slot),
        TEST(no_more_calls_are_used_than_there_are),
        TEST(a_call_without_memory_is_not_made),
        TEST(a_child_that_cannot_make_a_call_is_ended),
        TEST(a_child_that_lost_a_thread_is_ended),
        TEST(a_child_that_changes_its_orders_is_ended),
        TEST(damage_is_that_of_a_call_that_is_not_back),
        TEST(an_answer_that_was_read_does_not_change),
        TEST(a_call_that_was_done_before_the_end_counts),
        TEST(the_call_of_the_thread_that_failed_is_the_culprit),
        TEST(a_child_that_does_not_die_is_ended),
        TEST(a_call_that_hangs_is_located),
        TEST(a_call_has_its_time_and_not_more),
        TEST(the_time_of_a_single_call_begins_with_it),
        TEST(the_call_with_the_least_time_hangs),
        TEST(the_watcher_is_asked_when_a_wait_was_for_nothing),
    };

    return cmocka_run_group_tests_name("provider_process_fake", tests, NULL, NULL);
}
