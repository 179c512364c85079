/* SPDX-License-Identifier: MIT
 *
 * Tests of snapshots of another process on Windows, emulated: compared with what the child process
 * reports of itself, and with a VirtualQueryEx walk of the test.
 */
#include "unit.h"

#include <windows.h>

#include <tlhelp32.h>

#include <stdlib.h>
#include <string.h>

#include "os.h"
#include "snapshot_parts.h"

enum { EVENTS = 10, THREADS = 3, PAGE = 4096 };

/* The child's own figures. */
struct inventory {
    uint64_t reserved, shared, private_pages;                          /* addresses */
    uint64_t manual_event, automatic_event, mutex, semaphore, section; /* handles */
    uint32_t thread_ids[THREADS + 1];
};

/* ---- the child ------------------------------------------------------------------------------- */

static DWORD WINAPI wait_for_ever(void *semaphore)
{
    ReleaseSemaphore(semaphore, 1, NULL);
    Sleep(INFINITE);
    return 0;
}

/* Report to the parent what this process has, and stay until the parent closes the pipe. */
static int be_a_child(void)
{
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE);
    struct inventory own;
    DWORD done, before;
    char byte;

    memset(&own, 0, sizeof(own));
    char *reserved = VirtualAlloc(NULL, 1 << 20, MEM_RESERVE, PAGE_READWRITE);
    VirtualAlloc(reserved + 65536, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    VirtualProtect(reserved + 65536, PAGE, PAGE_READONLY, &before);
    own.reserved = (uintptr_t)reserved;
    own.private_pages =
        (uintptr_t)VirtualAlloc(NULL, 37 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    HANDLE section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 131072, NULL);
    own.section = (uintptr_t)section;
    own.shared = (uintptr_t)MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    own.manual_event = (uintptr_t)CreateEventW(NULL, TRUE, TRUE, NULL);
    own.automatic_event = (uintptr_t)CreateEventW(NULL, FALSE, FALSE, NULL);
    for (int i = 2; i < EVENTS; i++)
        CreateEventW(NULL, TRUE, FALSE, NULL);
    own.mutex = (uintptr_t)CreateMutexW(NULL, TRUE, NULL);
    HANDLE semaphore = CreateSemaphoreW(NULL, 0, 10, NULL);
    own.semaphore = (uintptr_t)semaphore;
    own.thread_ids[THREADS] = GetCurrentThreadId();
    for (int i = 0; i < THREADS; i++) {
        CreateThread(NULL, 0, wait_for_ever, semaphore, 0, (DWORD *)&own.thread_ids[i]);
        WaitForSingleObject(semaphore, INFINITE); /* the thread runs */
    }
    if (!WriteFile(out, &own, sizeof(own), &done, NULL))
        return 1;
    ReadFile(in, &byte, 1, &done, NULL);
    return 0;
}

/* ---- the parent ------------------------------------------------------------------------------ */

struct child {
    HANDLE process, to;
    DWORD process_id;
    struct inventory has;
};

