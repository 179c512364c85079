/* SPDX-License-Identifier: MIT
 *
 * registration_system.h with the registry of Windows and Wine. It requests the fewest rights
 * possible.
 */
#include "registration_system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "os.h"
#include "registration.h"
#include "text.h"

#define NAME_COUNT 512 /* units; a key's name has at most 255, the values that matter fewer */
#define MACHINE "HKEY_LOCAL_MACHINE\\"

#define ENGLISH REG_PERFLIB "\\009"

/* Wine makes Perflib\009 a predefined handle that stores no values, and has no other key for
   English names. On Wine they are stored under the other name by which Windows shows its name
   table. */
#define ENGLISH_OF_WINE REG_PERFLIB "\\CurrentLanguage"

static bool is_wine(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

    return ntdll && GetProcAddress(ntdll, "wine_get_version");
}

/* Convert a path in the tree to a path below HKEY_LOCAL_MACHINE. */
static bool below_machine(const char *path, WCHAR *result, size_t count)
{
    size_t head = strlen(MACHINE);

    if (text_utf8_equal_ignore_case(path, ENGLISH) && is_wine())
        path = ENGLISH_OF_WINE;
    if (strncmp(path, MACHINE, head) != 0 || strlen(path) >= count)
        return false;
    text_from_utf8(path + head, strlen(path + head), result, count);
    return true;
}

/* Open a key. 32- and 64-bit programs share Perflib, so the 64-bit view is requested for both. */
static DWORD open_key(const char *path, REGSAM rights, HKEY *key)
{
    WCHAR name[NAME_COUNT];

    if (!below_machine(path, name, NAME_COUNT))
        return ERROR_INVALID_NAME;
    return (DWORD)RegOpenKeyExW(HKEY_LOCAL_MACHINE, name, 0, rights | KEY_WOW64_64KEY, key);
}

/* Load all values of an open key. */
static DWORD load_values(struct reg_tree *tree, struct reg_key *key, HKEY handle)
{
    DWORD error = ERROR_SUCCESS;
    size_t capacity = 0;
    BYTE *data = array_reserve(NULL, &capacity, 4096, 1);

    if (!data)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (DWORD index = 0; !error;) {
        WCHAR wide[NAME_COUNT];
        char name[NAME_COUNT * 3];
        DWORD length = NAME_COUNT, type, size = (DWORD)capacity;
        LONG status = RegEnumValueW(handle, index, wide, &length, NULL, &type, data, &size);

        if (status == ERROR_NO_MORE_ITEMS)
            break;
        if (status == ERROR_MORE_DATA && size > capacity && size < (64u << 20)) {
            BYTE *more = array_reserve(data, &capacity, size + 4096, 1);
            if (!more) {
                error = ERROR_NOT_ENOUGH_MEMORY;
                break;
            }
            data = more;
            continue;
        }
        if (status != ERROR_SUCCESS && status != ERROR_MORE_DATA) {
            error = (DWORD)status;
            break;
        }
        index++;
        if (status == ERROR_MORE_DATA)
            continue; /* the name or value is too long to matter */
        text_to_utf8(wide, length, name, sizeof(name));
        error = reg_tree_set(tree, key, name, type, data, size);
    }
    free(data);
    return error;
}

/* Load name tables of Windows. Their keys are predefined handles, whose values are queried by
   name. */
