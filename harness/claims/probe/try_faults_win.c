/* SPDX-License-Identifier: MIT
 *
 * The probes provider_faults and provider_time: one fault at a time at some test levels. A case
 * contains what its claim expects; one function runs all cases.
 */
#include <stdio.h>
#include <string.h>

#include "truth_answer.h"
#include "truth_service.h"
#include "truth_system.h"
#include "trial.h"

#define SERVICE_TEXT "windows_truth_1"
#define EVENTS_MAX 8 /* kept events; chosen */
#define NO_LEVEL 0   /* ExtCounterTestLevel is not set */

/* The result of one query with a fault. */
struct outcome {
    LONG result;
    DWORD count; /* NumObjectTypes */
    bool has_first, has_second;
    bool is_readers_buffer; /* Collect got an address in the reader's buffer */
    size_t event_count;
    struct truth_system_event events[EVENTS_MAX];
};

static void ask(struct outcome *outcome)
{
    const struct truth_plan *plan = truth_service_plan();
    struct truth_answer answer;
    WCHAR query[64];

    wsprintfW(query, L"%u %u", plan->first_index, plan->first_index + TRUTH_SECOND_SERVICE);
    truth_answer_ask_all(&answer, query);
    const PERF_DATA_BLOCK *header = truth_answer_header(&answer);
    const struct truth_call *call = truth_service_call(TRUTH_CALL_COLLECT, 1, 0);
    const ULONG_PTR start = (ULONG_PTR)answer.data;
    outcome->result = answer.result;
    outcome->count = header ? header->NumObjectTypes : 0;
    outcome->has_first = truth_answer_find(&answer, plan->first_index) != NULL;
    outcome->has_second =
        truth_answer_find(&answer, plan->first_index + TRUTH_SECOND_SERVICE) != NULL;
    outcome->is_readers_buffer =
        call && call->buffer >= start && call->buffer - start < answer.capacity;
    truth_answer_release(&answer);
}

/* Plant a fault at a level and make one query. */
static bool run(struct trial *trial, LONG fault, DWORD level, struct outcome *outcome)
{
    struct truth_plan *plan = truth_service_begin(trial);

    memset(outcome, 0, sizeof(*outcome));
    if (!plan)
        return false;
    plan->fault = fault;
    if (strcmp(trial->claim, "level-trusted-old") == 0)
        truth_system_trust_registered();
    if (level != NO_LEVEL)
        truth_service_set_perflib(L"ExtCounterTestLevel", level);
    truth_service_set_perflib(L"EventLogLevel", 3);
    truth_system_mark_events();
    ask(outcome);
    return true;
}

static void read_events(struct outcome *outcome)
{
    if (truth_system_has_events())
        outcome->event_count = truth_system_read_events(SERVICE_TEXT, outcome->events, EVENTS_MAX);
}

/* Forget what this process has disabled, as a new process would: another level needs that. */
static void forget(void)
{
    truth_system_close_key();
    truth_service_restore_perflib();
}

static const struct truth_system_event *find_event(const struct outcome *outcome, unsigned id)
{
    for (size_t i = 0; i < outcome->event_count; i++)
        if (outcome->events[i].id == id)
            return &outcome->events[i];
    return NULL;
}

/* Write the events, e.g. "1010 (4 strings), 1017 (1)". */
static const char *list_events(const struct outcome *outcome)
{
    static char text[200];
    size_t used = 0;

    text[0] = 0;
    for (size_t i = 0; i < outcome->event_count && used < sizeof(text); i++)
        used +=
            (size_t)snprintf(text + used, sizeof(text) - used, "%s%u (%u strings)", i ? ", " : "",
                             outcome->events[i].id, outcome->events[i].string_count);
    return *text ? text : "none";
}

/* ---- cases --------------------------------------------------------------------------------- */

enum expectation { ANY, USED, NOT_USED };

#define L(level) (1u << (level))

