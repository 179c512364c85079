/* SPDX-License-Identifier: MIT
 *
 * Registers the temporary provider, and undoes the registration.
 */
#include "truth_service.h"

#include <stdio.h>
#include <string.h>

#define SAVED_KEY SERVICES_KEY TRUTH_SERVICE_1 L"\\Saved"
#define ABSENT L"absent " /* prefix of the name of a value that did not exist */
#define LIBRARY_RESOURCE 1
#define FIRST_INDEX 20000 /* title index, if Perflib has no Last Counter; chosen */
#define INDEX_DISTANCE                                                                             \
    2000 /* from the last title index: those in between are for real services   \
                             */

static WCHAR folder[MAX_PATH];
static WCHAR library[MAX_PATH];
static struct truth_plan *plan;

static const struct {
    const WCHAR *name, *open, *collect, *close;
    DWORD offset;
} services[] = {
    { TRUTH_SERVICE_1, L"OpenTruth1", L"CollectTruth1", L"CloseTruth1", 0 },
    { TRUTH_SERVICE_2, L"OpenTruth2", L"CollectTruth2", L"CloseTruth2", TRUTH_SECOND_SERVICE },
};

#define SERVICE_COUNT (sizeof(services) / sizeof(*services))

/* ---- the registry -------------------------------------------------------------------------- */

static LONG make_key(const WCHAR *path, HKEY *key)
{
    return RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, REG_OPTION_VOLATILE,
                           KEY_ALL_ACCESS | KEY_WOW64_64KEY, NULL, key, NULL);
}

static LONG open_perflib(REGSAM rights, HKEY *key)
{
    return RegOpenKeyExW(HKEY_LOCAL_MACHINE, PERFLIB_KEY, 0, rights | KEY_WOW64_64KEY, key);
}

static void set_text(HKEY key, const WCHAR *name, const WCHAR *text)
{
    RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)text,
                   ((DWORD)lstrlenW(text) + 1) * sizeof(WCHAR));
}

static void set_number(HKEY key, const WCHAR *name, DWORD number)
{
    RegSetValueExW(key, name, 0, REG_DWORD, (const BYTE *)&number, sizeof(number));
}

static bool get_number(HKEY key, const WCHAR *name, DWORD *number)
{
    DWORD size = sizeof(*number), type;

    return RegQueryValueExW(key, name, NULL, &type, (BYTE *)number, &size) == ERROR_SUCCESS &&
           type == REG_DWORD && size == sizeof(*number);
}

static void path_of(size_t service, const WCHAR *below, WCHAR path[MAX_PATH])
{
    lstrcpyW(path, SERVICES_KEY);
    lstrcatW(path, services[service].name);
    lstrcatW(path, below);
}

/* The usual registration of one service, with all other values removed. */
static LONG register_service(size_t service, DWORD first_index)
{
    WCHAR path[MAX_PATH], list[16];
    const DWORD index = first_index + services[service].offset;
    HKEY key;

    path_of(service, L"\\Performance", path);
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
    path_of(service, L"\\Linkage", path);
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
    path_of(service, L"", path);
    LONG error = make_key(path, &key);
    if (error)
        return error;
    RegCloseKey(key);
    path_of(service, L"\\Performance", path);
    error = make_key(path, &key);
    if (error)
        return error;
    set_text(key, L"Library", library);
    set_text(key, L"Open", services[service].open);
    set_text(key, L"Collect", services[service].collect);
    set_text(key, L"Close", services[service].close);
    set_number(key, L"First Counter", index);
    set_number(key, L"Last Counter", index + 6);
    set_number(key, L"First Help", index + 1);
    set_number(key, L"Last Help", index + 7);
    wsprintfW(list, L"%u", index);
    set_text(key, L"Object List", list);
    RegCloseKey(key);
    return ERROR_SUCCESS;
}

