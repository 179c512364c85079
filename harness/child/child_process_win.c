/* SPDX-License-Identifier: MIT
 *
 * child_process.h for Windows and Wine: CreateProcess with inherited handles of a section and two
 * events, whose numbers are on the command line. The order of functions is that of
 * child_process_posix.c.
 */
#include "child_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sddl.h>

#include "os.h"
#include "text.h"

#define MARK L"PERFHARNESS_PROVIDER_PROCESS"
/* For the child's output; all are chosen. */
#define OUTPUT_SIZE 65536  /* bytes of the pipe */
#define OUTPUT_READS 16    /* most reads in a row */
#define LOOK_RARELY_MS 50u /* between reads while there is no output */
#define LOOK_OFTEN_MS 2u   /* between reads of output: the child may wait for space */

/* What precedes the header: where the child finds the payload. */
struct prefix {
    uint64_t payload;      /* the section's handle in the child */
    uint64_t payload_size; /* bytes */
};

static struct prefix *prefix_of(const struct child_process *link)
{
    return (struct prefix *)((unsigned char *)link->header - sizeof(struct prefix));
}

/* Create and map a section of that size. */
static DWORD make_section(size_t size, HANDLE *section, void **view)
{
    HANDLE handle = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE,
                                       (DWORD)((uint64_t)size >> 32), (DWORD)size, NULL);

    if (!handle)
        return ERROR_NOT_ENOUGH_MEMORY;
    void *address = MapViewOfFile(handle, FILE_MAP_ALL_ACCESS, 0, 0, size);
    if (!address) {
        CloseHandle(handle);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    *section = handle;
    *view = address;
    return ERROR_SUCCESS;
}

static void set_inheritable(HANDLE handle, bool is_inheritable)
{
    SetHandleInformation(handle, HANDLE_FLAG_INHERIT, is_inheritable ? HANDLE_FLAG_INHERIT : 0);
}

/* Only SYNCHRONIZE and PROCESS_QUERY_LIMITED_INFORMATION, also for the owner, who could
   otherwise grant himself more. The system keeps all rights. */
#define OWN_ACCESS L"D:P(A;;0x101000;;;OW)(A;;0x101000;;;WD)(A;;GA;;;SY)"

/* Keep a child of the same user from writing into our memory, and from ending us with an exit status
   of its choice. */
static void protect_self(void)
{
    PSECURITY_DESCRIPTOR access = NULL;
    static bool is_protected;

    if (is_protected || !ConvertStringSecurityDescriptorToSecurityDescriptorW(
                            OWN_ACCESS, SDDL_REVISION_1, &access, NULL))
        return;
    is_protected = SetKernelObjectSecurity(GetCurrentProcess(), DACL_SECURITY_INFORMATION, access);
    SetKernelObjectSecurity(GetCurrentThread(), DACL_SECURITY_INFORMATION, access);
    LocalFree(access);
}

/* Give up the privilege that overrides every access list. The child keeps its user and groups. */
static void drop_debug_privilege(void)
{
    TOKEN_PRIVILEGES removed = { .PrivilegeCount = 1,
                                 .Privileges = { { .Attributes = SE_PRIVILEGE_REMOVED } } };
    HANDLE token;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token))
        return;
    if (LookupPrivilegeValueW(NULL, L"SeDebugPrivilege", &removed.Privileges[0].Luid))
        AdjustTokenPrivileges(token, FALSE, &removed, 0, NULL, NULL);
    CloseHandle(token);
}

static unsigned escaped_count;

static bool is_wine(void)
{
    return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}

/* Create a job without breakaway: all that the child starts ends with it. Returns NULL on failure;
   before Windows 8 a process in a job cannot get another. Under Wine the first program that
   needs a service of the system starts it inside its own job, so the job must end nothing by itself. */
static HANDLE make_job(HANDLE process)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation = { .LimitFlags =
                                       is_wine() ? 0 : JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE }
    };
    HANDLE job = CreateJobObjectW(NULL, NULL);

    if (job &&
        SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)) &&
        AssignProcessToJobObject(job, process))
        return job;
    if (job)
        CloseHandle(job);
    return NULL;
}