struct fault_case {
    const char *claim;
    LONG fault;
    unsigned levels;              /* L(1) | L(2) ...; L(0): not set */
    enum expectation data;        /* data of the service with the fault */
    unsigned event, string_count; /* 0: no event is expected, or any number of strings */
    bool closes;                  /* RegCloseKey follows the query */
};

static const struct fault_case fault_cases[] = {
    { "exception-open", TRUTH_FAULT_OPEN_CRASHES, L(4), NOT_USED, 1009, 4, false },
    { "exception-collect", TRUTH_FAULT_COLLECT_CRASHES, L(4), NOT_USED, 1010, 4, false },
    { "exception-close", TRUTH_FAULT_CLOSE_CRASHES, L(4), ANY, 1011, 4, true },
    { "level-default", TRUTH_FAULT_OVERRUN, L(0), USED, 0, 0, false },
    { "level-bounds", TRUTH_FAULT_OVERRUN, L(1) | L(2), NOT_USED, 0, 0, false },
    { "level-bounds", TRUTH_FAULT_POINTER_SHORT, L(1) | L(2), NOT_USED, 0, 0, false },
    { "level-bounds", TRUTH_FAULT_OVERRUN, L(3), USED, 0, 0, false },
    { "level-contents", TRUTH_FAULT_INSTANCE_SUM, L(1), NOT_USED, 0, 0, false },
    { "level-contents", TRUTH_FAULT_INSTANCE_SUM, L(2), USED, 0, 0, false },
    { "level-guards", TRUTH_FAULT_OVERRUN, L(1), NOT_USED, 1002, 0, false },
    { "level-guards", TRUTH_FAULT_UNDERRUN, L(1), NOT_USED, 1002, 0, false },
    { "level-guards", TRUTH_FAULT_OVERRUN_GUARD, L(1), NOT_USED, 1002, 0, false },
    { "level-pointer-past-end", TRUTH_FAULT_PAST_END, L(1), NOT_USED, 1001, 3, false },
    { "level-heap-damage", TRUTH_FAULT_PAST_GUARD, L(1), NOT_USED, 1013, 3, false },
    { "level-pointer-moves-by-size", TRUTH_FAULT_POINTER_SHORT, L(1) | L(2), NOT_USED, 0, 0,
      false },
    { "level-pointer-moves-by-size", TRUTH_FAULT_POINTER_STAYS, L(1) | L(2), NOT_USED, 0, 0,
      false },
    { "level-length-sum", TRUTH_FAULT_LENGTH_SUM, L(1), NOT_USED, 0, 0, false },
    { "level-instance-sum", TRUTH_FAULT_INSTANCE_SUM, L(1), NOT_USED, 0, 0, false },
    { "level-definitions-event", TRUTH_FAULT_DEFINITIONS, L(1), ANY, 1019, 3, false },
    { "level-alignment", TRUTH_FAULT_UNALIGNED, L(1) | L(2) | L(3) | L(4), ANY, 1016, 0, false },
    { "level-alignment-event", TRUTH_FAULT_UNALIGNED, L(4), USED, 1016, 4, false },
    { "level-size-event", TRUTH_FAULT_SIZE_BEYOND, L(4), ANY, 1020, 4, false },
    { "level-size-always", TRUTH_FAULT_SIZE_BEYOND, L(1) | L(2) | L(3) | L(4), NOT_USED, 0, 0,
      false },
    { "level-one-provider", TRUTH_FAULT_OVERRUN, L(1), NOT_USED, 0, 0, false },
    { "level-one-provider", TRUTH_FAULT_COLLECT_CRASHES, L(1), NOT_USED, 0, 0, false },
    { "level-alike", TRUTH_FAULT_OVERRUN, L(4), USED, 0, 0, false },
    { "level-trusted-old", TRUTH_FAULT_INSTANCE_SUM, L(4), NOT_USED, 1004, 0, false },
    { "collect-codes", TRUTH_FAULT_COLLECT_FAILS, L(4), NOT_USED, 0, 0, false },
    { "collect-failure-event", TRUTH_FAULT_COLLECT_FAILS, L(4), NOT_USED, 1014, 3, false },
    { "collect-size-limit", TRUTH_FAULT_PAST_END, L(1) | L(2), NOT_USED, 0, 0, false },
};