/* Restore the saved values of Perflib. */
void truth_service_restore_perflib(void)
{
    HKEY saved, perflib;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, SAVED_KEY, 0, KEY_ALL_ACCESS | KEY_WOW64_64KEY, &saved))
        return;
    if (open_perflib(KEY_ALL_ACCESS, &perflib) == ERROR_SUCCESS) {
        for (;;) {
            WCHAR name[128];
            DWORD length = 128, type, number, size = sizeof(number);
            const size_t absent = lstrlenW(ABSENT);

            if (RegEnumValueW(saved, 0, name, &length, NULL, &type, (BYTE *)&number, &size))
                break;
            if (wcsncmp(name, ABSENT, absent) == 0)
                RegDeleteValueW(perflib, name + absent);
            else
                set_number(perflib, name, number);
            if (RegDeleteValueW(saved, name))
                break;
        }
        RegCloseKey(perflib);
    }
    RegCloseKey(saved);
}

void truth_service_set_perflib(const WCHAR *name, DWORD number)
{
    WCHAR absent[128];
    HKEY saved, perflib;
    DWORD old;

    if (make_key(SAVED_KEY, &saved))
        return;
    if (open_perflib(KEY_ALL_ACCESS, &perflib) == ERROR_SUCCESS) {
        lstrcpyW(absent, ABSENT);
        lstrcatW(absent, name);
        if (RegQueryValueExW(saved, name, NULL, NULL, NULL, NULL) != ERROR_SUCCESS &&
            RegQueryValueExW(saved, absent, NULL, NULL, NULL, NULL) != ERROR_SUCCESS) {
            if (get_number(perflib, name, &old))
                set_number(saved, name, old);
            else
                set_number(saved, absent, 0);
        }
        set_number(perflib, name, number);
        RegCloseKey(perflib);
    }
    RegCloseKey(saved);
}

bool truth_service_perflib_number(const WCHAR *name, DWORD *number)
{
    HKEY key;
    bool is_there = false;

    if (open_perflib(KEY_READ, &key) == ERROR_SUCCESS) {
        is_there = get_number(key, name, number);
        RegCloseKey(key);
    }
    return is_there;
}

/* ---- values of the first service ----------------------------------------------------------- */

static bool open_first(HKEY *key)
{
    WCHAR path[MAX_PATH];

    path_of(0, L"\\Performance", path);
    return RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_ALL_ACCESS | KEY_WOW64_64KEY, key) ==
           ERROR_SUCCESS;
}

void truth_service_set_text(const WCHAR *name, const WCHAR *text, DWORD type)
{
    HKEY key;

    if (open_first(&key)) {
        RegSetValueExW(key, name, 0, type, (const BYTE *)text,
                       ((DWORD)lstrlenW(text) + 1) * sizeof(WCHAR));
        RegCloseKey(key);
    }
}

void truth_service_set_number(const WCHAR *name, DWORD number)
{
    HKEY key;

    if (open_first(&key)) {
        set_number(key, name, number);
        RegCloseKey(key);
    }
}

void truth_service_set_binary(const WCHAR *name, const void *data, DWORD size)
{
    HKEY key;

    if (open_first(&key)) {
        RegSetValueExW(key, name, 0, REG_BINARY, data, size);
        RegCloseKey(key);
    }
}

void truth_service_remove_value(const WCHAR *name)
{
    HKEY key;

    if (open_first(&key)) {
        RegDeleteValueW(key, name);
        RegCloseKey(key);
    }
}

bool truth_service_number(const WCHAR *name, DWORD *number)
{
    HKEY key;
    bool is_there = false;

    if (open_first(&key)) {
        is_there = get_number(key, name, number);
        RegCloseKey(key);
    }
    return is_there;
}

void truth_service_set_export(const WCHAR *texts, DWORD size)
{
    WCHAR path[MAX_PATH];
    HKEY key;

    path_of(0, L"\\Linkage", path);
    if (make_key(path, &key) == ERROR_SUCCESS) {
        RegSetValueExW(key, L"Export", 0, REG_MULTI_SZ, (const BYTE *)texts, size);
        RegCloseKey(key);
    }
}