/* Whether a process runs a program of Wine itself, which no provider has started. */
static bool is_program_of_wine(HANDLE process)
{
    WCHAR program[MAX_PATH], folder[MAX_PATH];
    DWORD length = MAX_PATH;
    UINT size = GetWindowsDirectoryW(folder, MAX_PATH);

    return is_wine() && size > 0 && size < MAX_PATH &&
           QueryFullProcessImageNameW(process, 0, program, &length) && length > size &&
           _wcsnicmp(program, folder, size) == 0 && program[size] == L'\\';
}

/* After the child has ended: end and count the processes that are still in its job. It has started them.
   A process that is about to end is counted too. */
static void end_job(struct child_process *child)
{
    union {
        JOBOBJECT_BASIC_PROCESS_ID_LIST list;
        unsigned char memory[sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST) + 256 * sizeof(ULONG_PTR)];
    } processes = { .list = { .NumberOfProcessIdsInList = 0 } };

    if (!child->os_job)
        return;
    /* The call fails if the list is too short, but fills it with the processes that fit. */
    (void)QueryInformationJobObject((HANDLE)child->os_job, JobObjectBasicProcessIdList, &processes,
                                    sizeof(processes), NULL);
    for (DWORD i = 0; i < processes.list.NumberOfProcessIdsInList; i++) {
        HANDLE process = OpenProcess(PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE,
                                     (DWORD)processes.list.ProcessIdList[i]);
        if (!process || !is_program_of_wine(process))
            escaped_count++;
        if (process && !is_program_of_wine(process))
            TerminateProcess(process, ERROR_PROCESS_ABORTED);
        if (process)
            CloseHandle(process);
    }
    CloseHandle((HANDLE)child->os_job);
    child->os_job = 0;
}

unsigned child_process_escaped_count(void)
{
    return escaped_count;
}

/* Start this program with the four handles, which are inheritable only during this call. With
   `output` NULL, stdout and stderr are this process's stderr. */
static DWORD spawn(HANDLE *process, HANDLE *job, HANDLE memory, HANDLE channel,
                   HANDLE parent_signal, HANDLE output)
{
    WCHAR program[2048], command[2048 + 128];
    STARTUPINFOW startup = { .cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES };
    PROCESS_INFORMATION information;
    SECURITY_ATTRIBUTES inherit = { sizeof(inherit), NULL, TRUE };
    HANDLE self = NULL;

    DWORD length = GetModuleFileNameW(NULL, program, 2048);
    if (length == 0 || length >= 2048)
        return ERROR_GEN_FAILURE;
    if (!DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(), &self,
                         SYNCHRONIZE, TRUE, 0))
        return GetLastError();
    HANDLE empty = CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherit,
                               OPEN_EXISTING, 0, NULL);
    HANDLE messages = NULL, own = output ? output : GetStdHandle(STD_ERROR_HANDLE);
    if (own && own != INVALID_HANDLE_VALUE)
        DuplicateHandle(GetCurrentProcess(), own, GetCurrentProcess(), &messages, 0, TRUE,
                        DUPLICATE_SAME_ACCESS);
    startup.hStdInput = empty;
    startup.hStdOutput = messages;
    startup.hStdError = messages;

    _snwprintf(command, 2048 + 128, L"\"%ls\" %hs %llx,%llx,%llx,%llx", program,
               CHILD_PROCESS_COMMAND, (unsigned long long)(uintptr_t)memory,
               (unsigned long long)(uintptr_t)channel, (unsigned long long)(uintptr_t)parent_signal,
               (unsigned long long)(uintptr_t)self);
    set_inheritable(memory, true);
    set_inheritable(channel, true);
    set_inheritable(parent_signal, true);
    SetEnvironmentVariableW(MARK, L"1");
    DWORD error = CreateProcessW(program, command, NULL, NULL, TRUE,
                                 CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP, NULL, NULL, &startup,
                                 &information)
                      ? ERROR_SUCCESS
                      : GetLastError();
    SetEnvironmentVariableW(MARK, NULL);
    set_inheritable(memory, false);
    set_inheritable(channel, false);
    set_inheritable(parent_signal, false);
    if (messages)
        CloseHandle(messages);
    if (empty != INVALID_HANDLE_VALUE)
        CloseHandle(empty);
    CloseHandle(self);
    if (error)
        return error;
    *job = make_job(information.hProcess);
    ResumeThread(information.hThread);
    CloseHandle(information.hThread);
    *process = information.hProcess;
    return ERROR_SUCCESS;
}