static void expect_event(struct trial *trial, const struct fault_case *fault,
                         struct outcome *outcome)
{
    if (!fault->event)
        return;
    if (!truth_system_has_events()) {
        trial_observe(trial, "no event log can be read here");
        if (fault->data == ANY)
            trial->is_impossible = true;
        return;
    }
    const struct truth_system_event *event = find_event(outcome, fault->event);
    trial_expect(trial,
                 event && (!fault->string_count || event->string_count == fault->string_count),
                 "events: %s", list_events(outcome));
}

static void run_case(struct trial *trial, const struct fault_case *fault, DWORD level)
{
    static const char *const data[] = { [false] = "not used", [true] = "used" };
    struct outcome outcome;

    if (!run(trial, fault->fault, level, &outcome))
        return;
    if (fault->closes)
        truth_system_close_key();
    if (fault->event)
        read_events(&outcome);
    trial_expect(trial, outcome.result == ERROR_SUCCESS && outcome.has_second,
                 "level %lu: result %ld, the other provider's data are %s", level, outcome.result,
                 outcome.has_second ? "there" : "missing");
    if (fault->data != ANY)
        trial_expect(trial, outcome.has_first == (fault->data == USED), "the data are %s",
                     data[outcome.has_first]);
    expect_event(trial, fault, &outcome);
    forget();
}

void try_fault_case(struct trial *trial)
{
    for (size_t i = 0; i < sizeof(fault_cases) / sizeof(*fault_cases); i++)
        for (DWORD level = 0; level <= 4; level++)
            if (strcmp(fault_cases[i].claim, trial->claim) == 0 &&
                fault_cases[i].levels & L(level) && !trial->is_impossible)
                run_case(trial, &fault_cases[i], level);
}

/* ---- trials with more than one query ------------------------------------------------------- */

void try_library_loads_safely(struct trial *trial)
{
    struct outcome outcome;
    struct truth_plan *plan = truth_service_begin(trial);

    if (!plan)
        return;
    plan->load_fault = TRUTH_FAULT_LOAD_CRASHES;
    ask(&outcome);
    trial_expect(trial, outcome.result == ERROR_SUCCESS,
                 "a library that crashes when it is loaded: result %ld", outcome.result);
    const struct truth_call *call = truth_service_call(TRUTH_CALL_LOAD, 0, 0);
    if (trial_expect(trial, call != NULL, "its DllMain is called") && !truth_system_is_emulated)
        trial_expect(trial, call->process == GetCurrentProcessId(), "in the reader's process");
}

void try_unload_harmless(struct trial *trial)
{
    struct outcome outcome;
    struct truth_plan *plan = truth_service_begin(trial);

    if (!plan)
        return;
    ask(&outcome);
    truth_system_close_key();
    const struct truth_call *call = truth_service_call(TRUTH_CALL_UNLOAD, 0, 0);
    if (trial_expect(trial, call != NULL, "unloading calls DllMain") && !truth_system_is_emulated)
        trial_expect(trial, call->process == GetCurrentProcessId(), "in the reader's process");
}

void try_open_failure(struct trial *trial)
{
    struct outcome outcome;
    DWORD disable = 0;

    if (!run(trial, TRUTH_FAULT_OPEN_FAILS, NO_LEVEL, &outcome))
        return;
    trial_expect(trial, outcome.result == ERROR_SUCCESS && !outcome.has_first && outcome.has_second,
                 "an Open that fails: result %ld, data of %s%s", outcome.result,
                 outcome.has_first ? "it and " : "", outcome.has_second ? "the other" : "no other");
    ask(&outcome);
    truth_service_number(L"Disable Performance Counters", &disable);
    trial_expect(trial, truth_service_count(TRUTH_CALL_OPEN, 1) == 1,
                 "two queries: %u Opens; Disable Performance Counters %lu",
                 truth_service_count(TRUTH_CALL_OPEN, 1), disable);
}