static bool start_child(struct child *child)
{
    SECURITY_ATTRIBUTES inherited = { sizeof(inherited), NULL, TRUE };
    STARTUPINFOW start = { .cb = sizeof(start), .dwFlags = STARTF_USESTDHANDLES };
    PROCESS_INFORMATION process;
    HANDLE down[2], up[2];
    WCHAR program[1024], line[1100] = L"\"";
    DWORD done = 0;

    if (!CreatePipe(&down[0], &down[1], &inherited, 0) ||
        !CreatePipe(&up[0], &up[1], &inherited, 0))
        return false;
    SetHandleInformation(down[1], HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(up[0], HANDLE_FLAG_INHERIT, 0);
    start.hStdInput = down[0];
    start.hStdOutput = up[1];
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    GetModuleFileNameW(NULL, program, 1024);
    wcscat(line, program);
    wcscat(line, L"\" child");
    if (!CreateProcessW(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process))
        return false;
    CloseHandle(process.hThread);
    CloseHandle(down[0]);
    CloseHandle(up[1]);
    child->process = process.hProcess;
    child->process_id = process.dwProcessId;
    child->to = down[1];
    bool is_fine =
        ReadFile(up[0], &child->has, sizeof(child->has), &done, NULL) && done == sizeof(child->has);
    CloseHandle(up[0]);
    return is_fine;
}

static void end_child(struct child *child)
{
    CloseHandle(child->to);
    WaitForSingleObject(child->process, 10000);
    CloseHandle(child->process);
}

static struct child child; /* one child for all tests */

static HPSS capture(DWORD flags)
{
    HPSS snapshot = NULL;

    assert_int_equal(PssCaptureSnapshot(child.process, flags, 0, &snapshot), ERROR_SUCCESS);
    return snapshot;
}

static HPSSWALK marker(void)
{
    HPSSWALK made = NULL;

    assert_int_equal(PssWalkMarkerCreate(NULL, &made), ERROR_SUCCESS);
    return made;
}

static void its_regions_are_those_of_a_virtual_query_walk(void **state)
{
    HPSS snapshot = capture(PSS_CAPTURE_VA_SPACE);
    HPSSWALK walk = marker();
    PSS_VA_SPACE_ENTRY entry;
    MEMORY_BASIC_INFORMATION memory;
    uintptr_t address = 0;
    size_t count = 0;

    (void)state;
    while (VirtualQueryEx(child.process, (void *)address, &memory, sizeof(memory))) {
        assert_int_equal(PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, walk, &entry, sizeof(entry)),
                         ERROR_SUCCESS);
        if (entry.BaseAddress != memory.BaseAddress || entry.RegionSize != memory.RegionSize ||
            entry.State != memory.State)
            fail_msg("region %u: %p %llx %lx, not %p %llx %lx", (unsigned)count, entry.BaseAddress,
                     (unsigned long long)entry.RegionSize, entry.State, memory.BaseAddress,
                     (unsigned long long)memory.RegionSize, memory.State);
        if (memory.State != MEM_FREE) {
            assert_true(entry.AllocationBase == memory.AllocationBase);
            assert_int_equal(entry.AllocationProtect, memory.AllocationProtect);
            assert_int_equal(entry.Protect, memory.Protect);
            assert_int_equal(entry.Type, memory.Type);
        }
        count++;
        address = (uintptr_t)memory.BaseAddress + memory.RegionSize;
        if (address == 0)
            break;
    }
    assert_int_equal(PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, walk, &entry, sizeof(entry)),
                     ERROR_NO_MORE_ITEMS);
    assert_true(count > 20); /* chosen: a process has more */
    PssWalkMarkerFree(walk);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
}

/* Entries of the allocation that begins at `base`, at most 8. */
static size_t allocation(HPSS snapshot, uint64_t base, PSS_VA_SPACE_ENTRY found[8])
{
    HPSSWALK walk = marker();
    size_t count = 0;

    while (count < 8 &&
           !PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, walk, &found[count], sizeof(found[count])))
        count += (uintptr_t)found[count].AllocationBase == base;
    PssWalkMarkerFree(walk);
    return count;
}

static void reserved_committed_and_protected_memory_is_distinguished(void **state)
{
    HPSS snapshot = capture(PSS_CAPTURE_VA_SPACE);
    PSS_VA_SPACE_ENTRY found[8];
    static const struct {
        ULONG_PTR size;
        DWORD state, protect;
    } wanted[] = {
        { 65536, MEM_RESERVE, 0 },
        { PAGE, MEM_COMMIT, PAGE_READONLY },
        { PAGE, MEM_COMMIT, PAGE_READWRITE },
        { (1 << 20) - 65536 - 2 * PAGE, MEM_RESERVE, 0 },
    };

    (void)state;
    assert_int_equal(allocation(snapshot, child.has.reserved, found), 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(found[i].RegionSize, wanted[i].size);
        assert_int_equal(found[i].State, wanted[i].state);
        assert_int_equal(found[i].Protect, wanted[i].protect);
        assert_int_equal(found[i].Type, MEM_PRIVATE);
    }
    assert_int_equal(allocation(snapshot, child.has.private_pages, found), 1);
    assert_int_equal(found[0].RegionSize, 37 * PAGE);
    assert_int_equal(allocation(snapshot, child.has.shared, found), 1);
    assert_int_equal(found[0].Type, MEM_MAPPED);
    assert_int_equal(found[0].Protect, PAGE_READONLY);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
}

