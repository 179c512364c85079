/* SPDX-License-Identifier: MIT
 *
 * Worker processes, and the guard that cleans up when the program is ended.
 */
#include "truth_worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "truth_service.h"
#include "truth_system.h"

#define TRIAL_MS 20000 /* chosen: a longer trial hangs, because the longest waits for 4 seconds */
#define POLL_MS 20     /* chosen: between two looks at a running trial */
#define WINE_STUB 0x80000100 /* exception code of a function that Wine has not implemented */

static HANDLE results_mapping;
static HANDLE own_process; /* workers inherit it, to end with the program */
static HANDLE guard_event;

/* Whether a probe needs a process of its own, because its trials register a provider or change
   the process. */
static bool is_alone(const struct trial_row *row)
{
    static const char *const alone[] = { "query_words",   "provider_life",   "provider_faults",
                                         "provider_time", "provider_answer", "registration",
                                         "v2_provider",   "v2_memory" };

    for (size_t i = 0; i < sizeof(alone) / sizeof(*alone); i++)
        if (strcmp(row->probe, alone[i]) == 0)
            return true;
    return false;
}

struct truth_results *truth_worker_results(void)
{
    SECURITY_ATTRIBUTES inherited = { sizeof(inherited), NULL, TRUE };
    const size_t size = sizeof(struct truth_results) + trial_row_count * sizeof(struct trial);

    if (!DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(),
                         &own_process, SYNCHRONIZE, TRUE, 0))
        return NULL;
    results_mapping =
        CreateFileMappingW(INVALID_HANDLE_VALUE, &inherited, PAGE_READWRITE, 0, (DWORD)size, NULL);
    return results_mapping ? MapViewOfFile(results_mapping, FILE_MAP_WRITE, 0, 0, 0) : NULL;
}

static bool start(const char *arguments, PROCESS_INFORMATION *process)
{
    WCHAR program[MAX_PATH], command[MAX_PATH + 128];
    STARTUPINFOW startup = { .cb = sizeof(startup) };

    if (!GetModuleFileNameW(NULL, program, MAX_PATH))
        return false;
    wsprintfW(command, L"\"%s\" %S", program, arguments);
    if (!CreateProcessW(program, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, process))
        return false;
    CloseHandle(process->hThread);
    return true;
}

/* ---- workers ------------------------------------------------------------------------------- */

static LONG WINAPI end_with_code(EXCEPTION_POINTERS *exception)
{
    TerminateProcess(GetCurrentProcess(), exception->ExceptionRecord->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

/* A trial may wait for ever once the program is killed and its provider is removed. The program's job ends
   this process, except where the program could not enter one: see enter_job. */
static DWORD WINAPI end_with_program(void *handle)
{
    if (WaitForSingleObject(handle, INFINITE) == WAIT_OBJECT_0)
        TerminateProcess(GetCurrentProcess(), ERROR_PROCESS_ABORTED);
    return 0;
}

int truth_worker_main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    struct truth_results *results =
        MapViewOfFile((HANDLE)(ULONG_PTR)strtoull(argv[0], NULL, 10), FILE_MAP_WRITE, 0, 0, 0);
    const LONG first = atol(argv[1]), end = atol(argv[2]);

    if (!results || first < 0 || end > (LONG)trial_row_count)
        return 2;
    HANDLE watcher = CreateThread(NULL, 0, end_with_program,
                                  (HANDLE)(ULONG_PTR)strtoull(argv[3], NULL, 10), 0, NULL);
    if (!watcher)
        return 2;
    CloseHandle(watcher);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    SetUnhandledExceptionFilter(end_with_code);
    for (LONG i = first; i < end; i++) {
        if (results->is_done[i])
            continue;
        InterlockedExchange(&results->current, i);
        trial_rows[i].run(&results->trials[i]);
        InterlockedExchange(&results->is_done[i], 1);
    }
    return 0;
}

/* Note that a worker ended, or has to be ended, during a trial. */
static void note_end(struct truth_results *results, HANDLE process, bool is_hanging)
{
    const LONG current = results->current;
    DWORD code = 0;

    if (is_hanging) {
        TerminateProcess(process, ERROR_TIMEOUT);
        WaitForSingleObject(process, INFINITE);
    }
    GetExitCodeProcess(process, &code);
    if (current < 0 || results->is_done[current])
        return;
    struct trial *trial = &results->trials[current];
    if (is_hanging)
        trial_expect(trial, false, "the trial did not end within %u seconds", TRIAL_MS / 1000);
    else if (code == WINE_STUB)
        trial_impossible(trial, "this Wine has only a stub of a function that is called");
    else
        trial_expect(trial, false, "the process that tried ended with code 0x%lX", code);
    results->is_done[current] = 1;
}

/* Put this process, and so each worker from its creation on, into a job that ends with this process. A worker
   is created suspended, and one whose creator is killed before it resumes it would stay so for ever: it cannot
   watch the program yet. The guard was started before, so the job does not end it. Before Windows 8 a program
   that is in a job already cannot enter another; then each worker only watches the program. */
static void enter_job(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation = { .LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE }
    };
    HANDLE job = CreateJobObjectW(NULL, NULL); /* only the end of this process closes it */

    if (job && (!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits,
                                         sizeof(limits)) ||
                !AssignProcessToJobObject(job, GetCurrentProcess())))
        CloseHandle(job);
}

