/* SPDX-License-Identifier: MIT
 *
 * Where the memory of a process is, on Windows: this process knows what it has allocated. Wine knows the
 * resident pages of the asking process only.
 */
#include "unit.h"

#include <windows.h>

#include "os.h"
#include "process_memory.h"
#include "region_folder.h"

enum { MIB = 1 << 20, PAGE = 4096 };

static struct memory_kinds kinds_of_self(void)
{
    struct memory_kinds kinds;
    DWORD error = process_memory_read_kinds(os_process_id(), &kinds);

    if (error == ERROR_NOT_SUPPORTED)
        skip();
    assert_int_equal(error, ERROR_SUCCESS);
    return kinds;
}

static void touch(volatile char *memory, size_t size)
{
    for (size_t i = 0; i < size; i += PAGE)
        memory[i] = 1;
}

static void private_memory_is_of_one_kind_and_only_touched_pages_count(void **state)
{
    const struct memory_kinds before = kinds_of_self();
    char *memory = VirtualAlloc(NULL, 64 * MIB, MEM_RESERVE, PAGE_READWRITE);

    (void)state;
    assert_non_null(VirtualAlloc(memory, 16 * MIB, MEM_COMMIT, PAGE_READWRITE));
    touch(memory, 8 * MIB);
    const struct memory_kinds after = kinds_of_self();
    /* What was touched and what was committed; chosen: 1 MiB for all that the process takes meanwhile. */
    assert_in_range(after.resident[MEMORY_MMAP] - before.resident[MEMORY_MMAP], 8 * MIB, 9 * MIB);
    assert_in_range(after.size[MEMORY_MMAP] - before.size[MEMORY_MMAP], 16 * MIB, 17 * MIB);
    assert_false(after.is_heap_known);
    assert_int_equal(after.resident[MEMORY_HEAP], 0);
    VirtualFree(memory, 0, MEM_RELEASE);
}

static void stacks_and_files_are_distinguished(void **state)
{
    const struct memory_kinds kinds = kinds_of_self();
    uint64_t sum = 0;

    (void)state;
    assert_true(kinds.resident[MEMORY_STACK] >= PAGE && kinds.resident[MEMORY_STACK] < 16 * MIB);
    assert_true(kinds.resident[MEMORY_FILE] >=
                16 * PAGE); /* this program and the system's libraries */
    for (int i = 0; i < MEMORY_KIND_COUNT; i++)
        sum += kinds.resident[i];
    assert_true(kinds.total == sum);
}

static void shared_memory_and_our_own_files_are_distinguished(void **state)
{
    const struct memory_kinds before = kinds_of_self();
    char path[OS_PATH_SIZE + 16];

    (void)state;
    HANDLE section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 2 * MIB, NULL);
    char *shared = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 2 * MIB);
    touch(shared, 2 * MIB);
    snprintf(path, sizeof(path), "%s\\1-1.region", region_folder);
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_DELETE_ON_CLOSE, NULL);
    assert_true(file != INVALID_HANDLE_VALUE);
    HANDLE mapping = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, MIB, NULL);
    char *own = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, MIB);
    touch(own, MIB);
    const struct memory_kinds after = kinds_of_self();
    const uint64_t grown = after.resident[MEMORY_SHARED] + after.resident[MEMORY_FILE] -
                           before.resident[MEMORY_SHARED] - before.resident[MEMORY_FILE];
    assert_int_equal(after.resident[MEMORY_OWN] - before.resident[MEMORY_OWN], MIB);
    assert_int_equal(grown, 2 * MIB);
    UnmapViewOfFile(own);
    UnmapViewOfFile(shared);
    CloseHandle(mapping);
    CloseHandle(section);
    CloseHandle(file);
}

static void what_the_system_does_not_report_is_unknown(void **state)
{
    struct process_memory memory;
    struct memory_kinds kinds;

    (void)state;
    assert_int_equal(process_memory_read(os_process_id(), &memory), ERROR_SUCCESS);
    assert_true(memory.known & PROCESS_MEMORY_RESIDENT);
    assert_true(memory.resident_bytes >= MIB);
    assert_false(memory.known &
                 (PROCESS_MEMORY_SWAPPED | PROCESS_MEMORY_HUGE | PROCESS_MEMORY_GROUP));
    if (memory.known & PROCESS_MEMORY_PRIVATE)
        assert_true(memory.private_bytes + memory.shared_bytes <= memory.resident_bytes + MIB);
    /* No process has this id: they are multiples of 4. */
    assert_int_equal(process_memory_read(0x7FFFFFFD, &memory), ERROR_INVALID_HANDLE);
    assert_int_equal(process_memory_read_kinds(0x7FFFFFFD, &kinds), ERROR_INVALID_HANDLE);
    assert_int_equal(kinds.total, 0);
}

/* The last test: a process cannot leave a job. */
static void the_limit_of_the_own_job_is_known(void **state)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits, kept;
    struct process_memory memory;
    HANDLE job = CreateJobObjectW(NULL, NULL);

    (void)state;
    memset(&limits, 0, sizeof(limits));
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_PROCESS_MEMORY;
    limits.ProcessMemoryLimit = (SIZE_T)1 << 30;
    assert_true(
        SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)));
    if (!AssignProcessToJobObject(job, GetCurrentProcess()) ||
        !QueryInformationJobObject(NULL, JobObjectExtendedLimitInformation, &kept, sizeof(kept),
                                   NULL) ||
        kept.ProcessMemoryLimit != limits.ProcessMemoryLimit)
        skip(); /* Wine does not keep the limit */
    assert_int_equal(process_memory_read(os_process_id(), &memory), ERROR_SUCCESS);
    assert_true(memory.known & PROCESS_MEMORY_LIMIT);
    assert_int_equal(memory.group_limit, (uint64_t)1 << 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(private_memory_is_of_one_kind_and_only_touched_pages_count),
        cmocka_unit_test(stacks_and_files_are_distinguished),
        cmocka_unit_test(shared_memory_and_our_own_files_are_distinguished),
        cmocka_unit_test(what_the_system_does_not_report_is_unknown),
        cmocka_unit_test(the_limit_of_the_own_job_is_known),
    };

    return cmocka_run_group_tests_name("process memory", tests, NULL, NULL);
}
