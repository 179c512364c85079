/* SPDX-License-Identifier: MIT
 *
 * The probe provider_life: order, thread and arguments of Open, Collect, Close and unloading.
 */
#include <string.h>

#include "truth_answer.h"
#include "truth_service.h"
#include "truth_system.h"
#include "trial.h"

/* Query the object of a service, 1 or 2, or both objects with 0. Returns whether the answer has
   all of them. */
static bool ask_for(LONG service)
{
    struct truth_answer answer;
    WCHAR query[64];
    const DWORD first = truth_service_plan()->first_index, second = first + TRUTH_SECOND_SERVICE;

    if (service)
        wsprintfW(query, L"%u", service == 1 ? first : second);
    else
        wsprintfW(query, L"%u %u", first, second);
    truth_answer_ask_all(&answer, query);
    const bool is_there = (service == 2 || truth_answer_find(&answer, first)) &&
                          (service == 1 || truth_answer_find(&answer, second));
    truth_answer_release(&answer);
    return is_there;
}

void try_open_at_first_query(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    ask_for(2);
    trial_expect(trial, truth_service_count(TRUTH_CALL_OPEN, 1) == 0,
                 "%u Opens before a query that concerns it",
                 truth_service_count(TRUTH_CALL_OPEN, 1));
    trial_expect(trial, ask_for(1), "the query is answered");
    trial_expect(trial, truth_service_count(TRUTH_CALL_OPEN, 1) == 1, "%u Opens after it",
                 truth_service_count(TRUTH_CALL_OPEN, 1));
}

void try_open_once(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    for (int i = 0; i < 3; i++)
        ask_for(0);
    trial_expect(trial, truth_service_count(TRUTH_CALL_OPEN, 1) == 1, "three queries: %u Opens",
                 truth_service_count(TRUTH_CALL_OPEN, 1));
    trial_expect(trial, truth_service_count(TRUTH_CALL_OPEN, 2) == 1,
                 "the other service of the same library: %u Opens; it was loaded %u times",
                 truth_service_count(TRUTH_CALL_OPEN, 2), truth_service_count(TRUTH_CALL_LOAD, 0));
}

void try_stays_loaded(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    ask_for(1);
    ask_for(1);
    trial_expect(trial,
                 !truth_service_count(TRUTH_CALL_CLOSE, 0) &&
                     !truth_service_count(TRUTH_CALL_UNLOAD, 0),
                 "two queries: %u Closes, %u unloadings", truth_service_count(TRUTH_CALL_CLOSE, 0),
                 truth_service_count(TRUTH_CALL_UNLOAD, 0));
}

void try_close_at_close_key(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    ask_for(1);
    const unsigned before = truth_service_count(TRUTH_CALL_CLOSE, 1);
    truth_system_close_key();
    trial_expect(trial, !before && truth_service_count(TRUTH_CALL_CLOSE, 1) == 1,
                 "%u Closes before RegCloseKey, %u after it", before,
                 truth_service_count(TRUTH_CALL_CLOSE, 1));
    trial_expect(trial, truth_service_count(TRUTH_CALL_UNLOAD, 0) == 1, "%u unloadings",
                 truth_service_count(TRUTH_CALL_UNLOAD, 0));
    trial_expect(trial, ask_for(1) && truth_service_count(TRUTH_CALL_OPEN, 1) == 2,
                 "the next query: %u Opens in all", truth_service_count(TRUTH_CALL_OPEN, 1));
}

void try_close_and_open_again(struct trial *trial)
{
    WCHAR library[MAX_PATH];

    if (!truth_service_begin(trial))
        return;
    wsprintfW(library, L"%s\\windows-truth-provider.dll", truth_service_folder());
    if (truth_system_is_emulated || !LoadLibraryW(library)) {
        trial_impossible(trial, "the library cannot be kept loaded in the reader");
        return;
    }
    ask_for(1);
    truth_system_close_key();
    ask_for(1);
    trial_expect(trial,
                 truth_service_count(TRUTH_CALL_OPEN, 1) == 2 &&
                     truth_service_count(TRUTH_CALL_LOAD, 0) == 1,
                 "a library that stays loaded: %u Opens, %u Closes, loaded %u times",
                 truth_service_count(TRUTH_CALL_OPEN, 1), truth_service_count(TRUTH_CALL_CLOSE, 1),
                 truth_service_count(TRUTH_CALL_LOAD, 0));
}

/* Every Collect must come between an Open and its Close. */
void try_collect_after_close(struct trial *trial)
{
    const struct truth_plan *plan = truth_service_begin(trial);
    unsigned open = 0, outside = 0;

    if (!plan)
        return;
    ask_for(1);
    truth_system_close_key();
    ask_for(1);
    for (LONG i = 0; i < plan->call_count && i < TRUTH_CALLS_MAX; i++) {
        const struct truth_call *call = &plan->calls[i];

        if (call->service != 1)
            continue;
        open += call->kind == TRUTH_CALL_OPEN;
        open -= call->kind == TRUTH_CALL_CLOSE && open;
        outside += call->kind == TRUTH_CALL_COLLECT && !open;
    }
    trial_expect(trial, !outside && truth_service_count(TRUTH_CALL_COLLECT, 1) >= 2,
                 "%u Collects, %u of them while the provider is closed",
                 truth_service_count(TRUTH_CALL_COLLECT, 1), outside);
}