void truth_service_remove_performance(void)
{
    WCHAR path[MAX_PATH];

    path_of(0, L"\\Performance", path);
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
}

/* ---- the library --------------------------------------------------------------------------- */

static bool write_library(void)
{
    HRSRC resource = FindResourceW(NULL, MAKEINTRESOURCEW(LIBRARY_RESOURCE), MAKEINTRESOURCEW(10));
    HGLOBAL loaded = resource ? LoadResource(NULL, resource) : NULL;
    const DWORD size = resource ? SizeofResource(NULL, resource) : 0;
    DWORD written = 0;

    if (!loaded)
        return false;
    HANDLE file = CreateFileW(library, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    const bool is_written =
        WriteFile(file, LockResource(loaded), size, &written, NULL) && written == size;
    CloseHandle(file);
    return is_written;
}

/* Remove the folder and its files. Another reader may hold the library for a moment. */
static void remove_folder(const WCHAR *path)
{
    WCHAR pattern[MAX_PATH + 4], name[2 * MAX_PATH];
    WIN32_FIND_DATAW found;

    if (!*path)
        return;
    wsprintfW(pattern, L"%s\\*", path);
    HANDLE search = FindFirstFileW(pattern, &found);
    if (search != INVALID_HANDLE_VALUE) {
        do {
            if (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
                continue;
            wsprintfW(name, L"%s\\%s", path, found.cFileName);
            for (int i = 0; i < 40 && !DeleteFileW(name); i++) {
                if (GetLastError() == ERROR_FILE_NOT_FOUND)
                    break;
                if (i == 39)
                    MoveFileExW(name, NULL, MOVEFILE_DELAY_UNTIL_REBOOT);
                Sleep(50);
            }
        } while (FindNextFileW(search, &found));
        FindClose(search);
    }
    if (!RemoveDirectoryW(path) && GetLastError() != ERROR_FILE_NOT_FOUND)
        MoveFileExW(path, NULL, MOVEFILE_DELAY_UNTIL_REBOOT);
}

/* Find the folder that the registration names. It may be that of another process, or of an
   earlier run. */
static void find_folder(void)
{
    WCHAR path[MAX_PATH], *slash;
    DWORD size = sizeof(library) - sizeof(WCHAR);
    HKEY key;

    folder[0] = 0; /* another process may have removed everything */
    path_of(1, L"\\Performance", path);
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ | KEY_WOW64_64KEY, &key))
        return;
    memset(library, 0, sizeof(library));
    if (RegQueryValueExW(key, L"Library", NULL, NULL, (BYTE *)library, &size) == ERROR_SUCCESS) {
        lstrcpyW(folder, library);
        slash = wcsrchr(folder, '\\');
        if (slash)
            *slash = 0;
        if (!wcsstr(folder, L"windows-truth-")) /* not a folder of this program */
            folder[0] = 0;
    }
    RegCloseKey(key);
}

static DWORD make_folder(void)
{
    WCHAR temporary[MAX_PATH];
    const DWORD length = GetTempPathW(MAX_PATH, temporary);

    if (!length || length > MAX_PATH - 60)
        return ERROR_PATH_NOT_FOUND;
    wsprintfW(folder, L"%swindows-truth-%u", temporary, GetCurrentProcessId());
    if (!CreateDirectoryW(folder, NULL) && GetLastError() != ERROR_ALREADY_EXISTS)
        return GetLastError();
    wsprintfW(library, L"%s\\windows-truth-provider.dll", folder);
    return write_library() ? ERROR_SUCCESS : ERROR_WRITE_FAULT;
}

const WCHAR *truth_service_folder(void)
{
    if (!*folder)
        find_folder();
    return folder;
}

/* ---- lodctr and unlodctr -------------------------------------------------------------------- */