/* ---- the output of the child ----------------------------------------------------------------- */

/* Pass on what was written so far. The amount is limited, because the output may never end.
   Returns whether there was any. An anonymous pipe cannot be waited for, so it is polled. */
static bool take_output(struct child_process *child)
{
    char bytes[4096];
    DWORD waiting = 0, got = 0;
    bool is_any = false;

    for (int i = 0; i < OUTPUT_READS && child->os_output; i++) {
        if (!PeekNamedPipe((HANDLE)child->os_output, NULL, 0, NULL, &waiting, NULL) || !waiting ||
            !ReadFile((HANDLE)child->os_output, bytes,
                      waiting < sizeof(bytes) ? waiting : sizeof(bytes), &got, NULL) ||
            !got)
            break;
        child->output.receive(child->output.context, bytes, got);
        is_any = true;
    }
    child->os_looked = (intptr_t)GetTickCount();
    return is_any;
}

DWORD child_process_start(struct child_process *child, size_t header_size,
                          const struct child_output *output)
{
    struct child_process link = { .is_alive = true, .output = *output };
    HANDLE memory, process, job, ends[2] = { NULL, NULL };
    void *view;

    if (GetEnvironmentVariableW(MARK, NULL, 0))
        return ERROR_NOT_SUPPORTED;
    protect_self();
    DWORD error = make_section(sizeof(struct prefix) + header_size, &memory, &view);
    if (error)
        return error;
    HANDLE channel = CreateEventW(NULL, FALSE, FALSE, NULL);
    HANDLE parent_signal = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!channel || !parent_signal ||
        (output->receive && !CreatePipe(&ends[0], &ends[1], NULL, OUTPUT_SIZE))) {
        error = ERROR_NOT_ENOUGH_MEMORY;
        goto close_channel;
    }
    link.header = (unsigned char *)view + sizeof(struct prefix);
    link.header_size = header_size;
    error = spawn(&process, &job, memory, channel, parent_signal, ends[1]);
    if (ends[1])
        CloseHandle(ends[1]);
    if (error)
        goto close_channel;

    link.os_process = (intptr_t)process;
    link.os_job = (intptr_t)job;
    link.os_memory = (intptr_t)memory;
    link.os_signal = (intptr_t)channel;
    link.os_parent_signal = (intptr_t)parent_signal;
    link.os_output = (intptr_t)ends[0];
    *child = link;
    return ERROR_SUCCESS;

close_channel:
    if (ends[0])
        CloseHandle(ends[0]);
    if (channel)
        CloseHandle(channel);
    if (parent_signal)
        CloseHandle(parent_signal);
    UnmapViewOfFile(view);
    CloseHandle(memory);
    return error;
}

DWORD child_process_grow(struct child_process *child, size_t size)
{
    HANDLE section, theirs;
    void *view;

    size = (size + 0xFFFF) & ~(size_t)0xFFFF;
    if (size <= child->payload_size)
        return ERROR_SUCCESS;
    DWORD error = make_section(size, &section, &view);
    if (error)
        return error;
    /* The child gets a handle of its own and closes it after it has mapped the section. */
    if (!DuplicateHandle(GetCurrentProcess(), section, (HANDLE)child->os_process, &theirs, 0, FALSE,
                         DUPLICATE_SAME_ACCESS)) {
        error = GetLastError();
        UnmapViewOfFile(view);
        CloseHandle(section);
        return error;
    }
    CloseHandle(section);
    if (child->payload)
        UnmapViewOfFile(child->payload);
    child->payload = view;
    child->payload_size = size;
    prefix_of(child)->payload = (uint64_t)(uintptr_t)theirs;
    prefix_of(child)->payload_size = size;
    return ERROR_SUCCESS;
}

void child_process_notify(struct child_process *child)
{
    SetEvent((HANDLE)child->os_signal);
}

static void collect_end(struct child_process *child, struct child_process_end *end)
{
    DWORD status = 0;

    GetExitCodeProcess((HANDLE)child->os_process, &status);
    end->by_signal = false;
    end->status = status;
    child->is_alive = false;
    end_job(child);
}