void try_close_too_often(struct trial *trial)
{
    struct truth_plan *plan = truth_service_begin(trial);

    if (!plan)
        return;
    plan->fault = TRUTH_FAULT_OPEN_FAILS;
    ask_for(1);
    truth_system_close_key();
    truth_system_close_key();
    trial_observe(trial, "an Open that fails: %u Opens, %u Closes",
                  truth_service_count(TRUTH_CALL_OPEN, 1),
                  truth_service_count(TRUTH_CALL_CLOSE, 1));
    trial_expect(trial, ask_for(2), "another provider is answered after it");
}

static DWORD WINAPI ask_in_thread(void *parameter)
{
    (void)parameter;
    return ask_for(1);
}

void try_calls_from_any_thread(struct trial *trial)
{
    HANDLE thread;

    if (truth_system_is_emulated) {
        trial_impossible(trial, "perfharness calls a provider in a process and thread of its own");
        return;
    }
    if (!truth_service_begin(trial))
        return;
    ask_for(1);
    thread = CreateThread(NULL, 0, ask_in_thread, NULL, 0, NULL);
    if (!thread) {
        trial_impossible(trial, "no thread can be started");
        return;
    }
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    const struct truth_call *open = truth_service_call(TRUTH_CALL_OPEN, 1, 0);
    const struct truth_call *first = truth_service_call(TRUTH_CALL_COLLECT, 1, 0);
    const struct truth_call *second = truth_service_call(TRUTH_CALL_COLLECT, 1, 1);
    if (trial_expect(trial, open && first && second, "an Open and two Collects"))
        trial_expect(trial, open->thread != second->thread || first->thread != second->thread,
                     "queries from thread %lu and another: Open in %lu, Collect in %lu and %lu",
                     GetCurrentThreadId(), open->thread, first->thread, second->thread);
}

void try_calls_at_once(struct trial *trial)
{
    struct truth_plan *plan = truth_service_begin(trial);
    HANDLE threads[3];
    const struct truth_call *call;
    unsigned overlapping = 0;

    if (!plan)
        return;
    if (truth_system_is_emulated) {
        trial_impossible(trial, "one host serves one thread at a time");
        return;
    }
    ask_for(1);
    plan->slow_ms = 300;
    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, ask_in_thread, NULL, 0, NULL);
    WaitForMultipleObjects(3, threads, TRUE, INFINITE);
    for (unsigned i = 0; (call = truth_service_call(TRUTH_CALL_COLLECT, 1, i)) != NULL; i++)
        overlapping += call->is_overlapping != 0;
    trial_expect(trial, overlapping != 0, "three threads ask at once: %u of %u calls overlap",
                 overlapping, truth_service_count(TRUTH_CALL_COLLECT, 1));
}

void try_query_text_null(struct trial *trial)
{
    static const WCHAR *const queries[] = { NULL, L"", L"Global" };
    struct truth_plan *plan = truth_service_begin(trial);

    if (!plan)
        return;
    truth_service_remove_value(L"Object List"); /* so that it is called in every case */
    for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++) {
        struct truth_answer answer;

        plan->call_count = 0;
        memset(plan->calls, 0, sizeof(plan->calls));
        truth_answer_ask_all(&answer, queries[i]);
        const struct truth_call *call = truth_service_call(TRUTH_CALL_COLLECT, 1, 0);
        trial_expect(trial, answer.result == ERROR_SUCCESS && (!call || call->has_text),
                     "asked for \"%ls\" a provider is passed \"%ls\"",
                     queries[i] ? queries[i] : L"(NULL)",
                     !call            ? L"(not called)"
                     : call->has_text ? call->text
                                      : L"(NULL)");
        truth_answer_release(&answer);
    }
}

void try_process_shared(struct trial *trial)
{
    if (truth_system_is_emulated) {
        trial_impossible(trial, "perfharness calls a provider in a process and thread of its own");
        return;
    }
    if (!truth_service_begin(trial))
        return;
    ask_for(1);
    const struct truth_call *call = truth_service_call(TRUTH_CALL_COLLECT, 1, 0);
    if (trial_expect(trial, call != NULL, "Collect is called"))
        trial_expect(trial, call->process == GetCurrentProcessId(),
                     "the reader is process %lu, Collect is called in %lu", GetCurrentProcessId(),
                     call->process);
}

void try_collect_count_output(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    const bool is_there = ask_for(0);
    for (LONG service = 1; service <= 2; service++) {
        const struct truth_call *call = truth_service_call(TRUTH_CALL_COLLECT, service, 0);

        if (call)
            trial_observe(trial, "service %ld is passed the number %lu", service, call->count);
    }
    trial_expect(trial, is_there, "both objects are in the answer");
}