#define TOOL_MS 15000 /* chosen: the longest wait for lodctr or unlodctr */
#define MANIFEST_KEY PERFLIB_KEY L"\\_V2Providers\\{7c1a2e5c-5a0c-4d1b-0102-030405060708}"

/* Run a program of System32 and wait for it. */
static void run_tool(const WCHAR *program, const WCHAR *argument)
{
    WCHAR folder_of_system[MAX_PATH], command[3 * MAX_PATH];
    STARTUPINFOW startup = { .cb = sizeof(startup) };
    PROCESS_INFORMATION process;

    GetSystemDirectoryW(folder_of_system, MAX_PATH);
    wsprintfW(command, L"\"%s\\%s.exe\" %s", folder_of_system, program, argument);
    if (!CreateProcessW(NULL, command, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL, NULL, &startup,
                        &process))
        return;
    WaitForSingleObject(process.hProcess, TOOL_MS);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
}

/* Remove the counters of a trial of lodctr that was ended. lodctr's own tables are not among our
   keys. */
static void remove_lodctr_service(const WCHAR *service)
{
    WCHAR path[MAX_PATH];
    DWORD first;
    HKEY key;

    wsprintfW(path, L"%s%s\\Performance", SERVICES_KEY, service);
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ | KEY_WOW64_64KEY, &key))
        return;
    const bool is_installed = get_number(key, L"First Counter", &first);
    RegCloseKey(key);
    if (is_installed)
        run_tool(L"unlodctr", service);
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
    wsprintfW(path, L"%s%s", SERVICES_KEY, service);
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
}

/* The GUIDs are those of truth_service.h. */
static const char manifest[] =
    "<?xml version=\"1.0\"?>\r\n"
    "<instrumentationManifest xmlns=\"http://schemas.microsoft.com/win/2004/08/events\">\r\n"
    "<instrumentation>\r\n"
    "<counters xmlns=\"http://schemas.microsoft.com/win/2005/12/counters\" "
    "schemaVersion=\"1.1\">\r\n"
    "<provider applicationIdentity=\"windows-truth-provider.dll\" providerType=\"userMode\"\r\n"
    "  providerGuid=\"{7c1a2e5c-5a0c-4d1b-0102-030405060708}\" symbol=\"WindowsTruth\"\r\n"
    "  callback=\"custom\">\r\n"
    "<counterSet guid=\"{7c1a2e5d-5a0c-4d1b-0102-030405060708}\" uri=\"Windows.Truth\"\r\n"
    "  name=\"Windows truth\" description=\"Windows truth\" symbol=\"WindowsTruthSet\"\r\n"
    "  instances=\"multiple\">\r\n"
    "<counter id=\"1\" uri=\"Windows.Truth.Value\" name=\"Value\" description=\"Value\"\r\n"
    "  type=\"perf_counter_rawcount\" detailLevel=\"standard\"/>\r\n"
    "<counter id=\"2\" uri=\"Windows.Truth.Reference\" name=\"Reference\" "
    "description=\"Reference\"\r\n"
    "  type=\"perf_counter_large_rawcount\" detailLevel=\"standard\">\r\n"
    "<counterAttributes><counterAttribute name=\"reference\"/></counterAttributes></counter>\r\n"
    "</counterSet></provider></counters></instrumentation></instrumentationManifest>\r\n";

static bool is_manifest_registered(void)
{
    HKEY key;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, MANIFEST_KEY, 0, KEY_READ | KEY_WOW64_64KEY, &key))
        return false;
    RegCloseKey(key);
    return true;
}

static void run_for_manifest(const WCHAR *program)
{
    WCHAR argument[MAX_PATH + 16];

    wsprintfW(argument, L"/m:\"%s\\truth.man\"", folder);
    run_tool(program, argument);
}