enum child_process_event child_process_wait(struct child_process *child, uint32_t timeout_ms,
                                            struct child_process_end *end)
{
    HANDLE handles[] = { (HANDLE)child->os_parent_signal, (HANDLE)child->os_process };
    const DWORD begin = GetTickCount();
    DWORD slice_ms = LOOK_RARELY_MS;

    for (;;) {
        const DWORD passed = GetTickCount() - begin;
        const DWORD left = passed < timeout_ms ? timeout_ms - passed : 0;
        const DWORD found = WaitForMultipleObjects(
            2, handles, FALSE, child->os_output && slice_ms < left ? slice_ms : left);

        if (found == WAIT_TIMEOUT || GetTickCount() - (DWORD)child->os_looked > LOOK_RARELY_MS)
            slice_ms = take_output(child) ? LOOK_OFTEN_MS : LOOK_RARELY_MS;
        if (found == WAIT_OBJECT_0)
            return CHILD_NOTIFIED;
        if (found != WAIT_TIMEOUT) {
            take_output(child);
            collect_end(child, end);
            return CHILD_ENDED;
        }
        if (left == 0)
            return CHILD_TIMED_OUT;
    }
}

void child_process_release(struct child_process *child)
{
    if (child->os_process) {
        if (child->is_alive) {
            TerminateProcess((HANDLE)child->os_process, 1);
            WaitForSingleObject((HANDLE)child->os_process, 5000);
        }
        end_job(child);
        take_output(child);
        if (child->os_output)
            CloseHandle((HANDLE)child->os_output);
        CloseHandle((HANDLE)child->os_process);
        CloseHandle((HANDLE)child->os_signal);
        CloseHandle((HANDLE)child->os_parent_signal);
        if (child->payload)
            UnmapViewOfFile(child->payload);
        UnmapViewOfFile(prefix_of(child));
        CloseHandle((HANDLE)child->os_memory);
    }
    memset(child, 0, sizeof(*child));
}

DWORD child_process_attach(struct child_process *link, size_t header_size, int argc, char **argv)
{
    unsigned long long memory, channel, parent_signal, parent;

    if (argc < 2 || strcmp(argv[1], CHILD_PROCESS_COMMAND) != 0)
        return ERROR_NOT_FOUND;
    if (argc != 3 ||
        sscanf(argv[2], "%llx,%llx,%llx,%llx", &memory, &channel, &parent_signal, &parent) != 4)
        return ERROR_INVALID_PARAMETER;
    void *view = MapViewOfFile((HANDLE)(uintptr_t)memory, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    if (!view)
        return ERROR_INVALID_PARAMETER;
    drop_debug_privilege();
    memset(link, 0, sizeof(*link));
    link->header = (unsigned char *)view + sizeof(struct prefix);
    link->header_size = header_size;
    link->os_memory = (intptr_t)memory;
    link->os_signal = (intptr_t)channel;
    link->os_parent_signal = (intptr_t)parent_signal;
    link->os_process = (intptr_t)parent;
    /* The programs that the provider starts must not inherit our handles. */
    set_inheritable((HANDLE)link->os_memory, false);
    set_inheritable((HANDLE)link->os_signal, false);
    set_inheritable((HANDLE)link->os_parent_signal, false);
    set_inheritable((HANDLE)link->os_process, false);
    return ERROR_SUCCESS;
}

bool child_process_wait_for_parent(struct child_process *link)
{
    HANDLE handles[] = { (HANDLE)link->os_signal, (HANDLE)link->os_process };

    return WaitForMultipleObjects(2, handles, FALSE, INFINITE) == WAIT_OBJECT_0;
}

void child_process_notify_parent(struct child_process *link)
{
    SetEvent((HANDLE)link->os_parent_signal);
}

DWORD child_process_follow(struct child_process *link)
{
    struct prefix *prefix = prefix_of(link);

    if (!prefix->payload)
        return ERROR_SUCCESS;
    HANDLE section = (HANDLE)(uintptr_t)prefix->payload;
    void *view = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    if (!view)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (link->payload)
        UnmapViewOfFile(link->payload);
    CloseHandle(section);
    prefix->payload = 0;
    link->payload = view;
    link->payload_size = (size_t)prefix->payload_size;
    return ERROR_SUCCESS;
}

void child_process_exit(uint32_t status)
{
    TerminateProcess(GetCurrentProcess(), status);
    for (;;)
        Sleep(INFINITE);
}