/* Crash in Collect, then make another query, and note whether Collect is called again. */
static bool crash_twice(struct trial *trial, struct outcome *outcome, unsigned *calls,
                        DWORD *disable)
{
    if (!run(trial, TRUTH_FAULT_COLLECT_CRASHES, NO_LEVEL, outcome))
        return false;
    read_events(outcome);
    struct outcome second;
    ask(&second);
    *calls = truth_service_count(TRUTH_CALL_COLLECT, 1);
    *disable = 0;
    truth_service_number(L"Disable Performance Counters", disable);
    return true;
}

void try_disable_after_one(struct trial *trial)
{
    struct outcome outcome;
    unsigned calls;
    DWORD disable;

    if (crash_twice(trial, &outcome, &calls, &disable))
        trial_expect(trial, calls == 1, "a Collect that crashed is called %u times by two queries",
                     calls);
}

void try_disable_privileged(struct trial *trial)
{
    struct outcome outcome;
    unsigned calls;
    DWORD disable;

    if (crash_twice(trial, &outcome, &calls, &disable))
        trial_expect(trial, calls == 1 && disable == 1,
                     "called %u times; Disable Performance Counters %lu", calls, disable);
}

void try_disable_for_good(struct trial *trial)
{
    struct outcome outcome;
    unsigned calls;
    DWORD disable;

    if (!crash_twice(trial, &outcome, &calls, &disable))
        return;
    if (!truth_system_has_events() || !disable)
        trial_impossible(trial, "Disable Performance Counters %lu, events %s", disable,
                         list_events(&outcome));
    else
        trial_expect(trial, find_event(&outcome, 1017) != NULL, "disabled for good; events %s",
                     list_events(&outcome));
}

void try_disable_for_session(struct trial *trial)
{
    struct outcome outcome;
    unsigned calls;
    DWORD disable;

    if (!crash_twice(trial, &outcome, &calls, &disable))
        return;
    if (!truth_system_has_events() || disable || calls != 1)
        trial_impossible(trial, "Disable Performance Counters %lu, called %u times, events %s",
                         disable, calls, list_events(&outcome));
    else
        trial_expect(trial, find_event(&outcome, 1018) != NULL,
                     "disabled for the session; events %s", list_events(&outcome));
}

void try_flag_no_disabling(struct trial *trial)
{
    struct outcome outcome;
    DWORD disable = 0;

    if (!truth_service_begin(trial))
        return;
    truth_service_plan()->fault = TRUTH_FAULT_COLLECT_CRASHES;
    truth_service_set_perflib(L"Configuration Flags", 2);
    ask(&outcome);
    ask(&outcome);
    truth_service_number(L"Disable Performance Counters", &disable);
    trial_expect(trial, truth_service_count(TRUTH_CALL_COLLECT, 1) == 2 && !disable,
                 "a Collect that crashed is called %u times by two queries; Disable Performance "
                 "Counters %lu",
                 truth_service_count(TRUTH_CALL_COLLECT, 1), disable);
    forget();
}

void try_flag_no_alignment(struct trial *trial)
{
    struct outcome outcome;

    if (!truth_service_begin(trial))
        return;
    if (!truth_system_has_events()) {
        trial_impossible(trial, "no event log can be read here");
        return;
    }
    truth_service_plan()->fault = TRUTH_FAULT_UNALIGNED;
    truth_service_set_perflib(L"Configuration Flags", 1);
    truth_service_set_perflib(L"EventLogLevel", 3);
    truth_system_mark_events();
    ask(&outcome);
    read_events(&outcome);
    trial_expect(trial, !find_event(&outcome, 1016), "an unaligned answer: events %s",
                 list_events(&outcome));
    forget();
}