bool truth_service_register_manifest(void)
{
    WCHAR path[MAX_PATH + 16];
    DWORD written = 0;

    if (!*truth_service_folder())
        return false;
    wsprintfW(path, L"%s\\truth.man", folder);
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    WriteFile(file, manifest, sizeof(manifest) - 1, &written, NULL);
    CloseHandle(file);
    run_for_manifest(L"lodctr");
    return is_manifest_registered();
}

/* The manifest is in the folder as long as it is registered. */
void truth_service_remove_manifest(void)
{
    if (is_manifest_registered() && *truth_service_folder())
        run_for_manifest(L"unlodctr");
}

/* ---- everything ---------------------------------------------------------------------------- */

void truth_service_remove(void)
{
    WCHAR path[MAX_PATH];

    find_folder();
    remove_lodctr_service(TRUTH_SERVICE_LODCTR);
    remove_lodctr_service(TRUTH_SERVICE_LODCTR_2);
    truth_service_remove_manifest();
    truth_service_restore_perflib();
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, SAVED_KEY, KEY_WOW64_64KEY, 0);
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        path_of(i, L"\\Performance", path);
        RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
        path_of(i, L"\\Linkage", path);
        RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
        path_of(i, L"", path);
        RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
    }
    remove_folder(folder);
    folder[0] = 0;
}

/* A title index that no real service uses. */
static DWORD free_index(void)
{
    DWORD last = 0;

    if (truth_service_perflib_number(L"Last Counter", &last))
        last = (last + INDEX_DISTANCE) & ~1u;
    return last > FIRST_INDEX ? last : FIRST_INDEX;
}

DWORD truth_service_install(void)
{
    const DWORD index = free_index();

    truth_service_remove();
    DWORD error = make_folder();
    for (size_t i = 0; !error && i < SERVICE_COUNT; i++)
        error = (DWORD)register_service(i, index);
    if (error) {
        WCHAR made[MAX_PATH];

        lstrcpyW(made, folder);
        truth_service_remove();
        remove_folder(made);
    }
    return error;
}

static bool make_plan(void)
{
    WCHAR name[64];

    wsprintfW(name, L"windows-truth-%u", GetCurrentProcessId());
    HANDLE mapping =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(*plan), name);
    if (!mapping)
        return false;
    plan = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, sizeof(*plan));
    return plan && SetEnvironmentVariableW(TRUTH_PLAN_VARIABLE, name);
}

struct truth_plan *truth_service_begin(struct trial *trial)
{
    HKEY key;

    find_folder();
    if (!*folder) {
        trial_impossible(trial, "no provider can be registered: this needs administrator rights");
        return NULL;
    }
    truth_service_restore_perflib();
    if (!plan && !make_plan()) {
        trial_impossible(trial, "no shared memory for the provider: error %lu", GetLastError());
        return NULL;
    }
    memset(plan, 0, sizeof(*plan));
    WCHAR path[MAX_PATH];
    path_of(1, L"\\Performance", path);
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ | KEY_WOW64_64KEY, &key) ==
        ERROR_SUCCESS) {
        if (get_number(key, L"First Counter", &plan->first_index))
            plan->first_index -= TRUTH_SECOND_SERVICE;
        RegCloseKey(key);
    }
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (register_service(i, plan->first_index)) {
            trial_impossible(trial, "the provider cannot be registered");
            return NULL;
        }
    return plan;
}

struct truth_plan *truth_service_plan(void)
{
    return plan;
}

const struct truth_call *truth_service_call(LONG kind, LONG service, unsigned position)
{
    for (LONG i = 0; plan && i < plan->call_count && i < TRUTH_CALLS_MAX; i++) {
        const struct truth_call *call = &plan->calls[i];

        if (call->kind == kind && (!service || call->service == service) && position-- == 0)
            return call;
    }
    return NULL;
}

unsigned truth_service_count(LONG kind, LONG service)
{
    unsigned count = 0;

    while (truth_service_call(kind, service, count))
        count++;
    return count;
}
