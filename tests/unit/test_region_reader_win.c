/* SPDX-License-Identifier: MIT
 *
 * A reader on Windows that is refused the first call to the system, then the second, and so on, once or from
 * then on: it hides no heap that it knows, and its next answer is complete. "Could not ask" is not "dead".
 * test_out_of_memory_posix.c does the same on Linux.
 *
 * The calls are replaced in this program's table of imports. A folder of this test takes the place of
 * %ProgramData%, so that users' folders are listed, too.
 */
#include "unit.h"

#include <windows.h>

#include <aclapi.h>

#include "heaptracker.h"
#include "os_owner_win.h"
#include "region_folder.h"
#include "region_reader.h"

enum { HEAPS = 20, REFUSAL = ERROR_NO_SYSTEM_RESOURCES };

static unsigned long questions; /* calls until one is refused; 0: none is */
static bool refuses_from_then_on, has_refused;

static bool refuses(void)
{
    if (questions == 0 || --questions > 0)
        return false;
    questions = refuses_from_then_on;
    has_refused = true;
    SetLastError(REFUSAL);
    return true;
}

/* ---- the calls ----------------------------------------------------------------------- */

/* Each CALL is a function of the system, with its result when it is refused. */
#define CALL(kind, convention, name, refused, parameters, arguments)                               \
    static kind(convention *real_##name) parameters;                                               \
    static kind convention fake_##name parameters                                                  \
    {                                                                                              \
        return refuses() ? (refused) : real_##name arguments;                                      \
    }
/* clang-format off */
CALL(HANDLE, WINAPI, CreateFileW, INVALID_HANDLE_VALUE,
     (LPCWSTR path, DWORD access, DWORD share, LPSECURITY_ATTRIBUTES attributes, DWORD creation, DWORD flags,
      HANDLE like), (path, access, share, attributes, creation, flags, like))
CALL(HANDLE, WINAPI, ReOpenFile, INVALID_HANDLE_VALUE, (HANDLE file, DWORD access, DWORD share, DWORD flags),
     (file, access, share, flags))
CALL(HANDLE, WINAPI, CreateFileMappingW, NULL,
     (HANDLE file, LPSECURITY_ATTRIBUTES attributes, DWORD protection, DWORD high, DWORD low, LPCWSTR name),
     (file, attributes, protection, high, low, name))
CALL(LPVOID, WINAPI, MapViewOfFile, NULL, (HANDLE mapping, DWORD access, DWORD high, DWORD low, SIZE_T size),
     (mapping, access, high, low, size))
CALL(BOOL, WINAPI, GetFileInformationByHandle, FALSE, (HANDLE file, LPBY_HANDLE_FILE_INFORMATION information),
     (file, information))
CALL(HANDLE, WINAPI, FindFirstFileW, INVALID_HANDLE_VALUE, (LPCWSTR pattern, LPWIN32_FIND_DATAW found),
     (pattern, found))
CALL(BOOL, WINAPI, FindNextFileW, FALSE, (HANDLE search, LPWIN32_FIND_DATAW found), (search, found))
CALL(DWORD, WINAPI, GetSecurityInfo, REFUSAL,
     (HANDLE file, SE_OBJECT_TYPE type, SECURITY_INFORMATION wanted, PSID *owner, PSID *group, PACL *list,
      PACL *audit, PSECURITY_DESCRIPTOR *descriptor), (file, type, wanted, owner, group, list, audit, descriptor))
CALL(BOOL, WINAPI, OpenProcessToken, FALSE, (HANDLE process, DWORD access, PHANDLE token), (process, access, token))
CALL(BOOL, WINAPI, GetTokenInformation, FALSE,
     (HANDLE token, TOKEN_INFORMATION_CLASS kind, LPVOID information, DWORD size, PDWORD needed),
     (token, kind, information, size, needed))
CALL(HANDLE, WINAPI, OpenProcess, NULL, (DWORD access, BOOL inherits, DWORD id), (access, inherits, id))
CALL(BOOL, WINAPI, GetVolumeInformationByHandleW, FALSE,
     (HANDLE file, LPWSTR volume, DWORD volume_size, LPDWORD serial, LPDWORD longest, LPDWORD flags, LPWSTR system,
      DWORD system_size), (file, volume, volume_size, serial, longest, flags, system, system_size))
CALL(void *, __cdecl, malloc, NULL, (size_t size), (size))
CALL(void *, __cdecl, calloc, NULL, (size_t count, size_t size), (count, size))
CALL(void *, __cdecl, realloc, NULL, (void *block, size_t size), (block, size))
/* clang-format on */

typedef void any_function(void);

static struct {
    const char *name;
    any_function *fake;
    void *real; /* the variable */
    bool is_found;
} calls[] = {
#define ROW(name)                                                                                  \
    {                                                                                              \
#name, (any_function *)fake_##name, &real_##name, false                                    \
    }
    ROW(CreateFileW),
    ROW(ReOpenFile),
    ROW(CreateFileMappingW),
    ROW(MapViewOfFile),
    ROW(GetFileInformationByHandle),
    ROW(FindFirstFileW),
    ROW(FindNextFileW),
    ROW(GetSecurityInfo),
    ROW(OpenProcessToken),
    ROW(GetTokenInformation),
    ROW(OpenProcess),
    ROW(GetVolumeInformationByHandleW),
    ROW(malloc),
    ROW(calloc),
    ROW(realloc),
};

static void replace(const char *name, ULONG_PTR *slot)
{
    DWORD protection;

    for (size_t i = 0; i < UNIT_COUNT(calls); i++) {
        if (strcmp(calls[i].name, name) != 0)
            continue;
        assert_true(VirtualProtect(slot, sizeof(*slot), PAGE_READWRITE, &protection));
        if (!calls[i].is_found)
            memcpy(calls[i].real, slot, sizeof(*slot));
        memcpy(slot, &calls[i].fake, sizeof(*slot));
        calls[i].is_found = true;
    }
}

static void replace_imports(void)
{
    unsigned char *base = (unsigned char *)GetModuleHandleW(NULL);
    const IMAGE_DOS_HEADER *dos = (const void *)base;
    const IMAGE_NT_HEADERS *header = (const void *)(base + dos->e_lfanew);
    const IMAGE_DATA_DIRECTORY *imports =
        &header->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];

    for (const IMAGE_IMPORT_DESCRIPTOR *library = (const void *)(base + imports->VirtualAddress);
         library->Name; library++) {
        const ULONG_PTR *name = (const void *)(base + library->OriginalFirstThunk);
        ULONG_PTR *slot = (void *)(base + library->FirstThunk);
        for (; *name; name++, slot++)
            if (*name >> (sizeof(*name) * 8 - 1) == 0) /* a name, not a number */
                replace((const char *)((const IMAGE_IMPORT_BY_NAME *)(base + *name))->Name, slot);
    }
    for (size_t i = 0; i < UNIT_COUNT(calls); i++)
        if (!calls[i].is_found)
            fail_msg("%s is not imported: take it off the list", calls[i].name);
}