static void its_program_is_an_image_with_name_and_header(void **state)
{
    HPSS snapshot = capture(PSS_CAPTURE_VA_SPACE | PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION);
    const char *own = (const char *)GetModuleHandleW(NULL);
    const IMAGE_NT_HEADERS *header =
        (const void *)(own + ((const IMAGE_DOS_HEADER *)(const void *)own)->e_lfanew);
    HPSSWALK walk = marker();
    PSS_VA_SPACE_ENTRY entry;
    bool is_found = false;

    (void)state;
    while (!PssWalkSnapshot(snapshot, PSS_WALK_VA_SPACE, walk, &entry, sizeof(entry))) {
        if (entry.Type != MEM_IMAGE || entry.CheckSum != header->OptionalHeader.CheckSum ||
            entry.TimeDateStamp != header->FileHeader.TimeDateStamp ||
            entry.SizeOfImage != header->OptionalHeader.SizeOfImage)
            continue;
        is_found = true;
        assert_true(entry.ImageBase == entry.AllocationBase);
        assert_int_equal(entry.AllocationProtect, PAGE_EXECUTE_WRITECOPY);
        static const WCHAR name[] = L"test_snapshot_other_win.exe";
        size_t units = entry.MappedFileNameLength / sizeof(WCHAR);
        assert_true(units > wcslen(name));
        assert_memory_equal(entry.MappedFileName + units - wcslen(name), name, wcslen(name) * 2);
    }
    assert_true(is_found);
    PssWalkMarkerFree(walk);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
}

static void its_handles_have_their_types_and_states(void **state)
{
    HPSS snapshot =
        capture(PSS_CAPTURE_HANDLES | PSS_CAPTURE_HANDLE_TYPE_SPECIFIC_INFORMATION |
                PSS_CAPTURE_HANDLE_BASIC_INFORMATION | PSS_CAPTURE_HANDLE_NAME_INFORMATION);
    HPSSWALK walk = marker();
    PSS_HANDLE_ENTRY entry;
    unsigned events = 0, found = 0, count = 0, typed = 0;
    uintptr_t before = 0;

    (void)state;
    while (!PssWalkSnapshot(snapshot, PSS_WALK_HANDLES, walk, &entry, sizeof(entry))) {
        uintptr_t value = (uintptr_t)entry.Handle;
        assert_true(value > before);
        before = value;
        count++;
        /* Some handles of the system's own, such as Wine's directories, cannot be duplicated. */
        typed += (entry.Flags & PSS_HANDLE_HAVE_TYPE) != 0;
        events += entry.ObjectType == PSS_OBJECT_TYPE_EVENT;
        if (value == child.has.manual_event || value == child.has.automatic_event) {
            bool is_manual = value == child.has.manual_event;
            assert_int_equal(entry.ObjectType, PSS_OBJECT_TYPE_EVENT);
            assert_int_equal(entry.TypeNameLength, 10);
            assert_memory_equal(entry.TypeName, L"Event", 10);
            assert_true(entry.Flags & PSS_HANDLE_HAVE_TYPE_SPECIFIC_INFORMATION);
            assert_int_equal(entry.TypeSpecificInformation.Event.ManualReset, is_manual);
            assert_int_equal(entry.TypeSpecificInformation.Event.Signaled, is_manual);
            assert_true(entry.Flags & PSS_HANDLE_HAVE_BASIC_INFORMATION);
            found++;
        }
        found += value == child.has.mutex && entry.ObjectType == PSS_OBJECT_TYPE_MUTANT;
        found += value == child.has.semaphore && entry.ObjectType == PSS_OBJECT_TYPE_SEMAPHORE;
        found += value == child.has.section && entry.ObjectType == PSS_OBJECT_TYPE_SECTION;
    }
    assert_int_equal(found, 5);
    assert_true(events >= EVENTS);
    assert_true(typed * 10 >= count * 8); /* four fifths: most handles are of ordinary kinds */
    PssWalkMarkerFree(walk);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
}

static unsigned toolhelp_threads(DWORD process_id)
{
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry = { .dwSize = sizeof(entry) };
    unsigned count = 0;

    for (BOOL more = Thread32First(list, &entry); more; more = Thread32Next(list, &entry))
        count += entry.th32OwnerProcessID == process_id;
    CloseHandle(list);
    return count;
}