/* Run rows in one worker until it ends. Rows that it did not reach stay undone. */
static bool run_worker(struct truth_results *results, LONG first, LONG end, DWORD until)
{
    PROCESS_INFORMATION process;
    char arguments[96];
    DWORD begun = GetTickCount();
    LONG last = -1;

    results->current = -1;
    snprintf(arguments, sizeof(arguments), "--worker %llu %ld %ld %llu",
             (unsigned long long)(ULONG_PTR)results_mapping, first, end,
             (unsigned long long)(ULONG_PTR)own_process);
    if (!start(arguments, &process))
        return false;
    for (;;) {
        const bool has_ended = WaitForSingleObject(process.hProcess, POLL_MS) == WAIT_OBJECT_0;
        const DWORD now = GetTickCount();

        if (results->current != last) {
            last = results->current;
            begun = now;
        }
        if (has_ended || now - begun > TRIAL_MS || (LONG)(now - until) > 0) {
            note_end(results, process.hProcess, !has_ended);
            break;
        }
    }
    CloseHandle(process.hProcess);
    return true;
}

void truth_worker_run_all(struct truth_results *results, const bool *selected, DWORD time_ms)
{
    const DWORD until = GetTickCount() + time_ms;
    const LONG count = (LONG)trial_row_count;

    enter_job();
    for (LONG i = 0; i < count; i++) {
        results->trials[i].claim = trial_rows[i].claim;
        results->is_done[i] = !selected[i];
    }
    for (LONG i = 0; i < count; i++) {
        LONG end = i + 1;

        if (results->is_done[i])
            continue;
        while (!is_alone(&trial_rows[i]) && end < count && !is_alone(&trial_rows[end]))
            end++;
        if ((LONG)(GetTickCount() - until) > 0) {
            trial_impossible(&results->trials[i], "there was no time left; --time SECONDS");
            results->is_done[i] = 1;
        } else if (!run_worker(results, i, end, until)) {
            trial_impossible(&results->trials[i], "no process can be started");
            results->is_done[i] = 1;
        } else if (!results->is_done[i]) {
            trial_impossible(&results->trials[i], "the process that tries does not start");
            results->is_done[i] = 1;
        }
    }
}

/* ---- the guard ----------------------------------------------------------------------------- */

bool truth_worker_start_guard(void)
{
    SECURITY_ATTRIBUTES inherited = { sizeof(inherited), NULL, TRUE };
    PROCESS_INFORMATION process;
    HANDLE self;
    char arguments[96];

    guard_event = CreateEventW(&inherited, TRUE, FALSE, NULL);
    if (!guard_event || !DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(),
                                         GetCurrentProcess(), &self, SYNCHRONIZE, TRUE, 0))
        return false;
    snprintf(arguments, sizeof(arguments), "--guard %llu %llu", (unsigned long long)(ULONG_PTR)self,
             (unsigned long long)(ULONG_PTR)guard_event);
    const bool is_started = start(arguments, &process);
    if (is_started)
        CloseHandle(process.hProcess);
    CloseHandle(self);
    return is_started;
}

void truth_worker_end_guard(void)
{
    if (guard_event)
        SetEvent(guard_event);
}

int truth_worker_guard_main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    HANDLE handles[2];
    for (int i = 0; i < 2; i++)
        handles[i] = (HANDLE)(ULONG_PTR)strtoull(argv[i], NULL, 10);
    SetConsoleCtrlHandler(NULL, TRUE); /* Ctrl-C is meant for the program, which then ends */
    FreeConsole();                     /* the same holds for the closing of its window */
    if (WaitForMultipleObjects(2, handles, FALSE, INFINITE) == WAIT_OBJECT_0)
        truth_service_remove();
    return 0;
}