void try_flag_no_buffer_test(struct trial *trial)
{
    struct outcome outcome;

    if (!truth_service_begin(trial))
        return;
    truth_service_plan()->fault = TRUTH_FAULT_OVERRUN;
    truth_service_set_perflib(L"Configuration Flags", 4);
    truth_service_set_perflib(L"ExtCounterTestLevel", 1);
    ask(&outcome);
    trial_expect(trial, outcome.has_first, "a changed guard at level 1: the data are %s",
                 outcome.has_first ? "used" : "not used");
    forget();
}

void try_event_log_level(struct trial *trial)
{
    static const struct {
        LONG fault;
        DWORD level;
        unsigned id;
        bool is_logged;
    } cases[] = {
        { TRUTH_FAULT_COLLECT_CRASHES, 0, 1010, false },
        { TRUTH_FAULT_COLLECT_CRASHES, 1, 1010, true },
        { TRUTH_FAULT_UNALIGNED, 1, 1016, false },
        { TRUTH_FAULT_UNALIGNED, 2, 1016, true },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct outcome outcome;

        if (!truth_service_begin(trial))
            return;
        if (!truth_system_has_events()) {
            trial_impossible(trial, "no event log can be read here");
            return;
        }
        truth_service_plan()->fault = cases[i].fault;
        truth_service_set_perflib(L"EventLogLevel", cases[i].level);
        truth_system_mark_events();
        ask(&outcome);
        read_events(&outcome);
        trial_expect(trial, !!find_event(&outcome, cases[i].id) == cases[i].is_logged,
                     "EventLogLevel %lu: events %s", cases[i].level, list_events(&outcome));
        forget();
    }
}

void try_level_copy(struct trial *trial)
{
    for (DWORD level = 1; level <= 4; level++) {
        struct outcome outcome;

        if (!run(trial, TRUTH_FAULT_NONE, level, &outcome))
            return;
        if (truth_system_is_emulated) {
            trial_impossible(trial, "a provider runs in a process of its own at every level");
            return;
        }
        trial_expect(trial, outcome.has_first && outcome.is_readers_buffer == (level == 4),
                     "level %lu: Collect writes into %s buffer", level,
                     outcome.is_readers_buffer ? "the reader's" : "another");
        forget();
    }
}

void try_level_all_faults(struct trial *trial)
{
    struct outcome outcome;

    if (!run(trial, TRUTH_FAULT_SEVERAL, 1, &outcome))
        return;
    read_events(&outcome);
    if (!truth_system_has_events())
        trial_impossible(trial, "no event log can be read here");
    else
        trial_expect(
            trial,
            find_event(&outcome, 1002) && find_event(&outcome, 1003) && find_event(&outcome, 2000),
            "a changed guard, a wrong pointer and a wrong sum: events %s", list_events(&outcome));
    forget();
}