static DWORD load_table(struct reg_tree *tree, struct reg_key *key, HKEY handle, const char *name)
{
    WCHAR wide[16];
    BYTE *data = NULL;
    DWORD error = ERROR_MORE_DATA, type = REG_MULTI_SZ, size = 0;

    text_from_utf8(name, strlen(name), wide, 16);
    for (size_t capacity = 0; error == ERROR_MORE_DATA && capacity < (64u << 20);) {
        BYTE *more = array_reserve(data, &capacity, capacity ? capacity + 1 : 256 * 1024, 1);
        if (!more) {
            free(data);
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        data = more;
        size = (DWORD)capacity;
        error = (DWORD)RegQueryValueExW(handle, wide, NULL, &type, data, &size);
    }
    if (!error)
        error = reg_tree_set(tree, key, name, type, data, size);
    free(data);
    return error == ERROR_NOT_ENOUGH_MEMORY ? error : ERROR_SUCCESS;
}

/* Mark the key above one that may not be read, if it is in the tree. */
static void note_refusal(struct reg_tree *tree, const char *path)
{
    char above[NAME_COUNT * 4];
    const char *end = strrchr(path, '\\');

    if (!end || (size_t)(end - path) >= sizeof(above))
        return;
    memcpy(above, path, (size_t)(end - path));
    above[end - path] = 0;
    struct reg_key *key = reg_tree_find(tree, above);
    if (key)
        key->is_partial = true;
}

/* Load a key with its values, if it exists and may be read. */
static DWORD load_key(struct reg_tree *tree, const char *path)
{
    HKEY handle;

    DWORD refusal = open_key(path, KEY_QUERY_VALUE, &handle);
    if (refusal == ERROR_ACCESS_DENIED)
        note_refusal(tree, path);
    if (refusal)
        return ERROR_SUCCESS;
    struct reg_key *key = reg_tree_add_key(tree, path);
    DWORD error = key ? load_values(tree, key, handle) : ERROR_NOT_ENOUGH_MEMORY;
    if (error == ERROR_INVALID_HANDLE || error == ERROR_MORE_DATA) {
        error = load_table(tree, key, handle, "Counter");
        if (!error)
            error = load_table(tree, key, handle, "Help");
    }
    RegCloseKey(handle);
    return error;
}

/* Load the key of a V2 provider. */
static DWORD load_provider(struct reg_tree *tree, const char *path)
{
    DWORD error = load_key(tree, path);

    return error == ERROR_NOT_ENOUGH_MEMORY ? error : ERROR_SUCCESS;
}

/* Call `load` for each subkey of a key. */
static DWORD for_each_child(const char *path, struct reg_tree *tree,
                            DWORD (*load)(struct reg_tree *tree, const char *path))
{
    HKEY handle;
    DWORD error = open_key(path, KEY_ENUMERATE_SUB_KEYS, &handle);

    if (error)
        return error;
    for (DWORD index = 0; !error; index++) {
        WCHAR wide[NAME_COUNT];
        char name[NAME_COUNT * 3], child[NAME_COUNT * 4];
        DWORD length = NAME_COUNT;
        LONG status = RegEnumKeyExW(handle, index, wide, &length, NULL, NULL, NULL, NULL);

        if (status == ERROR_NO_MORE_ITEMS)
            break;
        if (status == ERROR_MORE_DATA)
            continue; /* the name is too long to matter */
        if (status != ERROR_SUCCESS) {
            error = (DWORD)status;
            break;
        }
        text_to_utf8(wide, length, name, sizeof(name));
        snprintf(child, sizeof(child), "%s\\%s", path, name);
        error = load(tree, child);
    }
    RegCloseKey(handle);
    return error;
}

/* Load the key of a language. CurrentLanguage repeats one of them, except on Wine. */
static DWORD load_language(struct reg_tree *tree, const char *path)
{
    bool is_current = text_utf8_equal_ignore_case(path, ENGLISH_OF_WINE);

    if (is_wine() && is_current)
        return load_key(tree, ENGLISH);
    if (text_utf8_equal_ignore_case(path, REG_PERFLIB "\\_V2Providers"))
        return reg_tree_add_key(tree, path) ? for_each_child(path, tree, load_provider)
                                            : ERROR_NOT_ENOUGH_MEMORY;
    if (is_wine() && text_utf8_equal_ignore_case(path, ENGLISH))
        return reg_tree_add_key(tree, path) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    return is_current ? ERROR_SUCCESS : load_key(tree, path);
}

/* Load a subkey of a service: with values if they matter, otherwise only its name. */
static DWORD load_service_child(struct reg_tree *tree, const char *path)
{
    const char *name = strrchr(path, '\\') + 1;

    if (text_utf8_equal_ignore_case(name, "Performance") ||
        text_utf8_equal_ignore_case(name, "Linkage"))
        return load_key(tree, path);
    return reg_tree_add_key(tree, path) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

static DWORD load_service(struct reg_tree *tree, const char *path)
{
    DWORD error = reg_tree_add_key(tree, path) ? load_key(tree, path) : ERROR_NOT_ENOUGH_MEMORY;

    if (!error)
        error = for_each_child(path, tree, load_service_child);
    /* another service's key may be unreadable */
    return error == ERROR_NOT_ENOUGH_MEMORY ? error : ERROR_SUCCESS;
}

DWORD registration_system_load(struct reg_tree *tree, struct registration_error *error)
{
    DWORD failure = for_each_child(REG_SERVICES, tree, load_service);

    if (failure == ERROR_FILE_NOT_FOUND)
        failure = ERROR_SUCCESS;
    if (!failure)
        failure = load_key(tree, REG_PERFLIB);
    if (!failure)
        failure = for_each_child(REG_PERFLIB, tree, load_language);
    if (failure == ERROR_FILE_NOT_FOUND)
        failure = ERROR_SUCCESS;
    if (failure) {
        snprintf(error->message, sizeof(error->message),
                 "the registry cannot be read (error %lu); name a .reg file with --registry FILE "
                 "instead",
                 (unsigned long)failure);
        reg_tree_release(tree);
    }
    return failure;
}

bool registration_system_exists(void)
{
    return true;
}

bool registration_system_has_name_files(void)
{
    return !is_wine();
}

const char *registration_system_english_key(void)
{
    return is_wine() ? ENGLISH_OF_WINE : ENGLISH;
}

DWORD registration_system_names_error(void)
{
    HKEY handle;
    DWORD size = 0, error = open_key(ENGLISH, KEY_QUERY_VALUE, &handle);

    if (!error) {
        error = (DWORD)RegQueryValueExW(handle, L"Counter", NULL, NULL, NULL, &size);
        RegCloseKey(handle);
    }
    if (error == ERROR_MORE_DATA || (error == ERROR_FILE_NOT_FOUND && is_wine()))
        return ERROR_SUCCESS;
    return error;
}

bool registration_system_file(const char *name, char *path, size_t size)
{
    /* The first is how Windows shows a 32-bit program the folder of the 64-bit system. */
    static const char *const folders[] = { "Sysnative", "System32" };
    WCHAR wide[MAX_PATH];
    char windows[3 * MAX_PATH];
    UINT length = GetSystemWindowsDirectoryW(wide, MAX_PATH);

    if (length == 0 || length >= MAX_PATH)
        return false;
    text_to_utf8(wide, length, windows, sizeof(windows));
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        int used = snprintf(path, size, "%s\\%s", windows, folders[i]);
        if (used < 0 || (size_t)used >= size || !os_file_exists(path))
            continue;
        used = snprintf(path, size, "%s\\%s\\%s", windows, folders[i], name);
        return used >= 0 && (size_t)used < size;
    }
    return false;
}

DWORD registration_system_load_key(struct reg_tree *tree, const char *path)
{
    return load_key(tree, path);
}

static DWORD create_key(const char *path, HKEY *key)
{
    WCHAR name[NAME_COUNT];

    if (!below_machine(path, name, NAME_COUNT))
        return ERROR_INVALID_NAME;
    return (DWORD)RegCreateKeyExW(HKEY_LOCAL_MACHINE, name, 0, NULL, 0,
                                  KEY_SET_VALUE | KEY_WOW64_64KEY, NULL, key, NULL);
}

DWORD registration_system_add_key(const char *path)
{
    HKEY key;
    DWORD error = create_key(path, &key);

    if (!error)
        RegCloseKey(key);
    return error;
}

DWORD registration_system_set(const char *path, const char *name, uint32_t type, const void *data,
                              size_t size)
{
    WCHAR wide[NAME_COUNT];
    HKEY key;
    DWORD error = create_key(path, &key);

    if (error)
        return error;
    text_from_utf8(name, strlen(name), wide, NAME_COUNT);
    error = (DWORD)RegSetValueExW(key, wide, 0, type, data, (DWORD)size);
    RegCloseKey(key);
    return error;
}

DWORD registration_system_remove_value(const char *path, const char *name)
{
    WCHAR wide[NAME_COUNT];
    HKEY key;
    DWORD error = open_key(path, KEY_SET_VALUE, &key);

    if (error)
        return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : error;
    text_from_utf8(name, strlen(name), wide, NAME_COUNT);
    error = (DWORD)RegDeleteValueW(key, wide);
    RegCloseKey(key);
    return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : error;
}

DWORD registration_system_remove_key(const char *path)
{
    WCHAR name[NAME_COUNT];
    DWORD subkeys = 0;
    HKEY key;
    DWORD error = open_key(path, KEY_QUERY_VALUE, &key);

    if (error)
        return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : error;
    error = (DWORD)RegQueryInfoKeyW(key, NULL, NULL, NULL, &subkeys, NULL, NULL, NULL, NULL, NULL,
                                    NULL, NULL);
    RegCloseKey(key);
    if (error || subkeys)
        return error;
    below_machine(path, name, NAME_COUNT);
    return (DWORD)RegDeleteKeyExW(HKEY_LOCAL_MACHINE, name, KEY_WOW64_64KEY, 0);
}

typedef DWORD(WINAPI *text_strings)(LPWSTR command_line, BOOL quiet);

/* Call a function of loadperf.dll. It takes a command line and ignores its first word. */
static DWORD call_loadperf(const char *function, const char *argument)
{
    WCHAR command_line[2 * MAX_PATH] = L"lodctr \"";
    size_t start = text_length(command_line);
    text_strings call;

    if (is_wine())
        return ERROR_NOT_SUPPORTED; /* Wine's functions are stubs that always return success */
    if (strlen(argument) >= MAX_PATH)
        return ERROR_INVALID_NAME;
    text_from_utf8(argument, strlen(argument), command_line + start, MAX_PATH);
    wcscat(command_line, L"\"");
    struct os_library library;
    if (os_library_open_system(&library, "loadperf.dll"))
        return ERROR_NOT_SUPPORTED;
    void *address = os_library_symbol(&library, function);
    memcpy(&call, &address, sizeof(call));
    DWORD error = call ? call(command_line, TRUE) : ERROR_NOT_SUPPORTED;
    os_library_close(&library);
    return error;
}

DWORD registration_system_lodctr(const char *ini_path)
{
    WCHAR wide[MAX_PATH], full[MAX_PATH];
    char path[3 * MAX_PATH];

    if (strlen(ini_path) >= MAX_PATH)
        return ERROR_INVALID_NAME;
    text_from_utf8(ini_path, strlen(ini_path), wide, MAX_PATH);
    DWORD length = GetFullPathNameW(wide, MAX_PATH, full, NULL);
    if (length == 0 || length >= MAX_PATH)
        return ERROR_INVALID_NAME;
    text_to_utf8(full, length, path, sizeof(path));
    return call_loadperf("LoadPerfCounterTextStringsW", path);
}

DWORD registration_system_unlodctr(const char *service)
{
    return call_loadperf("UnloadPerfCounterTextStringsW", service);
}