static void its_threads_are_those_that_it_started(void **state)
{
    HPSS snapshot = capture(PSS_CAPTURE_THREADS);
    HPSSWALK walk = marker();
    PSS_THREAD_ENTRY entry;
    unsigned count = 0, known = 0;

    (void)state;
    while (!PssWalkSnapshot(snapshot, PSS_WALK_THREADS, walk, &entry, sizeof(entry))) {
        count++;
        assert_int_equal(entry.ProcessId, child.process_id);
        assert_int_equal(entry.ExitStatus, STILL_ACTIVE);
        for (int i = 0; i <= THREADS; i++)
            known += entry.ThreadId == child.has.thread_ids[i];
    }
    assert_int_equal(known, THREADS + 1);
    assert_int_equal(count, toolhelp_threads(child.process_id));
    PssWalkMarkerFree(walk);
    PssFreeSnapshot(GetCurrentProcess(), snapshot);
}

static void the_process_itself_is_reported_truly(void **state)
{
    HPSS snapshot = capture(PSS_CAPTURE_NONE);
    PSS_PROCESS_INFORMATION process;
    WCHAR program[1024];

    (void)state;
    assert_int_equal(
        PssQuerySnapshot(snapshot, PSS_QUERY_PROCESS_INFORMATION, &process, sizeof(process)),
        ERROR_SUCCESS);
    assert_int_equal(process.ProcessId, child.process_id);
    assert_int_equal(process.ParentProcessId, GetCurrentProcessId());
    assert_int_equal(process.ExitStatus, STILL_ACTIVE);
    assert_true(process.CreateTime.dwHighDateTime != 0);
    assert_int_equal(process.ExitTime.dwHighDateTime, 0);
    GetModuleFileNameW(NULL, program, 1024);
    assert_int_equal(_wcsicmp(process.ImageFileName, program), 0);
    /* The snapshot is in this process, whichever process it shows. */
    assert_int_equal(PssFreeSnapshot(child.process, snapshot), ERROR_NOT_SUPPORTED);
    HPSS copy = snapshot;
    assert_int_equal(PssDuplicateSnapshot(GetCurrentProcess(), snapshot, child.process, &copy,
                                          PSS_DUPLICATE_NONE),
                     ERROR_NOT_SUPPORTED);
    assert_null(copy);
    assert_int_equal(PssFreeSnapshot(GetCurrentProcess(), snapshot), ERROR_SUCCESS);
}

static void a_handle_without_the_right_is_denied(void **state)
{
    HANDLE weak = OpenProcess(SYNCHRONIZE, FALSE, child.process_id);
    HPSS snapshot = (HPSS)weak;

    (void)state;
    assert_non_null(weak);
    assert_int_equal(PssCaptureSnapshot(weak, PSS_CAPTURE_VA_SPACE, 0, &snapshot),
                     ERROR_ACCESS_DENIED);
    assert_null(snapshot);
    CloseHandle(weak);
}

/* This must be the last test, because the child has ended after it. */
static void a_process_that_ended_is_no_handle_any_more(void **state)
{
    HPSS snapshot = (HPSS)&child;

    (void)state;
    TerminateProcess(child.process, 3);
    WaitForSingleObject(child.process, 10000);
    assert_int_equal(PssCaptureSnapshot(child.process, PSS_CAPTURE_VA_SPACE, 0, &snapshot),
                     ERROR_INVALID_HANDLE);
    assert_null(snapshot);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_regions_are_those_of_a_virtual_query_walk),
        cmocka_unit_test(reserved_committed_and_protected_memory_is_distinguished),
        cmocka_unit_test(its_program_is_an_image_with_name_and_header),
        cmocka_unit_test(its_handles_have_their_types_and_states),
        cmocka_unit_test(its_threads_are_those_that_it_started),
        cmocka_unit_test(the_process_itself_is_reported_truly),
        cmocka_unit_test(a_handle_without_the_right_is_denied),
        cmocka_unit_test(a_process_that_ended_is_no_handle_any_more),
    };

    if (argc > 1 && strcmp(argv[1], "child") == 0)
        return be_a_child();
    if (!start_child(&child)) {
        fprintf(stderr, "no child process: error %lu\n", GetLastError());
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    end_child(&child);
    return failed;
}