void try_level_trusted_changed(struct trial *trial)
{
    static const BYTE wrong_code[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    struct outcome outcome;

    if (!truth_service_begin(trial))
        return;
    if (!truth_system_has_events()) {
        trial_impossible(trial, "no event log can be read here");
        return;
    }
    truth_service_set_binary(L"Library Validation Code", wrong_code, sizeof(wrong_code));
    truth_system_trust_registered();
    truth_service_set_perflib(L"EventLogLevel", 3);
    truth_system_mark_events();
    ask(&outcome);
    read_events(&outcome);
    trial_expect(trial, find_event(&outcome, 2003) != NULL,
                 "a Library Validation Code that does not fit: events %s", list_events(&outcome));
    forget();
}

/* ---- provider_time ------------------------------------------------------------------------- */

#define LIMIT_MS 400  /* chosen: short, because every trial waits for it */
#define DELAY_MS 1600 /* longer than LIMIT_MS, shorter than the default limit */

/* Run a provider that is late, with a limit in `value` or without one. */
static bool run_late(struct trial *trial, LONG fault, const WCHAR *value, struct outcome *outcome)
{
    struct truth_plan *plan = truth_service_begin(trial);

    memset(outcome, 0, sizeof(*outcome));
    if (!plan)
        return false;
    plan->fault = fault;
    plan->delay_ms = DELAY_MS;
    if (value)
        truth_service_set_number(value, LIMIT_MS);
    truth_service_set_perflib(L"EventLogLevel", 3);
    truth_system_mark_events();
    ask(outcome);
    return true;
}

void try_time_limits(struct trial *trial)
{
    static const struct {
        LONG fault;
        const WCHAR *value;
    } cases[] = { { TRUTH_FAULT_COLLECT_LATE, NULL },
                  { TRUTH_FAULT_COLLECT_LATE, L"Collect Timeout" },
                  { TRUTH_FAULT_OPEN_LATE, L"Open Timeout" } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct outcome outcome;

        if (!run_late(trial, cases[i].fault, cases[i].value, &outcome))
            return;
        trial_expect(trial, outcome.has_first == !cases[i].value,
                     "%s takes %u ms, %s: its data are %s",
                     cases[i].fault == TRUTH_FAULT_OPEN_LATE ? "Open" : "Collect", DELAY_MS,
                     cases[i].value ? "its limit is 400 ms" : "it has no limit of its own",
                     outcome.has_first ? "used" : "not used");
        forget();
    }
}

void try_time_late_data(struct trial *trial)
{
    struct outcome outcome;

    if (!run_late(trial, TRUTH_FAULT_COLLECT_LATE, L"Collect Timeout", &outcome))
        return;
    trial_expect(trial, outcome.result == ERROR_SUCCESS && !outcome.has_first && outcome.has_second,
                 "result %ld, late data are %s", outcome.result,
                 outcome.has_first ? "used" : "not used");
    forget();
}

static void expect_late_event(struct trial *trial, LONG fault, const WCHAR *value, unsigned id)
{
    struct outcome outcome;

    if (!run_late(trial, fault, value, &outcome))
        return;
    read_events(&outcome);
    if (!truth_system_has_events())
        trial_impossible(trial, "no event log can be read here");
    else
        trial_expect(trial, find_event(&outcome, id) && find_event(&outcome, id)->string_count == 2,
                     "events %s", list_events(&outcome));
    forget();
}

void try_time_collect_event(struct trial *trial)
{
    expect_late_event(trial, TRUTH_FAULT_COLLECT_LATE, L"Collect Timeout", 1015);
}

void try_time_open_event(struct trial *trial)
{
    expect_late_event(trial, TRUTH_FAULT_OPEN_LATE, L"Open Timeout", 2002);
}

void try_time_try_again(struct trial *trial)
{
    struct outcome outcome;

    if (!run_late(trial, TRUTH_FAULT_COLLECT_LATE, L"Collect Timeout", &outcome))
        return;
    if (outcome.has_first) {
        trial_impossible(trial, "a late Collect is not noticed here");
        return;
    }
    truth_service_plan()->fault = TRUTH_FAULT_NONE;
    ask(&outcome);
    trial_expect(trial, outcome.has_first, "the next query: %u Collects, its data are %s",
                 truth_service_count(TRUTH_CALL_COLLECT, 1),
                 outcome.has_first ? "used" : "not used");
    forget();
}

void try_flag_no_time_limit(struct trial *trial)
{
    struct outcome outcome;

    if (!truth_service_begin(trial))
        return;
    truth_service_plan()->fault = TRUTH_FAULT_COLLECT_LATE;
    truth_service_plan()->delay_ms = DELAY_MS;
    truth_service_set_number(L"Collect Timeout", LIMIT_MS);
    truth_service_set_perflib(L"Configuration Flags", 8);
    ask(&outcome);
    trial_expect(trial, outcome.has_first, "late data are %s",
                 outcome.has_first ? "used" : "not used");
    forget();
}