/* ---- the test ------------------------------------------------------------------------ */

static void assert_complete(struct region_reader *reader)
{
    size_t count;

    region_reader_heaps(reader, &count);
    assert_int_equal(count, HEAPS);
}

/* Make the reader list the folder again, and refuse calls. Returns whether any was refused. */
static bool refresh_with_few(struct region_reader *reader, unsigned long n, bool from_then_on)
{
    has_refused = false;
    refuses_from_then_on = from_then_on;
    questions = n;
    region_reader_refresh(reader);
    questions = 0;
    return has_refused;
}

static DWORD handle_count(void)
{
    DWORD count;

    return GetProcessHandleCount(GetCurrentProcess(), &count) ? count : 0;
}

static void
a_reader_that_is_refused_any_call_hides_nothing_and_the_next_answer_is_complete(void **state)
{
    heap_tracker heaps[HEAPS];
    struct region_reader *known, *fresh;
    unsigned long n;

    (void)state;
    for (size_t i = 0; i < HEAPS; i++)
        heaps[i] = heap_tracker_open("pool", NULL);
    assert_int_equal(region_reader_open(&known), ERROR_SUCCESS);
    assert_int_equal(region_reader_refresh(known), ERROR_SUCCESS);
    assert_complete(known);
    replace_imports();
    const DWORD handles = handle_count();
    for (int sticky = 0; sticky < 2; sticky++) {
        for (n = 1; n < 1000; n++) {
            assert_int_equal(region_reader_open(&fresh), ERROR_SUCCESS);
            bool was_refused = refresh_with_few(fresh, n, sticky);
            was_refused |= refresh_with_few(known, n, sticky);
            assert_complete(known);
            assert_int_equal(region_reader_refresh(fresh), ERROR_SUCCESS);
            assert_complete(fresh);
            assert_int_equal(region_reader_refresh(known), ERROR_SUCCESS);
            assert_complete(known);
            region_reader_close(fresh);
            if (!was_refused)
                break;
        }
        assert_true(n > 20 && n < 1000); /* a refresh makes more calls than that */
    }
    assert_int_equal(handle_count(), handles);
    region_reader_close(known);
    for (size_t i = 0; i < HEAPS; i++)
        heap_tracker_close(heaps[i]);
}

/* Before region_folder_remove, and after the tracker has removed its region. */
__attribute__((destructor(201))) static void folders_remove(void)
{
    char path[OS_PATH_SIZE + 256], sid[OS_OWNER_TEXT_SIZE];
    struct os_owner self;

    if (os_owner_current(&self))
        return;
    os_owner_text(&self, sid);
    snprintf(path, sizeof(path), "%s\\heapctrs\\%s", region_folder, sid);
    os_directory_remove(path);
    snprintf(path, sizeof(path), "%s\\heapctrs", region_folder);
    os_directory_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_reader_that_is_refused_any_call_hides_nothing_and_the_next_answer_is_complete),
    };

    SetEnvironmentVariableA("HEAPCTRS_DIR", NULL);
    SetEnvironmentVariableA("ProgramData", region_folder);
    return cmocka_run_group_tests_name("region reader", tests, NULL, NULL);
}
